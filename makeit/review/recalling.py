"""A call made again from its record, where the record says all its arguments in full."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from makeit.errors import MakeitError
from makeit.handle import Running
from makeit.model import Call
from makeit.store.catalogue import Filed

if TYPE_CHECKING:
    from makeit.works import Works


def recalled(filed: Filed, works: Works) -> Call | None:
    """Return the very call that a record is of; None where not all its arguments are known, or its function changed."""
    try:
        # Its id says whether the values are those of the run: it is made of their fingerprints.
        values: dict[str, Any] = {n: ast.literal_eval(argument.repr) for n, argument in filed.record.arguments.items()}
        call = works.call((), values, Running())
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError, MakeitError):
        return None
    return call if (call.id, call.anchor) == (filed.record.call, filed.anchor) else None
