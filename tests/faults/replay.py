"""Carries out a log of system calls on the model of a disk."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from attrs import define

from makeit.model import FileStamp
from tests.faults.disk import Disk, Place
from tests.faults.journal import ROOT, Resize, Write
from tests.faults.syscall_log import Syscall


@define(eq=False)
class _Opened:
    inode: int
    path: str
    offset: int = 0
    appends: bool = False


class Replay:
    """What processes did to one folder; what they did elsewhere is passed over."""

    def __init__(self, root: str) -> None:
        self.disk = Disk()
        self._root = root
        self._opened: dict[int, _Opened] = {}

    def carry_out(self, calls: Iterable[Syscall]) -> None:
        """Do what one process did; the power may be cut after each call that altered something."""
        self._opened.clear()
        for call in calls:
            self.disk.now_ns = call.time_ns
            action: Callable[[Syscall], str | None] | None = getattr(self, f"on_{call.name}", None)
            words = action(call) if action else None
            if words:
                self.disk.pause(words)

    # Names

    def on_openat(self, call: Syscall) -> str | None:
        """Open, create or cut off a file."""
        self._opened.pop(call.result, None)
        path = self._path(call, 0)
        if path is None:
            return None
        inode, words = self._inode(path), None
        if inode is None:
            place = self._place(path)
            inode, words = self.disk.make(place, folder=False), f"creating {path}"
        elif "O_TRUNC" in call.arguments[2] and self.disk.content(inode):
            self.disk.write(inode, Resize(0))
            words = f"truncating {path}"
        self._opened[call.result] = _Opened(inode, path, 0, "O_APPEND" in call.arguments[2])
        return words

    def on_mkdirat(self, call: Syscall) -> str | None:
        """Make a folder."""
        path = self._path(call, 0)
        if path:
            self.disk.make(self._place(path), folder=True)
        return path and f"mkdir {path}"

    def on_unlinkat(self, call: Syscall) -> str | None:
        """Remove a file or a folder."""
        path = self._path(call, 0)
        if path:
            self.disk.change((self._place(path), None))
        return path and f"removing {path}"

    def on_renameat(self, call: Syscall) -> str | None:
        """Rename a file or folder, or exchange two."""
        paths = self._path(call, 0), self._path(call, 2)
        if paths == (None, None):
            return None
        old, new = (self._place(path or "") for path in paths)
        moved, replaced = self.disk.at(old), self.disk.at(new)
        exchanged = "RENAME_EXCHANGE" in call.arguments[-1]
        if moved is None:
            raise ValueError(f"a rename into the project: {call}")
        if moved != replaced:
            self.disk.change((old, replaced if exchanged else None), (new, moved))
        return f"{'exchanging' if exchanged else 'renaming'} {paths[0]} and {paths[1]}"

    def on_linkat(self, call: Syscall) -> str | None:
        """Give a file a second name."""
        old, new = self._path(call, 0), self._path(call, 2)
        if new:
            self.disk.change((self._place(new), self._inode(old or "")))
        return new and f"linking {old} to {new}"

    def on_symlinkat(self, call: Syscall) -> None:
        """Refuse a symbolic link, which the model has none of."""
        if self._path(call, 1) is not None:
            raise ValueError(f"symlinks are not modelled: {call}")

    # Content

    def on_write(self, call: Syscall) -> str | None:
        """Write where the descriptor stands."""
        opened = self._opened.get(call.number(0))
        if opened is None:
            return None
        if opened.appends:
            opened.offset = len(self.disk.content(opened.inode))
        opened.offset += call.result
        return self._written(opened, Write(opened.offset - call.result, call.content(1)))

    def on_pwrite64(self, call: Syscall) -> str | None:
        """Write at a given place."""
        opened = self._opened.get(call.number(0))
        return self._written(opened, Write(call.number(3), call.content(1))) if opened else None

    on_writev, on_pwritev = on_write, on_pwrite64

    def on_sendfile(self, call: Syscall) -> str | None:
        """Copy from one file to another."""
        return self._copied(call, target=0, source=1, offset=2)

    def on_copy_file_range(self, call: Syscall) -> str | None:
        """Copy from one file to another."""
        return self._copied(call, target=2, source=0, offset=1)

    def _copied(self, call: Syscall, target: int, source: int, offset: int) -> str | None:
        to = self._opened.get(call.number(target))
        if to is None or not call.result:
            return None
        of = self._opened[call.number(source)]
        given = call.arguments[offset].strip("[").partition("]")[0]
        start = of.offset if given == "NULL" else int(given)
        of.offset += call.result if given == "NULL" else 0
        to.offset += call.result
        content = self.disk.content(of.inode)[start : start + call.result]
        return self._written(to, Write(to.offset - call.result, content))

    def on_ftruncate(self, call: Syscall) -> str | None:
        """Cut a file off, or make it longer."""
        opened = self._opened.get(call.number(0))
        return self._written(opened, Resize(call.number(1))) if opened else None

    def on_fallocate(self, call: Syscall) -> str | None:
        """Make a file longer, if it is shorter."""
        opened = self._opened.get(call.number(0))
        end = call.number(2) + call.number(3)
        if opened is None or end <= len(self.disk.content(opened.inode)):
            return None
        return self._written(opened, Resize(end))

    def _written(self, opened: _Opened, write: Write | Resize) -> str:
        self.disk.write(opened.inode, write)
        return f"writing to {opened.path}"

    # Descriptors

    def on_close(self, call: Syscall) -> None:
        """Close a file."""
        self._opened.pop(call.number(0), None)

    def on_dup(self, call: Syscall) -> None:
        """Give an open file a second descriptor, with one offset for both."""
        opened = self._opened.get(call.number(0))
        self._opened.pop(call.result, None)
        if opened:
            self._opened[call.result] = opened

    on_dup2 = on_dup3 = on_dup

    def on_fcntl(self, call: Syscall) -> None:
        """Look for the modern form of dup."""
        if call.arguments[1].startswith("F_DUPFD"):
            self.on_dup(call)

    def on_lseek(self, call: Syscall) -> None:
        """Move to where the next write goes."""
        if opened := self._opened.get(call.number(0)):
            opened.offset = call.result

    # Syncs and stamps

    def on_fsync(self, call: Syscall) -> str | None:
        """Force a file or a folder to the disk."""
        opened = self._opened.get(call.number(0))
        if opened is None:
            return None
        self.disk.sync(opened.inode)
        return f"syncing {opened.path or 'the project'}"

    on_fdatasync = on_fsync

    def on_utimensat(self, call: Syscall) -> str | None:
        """Set the times of a file."""
        inode = self._inode(self._path(call, 0))
        if inode is None:
            return None
        given = [*call.fields(2, "tv_sec"), *call.fields(2, "tv_nsec")]
        self.disk.date(inode, given[1] * 10**9 + given[3] if given else self.disk.now_ns)
        return "setting times"

    def on_fchmodat(self, call: Syscall) -> None:
        """Change the mode, which moves ctime."""
        if (inode := self._inode(self._path(call, 0))) is not None:
            self.disk.age(inode)

    on_fchmodat2 = on_fchmodat

    def on_fchmod(self, call: Syscall) -> None:
        """Change the mode, which moves ctime."""
        if opened := self._opened.get(call.number(0)):
            self.disk.age(opened.inode)

    def on_newfstatat(self, call: Syscall) -> None:
        """Learn the stamp of a file."""
        inode = self._inode(self._path(call, 0))
        if inode is not None:
            size, number, *times = (
                call.fields(2, f"st_{name}")[0]
                for name in ("size", "ino", "mtime", "mtime_nsec", "ctime", "ctime_nsec")
            )
            self.disk.stamp(inode, FileStamp(size, times[0] * 10**9 + times[1], times[2] * 10**9 + times[3], number))

    # Paths

    def _path(self, call: Syscall, at: int) -> str | None:
        """Return the path below the project that a descriptor and a name stand for; None outside of it."""
        given = call.text(at + 1)
        if given.startswith("/"):
            inside = given == self._root or given.startswith(f"{self._root}/")
            return given[len(self._root) + 1 :] if inside else None
        opened = self._opened.get(call.number(at))
        return "/".join(filter(None, (opened.path, given))) if opened else None

    def _place(self, path: str) -> Place:
        head, _, name = path.rpartition("/")
        folder = self._inode(head)
        if folder is None:
            raise ValueError(f"{path!r} lies in no folder of the model")
        return folder, name

    def _inode(self, path: str | None) -> int | None:
        inode = ROOT
        for name in (path or "").split("/") if path else ():
            found = self.disk.at((inode, name))
            if found is None:
                return None
            inode = found
        return None if path is None else inode
