"""`makeit undo`: takes an acceptance or adoption back."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from makeit.cli import asking, changing, terminal

if TYPE_CHECKING:
    from makeit.review.sayings import Sayings
    from makeit.store.catalogue import Filed


@click.command("undo")
@asking.targets(required=True)
def command(targets: tuple[str, ...]) -> None:
    """Take the last accept or adopt of calls back: their records are what they were before.

    An adopted file stays as it is; it counts as changed by hand again, and a call is refused until it is adopted,
    deleted or moved.

    \b
    Examples:
      makeit undo 'smooth (sub-01)'
      makeit undo derivatives/sub-01/mask.nii.gz

    Exit status: 0 where it was taken back, 1 where there was nothing to take back, 2 for a target that nothing is
    known of.
    """
    changing.each_call(targets, _undo)


def _undo(sayings: Sayings, filed: Filed) -> bool:
    said = sayings.undo(filed)
    change = said.before.change
    if change is not None:
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(change.when))
        terminal.say(
            [f"took back what {change.who} {change.kind}ed {when}: ", terminal.Cell(said.before.named, "bold")]
        )
    if said.after is None:
        terminal.say("  nothing is known of it any more: its files count as somebody else's until they are adopted")
    else:
        verb = "run" if said.reasons else "reuse"
        terminal.say(f"  now: {verb} {said.after.named}: {'; '.join(map(str, said.reasons)) or 'nothing changed'}")
    return True
