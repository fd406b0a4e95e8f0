"""Files that were made just now, with the stamps of those that they stand for."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

from attrs import Factory, define, frozen

from makeit.model import FileStamp

_Aged = Callable[[os.stat_result], os.stat_result]
_NS = 10**9


@define(eq=False)
class Ageing:
    """While entered, `os.stat` and `os.scandir` give files the inode and ctime that a real disk would have kept.

    Nobody can set these. A file that is touched in any way has its real ones from then on; sizes and mtimes are
    always the real ones.
    """

    _known: dict[int, tuple[int, FileStamp]] = Factory(dict)
    _real: list[Any] = Factory(list)

    def add(self, path: Path, stamp: FileStamp) -> None:
        """Date a file, and give it a stamp while its ctime stays what it is then."""
        os.utime(path, ns=(stamp.mtime_ns, stamp.mtime_ns))
        found = os.stat(path)
        if stamp.inode >= 0:
            self._known[found.st_ino] = found.st_ctime_ns, stamp

    def __enter__(self) -> None:
        self._real = [os.stat, os.scandir]
        vars(os).update(stat=self._stat, scandir=self._scandir)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        vars(os).update(stat=self._real[0], scandir=self._real[1])

    def _stat(self, *arguments: Any, **options: Any) -> os.stat_result:
        return self._aged(self._real[0](*arguments, **options))

    def _scandir(self, *arguments: Any) -> _Entries:
        return _Entries(self._real[1](*arguments), self._aged)

    def _aged(self, found: os.stat_result) -> os.stat_result:
        known = self._known.get(found.st_ino)
        if known is None or known[0] != found.st_ctime_ns:
            return found
        stamp = known[1]
        # Those that have no place of their own.
        rest = {name for name in dir(found) if name.startswith("st_")}.difference(os.stat_result.__match_args__)
        named = {name: getattr(found, name) for name in rest}
        named |= {"st_ctime_ns": stamp.ctime_ns, "st_ctime": stamp.ctime_ns / _NS}
        return os.stat_result((found[0], stamp.inode, *found[2:9], stamp.ctime_ns // _NS), named)


@frozen(eq=False)
class _Entries:
    """What `os.scandir` gives."""

    _real: Any
    _aged: _Aged

    def __iter__(self) -> _Entries:
        return self

    def __next__(self) -> _Entry:
        return _Entry(next(self._real), self._aged)

    def __enter__(self) -> _Entries:
        return self

    def __exit__(self, *error: object) -> None:
        self._real.close()

    def close(self) -> None:
        self._real.close()


@frozen(eq=False)
class _Entry:
    """An entry of a folder."""

    _real: Any
    _aged: _Aged

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:
        return self._aged(self._real.stat(follow_symlinks=follow_symlinks))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)
