"""The ledger: one readable, checked record per call, found by the path of its first output."""

from __future__ import annotations

import json
import os
import random
import re
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
from attrs import evolve

from makeit import SpecError, make
from makeit.identity.digest import digest
from makeit.model import Record
from makeit.store.ledger import Damaged, Ledger, Pointer, decode
from makeit.store.project import Project
from makeit.store.sealing import seal

Printed = pytest.CaptureFixture[str]
Run = Callable[..., str]


def pair(x: int) -> tuple[int, list[int]]:
    print("Running")
    return x, [x]


def where(project: Path) -> Project:
    return Project(str(project), str(project / ".makeit"))


def test_a_record_lies_under_the_name_of_its_output_and_is_readable(project: Path) -> None:
    made = make(func=pair, output=("json:derivatives/{x}/a.json", "json:derivatives/{x}/b.json"))
    made(1)
    place = project / ".makeit" / "records" / "derivatives" / "1" / "a.json.json"
    content = json.loads(place.read_text())
    assert re.fullmatch(r"[0-9a-f]{32}", content.pop("checksum"))
    assert content["function"].endswith("test_ledger.pair")
    assert content["arguments"]["x"]["repr"] == "1"
    assert [output["path"] for output in content["outputs"]] == ["derivatives/1/a.json", "derivatives/1/b.json"]
    assert str(project) not in json.dumps(content["outputs"])
    pointer = json.loads((place.parent / "b.json.json").read_text())
    assert pointer["points_to"] == "records/derivatives/1/a.json.json"


def test_who_wrote_a_file_is_one_look_up(project: Path) -> None:
    made = make(func=pair, output=("json:a.json", "json:b.json"))
    made(1)
    ledger = Ledger(where(project))
    for name in ("a.json", "b.json"):
        entry = ledger.owner(str(project / name))
        assert entry is not None
        assert not isinstance(entry, Damaged)
        assert entry.record == made.record(1)
    assert ledger.owner(str(project / "c.json")) is None
    assert ledger.read(str(project / "b.json")) is None  # a pointer is no record


def test_what_is_written_is_read_by_another_process(project: Path) -> None:
    made = make(func=pair, output=("json:a.json", None))
    made(1)
    record = made.record(1)
    assert record is not None
    ledger = Ledger(where(project))
    entry = ledger.read(str(project / "a.json"))
    assert entry is not None
    assert not isinstance(entry, Damaged)
    assert entry.record == record
    ledger.write(str(project / "z.json"), record, durable=False)
    again = Ledger(where(project)).read(str(project / "z.json"))
    assert again is not None
    assert not isinstance(again, Damaged)
    assert again.record == record


def test_no_mutation_of_a_record_is_accepted(project: Path) -> None:
    make(func=pair, output=("json:a.json", "json:b.json"))(1)
    records = project / ".makeit" / "records"
    chance = random.Random(1)
    for place in (records / "a.json.json", records / "b.json.json"):
        content = place.read_bytes()
        assert isinstance(decode("", content), Record | Pointer)
        for _ in range(2000):
            changed = bytearray(content)
            at = chance.randrange(len(changed))
            match chance.randrange(4):
                case 0:
                    changed[at] ^= 1 << chance.randrange(8)
                case 1:
                    del changed[at : at + chance.randrange(1, 50)]
                case 2:
                    changed[at:at] = bytes([chance.randrange(256)])
                case 3:
                    del changed[at:]
            if changed != content:
                assert isinstance(decode("", bytes(changed)), Damaged)


@pytest.mark.parametrize("damage", ["torn", "empty", "zeros", "flipped", "folder", "binary"])
@pytest.mark.parametrize("output", [None, "json:a.json"])
def test_a_damaged_record_runs_again_and_why_says_so(
    damage: str, output: str | None, project: Path, capsys: Printed
) -> None:
    def f(x: int) -> list[int]:
        print("Running")
        return [x]

    made = make(func=f, output=output)
    made(1)
    (place,) = (project / ".makeit" / "records").rglob("*.json")
    content = place.read_bytes()
    place.unlink()
    if damage == "folder":
        place.mkdir()
    else:
        damaged = {
            "torn": content[: len(content) // 2],
            "empty": b"",
            "zeros": bytes(len(content)),
            "flipped": content.replace(b'"1"', b'"2"'),
            "binary": b"\xff\xfe\x00",
        }
        assert damaged[damage] != content
        place.write_bytes(damaged[damage])
    assert "damaged" in str(made.why(1))
    if output:
        # Nobody can tell whose the file is now, so it is not overwritten.
        with pytest.raises(FileExistsError, match="damaged record"):
            made(1)
        os.unlink("a.json")
    if damage == "folder":
        place.rmdir()
    assert made(1) == [1]
    assert made(1) == [1]
    assert capsys.readouterr().out == "Running\n" * 2


def test_a_record_that_disappears_runs_again(project: Path, capsys: Printed) -> None:
    made = make(func=pair)
    made(1)
    (place,) = (project / ".makeit" / "records").rglob("*.json")
    place.unlink()
    assert made(1) == (1, [1])
    assert made(1) == (1, [1])
    assert capsys.readouterr().out == "Running\n" * 2


def test_an_older_record_put_back_is_compared_and_not_believed(project: Path, capsys: Printed) -> None:
    made = make(func=pair, output=("json:a.json", "json:b.json"))
    made(1)
    place = project / ".makeit" / "records" / "a.json.json"
    old = place.read_bytes()
    made(2)
    place.write_bytes(old)
    assert not made.why(1).reuse
    assert not made.why(2).reuse
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the two values that take turns
        with pytest.raises(FileExistsError):
            made(1)
    assert capsys.readouterr().out == "Running\n" * 2


def test_nothing_that_a_record_names_is_imported(run: Run, project: Path) -> None:
    (project / "evil.py").write_text("print('imported')\n")
    script = """
        from makeit import make

        @make(output="json:a.json")
        def f(x):
            return [x]

        print(f(1))
    """
    run(script)
    from makeit.identity.digest import checksum

    place = project / ".makeit" / "records" / "a.json.json"
    head = len(b'{\n  "checksum": "')
    body = place.read_bytes()[head + 32 + 2 : -1].replace(b'"format": "json"', b'"format": "evil:x"')
    place.write_bytes(place.read_bytes()[:head] + checksum(body).encode() + b'",' + body + b"\n")
    out = run(script, check=False)
    assert "imported" not in out
    assert "[1]" in out or "Error" in out


def test_the_sources_of_a_run_are_kept_once(project: Path) -> None:
    for x in (1, 2):
        make(func=pair)(x)
    sources = list((project / ".makeit" / "code").iterdir())
    assert len(sources) == 1
    assert "return x, [x]" in sources[0].read_text().replace("(x, [x])", "x, [x]")


def test_a_record_cannot_make_a_result_of_a_file_elsewhere(project: Path, capsys: Printed) -> None:
    """Who can write the cachedir is trusted, but a record alone neither loads nor removes what lies outside it."""

    def f() -> dict[str, int]:
        print("Running")
        return {"a": 1}

    make(func=f, name="f")()
    victim = project / "victim.json"
    victim.write_text('{"a": 2}')
    (place,) = (project / ".makeit" / "records").rglob("*.json")
    found = decode("", place.read_bytes())
    assert isinstance(found, Record)
    for path in (str(victim), "victim.json", "@cachedir/results/../../victim.json"):
        (output,) = found.outputs
        file = evolve(output.files[0], path=path, digest=digest(victim.read_bytes()), size=victim.stat().st_size)
        place.write_bytes(seal(evolve(found, outputs=(evolve(output, path=path, files=(file,)),))))
        made = make(func=f, name="f")
        assert made() == {"a": 1}
        made.forget()
        assert victim.exists()
    assert capsys.readouterr().out == "Running\n" * 4


def test_a_result_in_a_format_that_is_gone_runs_again(project: Path, run: Callable[..., str]) -> None:
    script = project / "script.py"
    script.write_text(
        "import numpy\nfrom makeit import make\n@make\ndef f():\n    print('Running')\n    return numpy.zeros(3)\n"
        "f()\nprint(f.why())\n"
    )
    run(script)
    os.environ["MAKEIT_DISABLE_PLUGINS"] = "*"
    try:
        out = run(script)
    finally:
        del os.environ["MAKEIT_DISABLE_PLUGINS"]
    assert out.startswith("Running\n")


@pytest.mark.parametrize("name", ["x" * 256, "é" * 130, "d/" * 2100 + "x", "folder/" + "y" * 300 + "/x"])
def test_E8_a_name_that_no_file_system_takes_is_refused_before_the_run(name: str) -> None:
    def never() -> str:
        raise AssertionError("it ran")

    with pytest.raises(SpecError, match="shorter name"):
        make(func=never, output=f"text:{name}")()


@pytest.mark.parametrize("fingerprint", ["code/1:\0", "code/1:\ud800", "code/1:" + "x" * 5000, ""])
def test_a_source_by_a_name_that_no_file_can_have_is_not_there(fingerprint: str, project: Path) -> None:
    assert Ledger(where(project)).source(fingerprint) is None
