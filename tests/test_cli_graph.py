"""`makeit graph`: lineage for Graphviz, Mermaid, as SVG and as JSON, whatever characters names are made of."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from click.testing import CliRunner, Result

from makeit import File, make
from makeit.cli import captions, main, mermaid
from makeit.review.flow import Edge, Flow, Node, Part, Product

NEEDS_GRAPHVIZ = pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
# What is a word or a mark somewhere: in the language of Graphviz, in HTML, in XML, in Markdown or in Mermaid's.
HOSTILE = (
    'say "hi"', "a\\nb\\", "a\nb", "<b>&amp;</b>", "{x}|[y]", "#35;", "é→漢😀", "\x00\x1b[31m", "end", "1. first",
    "`md`", "_u_ *s* $x$", "%%c", "x:::y", "", "\u202eabc\ufffe",
)  # fmt: skip


def makeit(*arguments: str, status: int = 0) -> Result:
    done = CliRunner().invoke(main, ["graph", *arguments])
    assert done.exit_code == status, done.output
    return done


def drawn(*arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(makeit("--json", *arguments).stdout)
    return found


def arrows(*arguments: str) -> set[tuple[str, str, str]]:
    found = drawn(*arguments)
    names = {node["id"]: node["name"] for node in found["nodes"]}
    return {(names[edge["from"]], edge.get("argument", edge["kind"]), names[edge["to"]]) for edge in found["edges"]}


@pytest.fixture
def study(project: Path) -> Path:
    """Make two maps of each of two subjects, from raw files, and a mean in a call with a call inside."""

    @make(output="npy:out/{subject}/load.npy", name="load")
    def load(subject: str, raw: File) -> Any:
        return np.loadtxt(raw)

    @make(output={"low": "npy:out/{subject}/low.npy", "high": "npy:out/{subject}/high.npy"}, name="split")
    def split(subject: str, values: Any, other: Any) -> dict[str, Any]:
        return {"low": values - 1, "high": other + 1}

    @make(name="total")
    def total(maps: list[Any]) -> float:
        return float(sum(one.sum() for one in maps))

    @make(output="json:out/mean.json", name="mean")
    def mean(maps: list[Any]) -> float:
        return total(maps) / len(maps)

    maps = []
    for subject in ("sub-01", "sub-02"):
        (project / f"{subject}.txt").write_text(f"1 2 {subject[-1]}\n")
        values = load(subject, f"{subject}.txt")
        maps.append(split(subject, values, values)["high"])
    mean(maps)
    return project


FLOW_OF_ONE = {
    ("sub-01.txt", "raw", "load (sub-01)"),
    ("load (sub-01)", "values", "split (sub-01)"),
    ("load (sub-01)", "other", "split (sub-01)"),
}
DOWN_OF_ONE = {("split (sub-01)", "maps", "mean"), ("split (sub-01)", "maps", "total")}


def test_json_has_all_nodes_and_edges_or_those_up_or_down_from_targets(study: Path) -> None:
    assert len(arrows()) == 10
    assert arrows("out/sub-01/low.npy", "--up") == FLOW_OF_ONE
    assert arrows("split (sub-01)", "--down") == DOWN_OF_ONE
    assert arrows("split (sub-01)") == arrows("split (sub-01)", "--up", "--down") == FLOW_OF_ONE | DOWN_OF_ONE
    assert arrows("sub-01.txt", "--down") == FLOW_OF_ONE | DOWN_OF_ONE
    outputs = {edge.get("output") for edge in drawn()["edges"] if edge["argument"] == "maps"}
    assert outputs == {"out/sub-01/high.npy", "out/sub-02/high.npy"}


def test_nesting_and_code_are_there_where_they_are_asked_for(study: Path) -> None:
    assert ("total", "nested", "mean") not in arrows()
    assert ("total", "nested", "mean") in arrows("--nesting")
    assert arrows("mean", "--down", "--nesting") == set()
    assert ("total", "nested", "mean") in arrows("mean", "--up", "--nesting")
    assert ("total", "nested", "mean") in arrows("total", "--down", "--nesting")
    code = [node for node in drawn("--code")["nodes"] if node["kind"] == "code"]
    assert {"name", "fingerprint", "file", "line"} <= code[0].keys()


def test_up_from_a_target_is_the_same_by_look_ups_as_in_the_whole_graph(study: Path) -> None:
    assert arrows("mean", "--up") == {
        arrow for arrow in arrows("mean", "--up", "--nesting") if arrow[1] != "nested" and arrow[2] != "total"
    }


def test_dot_has_a_box_for_each_call_with_its_outputs_and_a_sheet_for_each_file(study: Path) -> None:
    text = makeit().stdout
    assert text.startswith("digraph makeit {\n")
    assert text.endswith("}\n")
    assert text.count("shape=note") == 2
    box = next(line for line in text.splitlines() if "<B>split (sub-01)</B>" in line)
    assert ">low.npy<" in box
    assert ">high.npy<" in box
    # The second output went into two calls, and is where the arrows leave from.
    assert len(re.findall(r"n\d+:o1:e -> n\d+ \[label=\"maps\"\];", text)) == 4
    assert len(re.findall(r"label=\"values, other\"", text)) == 2
    assert makeit().stdout == text
    assert "style=dashed" in makeit("--nesting").stdout


@NEEDS_GRAPHVIZ
def test_svg_is_drawn_by_graphviz_and_says_every_name(study: Path) -> None:
    for _ in range(2):
        makeit("--nesting", "--code", "-o", "drawing.svg")
    tree = ElementTree.parse("drawing.svg")
    texts = {text.text for text in tree.iter("{http://www.w3.org/2000/svg}text")}
    assert texts >= {"split (sub-01)", "low.npy", "high.npy", "sub-02.txt", "values, other", "maps", "inside"}


@NEEDS_GRAPHVIZ
def test_what_is_not_connected_is_drawn_in_the_order_of_names_from_the_top(study: Path) -> None:
    makeit("load", "--up", "-o", "drawing.svg")
    texts = ElementTree.parse("drawing.svg").iter("{http://www.w3.org/2000/svg}text")
    heights = {text.text: float(text.get("y", "")) for text in texts}
    assert heights["load (sub-01)"] < heights["load (sub-02)"]


def test_svg_without_graphviz_and_of_too_many_nodes_is_refused_with_a_way_on(
    study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    assert "apt install graphviz" in makeit("-o", "x.svg", status=1).stderr
    monkeypatch.undo()
    monkeypatch.chdir(study)
    monkeypatch.setattr("makeit.cli.graph._MOST_NODES", 3)
    assert "name targets, with --up or --down" in makeit("-o", "x.svg", status=1).stderr
    assert not Path("x.svg").exists()


def _hostile() -> Flow:
    nodes, edges = [], []
    for number, name in enumerate(HOSTILE):
        part = Part(name, "function", "f", f"code/{name}", 3)
        call = Node(
            "call", name, f"r{number}", "c", name, (Product(name, "f", ()), Product(f"d/{name}", "f", ())), (part,)
        )
        file, gone = Node("file", f"raw/{name}"), Node("gone", name, f"g{number}", why=name, mark=name)
        nodes += [call, file, gone]
        edges += [Edge(file, call, name), Edge(gone, call, name), Edge(call, call, name, 1, nested=number % 2 == 0)]
    return Flow(tuple(nodes), tuple(edges)).with_code()


@NEEDS_GRAPHVIZ
def test_any_name_is_drawn_by_graphviz_as_it_is(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("makeit.lineage.Lineage.flow", lambda _: _hostile())
    (project / ".makeit").mkdir()
    makeit("-o", "hostile.svg", "--nesting")
    svg = "{http://www.w3.org/2000/svg}"
    tree = ElementTree.parse("hostile.svg")
    drawn = {
        kind: ["".join(text.text or "" for text in group.iter(f"{svg}text")) for group in tree.iter(f"{svg}g")
               if group.get("class") == kind]
        for kind in ("node", "edge")
    }  # fmt: skip
    for name in HOSTILE[:-2]:
        shown = name.replace("\n", "\\n").replace("\x00\x1b", r"\x00\x1b")
        assert shown in drawn["edge"]
        assert "/" in name or shown * 3 in drawn["node"]


def test_any_name_is_quoted_for_mermaid_and_for_json() -> None:
    text = "\n".join(mermaid.lines(_hostile()))
    texts = re.findall(r'"([^"\n]*)"', text)
    # Outside of quotes there are names of nodes, arrows and shapes; inside nothing that is more than text.
    outside = re.sub(r'"[^"\n]*"', "", text).split("  classDef")[0]
    assert re.fullmatch(r"(?:%% makeit graph\nflowchart LR|[\sn\d()\[\]/>|.-]|:::(?:made|raw|lost|code))+", outside)
    assert not [one for one in texts if re.search(r"\b_|_\b|[<>&`{}|\\$*%]|:(?!\d)|^\d+\. ", one.replace("<br/>", ""))]
    decoded = {re.sub(r"#(\d+);", lambda found: chr(int(found[1])), one) for one in texts}
    assert {
        'say "hi"',
        "a\\nb\\",
        "a\\nb",
        "{x}|[y]",
        "#35;",
        "é→漢😀",
        "`md`",
        "_u_ *s* $x$",
        "%%c",
        "x:::y",
    } <= decoded
    found = json.loads("\n".join(captions.lines(_hostile())))
    assert {node["name"] for node in found["nodes"]} >= set(HOSTILE) - {""}
    assert "\u202e" not in "\n".join(captions.lines(_hostile()))


def test_mermaid_is_a_flowchart_and_says_where_its_limit_is(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = makeit("--format", "mermaid", "--nesting")
    lines = done.stdout.splitlines()
    assert lines[1] == "flowchart LR"
    assert '  n3("split (sub-01)<br/>low.npy<br/>high.npy"):::made' in lines
    assert any(re.fullmatch(r'  n\d+ -->\|"values, other"\| n3', line) for line in lines)
    assert any(re.fullmatch(r'  n\d+ -.->\|"inside"\| n\d+', line) for line in lines)
    assert "maxEdges" not in done.stderr
    monkeypatch.setattr(mermaid, "MOST_EDGES", 3)
    assert "Mermaid draws 3" in makeit("--format", "mermaid").stderr


def test_the_name_of_the_file_says_the_format(study: Path) -> None:
    beginnings = {
        "a.dot": "digraph",
        "a.gv": "digraph",
        "a": "digraph",
        "a.mmd": "%% makeit graph\nflowchart",
        "a.json": '{"nodes"',
    }
    for name, beginning in beginnings.items():
        for _ in range(2):  # one that was written before is written anew
            assert makeit("-o", name).output == ""
            assert Path(name).read_text().startswith(beginning)
    assert "--format says which" in makeit("-o", "a.png", status=2).stderr
    makeit("-o", "a.png", "--format", "dot")
    makeit("-o", os.devnull, "--format", "dot")
    assert "exclude each other" in makeit("--json", "--format", "dot", status=2).stderr


def test_nothing_is_written_over_but_a_graph(study: Path) -> None:
    """Law E3: what a person or a call wrote is never overwritten silently."""
    make(func=lambda: "digraph makeit {}", output="text:result.dot", name="drawn")()
    os.symlink("result.dot", "link.dot")
    Path("notes.dot").write_text("mine")
    files = ("result.dot", "link.dot", "out/sub-01/low.npy", "sub-01.txt", "notes.dot")
    before = [Path(file).read_bytes() for file in files]
    for file in files:
        assert "give the graph another name" in makeit("-o", file, "--format", "dot", status=1).stderr
    assert [Path(file).read_bytes() for file in files] == before
    Path("notes.dot").write_text("")
    makeit("-o", "notes.dot")
    assert Path("notes.dot").read_text().startswith("digraph")


def test_what_makes_no_sense_is_refused_with_what_to_type(study: Path) -> None:
    assert "name a file or a call" in makeit("--up", status=2).stderr
    assert "did you mean split" in makeit("spilt", status=2).stderr


def test_a_damaged_record_is_said_and_the_rest_is_drawn(study: Path) -> None:
    place = study / ".makeit/records/out/sub-01/load.npy.json"
    place.write_bytes(place.read_bytes()[:-20])
    done = makeit("--json", status=1)
    assert str(place) in done.stderr
    assert any(node["kind"] == "gone" for node in json.loads(done.stdout)["nodes"])
