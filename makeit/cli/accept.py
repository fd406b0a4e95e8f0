"""`makeit accept`: stored results stay right although the code changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from makeit.cli import asking, changing, terminal

if TYPE_CHECKING:
    from makeit.model import Reason
    from makeit.records import CodeRecord
    from makeit.review.sayings import Said, Sayings
    from makeit.store.catalogue import Filed

_DIGITS = 12


@click.command("accept")
@asking.targets(required=True)
def command(targets: tuple[str, ...]) -> None:
    """Bless the present code for stored results, which are then reused as if it had made them.

    For changes that do not change what comes out: a renaming, a faster way, a message. Only changes of code can be
    accepted; other arguments, inputs or files need a run. What was accepted is written down with the old code, and
    makeit undo takes it back.

    \b
    Examples:
      makeit accept 'smooth (sub-01)'
      makeit accept smooth
      makeit accept derivatives/sub-01/z.nii.gz

    Exit status: 0 where it was accepted, 1 where that was refused or nothing differs, 2 for a target that nothing is
    known of.
    """
    changing.each_call(targets, _accept)


def _accept(sayings: Sayings, filed: Filed) -> bool:
    said = sayings.accept(filed)
    if said is None:
        terminal.say(f"nothing to accept for {filed.record.named}: its code is what it was run with")
        return False
    terminal.say(["accepted ", terminal.Cell(filed.record.named, "bold")])
    for reason in said.reasons:
        _show(reason, said)
    changing.show_way_back(said, filed.record.named)
    return True


def _show(reason: Reason, said: Said) -> None:
    terminal.say(f"  {reason}")
    old, new = (record.code.get(reason.subject) if record else None for record in (said.before, said.after))
    if not (old and new and (old.repr or new.repr)):
        terminal.say(f"    {_part(old)} → {_part(new)}", "dim")


def _part(part: CodeRecord | None) -> str:
    if part is None:
        return "none"
    scheme, _, digest = part.fingerprint.partition(":")
    where = f" ({part.file}:{part.line})" if part.file and part.line else ""
    return f"{scheme}:{digest[:_DIGITS]}{where}"
