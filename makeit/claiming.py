"""Before a run: what lies at the outputs of a call, and whether it may be overwritten or adopted."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from makeit.errors import ForeignFileError
from makeit.model import Call
from makeit.store.outputs import SPECIAL, Claim
from makeit.targets import check_before_run

if TYPE_CHECKING:
    from makeit.options import Foreign
    from makeit.workbench import Workbench


class Claiming:
    """Look at the outputs of one made function's calls, as its option `foreign` says."""

    def __init__(self, bench: Workbench, foreign: Foreign) -> None:
        self._bench = bench
        self._foreign = foreign

    def claims(self, call: Call) -> tuple[Claim, ...]:
        """Look at what lies at the named outputs of a call; what seems foreign is looked at twice."""
        paths = [os.fspath(path) for output in call.outputs if output.persister for path in output.persister.files()]
        if not paths:
            return ()
        found = self._bench.outputs.claim(call.anchor, paths)
        if any(claim.foreign for claim in found) and os.path.exists(self._bench.project.cachedir):
            with self._bench.outputs.locked(*paths):
                found = self._bench.outputs.claim(call.anchor, paths)
        return tuple(found)

    def check(self, call: Call, claims: tuple[Claim, ...]) -> tuple[Claim, ...]:
        """Refuse before the run what can't work; return what was found at the named outputs."""
        check_before_run(call.outputs)
        claims = claims or self.claims(call)
        if not claims:
            return claims
        foreign = [claim for claim in claims if claim.foreign]
        # A folder may hold anything: only one that a format made of folders saved here before is replaced.
        stuck = [claim for claim in foreign if claim.foreign == SPECIAL]
        stuck += [c for c in foreign if c.is_folder and not (c.written and _saves_folder(call, c.path))]
        if stuck or (foreign and self._foreign != "replace"):
            raise _refusal(call, (stuck or foreign)[0])
        return claims

    def can_adopt(self, call: Call, claims: Sequence[Claim]) -> bool:
        """Tell whether the files of a call are to be taken for its result without a run."""
        return self._foreign == "adopt" and self.adoptable(call, claims)

    def adoptable(self, call: Call, claims: Sequence[Claim]) -> bool:
        """Tell whether the files at the outputs of a call could be its result."""
        if any(output.kept for output in call.outputs):
            return False
        return all(
            claim.stamp and claim.foreign != SPECIAL and claim.is_folder == _saves_folder(call, claim.path)
            for claim in claims
        )


def _saves_folder(call: Call, path: str) -> bool:
    return any(
        output.path == path and output.persister is not None and output.persister.folder for output in call.outputs
    )


def _refusal(call: Call, claim: Claim) -> ForeignFileError:
    message = f"{claim.path} {claim.foreign}, so {call.label} was not run and the file is as it was. Ways on: "
    if claim.foreign == SPECIAL:
        message += "name another output"
    elif claim.stamp and claim.is_folder != _saves_folder(call, claim.path):
        kind = "a folder" if claim.is_folder else "a file"
        message += f"it is {kind}, which cannot be adopted or replaced here; delete or move it, or name another output"
    elif claim.stamp is None:
        message += 'delete or move it; or let it be replaced with foreign="replace"'
    else:
        message += 'adopt the file as the result, with .adopt(...) or foreign="adopt"; delete or move it'
        message += "" if claim.is_folder and not claim.written else '; or let it be overwritten with foreign="replace"'
    return ForeignFileError(message, path=Path(claim.path))
