"""What makeit asks about a frame: a form that cannot change unnoticed, and a fitting format.

This module is loaded with every made function, so it imports pandas nowhere: where nobody has
imported pandas, no value can be a frame. Fingerprints of frames are those of makeit-numpy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from makeit import hookimpl

if TYPE_CHECKING:
    from makeit import Persister
    from makeit.model import Frozen

#: What is imported before a function runs whose result may be a frame, where pandas is loaded.
BEFOREHAND = {"pandas": ("makeit_pandas.choice", "makeit_pandas.freezing")}


def _of_pandas(value: Any) -> bool:
    kind = type(value)
    return kind.__name__ in ("DataFrame", "Series") and kind.__module__.partition(".")[0] == "pandas"


@hookimpl
def makeit_protect(value: Any) -> Frozen | None:
    """Give a frame or series that pandas copies before it changes; None for what is verified by content."""
    if not _of_pandas(value):
        return None
    from makeit_pandas.freezing import freeze

    return freeze(value)


@hookimpl
def makeit_choose_persister(value: Any) -> Persister | None:
    """Keep frames and series as feather, where that holds them."""
    if not _of_pandas(value):
        return None
    from makeit_pandas.choice import choose

    return choose(value)
