"""Notes, specs and templates made different at random: none is taken for what makeit wrote, none does harm."""

from __future__ import annotations

import os
import random
import signal
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from attrs import frozen

from makeit import MakeitError
from makeit.formats import template
from makeit.model import FileStamp
from makeit.records import FileRecord
from makeit.store import entries, sealing
from makeit.store.digests import DigestMemo
from makeit.store.ledger import Damaged, Ledger, decode
from makeit.store.project import Project
from tests.faults import apart, properties
from tests.faults.catalogue import until_noticed
from tests.faults.mutation import damaged, forged
from tests.faults.specimens import SPECIMENS, Specimen
from tests.faults.suite import Protection, Suite, Tally
from tests.faults.trespass import Watch
from tests.faults.writing import a_spec, a_template, some_values

# Of a hundred trials: read alone, in a call, and texts.
_READ, _CALLED = 80, 10
# A note that names something endless must not hang the call.
_PATIENCE_S = 60
_REFUSED = "refused"
_ACTIONS = ("why", "record", "forget", "accept", "undo", "adopt", "rerun", *["__call__"] * 3)


def run(count: int, without: str) -> Tally:
    """Make things different, `count` times in all."""
    batches = [[share, number] for number, share in enumerate(apart.share(count, apart.processes(without)))]
    return apart.tally_of(differ, without, *batches)


def differ(count: int, number: int) -> Tally:
    """Read and call with notes that were made different, and write specs and templates."""
    chance = random.Random(number)
    tally = Tally()
    (Path("outside") / "deep").mkdir(parents=True)
    Path("outside", "precious.txt").write_text("precious")
    notes = [_Note(specimen, path) for specimen in SPECIMENS.values() for path in specimen.grow(Path.cwd())]
    watches = {name: Watch(name, "evil") for name in SPECIMENS}
    for turn in until_noticed(range(count), tally):
        tally.tried += 1
        if turn % 100 < _READ:
            _read(chance.choice(notes), chance, tally)
        elif turn % 100 < _READ + _CALLED:
            note = chance.choice(notes)
            _call(note, chance, tally, watches[note.specimen.name])
        else:
            _write(chance, tally)
    return tally


@frozen
class _Note:
    """One file of notes, and the project that it is of."""

    specimen: Specimen
    path: Path

    @property
    def content(self) -> bytes:
        return self.specimen.content[self.path]

    def different(self, chance: random.Random) -> tuple[bytes, bool]:
        """Return other content, and whether its checksum fits."""
        seal = chance.random() < 0.5
        for _ in range(100):
            if seal or chance.random() < 0.5:
                content = forged(self.content, chance, seal=seal)
            else:
                content = damaged(self.content, chance)
            if content != self.content:
                return content, seal
        return b"", False


def _read(note: _Note, chance: random.Random, tally: Tally) -> None:
    """Let the reader of such notes read what was made different: only with a fitting checksum may it take it."""
    content, seal = note.different(chance)
    what = f"{note.specimen.name}: {note.path.name}"
    with _judged(tally, f"{what}: {content[:2000]!r}"):
        if _is_taken(note, content) and not seal:
            tally.bad("wrong", f"{what} was taken: {content!r}")


def _is_taken(note: _Note, content: bytes) -> bool:
    if note.path.suffix == ".intent":
        return bool(_intended(content))
    if note.path.parent.parent.name == "files":
        return _recalled(note.content, content) is not None
    return not isinstance(decode("note.json", content), Damaged)


def _project() -> Project:
    return Project(os.getcwd(), os.path.abspath("scratch"))


def _intended(content: bytes) -> dict[str, tuple[str, ...]]:
    known = Ledger(_project())
    place = Path(known.place("/x")).with_suffix(".intent")
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)
    return known.intended("/x")


def _recalled(original: bytes, content: bytes) -> str | None:
    memo = DigestMemo(_project())
    record = entries._FILE.decode(sealing.opened(original))
    assert isinstance(record, FileRecord)
    place = Path(memo._place(record.path))
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)
    return memo.recall(record.path, FileStamp(*record.stamp))


def _call(note: _Note, chance: random.Random, tally: Tally, watch: Watch) -> None:
    """Call, and ask, with one note made different: the value is right, or the error is one of makeit's."""
    content, seal = note.different(chance)
    specimen = note.specimen
    note.path.write_bytes(content)
    edited = specimen.edit(Path.cwd()) if chance.random() < 0.3 else {}
    made = specimen.made(Path.cwd())
    action = chance.choice(_ACTIONS)
    what = f"{action} of {specimen.name} with {note.path.name}{' sealed' if seal else ''}: {content[:2000]!r}"
    watch.on = True
    with _judged(tally, what), _in_time():
        asked = _asked(made, action, specimen)
        value = _asked(made, "__call__", specimen)
        # What was adopted is a person's word.
        if not seal and value not in (_REFUSED, *specimen.right) and (action != "adopt" or asked == _REFUSED):
            tally.bad("wrong", f"{what} gave {value}")
    watch.on = False
    for seen in watch.seen:
        tally.bad("lost", f"{what}: {seen}")
    watch.seen.clear()
    _check_sentinels(specimen, what, tally)
    for path, words in edited.items():
        if path.read_bytes() != words:
            tally.bad("lost", f"{what}: the edit of {path.name} is gone")
    specimen.restore(Path.cwd())


def _asked(made: Any, method: str, specimen: Specimen) -> str:
    try:
        return repr(getattr(made, method)(specimen.argument()))
    except MakeitError:
        return _REFUSED


def _check_sentinels(specimen: Specimen, what: str, tally: Tally) -> None:
    mine = specimen.root(Path.cwd()) / "mine.txt"
    for path, content in ((Path("outside", "precious.txt"), "precious"), (mine, "a person's own")):
        if not path.exists() or path.read_text() != content:
            tally.bad("lost", f"{what}: {path} is gone")
            path.parent.mkdir(exist_ok=True)
            path.write_text(content)


def _write(chance: random.Random, tally: Tally) -> None:
    """Write a spec, and a template with values to fill in."""
    text, name, values = a_spec(chance), a_template(chance), some_values(chance)
    with _judged(tally, f"the spec {text!r}"):
        fault = properties.spec_fault(text)
        if fault:
            tally.bad("wrong", fault)
    with _judged(tally, f"the template {name!r} with {values!r}"):
        fault = properties.template_fault(name, values)
        if fault:
            tally.bad("lost", fault)


@contextmanager
def _judged(tally: Tally, what: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        place = "".join(traceback.format_tb(error.__traceback__)[-2:])
        tally.bad("error", f"{what}: {error!r} {place}")


@contextmanager
def _in_time() -> Iterator[None]:
    def late(number: int, frame: FrameType | None) -> None:
        raise TimeoutError(f"no answer in {_PATIENCE_S} s")

    signal.signal(signal.SIGALRM, late)
    signal.alarm(_PATIENCE_S)
    try:
        yield
    finally:
        signal.alarm(0)


SUITE = Suite(
    "mutants",
    "mutated records, specs and templates: none accepted with changed content, only documented errors",
    run,
    reduced=2_000,
    full=100_000,
)
SUITES: tuple[Suite, ...] = (SUITE,)


def _believe_every_checksum() -> None:
    start = len(sealing.seal(None)) - len(b"ull\n")

    def believing(content: bytes) -> bytes:
        return b"{" + content[start:-1]

    for module in (sealing, entries):
        module.opened = believing  # type: ignore[attr-defined]


def _refuse_no_value() -> None:
    template._fault = lambda text: None


PROTECTIONS: tuple[Protection, ...] = (
    Protection("record checksum", _believe_every_checksum, SUITE, 1_000),
    Protection("template rules", _refuse_no_value, SUITE, 1_000),
)
