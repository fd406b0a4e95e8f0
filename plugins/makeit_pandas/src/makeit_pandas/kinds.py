"""What a column is made of in a file, and the shape of the code for one family of dtypes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import pyarrow as pa
from attrs import frozen

#: An array of pandas, an Arrow column and what JSON says of a column; none of them has types to name.
Values: TypeAlias = Any
Stored: TypeAlias = Any
Description: TypeAlias = dict[str, Any]


@frozen(eq=False)
class Column:
    """A column taken apart: what it was, and the Arrow columns that hold its values.

    `exact` is False where what comes back is equal in all values, but not in how they are kept.
    """

    description: Description
    stored: tuple[Stored, ...]
    exact: bool = True


@frozen(eq=False)
class Kind:
    """How the columns of one family of dtypes are taken apart and put together.

    `types` names the Arrow types of the columns that `take_apart` gives and `put_together` gets.
    """

    fits: Callable[[Any], bool]
    take_apart: Callable[[Values], Column]
    types: Callable[[Description], tuple[pa.DataType, ...]]
    put_together: Callable[[Description, Sequence[Stored]], Values]


def stored(values: Any, kind: pa.DataType | None = None, **options: Any) -> Stored:
    """Return values as an Arrow column in pieces, of which there may be one."""
    column = pa.array(values, kind, **options)
    return column if isinstance(column, pa.ChunkedArray) else pa.chunked_array([column])


def whole(column: Stored) -> Stored:
    """Return an Arrow column in one piece."""
    return column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
