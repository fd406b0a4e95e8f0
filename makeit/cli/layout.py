"""Tables as lines: columns that fold to the width of a terminal, and blocks where it is too narrow for columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attrs import evolve, frozen

from makeit.cli.characters import columns, folded

_GAP = 2
# Room is taken from the widest columns down to the first of these, and where that is not enough, to the next.
_FLOORS = (24, 14, 8)


@frozen
class Cell:
    """A text and the style, such as `bold red`, that it has where there are colours."""

    text: str
    style: str = ""


@frozen
class Layout:
    """The columns of a table: what stands above them, which end at the right, and how wide their cells are so far.

    `room` is how many columns a line may take, None where lines can be of any length.
    """

    headings: Sequence[Cell]
    right: Sequence[bool]
    room: int | None
    widths: Sequence[int]

    @classmethod
    def under(cls, headings: Sequence[str], right: Sequence[str], room: int | None) -> Layout:
        """Return the layout of a table that has no row yet."""
        cells = [Cell(heading, "bold") for heading in headings]
        return cls(cells, [heading in right for heading in headings], room, list(map(columns, headings)))

    def holding(self, rows: Sequence[Sequence[Cell]]) -> Layout:
        """Return a layout that is wide enough for further rows, too."""
        widths = list(self.widths)
        for row in rows:
            for number, cell in enumerate(row):
                widths[number] = max(widths[number], columns(cell.text))
        return evolve(self, widths=self._fitted(widths))

    def _fitted(self, widths: list[int]) -> list[int]:
        """Take room from columns that can be folded until a row fits, as far as that is possible."""
        free = [number for number, right in enumerate(self.right) if not right]
        for floor in _FLOORS if self.room is not None else ():
            while self._excess(widths) > 0 and (widest := max(free, key=widths.__getitem__, default=None)) is not None:
                if widths[widest] <= floor:
                    break
                widths[widest] -= 1
        return widths

    def _excess(self, widths: Sequence[int]) -> int:
        return 0 if self.room is None else sum(widths) + _GAP * (len(widths) - 1) - self.room

    def lines(self, row: Sequence[Cell]) -> Iterator[list[Cell]]:
        """Yield the lines of a row, each as the pieces that it is made of."""
        if self._excess(self.widths) > 0:
            yield from self._block(row)
            return
        pieces = [folded(cell.text, width) for cell, width in zip(row, self.widths, strict=True)]
        for number in range(max(map(len, pieces))):
            yield list(self._line(row, [lines[number] if number < len(lines) else "" for lines in pieces]))

    def _line(self, row: Sequence[Cell], pieces: Sequence[str]) -> Iterator[Cell]:
        before = ""
        for cell, piece, width, right in zip(row, pieces, self.widths, self.right, strict=True):
            fill = " " * (width - columns(piece))
            before += fill if right else ""
            if piece and cell.style and before:
                yield Cell(before)
                before = ""
            if piece:
                yield Cell(before + piece, cell.style)
                before = ""
            before += " " * _GAP if right else fill + " " * _GAP

    def _block(self, row: Sequence[Cell]) -> Iterator[list[Cell]]:
        """Yield a line or more for each cell, with its heading before it, and an empty line."""
        if row is self.headings:
            return
        left = max(columns(heading.text) for heading in self.headings) + _GAP
        for heading, cell in zip(self.headings, row, strict=True):
            beside = heading.text
            for piece in folded(cell.text, max((self.room or 0) - left, _FLOORS[-1])):
                yield [Cell(beside.ljust(left), heading.style), Cell(piece, cell.style)]
                beside = ""
        yield []
