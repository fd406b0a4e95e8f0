"""ExampleFile: the persister of the format example."""

from __future__ import annotations

from typing import Any, ClassVar

from makeit import Persister, PersistError

_END = "end"


class ExampleFile(Persister):
    """Keep a list of floats as text, one a line: something to replace by what your format holds."""

    suffixes: ClassVar[tuple[str, ...]] = (".example",)
    # What load() gives equals, in type and value, what save() got, and never refers to its file again.
    faithful: ClassVar[bool] = True
    portable: ClassVar[bool] = True

    def save(self, data: Any) -> None:
        """Write `data` to exactly `self.filename`; PersistError for anything but a list of floats."""
        if type(data) is not list or any(type(item) is not float for item in data):
            raise PersistError(f"example holds a list of floats, not {data!r:.80}; use 'pickle:'", value=data)
        # The last line tells a whole file from one that was cut short.
        lines = [str(len(data)), *map(repr, data), _END]
        self.filename.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def load(self) -> list[float]:
        """Read the list back; ValueError for a file that is not whole or not of this format."""
        count, *items = self.filename.read_text(encoding="utf-8").split("\n")
        if items[-2:] != [_END, ""] or int(count) != len(items) - 2:
            raise ValueError(f"{self.filename} is no whole example file")
        return [float(item) for item in items[:-2]]
