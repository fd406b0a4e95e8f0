"""The suite `kills`: kill -9 at random, the files inspected before anything runs again."""

from __future__ import annotations

from functools import partial

from tests.faults import unprotected
from tests.faults.nursery import spread
from tests.faults.suite import Protection, Suite, Tally

_SEVERAL = ("several", "history of several")
_FOLDERS = ("folder", "folder and file", "history of a folder")


def _kills(count: int, without: str, shapes: tuple[str, ...] = ()) -> Tally:
    return spread("tests.faults.killing", count, without, shapes)


KILLS = Suite("kills", "killed at random while saving", _kills, reduced=84, full=10_000)
_OF_SEVERAL = Suite("kills", "the same, several files to a call", partial(_kills, shapes=_SEVERAL), 40, 1_000)
_OF_FOLDERS = Suite("kills", "the same, folders", partial(_kills, shapes=_FOLDERS), 40, 1_000)

SUITES: tuple[Suite, ...] = (KILLS,)
# Strikes are random, and a gate ends with the first fault: as many as one could need, not as many as it takes.
_MOST = 2_000
PROTECTIONS: tuple[Protection, ...] = (
    Protection("rename", unprotected.save_in_place, KILLS, _MOST),
    Protection("intent note", unprotected.intend_nothing, KILLS, _MOST),
    Protection("record last", unprotected.record_first, KILLS, _MOST),
    Protection("sweep", unprotected.sweep_nothing, KILLS, _MOST),
    Protection("several outputs together", unprotected.examine_the_last, _OF_SEVERAL, _MOST),
    Protection("folders exchanged", unprotected.exchange_nothing, _OF_FOLDERS, _MOST),
    Protection("pointers", unprotected.point_to_nothing, _OF_SEVERAL, _MOST),
)
