"""The base class of everything that saves one value in one file and loads it back."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

if TYPE_CHECKING:
    from pathlib import Path

    from makeit.lineage import Lineage
    from makeit.model import Call, Record

P = TypeVar("P", bound="Persister")


class Persister:
    """Save one value in one file and load it back; subclass it, write `save` and `load`, and it works.

    The kernel chooses the file, its temporary name, and when it is published; a persister owns the
    bytes alone. `save` may return notes, a mapping that JSON can hold, for what the file itself
    cannot say; `load` finds them in `self.notes`.
    """

    api_version: ClassVar[int] = 1
    suffixes: ClassVar[tuple[str, ...]] = ()
    #: True when `load()` gives a value equal in type and content to the one `save()` got.
    faithful: ClassVar[bool] = False
    #: True when loading a hostile file could run code, so that only a verified file is loaded.
    executes: ClassVar[bool] = False
    #: True when a loaded value never refers to its file again, as a memory map or a lazy image does.
    portable: ClassVar[bool] = False
    #: True when `save` makes a folder of that name, with files in it, instead of a file.
    folder: ClassVar[bool] = False
    #: Names of options that change nothing about what is saved, so that another value is no reason to run.
    beside: ClassVar[frozenset[str]] = frozenset()
    #: The notes that hold for a file, too, that a person edited or put in its place, and that is adopted.
    lasting: ClassVar[tuple[str, ...]] = ("class",)

    #: Of makeit's own formats alone: `save` writes one file, whatever it is called, and nothing beside it.
    _alone: ClassVar[bool] = False

    filename: Path
    notes: Mapping[str, Any] = {}

    def __init__(self, filename: str | Path) -> None:
        from pathlib import Path  # with urllib; not needed to define a function

        self.filename = Path(filename)

    def save(self, data: Any) -> Mapping[str, Any] | None:
        """Write `data` to exactly `self.filename`; raise TypeError for what the format cannot hold."""
        raise NotImplementedError(f"{type(self).__name__} defines no save(data)")

    def load(self) -> Any:
        """Read the value back from `self.filename`."""
        raise NotImplementedError(f"{type(self).__name__} defines no load()")

    def check(self) -> None:
        """Raise SpecError for what can never work; called before the function runs."""

    def files(self) -> tuple[Path, ...]:
        """Name every file that `save` writes, `self.filename` first; formats of several files override it."""
        from pathlib import Path

        filename = self.filename
        return (filename if isinstance(filename, Path) else Path(filename),)

    def at(self, filename: str | Path) -> Self:
        """Return the same persister on another file, without notes."""
        from pathlib import Path

        twin = _twin(self)
        twin.filename = Path(filename)
        twin.notes = {}
        return twin

    def inputs(self) -> tuple[Path, ...]:
        """Name the files, besides the arguments, whose content counts: a template image, say.

        A relative path starts where those of outputs do.
        """
        return ()

    def for_call(self, call: Call, lineage: Lineage) -> Self:
        """Return a persister that knows the call whose result it is to save; called before the function runs.

        For formats that take something over from an argument, as an image takes its geometry. A format that
        needs nothing of the call leaves this as it is.
        """
        return self

    def outdated(self, call: Call, lineage: Lineage) -> str | None:
        """Say why a run would save the stored result otherwise than `self.notes` say; None where it would not.

        For formats that take something over from an argument: two equal arrays can lie in different places. Asked
        before a reuse, so it has to be quick. What it says becomes a reason to run.
        """
        return None

    def published(self, call: Call, record: Record, lineage: Lineage) -> None:
        """Write what belongs beside the file and is no part of the result: a description of it, say.

        Called after the result was published with its record, at each reuse, and after a person adopted or
        accepted it; so it has to be cheap where nothing is to be done. What it raises becomes a warning.
        """

    def _encoded(self, data: Any) -> bytes | None:
        """Return what `save` writes, of a plain and small value; asked of makeit's own formats alone."""
        return None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self.filename)!r})"


def _twin(persister: P) -> P:
    kind = type(persister)
    if not vars(kind).get("_alone", False):
        return copy.copy(persister)
    # `copy` asks first how such an object wants to be copied, which takes longer than to save it.
    twin = object.__new__(kind)
    vars(twin).update(vars(persister))
    return twin
