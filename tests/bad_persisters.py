"""Persisters with one fault each, and the rule of the conformance suite that has to notice it.

`Sound` has none. The suites here are run by `tests/test_testing.py` and `python -m tests.conformance_table`, never by
themselves: they are there to fail.
"""

from __future__ import annotations

import copy
import gzip
import json
import mmap
import os
import pickle
import random
import shutil
import signal
import struct
import time
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar

from makeit import Persister, PersistError, SpecError
from makeit.testing import PersisterSuite

MAGIC = b"SOUND\n"


class Sound(Persister):
    """Lists and strings as JSON, behind a mark and a checksum: a format without a fault."""

    suffixes = (".sound",)
    faithful = True
    portable = True

    def __init__(self, filename: str | Path, level: int = 0) -> None:
        self.filename = Path(filename)
        self.level = level

    def save(self, data: Any) -> dict[str, Any] | None:
        self.write(self.encode(self.checked(data)))
        return None

    def load(self) -> Any:
        return self.decode(self.filename.read_bytes())

    def checked(self, data: Any) -> Any:
        if type(data) is list:
            return [self.checked(item) for item in data]
        if type(data) in (str, int):
            return data
        raise PersistError(f"sound: holds lists, strings and integers, not {data!r}", value=data)

    def encode(self, data: Any) -> bytes:
        content = json.dumps(data).encode()
        return MAGIC + struct.pack("<I", zlib.crc32(content)) + content

    def decode(self, raw: bytes) -> Any:
        content = raw[len(MAGIC) + 4 :]
        if raw[: len(MAGIC)] != MAGIC or raw[len(MAGIC) :][:4] != struct.pack("<I", zlib.crc32(content)):
            raise ValueError(f"{self.filename} is not the file that was written")
        return json.loads(content)

    def write(self, raw: bytes) -> None:
        self.filename.write_bytes(raw)


class SoundSuite(PersisterSuite):
    """What all suites here have in common; `rule` is the one that has to fail."""

    rule: ClassVar[str] = ""
    #: Rules that fail with it, because one fault breaks them all.
    also: ClassVar[frozenset[str]] = frozenset()
    kind: ClassVar[type[Persister]] = Sound

    suffix = ".sound"
    examples = ([3, "größe", [1, 2]], "some text")
    rejects = ((1, 2), {1, 2}, [1, [2.5]])

    def persister(self, filename: Path) -> Persister:
        return self.kind(filename)


class TestSound(SoundSuite):
    """Fails no rule."""


# Values


class MakesLists(Sound):
    """Gives lists where there were tuples."""

    faithful = False

    def checked(self, data: Any) -> Any:
        return super().checked(list(data) if type(data) is tuple else data)


class TestMakesLists(SoundSuite):
    rule = "test_a_value_comes_back_as_it_was"
    kind = MakesLists
    examples = ((1, 2), [3])
    rejects = ({1, 2},)


class SaysFaithful(MakesLists):
    """Gives lists where there were tuples, and says that it does not."""

    faithful = True


class TestSaysFaithful(TestMakesLists):
    rule = "test_faithful_is_true"
    kind = SaysFaithful

    def expected(self, value: Any) -> Any:
        return list(value)


class UsesItUp(Sound):
    """Gives one item less each time it loads."""

    loads = 0

    def load(self) -> Any:
        self.loads += 1
        return super().load()[self.loads - 1 :]


class TestUsesItUp(SoundSuite):
    rule = "test_a_second_load_equals_the_first"
    kind = UsesItUp


class TakesItApart(Sound):
    """Writes a list by taking the items out of it."""

    def save(self, data: Any) -> None:
        super().save(data)
        while type(data) is list and data:
            data.pop()


class TestTakesItApart(SoundSuite):
    rule = "test_save_leaves_the_value_alone"
    kind = TakesItApart


class NotesASet(Sound):
    """Notes the types of the items as what they are."""

    def save(self, data: Any) -> dict[str, Any]:
        super().save(data)
        return {"types": {type(item) for item in data}}


class TestNotesASet(SoundSuite):
    rule = "test_notes_are_json"
    kind = NotesASet


class RemembersByItself(MakesLists):
    """Knows that it was a tuple as long as it lives."""

    def save(self, data: Any) -> None:
        self.shape = type(data)
        super().save(data)

    def load(self) -> Any:
        return getattr(self, "shape", list)(super().load())


class TestRemembersByItself(TestMakesLists):
    rule = "test_the_notes_alone_are_enough"
    kind = RemembersByItself


# Files


class LeavesALog(Sound):
    """Writes a second file that it does not name."""

    def write(self, raw: bytes) -> None:
        super().write(raw)
        self.filename.with_suffix(".log").write_text("saved")


class TestLeavesALog(SoundSuite):
    rule = "test_save_writes_its_files_and_no_others"
    kind = LeavesALog


class NamesInAscii(Sound):
    """Hands the name to a library that wants bytes."""

    def write(self, raw: bytes) -> None:
        Path(os.fspath(self.filename).encode("ascii").decode()).write_bytes(raw)


class TestNamesInAscii(SoundSuite):
    rule = "test_any_file_name_will_do"
    kind = NamesInAscii


class TouchesWhatItLoads(Sound):
    """Marks the file as used."""

    def load(self) -> Any:
        found = super().load()
        os.utime(self.filename)
        return found


class TestTouchesWhatItLoads(SoundSuite):
    rule = "test_load_leaves_the_file_alone"
    kind = TouchesWhatItLoads


# Ties between a value and its file


class Mapped(Sound):
    """Bytes, given back as a view of the file."""

    faithful = False
    portable = False
    access = mmap.ACCESS_READ

    def checked(self, data: Any) -> Any:
        if type(data) is not bytes:
            raise PersistError(f"this holds bytes, not {data!r}", value=data)
        return data

    def encode(self, data: bytes) -> bytes:
        return MAGIC + struct.pack("<I", zlib.crc32(data)) + data

    def load(self) -> memoryview:
        with self.filename.open("r+b") as stream:
            view = memoryview(mmap.mmap(stream.fileno(), 0, access=self.access))
        content = view[len(MAGIC) + 4 :]
        if view[: len(MAGIC)] != MAGIC or view[len(MAGIC) :][:4] != struct.pack("<I", zlib.crc32(content)):
            raise ValueError(f"{self.filename} is not the file that was written")
        return content


class MappedSuite(SoundSuite):
    kind = Mapped
    examples = (b"some bytes", b"other bytes")
    rejects = ("text", [b"bytes"])

    def equal(self, a: Any, b: Any) -> bool:
        return bytes(a) == bytes(b)


class TestMapped(MappedSuite):
    """Fails no rule."""


class LetsItBeWritten(Mapped):
    """Maps the file so that changes reach it."""

    access = mmap.ACCESS_WRITE


class TestLetsItBeWritten(MappedSuite):
    rule = "test_a_loaded_value_cannot_damage_the_file"
    kind = LetsItBeWritten


class SaysPortable(Mapped):
    """Maps the file, and says that it does not."""

    portable = True


class TestSaysPortable(MappedSuite):
    rule = "test_portable_is_true"
    kind = SaysPortable


class Later:
    """A value that is read when it is asked for."""

    def __init__(self, source: Sound) -> None:
        self.source = source

    def now(self) -> Any:
        return Sound.load(self.source)


class ReadsLater(Sound):
    """Looks at the file when it is loaded, and again by its name when the value is used."""

    faithful = False
    portable = False

    def load(self) -> Later:
        super().load()
        return Later(Sound(self.filename))


class TestReadsLater(SoundSuite):
    rule = "test_a_loaded_value_outlives_a_new_file"
    kind = ReadsLater

    def equal(self, a: Any, b: Any) -> bool:
        return super().equal(*(x.now() if isinstance(x, Later) else x for x in (a, b)))


# Damaged files


class TrustsItsLength(Sound):
    """Text behind a mark, to wherever the file ends."""

    def checked(self, data: Any) -> Any:
        if type(data) is not str:
            raise PersistError(f"this holds a str, not {data!r}", value=data)
        return data

    def encode(self, data: str) -> bytes:
        return MAGIC + data.encode()

    def decode(self, raw: bytes) -> str:
        if not raw.startswith(MAGIC):
            raise ValueError(f"{self.filename} is not of this format")
        return raw.removeprefix(MAGIC).decode()


class TestTrustsItsLength(SoundSuite):
    rule = "test_truncated_file_raises"
    kind = TrustsItsLength
    examples = ("some text that is longer", "other text")
    rejects = (["text"], 1)


class CrashesWhereItEnds(Sound):
    """Reads beyond the end of a file that is too short, as C does."""

    def decode(self, raw: bytes) -> Any:
        try:
            return super().decode(raw)
        except ValueError:
            if MAGIC.startswith(raw[: len(MAGIC)]) and raw:
                signal.raise_signal(signal.SIGSEGV)
            raise


class TestCrashesWhereItEnds(SoundSuite):
    rule = "test_truncated_file_raises"
    kind = CrashesWhereItEnds


class NothingIsNone(Sound):
    """Takes an empty file for None."""

    def decode(self, raw: bytes) -> Any:
        return super().decode(raw) if raw else None


class TestNothingIsNone(SoundSuite):
    rule = "test_empty_file_raises"
    kind = NothingIsNone


class CountsFirst(Sound):
    """A count and so many numbers, without a mark: zeros are no numbers at all."""

    def checked(self, data: Any) -> Any:
        if type(data) is not list or any(type(item) is not int for item in data):
            raise PersistError(f"this holds a list of int, not {data!r}", value=data)
        return data

    def encode(self, data: list[int]) -> bytes:
        return struct.pack(f"<I{len(data)}q", len(data), *data)

    def decode(self, raw: bytes) -> list[int]:
        (count,) = struct.unpack_from("<I", raw)
        return list(struct.unpack_from(f"<{count}q", raw, 4))


class TestCountsFirst(SoundSuite):
    rule = "test_zero_filled_file_raises"
    kind = CountsFirst
    examples = ([1, 2, 3], [4])
    rejects = ("text", [2.5])


class TakesAnyText(Sound):
    """Text of the length that was noted, whatever it says."""

    def save(self, data: Any) -> dict[str, Any]:
        super().save(data)
        return {"length": len(data)}

    def checked(self, data: Any) -> Any:
        if type(data) is not str:
            raise PersistError(f"this holds a str, not {data!r}", value=data)
        return data

    def encode(self, data: str) -> bytes:
        return data.encode("latin-1")

    def decode(self, raw: bytes) -> str:
        if len(raw) != self.notes["length"] or b"\0" in raw:
            raise ValueError(f"{self.filename} is not of this format")
        return raw.decode("latin-1")


class TestTakesAnyText(SoundSuite):
    rule = "test_foreign_file_raises"
    kind = TakesAnyText
    examples = ("some text", "other text")
    rejects = (["text"], 1)


class AbsentIsNone(Sound):
    """Takes a file that is not there for None."""

    def load(self) -> Any:
        return super().load() if self.filename.exists() else None


class TestAbsentIsNone(SoundSuite):
    rule = "test_missing_file_raises"
    kind = AbsentIsNone


class HidesAPickle(Sound):
    """Unpickles, and does not say `executes`."""

    def encode(self, data: Any) -> bytes:
        return pickle.dumps(data)

    def decode(self, raw: bytes) -> Any:
        return pickle.loads(raw)


class TestHidesAPickle(SoundSuite):
    rule = "test_loading_runs_no_code"
    kind = HidesAPickle


class SwallowsErrors(Sound):
    """Takes a disk for endless."""

    def write(self, raw: bytes) -> None:
        with suppress(OSError):
            super().write(raw)


class TestSwallowsErrors(SoundSuite):
    rule = "test_a_full_disk_raises_oserror"
    kind = SwallowsErrors


class RenamesErrors(Sound):
    """Says of a full disk that something is wrong with the value."""

    def write(self, raw: bytes) -> None:
        try:
            super().write(raw)
        except OSError as error:
            raise RuntimeError("cannot be saved") from error


class TestRenamesErrors(SoundSuite):
    rule = "test_a_full_disk_raises_oserror"
    kind = RenamesErrors


# Bytes


class Marked(Sound):
    """Writes something into the file that has nothing to do with the value."""

    def mark(self, data: Any) -> str:
        raise NotImplementedError

    def encode(self, data: Any) -> bytes:
        return super().encode([self.mark(data), data])

    def decode(self, raw: bytes) -> Any:
        return super().decode(raw)[1]


class AtRandom(Marked):
    """Writes a random number into the file."""

    def mark(self, data: Any) -> str:
        return str(random.SystemRandom().random())


class TestAtRandom(SoundSuite):
    rule = "test_equal_values_give_equal_bytes"
    kind = AtRandom


class InOrderOfHashes(Marked):
    """Writes a set in the order in which it comes."""

    def mark(self, data: Any) -> str:
        return " ".join({"any", "order", "of", "six", "short", "words"})


class TestInOrderOfHashes(SoundSuite):
    rule = "test_other_processes_give_equal_bytes"
    kind = InOrderOfHashes


class Dated(Marked):
    """Writes day and hour into the file."""

    def mark(self, data: Any) -> str:
        return time.strftime("%Y-%m-%d %H:00")


class TestDated(SoundSuite):
    rule = "test_bytes_do_not_tell_the_time"
    kind = Dated


class Zipped(Sound):
    """Leaves the time stamp in the header of gzip as it is by default."""

    def encode(self, data: Any) -> bytes:
        return gzip.compress(super().encode(data))

    def decode(self, raw: bytes) -> Any:
        return super().decode(gzip.decompress(raw))


class TestZipped(SoundSuite):
    rule = "test_bytes_do_not_tell_the_time"
    also = frozenset({"test_other_processes_give_equal_bytes", "test_equal_values_give_equal_bytes"})
    kind = Zipped


# The persister as an object


class KnowsAString(Sound):
    """Keeps the name of its file as it was given."""

    def __init__(self, filename: str | Path) -> None:
        super().__init__(filename)
        self.filename = str(filename)  # type: ignore[assignment]

    def write(self, raw: bytes) -> None:
        Path(self.filename).write_bytes(raw)

    def load(self) -> Any:
        return self.decode(Path(self.filename).read_bytes())


class TestKnowsAString(SoundSuite):
    rule = "test_the_persister_knows_its_file"
    kind = KnowsAString


class WantsItsFile(Sound):
    """Checks before the run what can be there only after it."""

    def check(self) -> None:
        if not self.filename.exists():
            raise SpecError(f"{self.filename} does not exist")


class TestWantsItsFile(SoundSuite):
    rule = "test_check_accepts_its_own_suffix"
    kind = WantsItsFile


class ForgetsItsLevel(Sound):
    """Makes its twin from the name alone."""

    def at(self, filename: str | Path) -> ForgetsItsLevel:
        return type(self)(filename)


class TestForgetsItsLevel(SoundSuite):
    rule = "test_at_keeps_the_options"
    kind = ForgetsItsLevel

    def persister(self, filename: Path) -> Persister:
        return ForgetsItsLevel(filename, level=3)


class KeepsItOnTheClass(MakesLists):
    """Knows what the last value of all was."""

    shape: ClassVar[type] = list

    def save(self, data: Any) -> None:
        KeepsItOnTheClass.shape = type(data)
        super().save(data)

    def load(self) -> Any:
        return self.shape(super().load())


class TestKeepsItOnTheClass(TestMakesLists):
    rule = "test_at_shares_no_state"
    kind = KeepsItOnTheClass


class HoldsAFunction(Sound):
    """Keeps what cannot be pickled."""

    def __init__(self, filename: str | Path) -> None:
        super().__init__(filename)
        self.dump = lambda data: json.dumps(data)


class TestHoldsAFunction(SoundSuite):
    rule = "test_a_pickled_persister_works"
    kind = HoldsAFunction


class IsItsOwnCopy(Sound):
    """Gives itself for a copy."""

    def __copy__(self) -> IsItsOwnCopy:
        return self

    def at(self, filename: str | Path) -> IsItsOwnCopy:
        return type(self)(filename, self.level)


class TestIsItsOwnCopy(SoundSuite):
    rule = "test_a_copied_persister_works"
    kind = IsItsOwnCopy


class Nameless(Sound):
    """Shows its address in memory, not its file."""

    __repr__ = object.__repr__


class TestNameless(SoundSuite):
    rule = "test_repr_names_class_and_file"
    kind = Nameless


# Refusals


class TestTakesTuplesToo(SoundSuite):
    """The suite says what the format does not hold, and the persister takes it."""

    rule = "test_unfit_values_are_refused"
    kind = MakesLists


class EmptiesWhatItRefuses(Sound):
    """Looks at the items by taking them out."""

    def save(self, data: Any) -> None:
        try:
            super().save(data)
        except PersistError:
            data.clear()
            raise


class TestEmptiesWhatItRefuses(SoundSuite):
    rule = "test_a_refused_value_is_kept"
    kind = EmptiesWhatItRefuses
    rejects = ([1, 2.5],)


class WritesAnythingDown(Sound):
    """Writes a value that it does not know as the text that stands for it."""

    def checked(self, data: Any) -> Any:
        try:
            return super().checked(data)
        except PersistError:
            return str(data)


class TestWritesAnythingDown(SoundSuite):
    rule = "test_unknown_values_are_not_published"
    kind = WritesAnythingDown
    rejects = ()


# Calls


class KnowsWhenItWasMade(Sound):
    """Is another one each time, although it was told the same."""

    def __init__(self, filename: str | Path) -> None:
        super().__init__(filename)
        self.made = time.time_ns()


class TestKnowsWhenItWasMade(SoundSuite):
    rule = "test_a_later_process_reuses_the_result"
    kind = KnowsWhenItWasMade


class WantsALevel(Sound):
    """Cannot be made from a file name alone; installed as the format `wants-a-level`."""

    def __init__(self, filename: str | Path, level: int) -> None:
        super().__init__(filename, level)


class TestWantsALevel(SoundSuite):
    rule = "test_its_spec_makes_the_same_format"
    kind = WantsALevel

    def persister(self, filename: Path) -> Persister:
        return WantsALevel(filename, 1)


# Disasters


class LocksBeside(Sound):
    """Marks that it is at work with a file that outlives it."""

    def write(self, raw: bytes) -> None:
        lock = self.filename.parent.parent / "save.lock"
        with lock.open("x"):
            try:
                # Long enough for the middle of a save to be in here, whatever else is counted as a step of it.
                for _ in range(8):
                    super().write(raw)
                    copy.copy(self).decode(self.filename.read_bytes())
            finally:
                lock.unlink()


class TestLocksBeside(SoundSuite):
    rule = "test_a_killed_save_leaves_the_old_result"
    kind = LocksBeside


class SharesItsScratch(Sound):
    """Writes to a file beside the others first, always of the same name."""

    def write(self, raw: bytes) -> None:
        scratch = self.filename.parent.parent / "scratch"
        scratch.write_bytes(raw)
        time.sleep(0.05)
        shutil.move(scratch, self.filename)


class TestSharesItsScratch(SoundSuite):
    rule = "test_concurrent_calls_get_right_values"
    kind = SharesItsScratch
