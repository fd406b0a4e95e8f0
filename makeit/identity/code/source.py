"""The source of what is loaded: syntax trees that were verified against the code objects they stand for.

A file may be newer than the function that was loaded from it, because people edit while a long
script runs. So a piece of source counts only when compiling it gives the very code object.
"""

from __future__ import annotations

import os
import sys
import weakref
from collections.abc import Callable
from types import CodeType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, Protocol, TypeVar

from makeit.identity.code.references import References
from makeit.identity.digest import digest
from makeit.identity.origin import source_file

if TYPE_CHECKING:
    import ast

    from makeit.identity.code.texts import SourceText

# What parses, compiles and takes code apart is imported where something is read anew: most processes find all that they
# need in what earlier ones have read.

T = TypeVar("T")

_KEPT_TEXTS = 8
_SCHEME = "code/1"


class Piece(NamedTuple):
    """One code object as it counts, without what it refers to."""

    scheme: str
    digest: str
    text: str
    file: str | None
    line: int | None
    names: frozenset[str] | None = None


def digest_text(text: str) -> str:
    """Return the digest of a text, lone surrogates included."""
    return digest(text.encode("utf-8", "surrogatepass"))


class PerCode(Generic[T]):
    """Remembers one thing for each living code object. Code objects are equal too easily to be keys."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[weakref.ref[CodeType], T]] = {}

    def get(self, code: CodeType, make: Callable[[], T]) -> T:
        """Return what is remembered for `code`, or make it."""
        key = id(code)
        known = self._known.get(key)
        if known is None or known[0]() is not code:
            known = (weakref.ref(code, lambda reference: self._forget(key, reference)), make())
            self._known[key] = known
        return known[1]

    def _forget(self, key: int, reference: weakref.ref[CodeType]) -> None:
        known = self._known.get(key)
        if known is not None and known[0] is reference:
            del self._known[key]


class Memory(Protocol):
    """Where readings of code objects outlive the process; see `store.readings`."""

    def recall(self, file: str, code: CodeType, kind: str) -> Any:
        """Return the reading of a code object from this file, or None."""
        ...

    def note(self, file: str, code: CodeType, kind: str, reading: tuple[Any, ...]) -> None:
        """Note a reading, in built-in types."""
        ...


class Sources:
    """Every text that a file was seen to hold, and what was read of the code objects met so far."""

    def __init__(self, memory: Memory | None = None) -> None:
        self._memory = memory
        self._references: PerCode[References] = PerCode()
        self._texts: dict[str, list[SourceText]] = {}
        self._lines: dict[str, list[str]] = {}
        self._pieces: PerCode[Piece] = PerCode()
        self._modules: dict[str, tuple[object, ast.Module]] = {}

    def texts(self, filename: str, namespace: dict[str, Any]) -> list[SourceText]:
        """Look at a file as it is now, and return all texts it was seen to hold, the newest first."""
        import linecache

        from makeit.identity.code.texts import SourceText

        linecache.checkcache(filename)
        lines: list[str] = linecache.getlines(filename, namespace)  # the same list while the file is the same
        known = self._texts.get(filename, [])
        if not lines or self._lines.get(filename) is lines:
            return known
        self._lines[filename] = lines
        text = "".join(lines)
        if not known or known[0].text != text:
            older = [other for other in known if other.text != text]
            known = [next((o for o in known if o.text == text), SourceText(filename, text)), *older]
            self._texts[filename] = known[:_KEPT_TEXTS]
        return known

    def piece(self, code: CodeType, namespace: dict[str, Any]) -> Piece:
        """Return how a code object counts. It never changes, whatever becomes of the file."""
        return self._pieces.get(code, lambda: self._recalled(code, namespace))

    def references(self, code: CodeType, namespace: dict[str, Any]) -> References:
        """Return what a code object refers to."""
        return self._references.get(code, lambda: self._referring(code, namespace))

    def knows(self, code: CodeType, namespace: dict[str, Any]) -> bool:
        """Tell whether a code object was read by an earlier process, so that its file need not be read now."""
        return self._memory is not None and self._memory.recall(source_file(code, namespace), code, "piece") is not None

    def class_piece(self, cls: type) -> Piece:
        """Return how a class counts; its members are parts of their own."""
        from makeit.identity.code.members import annotations_of

        functions = [value for value in vars(cls).values() if isinstance(value, FunctionType)]
        module = sys.modules.get(cls.__module__)
        files = [
            source_file(f.__code__, f.__globals__)
            for f in functions
            if f.__module__ == cls.__module__ and f.__qualname__.startswith(cls.__qualname__)
        ]
        file = getattr(module, "__file__", None) or next(iter(files), None)
        texts = self.texts(file, vars(module) if module else {}) if file else []
        node = texts[0].classes.get(cls.__qualname__) if texts else None
        fields = annotations_of(cls, decorated=node is None or bool(node.decorator_list))
        text = f"class {cls.__qualname__}:" + (f" {fields}" if fields else "")
        return Piece(_SCHEME, digest_text(text), text, file and absolute(file), node.lineno if node else None)

    def module_tree(self, module: ModuleType) -> ast.Module:
        """Return the normalised tree of a module as it was when first asked for since it was loaded."""
        import ast

        known = self._modules.get(module.__name__)
        if known is None or known[0] is not module.__spec__:
            file = getattr(module, "__file__", None) or ""
            texts = self.texts(file, vars(module))
            known = (module.__spec__, texts[0].tree if texts else ast.Module(body=[], type_ignores=[]))
            self._modules[module.__name__] = known
        return known[1]

    def _referring(self, code: CodeType, namespace: dict[str, Any]) -> References:
        file = source_file(code, namespace)
        known = self._memory.recall(file, code, "references") if self._memory else None
        if known is not None:
            return References.of(*known)
        from makeit.identity.code.instructions import references

        found = references(code)
        if self._memory:
            self._memory.note(file, code, "references", found.plain())
        return found

    def _recalled(self, code: CodeType, namespace: dict[str, Any]) -> Piece:
        file = source_file(code, namespace)
        known = self._memory.recall(file, code, "piece") if self._memory else None
        if known is not None:
            digest, text, line, names = known
            return Piece(_SCHEME, digest, text, absolute(file), line, frozenset(names))
        found = self._read(code, file, namespace)
        if self._memory and found.names is not None:
            self._memory.note(file, code, "piece", (found.digest, found.text, found.line, sorted(found.names)))
        return found

    def _read(self, code: CodeType, file: str, namespace: dict[str, Any]) -> Piece:
        from makeit.identity.code import bytecode
        from makeit.identity.code.texts import piece_of

        for source in self.texts(file, namespace):
            node = source.find(code)
            if node is not None:
                line, names, readable, canonical = piece_of(node, code)
                return Piece(_SCHEME, digest_text(canonical), readable, absolute(file), line, names)
        text = ascii(bytecode.described(code))
        file = absolute(file)
        return Piece(bytecode.SCHEME, digest_text(text), bytecode.summary(code), file, code.co_firstlineno)


def absolute(filename: str) -> str:
    """Return the absolute path of a source file; a name such as `<stdin>` stays as it is."""
    return filename if filename.startswith("<") else os.path.abspath(filename)
