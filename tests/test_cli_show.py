"""`makeit show`: a record in full, the condition of its files, and lineage up and down."""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from makeit import File, make
from makeit.cli import branches, main
from makeit.review.flow import Edge, Flow, Node, Product
from makeit.store.ledger import Entry, Ledger
from makeit.store.project import Project

SCALE = 2.0


def makeit(*arguments: str, status: int = 0) -> Result:
    done = CliRunner().invoke(main, ["show", *arguments])
    assert done.exit_code == status, done.output
    return done


def shown(*arguments: str) -> str:
    return makeit(*arguments).stdout


def told(*arguments: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(makeit("--json", *arguments).stdout)
    return found


@pytest.fixture
def steps(project: Path) -> SimpleNamespace:
    """Make a file from a raw one, two files from that, and a number from one of them with a call inside."""

    @make(output="npy:out/{subject}/load.npy", name="load")
    def load(subject: str, raw: File, factor: float = 1.0) -> Any:
        return np.loadtxt(raw) * SCALE * factor

    @make(output={"low": "npy:out/{subject}/low.npy", "high": "npy:out/{subject}/high.npy"}, name="split")
    def split(subject: str, values: Any) -> dict[str, Any]:
        return {"low": values - 1, "high": values + 1}

    @make(name="total")
    def total(maps: list[Any]) -> float:
        return float(sum(one.sum() for one in maps))

    @make(output="json:out/mean.json", name="mean")
    def mean(maps: list[Any]) -> float:
        return total(maps) / len(maps)

    (project / "sub-01.txt").write_text("1 2\n")
    mean([split("sub-01", load("sub-01", "sub-01.txt"))["high"]])
    return SimpleNamespace(load=load, split=split, total=total, mean=mean)


def lines_under(heading: str, text: str) -> list[str]:
    lines = text.splitlines()
    start = next(number for number, line in enumerate(lines) if line.split("  ")[0] == heading) + 1
    return lines[start : lines.index("", start) if "" in lines[start:] else None]


def test_a_call_is_shown_in_full_with_what_its_arguments_and_files_are(steps: SimpleNamespace) -> None:
    text = shown("out/sub-01/load.npy")
    facts = {line[:13].strip(): line[13:] for line in text.split("\n\n")[0].splitlines()[1:]}
    assert text.startswith("load (sub-01)\n")
    assert facts["function"].startswith("load, ")
    assert facts["function"].endswith(f"test_cli_show.py:{steps.load.__wrapped__.__code__.co_firstlineno}")
    assert facts["because"] == "never run"
    assert f":{os.getpid()}" in facts["ran"]
    assert facts["with"].startswith("python 3.")
    rows = [line.split() for line in lines_under("argument", text)]
    assert rows == [["subject", "'sub-01'"], ["raw", "'sub-01.txt'", "sub-01.txt"], ["factor", "1.0", "(default)"]]
    assert any("SCALE" in line and line.endswith("2.0") for line in lines_under("code", text))
    assert [line.split()[:5] for line in lines_under("output", text)] == [
        ["out/sub-01/load.npy", "npy?compressed=False", "144", "B", "as"]
    ]


def test_lineage_is_a_tree_up_to_raw_files_and_down_to_what_depends_on_it(steps: SimpleNamespace) -> None:
    text = shown("split")
    assert lines_under("made from", text) == ["└─ values: load (sub-01)  out/sub-01/load.npy", "   └─ raw: sub-01.txt"]
    assert lines_under("used by", text) == [
        "├─ maps: total",
        "│  └─ as part of: mean  out/mean.json",
        "└─ maps: mean  out/mean.json",
    ]
    assert "values    ndarray float64 (2,)  load (sub-01): out/sub-01/load.npy" in text
    text = shown("out/mean.json")
    assert lines_under("made from", text) == [
        "├─ maps: split (sub-01)  out/sub-01/high.npy",
        "│  └─ values: load (sub-01)  out/sub-01/load.npy",
        "│     └─ raw: sub-01.txt",
        "└─ ran inside: total",
        "   └─ maps: split (sub-01)  out/sub-01/high.npy  see above",
    ]
    assert "inside       mean" in shown("total")


def test_the_tree_leaves_folders_out_where_a_terminal_is_too_narrow(
    steps: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("makeit.cli.terminal.is_terminal", lambda: True)
    monkeypatch.setenv("NO_COLOR", "1")
    for width, name in ((60, "out/sub-01/load.npy"), (40, "…/load.npy")):
        monkeypatch.setenv("COLUMNS", str(width))
        assert lines_under("made from", shown("split"))[0] == f"└─ values: load (sub-01)  {name}"


def test_a_raw_file_says_who_used_it_and_names_are_as_they_are_typed_here(
    steps: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shown("sub-01.txt").startswith("sub-01.txt\nno stored call made it\n\nused by\n└─ raw: load (sub-01)")
    monkeypatch.chdir("out")
    text = shown("../sub-01.txt", "sub-01/load.npy")
    assert text.startswith("../sub-01.txt\n")
    assert "└─ raw: load (sub-01)  sub-01/load.npy" in text
    assert "raw       'sub-01.txt'   ../sub-01.txt" in text


def test_json_has_the_record_as_it_is_stored_and_lineage_by_generation(steps: SimpleNamespace) -> None:
    project = Project.locate(None, None)
    entry = Ledger(project).owner(project.absolute("out/sub-01/high.npy"))
    assert isinstance(entry, Entry)
    (found,) = told("out/sub-01/high.npy")
    stored = json.loads(Path(found["place"]).read_text())
    del stored["checksum"]
    assert {name: found[name] for name in stored} == stored
    assert found["condition"] == {"out/sub-01/low.npy": "as written", "out/sub-01/high.npy": "as written"}
    up, down = ({node["name"]: node["generation"] for node in found["lineage"][way]["nodes"]} for way in ("up", "down"))
    assert up == {"split (sub-01)": 0, "load (sub-01)": 1, "sub-01.txt": 2}
    assert down == {"split (sub-01)": 0, "total": 1, "mean": 1}
    assert {edge["kind"] for edge in found["lineage"]["down"]["edges"]} == {"data", "nested"}
    assert [one["function"] for one in told("*")] == ["total", "mean", "load", "split"]
    (raw,) = told("sub-01.txt")
    assert (raw["kind"], raw["name"], len(raw["lineage"]["down"]["nodes"])) == ("file", "sub-01.txt", 5)


def test_files_say_what_became_of_them_and_large_ones_are_not_read(
    steps: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def conditions() -> list[str]:
        return list(told("split")[0]["condition"].values())

    low, high = Path("out/sub-01/low.npy"), Path("out/sub-01/high.npy")
    os.utime(low, (1, 1))
    high.write_bytes(high.read_bytes()[:-1] + b"x")
    assert conditions() == ["touched", "changed"]
    low.unlink()
    high.write_bytes(b"shorter")
    assert conditions() == ["missing", "changed"]
    assert "missing" in shown("split")
    os.utime("out/sub-01/load.npy", (1, 1))
    monkeypatch.setattr("makeit.cli.condition._SMALL", 10)
    assert list(told("load")[0]["condition"].values()) == ["touched or changed"]


def test_a_result_that_is_no_more_is_said_with_what_was_made_from_it(steps: SimpleNamespace) -> None:
    steps.load("sub-01", "sub-01.txt", factor=3.0)
    why = "replaced since by another call, load (sub-01)"
    assert f"└─ values: out/sub-01/load.npy  {why}" in shown("split")
    assert f"out/sub-01/load.npy, {why}" in shown("split")
    assert "└─ an earlier result as values: split (sub-01)" in shown("load")
    steps.load.forget("sub-01", "sub-01.txt", factor=3.0)
    text = shown("out/sub-01/load.npy")
    assert text.startswith("out/sub-01/load.npy\nremoved since\n")
    assert text.count("values: split (sub-01)") == 1


def test_what_a_person_changed_is_said(steps: SimpleNamespace) -> None:
    Path("out/mean.json").write_text("4.0")
    steps.mean.adopt([np.load("out/sub-01/high.npy")])
    text = shown("out/mean.json")
    assert "\nadopted      by " in text
    assert "adopted" in lines_under("output", text)[0]


def test_several_targets_are_several_blocks_and_a_damaged_record_is_said(steps: SimpleNamespace, project: Path) -> None:
    assert [line for line in shown("load", "split").splitlines() if line.endswith(" (sub-01)")] == [
        "load (sub-01)",
        "split (sub-01)",
    ]
    place = project / ".makeit/records/out/sub-01/load.npy.json"
    place.write_bytes(place.read_bytes().replace(b"never", b"newer"))
    done = makeit("out/sub-01/load.npy", "split", status=1)
    assert done.stderr == (f"the record of out/sub-01/load.npy is damaged: its checksum does not match ({place})\n")
    assert done.stdout.startswith("split (sub-01)\n")
    assert "└─ values: out/sub-01/load.npy  removed since" in done.stdout
    done = makeit("split", "--json", status=1)
    assert f"a record is damaged and left out: its checksum does not match ({place})" in done.stderr
    assert json.loads(done.stdout)[0]["function"] == "split"
    assert "did you mean split" in makeit("spilt", status=2).stderr


def _chain(length: int, breadth: int) -> tuple[Flow, list[Node]]:
    chain = [
        Node("call", f"step {number}", f"{number}.npy", outputs=(Product(f"{number}.npy", "f", ()),))
        for number in range(length)
    ]
    files = [Node("file", f"{number}.txt") for number in range(breadth)]
    edges = [Edge(chain[number], chain[number + 1], "x") for number in range(length - 1)]
    edges += [Edge(file, chain[0], "raw") for file in files]
    return Flow((*chain, *files), tuple(edges)), chain


def test_long_and_broad_lineage_is_folded_and_whole_on_request() -> None:
    flow, chain = _chain(3000, 25)

    def texts(node: Node, whole: bool) -> list[str]:
        return ["".join(cell.text for cell in line) for line in branches.up(flow, node, str, whole)]

    assert [line.strip() for line in texts(chain[-1], False)] == [
        *(f"└─ x: step {number}  {number}.npy" for number in (2998, 2997, 2996)),
        "└─ x: step 2995  2995.npy  …: --all",
    ]
    assert texts(chain[0], False)[-2:] == ["├─ raw: 8.txt", "└─ … and 16 more: --all"]
    assert len(texts(chain[0], True)) == 25
    assert len(texts(chain[-1], True)) == 2999 + 25


def test_lineage_that_leads_in_a_circle_is_shown_once() -> None:
    flow, (one, two) = _chain(2, 0)
    flow = Flow(flow.nodes, (*flow.edges, Edge(two, one, "back"), Edge(one, one, "own")))
    for way in (branches.up, branches.down):
        lines = ["".join(cell.text for cell in line) for line in way(flow, one, str, True)]
        assert sum(line.endswith("see above") for line in lines) == 2
        assert len(lines) == 3
