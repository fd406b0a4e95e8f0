"""Fingerprints of code: what a function, and all it refers to through any depth, comes to."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from makeit.identity import origin
from makeit.identity.code.graph import Label
from makeit.identity.code.meaning import unwrapped
from makeit.identity.code.prints import Look
from makeit.identity.code.source import Memory, Sources, digest_text
from makeit.identity.code.walk import Walk
from makeit.identity.code.watches import Watches
from makeit.identity.origin import module_name

if TYPE_CHECKING:
    from makeit.model import CodePrint

_REMEMBERED = 256


class Snapshot(NamedTuple):
    """What code comes to, and what that was made from."""

    look: Look
    watches: Watches
    tokens: dict[int, tuple[object, str]]

    def token(self, obj: object) -> str:
        """Return what stood for a function or class in a value; anything new changes the value."""
        return self.tokens.get(id(obj), (None, "new"))[1]


class CodeReader:
    """Reads code; `fingerprint_value` gives the fingerprint of plain values or raises Unfingerprintable.

    `fingerprint_value` may call `fingerprint` for the functions and classes that it meets inside a
    value. During a walk that gives a short reference, and the walk goes on through the object; so
    it must not keep such answers.
    """

    def __init__(self, fingerprint_value: Callable[[object], str], memory: Memory | None = None) -> None:
        self._fingerprint_value = fingerprint_value
        self._sources = Sources(memory)
        self._inside = threading.local()
        self._remembered: OrderedDict[int, tuple[object, Snapshot, str]] = OrderedDict()

    def watch(self, function: Callable[..., object], depends: tuple[object, ...] = ()) -> WatchedCode:
        """Return the code of a function to be asked for again and again; nothing is walked yet.

        The source file is read now, while it most likely still is what was loaded.
        """
        inner = unwrapped(function)
        code = getattr(inner, "__code__", None)
        if code is not None:
            namespace = inner.__globals__  # type: ignore[attr-defined]
            if not self._sources.knows(code, namespace):
                self._sources.texts(origin.source_file(code, namespace), namespace)
        for item in depends:
            if origin.is_user_module(item):
                self._sources.module_tree(item)  # type: ignore[arg-type]
        if depends:
            from makeit.identity.code.dependencies import settled

            depends = tuple(map(settled, depends))
        return WatchedCode(self, function, depends)

    def fingerprint(self, target: object) -> str:
        """Return one fingerprint over a function, class or builtin met as a value, and all it refers to."""
        resolve = getattr(self._inside, "resolve", None)
        if resolve is not None:
            return str(resolve(target))
        known = self._remembered.get(id(target))
        if known is not None and known[0] is target and self.intact(known[1]):
            return known[2]
        snapshot = self.snapshot(target, (), bound=False)
        text = "\n".join(f"{part.name} {part.fingerprint}" for part in snapshot.look.parts)
        fingerprint = f"code/1:{digest_text(text)}"
        self._remember(target, snapshot, fingerprint)
        return fingerprint

    def snapshot(self, target: object, depends: tuple[object, ...], bound: bool) -> Snapshot:
        """Walk from `target`; `bound` says that the defaults of its parameters count as arguments."""
        walk = Walk(self._sources, self._value_in)
        walk.root(target, bound)
        for index, item in enumerate(depends):
            from makeit.identity.code.dependencies import follow

            follow(item, walk, self._sources, module_name(target), index)
        return Snapshot(walk.finish(), walk.watches, walk.tokens)

    def intact(self, snapshot: Snapshot) -> bool:
        """Tell whether a snapshot still holds."""
        watches = snapshot.watches
        if not watches.in_place():
            return False
        if not watches.contents:
            return True
        with self._resolving(snapshot.token):
            return watches.unaltered(self._fingerprint_value)

    def _value_in(self, walk: Walk, value: object, label: Label) -> str:
        with self._resolving(lambda obj: walk.token(obj, label)):
            return self._fingerprint_value(value)

    @contextmanager
    def _resolving(self, resolve: Callable[[object], str]) -> Iterator[None]:
        before = getattr(self._inside, "resolve", None)
        self._inside.resolve = resolve
        try:
            yield
        finally:
            self._inside.resolve = before

    def _remember(self, target: object, snapshot: Snapshot, fingerprint: str) -> None:
        # What can change in place may be large, and must not be kept alive from here.
        if snapshot.watches.contents:
            return
        self._remembered[id(target)] = (target, snapshot, fingerprint)
        while len(self._remembered) > _REMEMBERED:
            self._remembered.popitem(last=False)


class WatchedCode:
    """The code of one function, looked at anew only when something of it changed."""

    def __init__(self, reader: CodeReader, function: Callable[..., object], depends: tuple[object, ...]) -> None:
        self._reader = reader
        self._function = function
        self._depends = depends
        self._snapshot: Snapshot | None = None

    def current(self) -> CodePrint:
        """Return the code print as of now; ArgumentError where a file of `depends` cannot be read."""
        return self.look().print

    def look(self) -> Look:
        """Return what the code comes to as of now, the same object while it is; ArgumentError as above."""
        snapshot = self._snapshot
        if snapshot is None or not self._reader.intact(snapshot):
            # Assigned as a whole: another thread sees the old snapshot or the new one.
            snapshot = self._snapshot = self._reader.snapshot(self._function, self._depends, bound=True)
        return snapshot.look
