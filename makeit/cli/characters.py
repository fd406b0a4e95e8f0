"""Text as a terminal may be given it: which characters it must not get, how many columns the others take."""

from __future__ import annotations

import codecs
import re

# What moves the cursor, ends a line, turns the direction of writing or stands for a byte that is no text: a file name
# may hold any of them, and could write over what the command said, or tell the terminal what to do.
_UNSEEN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
# Where a long name can be broken after: folders, and the parts of names as BIDS writes them.
_JOINTS = "/_"
_IN_ASCII = {"→": "->", "–": "-", "—": "-", "…": "...", "×": "x", "µ": "u", "├": "|", "│": "|", "└": "`", "─": "-"}


def visible(text: str) -> str:
    r"""Return a text with what a terminal would obey written out, as in `\x1b` and `\n`."""
    if text.isascii() and text.isprintable():
        return text
    return _UNSEEN.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def columns(text: str) -> int:
    """Return how many columns a visible text takes: wide characters take two, combining marks none."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len  # its tables are read only where they are needed

    return cell_len(text)


def folded(text: str, width: int) -> list[str]:
    """Break a text into lines of at most `width` columns: at a space, after a joint of a name, or anywhere."""
    lines = []
    while columns(text) > width and (room := _room(text, width)) < len(text):
        cut = max(text.rfind(" ", 1, room + 1), *(text.rfind(joint, 1, room) + 1 for joint in _JOINTS), 0) or room
        lines.append(text[:cut].rstrip(" "))
        text = text[cut:].lstrip(" ")
    return [*lines, text]


def _room(text: str, width: int) -> int:
    """Return how many characters go into `width` columns, with the marks that belong to the last one; one at least."""
    taken = 0
    for position, character in enumerate(text):
        taken += columns(character)
        if taken > width and position:
            return position
    return len(text)


def _spelled(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    found = error.object[error.start : error.end]
    return "".join(_IN_ASCII.get(one) or one.encode("unicode_escape").decode() for one in found), error.end


codecs.register_error("makeit.spelled", _spelled)
