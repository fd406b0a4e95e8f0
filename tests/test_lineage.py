"""Lineage: from any output back to raw files and code, and on to what depends on it, as a graph read once."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from attrs import evolve

from makeit import File, Maker, make
from makeit.lineage import Lineage
from makeit.records import ArgumentRecord, Origin, Record
from makeit.review.flow import Edge, Flow, Node
from makeit.store.ledger import Entry, Ledger
from makeit.store.project import Project

SCALE = 2.0


def scaled(values: Any) -> Any:
    return values * SCALE


@pytest.fixture
def steps(project: Path) -> SimpleNamespace:
    """Return made functions of the project of this test."""

    @make(output="npy:out/{subject}/load.npy", name="load")
    def load(subject: str, raw: File, factor: float = 1.0) -> Any:
        return scaled(np.loadtxt(raw)) * factor

    @make(output={"low": "npy:out/{subject}/low.npy", "high": "npy:out/{subject}/high.npy"}, name="split")
    def split(subject: str, values: Any) -> dict[str, Any]:
        return {"low": values - 1, "high": values + 1}

    @make(name="total")
    def total(parts: list[Any]) -> float:
        return float(sum(part.sum() for part in parts))

    @make(output="json:out/count.json", name="count")
    def count(file: File) -> int:
        return len(Path(file).read_bytes())

    @make(output="npy:out/whole.npy", name="whole")
    def whole(subject: str, raw: str) -> Any:
        return load(subject, raw) + 1

    return SimpleNamespace(load=load, split=split, total=total, count=count, whole=whole)


def lineage() -> Lineage:
    project = Project.locate(None, None)
    return Lineage(project, Ledger(project))


def record(path: str) -> Record:
    found = lineage()
    entry = found.ledger.owner(found.project.absolute(path))
    assert isinstance(entry, Entry)
    return entry.record


def arrows(flow: Flow) -> set[tuple[str, str, str]]:
    return {
        (edge.source.name, edge.argument or ("nested" if edge.nested else ""), edge.target.name) for edge in flow.edges
    }


def names(generations: Any) -> list[list[str]]:
    return [[node.name for node in nodes] for nodes in generations]


def node(flow: Flow, name: str) -> Node:
    return next(one for one in flow.nodes if one.name == name)


@pytest.fixture
def chain(project: Path, steps: SimpleNamespace) -> Flow:
    """Make results of two subjects from raw files, and one from both."""
    parts = []
    for subject in ("sub-01", "sub-02"):
        (project / f"{subject}.txt").write_text(f"1 2 {subject[-1]}\n")
        parts.append(steps.split(subject, steps.load(subject, f"{subject}.txt"))["high"])
    steps.total(parts)
    return lineage().flow()


def test_all_that_went_into_calls_is_found_by_argument_and_output(chain: Flow) -> None:
    assert arrows(chain) == {
        ("sub-01.txt", "raw", "load (sub-01)"),
        ("sub-02.txt", "raw", "load (sub-02)"),
        ("load (sub-01)", "values", "split (sub-01)"),
        ("load (sub-02)", "values", "split (sub-02)"),
        ("split (sub-01)", "parts", "total"),
        ("split (sub-02)", "parts", "total"),
    }
    used = [edge for edge in chain.edges if edge.argument == "parts"]
    assert [edge.source.outputs[edge.output or 0].path for edge in used] == [
        "out/sub-01/high.npy",
        "out/sub-02/high.npy",
    ]
    assert [one.kind for one in chain.nodes] == ["call"] * 5 + ["file"] * 2


def test_ancestors_lead_to_raw_files_by_generation_and_by_look_ups_alone(chain: Flow, project: Path) -> None:
    kept = next(one for one in lineage().flow().nodes if one.name == "total")
    found = lineage()
    entry = found.ledger.read(found.project.absolute(kept.record))
    assert isinstance(entry, Entry)
    # A record that is not asked for is not read: damage there is not noticed.
    (project / ".makeit/records/out/other.npy.json").write_text("damaged")
    flow = found.ancestors(entry.record)
    start = flow.at(entry.record)
    assert start is not None
    assert not flow.damaged
    assert names(flow.above([start])) == [
        ["split (sub-01)", "split (sub-02)"],
        ["load (sub-01)", "load (sub-02)"],
        ["sub-01.txt", "sub-02.txt"],
    ]
    assert arrows(flow) == arrows(chain)
    flow = found.ancestors(record("out/sub-01/low.npy"))
    assert {one.name for one in flow.nodes} == {"split (sub-01)", "load (sub-01)", "sub-01.txt"}


def test_descendants_are_what_depends_on_a_result_and_nothing_else(chain: Flow) -> None:
    asked = record("out/sub-01/load.npy")
    flow = lineage().descendants(asked)
    start = flow.at(asked)
    assert start is not None
    assert names(flow.below([start])) == [["split (sub-01)"], ["total"]]
    assert {one.name for one in flow.nodes} == {"load (sub-01)", "split (sub-01)", "total"}
    raw = chain.file("sub-02.txt")
    assert raw is not None
    assert names(chain.below([raw])) == [["load (sub-02)"], ["split (sub-02)"], ["total"]]


def test_code_parts_are_nodes_with_their_place_where_they_are_asked_for(chain: Flow) -> None:
    flow = chain.with_code()
    parts = {one.name.rpartition(".")[2]: one.code[0] for one in flow.nodes if one.kind == "code"}
    assert parts.keys() >= {"load", "scaled", "SCALE", "split", "total"}
    assert parts["scaled"].place == f"{__file__}:{scaled.__code__.co_firstlineno}"
    scaled_for = [edge.target.name for edge in flow.edges if edge.source.name.endswith(".scaled")]
    assert scaled_for == ["load (sub-01)", "load (sub-02)"]  # one node for all that have the same version


def test_a_file_that_a_call_wrote_is_that_calls_result(chain: Flow, steps: SimpleNamespace) -> None:
    steps.count("out/sub-01/high.npy")
    edge = next(edge for edge in lineage().flow().edges if edge.argument == "file")
    assert (edge.source.name, edge.source.outputs[edge.output or 0].path) == ("split (sub-01)", "out/sub-01/high.npy")
    assert "sub-01.txt" in {one.name for one in lineage().ancestors(record("out/count.json")).nodes}


def test_a_file_with_other_content_than_its_call_wrote_last_is_known_and_gone(
    chain: Flow, steps: SimpleNamespace
) -> None:
    steps.count("out/sub-01/load.npy")
    steps.load.rerun("sub-01", "sub-01.txt", factor=3.0)
    gone = [edge.source for edge in lineage().flow().edges if edge.argument == "file"]
    assert [(one.kind, one.name, one.why) for one in gone] == [("gone", "out/sub-01/load.npy", "changed since")]


@pytest.mark.parametrize("look_up", [True, False])
def test_a_result_that_was_replaced_made_anew_or_removed_is_known_and_gone(
    chain: Flow, look_up: bool, steps: SimpleNamespace
) -> None:
    def whys() -> set[str]:
        found = lineage()
        flow = found.ancestors(record("out/sub-01/low.npy")) if look_up else found.flow()
        sources = [edge.source for edge in flow.edges if edge.target.name == "split (sub-01)"]
        assert all(one.name == "out/sub-01/load.npy" for one in sources)
        return {f"{one.kind}: {one.why}" for one in sources}

    anew = record("out/sub-01/load.npy")
    steps.load("sub-01", "sub-01.txt", factor=3.0)
    assert whys() == {"gone: replaced since by another call, load (sub-01)"}
    place = lineage().ledger.place(os.path.abspath("out/sub-01/load.npy"))
    other = evolve(anew, outputs=(evolve(anew.outputs[0], fingerprint="array/1:other"),))
    lineage().ledger.write_place(place, other)
    assert whys() == {"gone: made anew since"}
    steps.load.forget("sub-01", "sub-01.txt")
    assert whys() == {"gone: removed since"}


def test_what_was_made_from_an_earlier_result_depends_on_it_still(chain: Flow, steps: SimpleNamespace) -> None:
    steps.load("sub-01", "sub-01.txt", factor=3.0)
    asked = record("out/sub-01/load.npy")
    flow = lineage().descendants(asked)
    start = flow.at(asked)
    assert start is not None
    assert names(flow.below([start])) == [["split (sub-01)"], ["total"]]
    assert [one.why for one in flow.earlier(start)] == ["replaced since by another call, load (sub-01)"]


def test_what_ran_inside_a_call_is_nested_in_it(project: Path, steps: SimpleNamespace) -> None:
    Path("raw.txt").write_text("1 2\n")
    steps.whole("sub-01", "raw.txt")
    flow = lineage().flow()
    assert arrows(flow) == {("raw.txt", "raw", "load (sub-01)"), ("load (sub-01)", "nested", "whole")}
    start = node(flow, "whole")
    assert names(flow.above([start])) == []
    assert names(flow.above([start], nesting=True)) == [["load (sub-01)"], ["raw.txt"]]
    assert arrows(flow.without_nesting()) == {("raw.txt", "raw", "load (sub-01)")}
    steps.whole.forget("sub-01", "raw.txt")
    flow = lineage().flow()
    assert [(edge.target.kind, edge.target.why) for edge in flow.edges if edge.nested] == [("gone", "not kept")]
    assert {one.kind for one in flow.without_nesting().nodes} == {"call", "file"}


def test_records_that_lead_in_a_circle_end_like_any_other(chain: Flow) -> None:
    found = lineage()
    first, last = record("out/sub-01/load.npy"), record("out/sub-01/low.npy")
    name, output = last.outputs[0].path, last.outputs[0]
    back = ArgumentRecord(output.fingerprint, "", (Origin(name, output.fingerprint or "", last.call),))
    itself = ArgumentRecord(None, "", (Origin("out/sub-01/load.npy", first.outputs[0].fingerprint or "", first.call),))
    circle = evolve(first, arguments={**first.arguments, "back": back, "itself": itself}, parent=last.call)
    found.ledger.write(os.path.abspath("out/sub-01/load.npy"), circle, durable=False)
    for flow in (lineage().flow(), lineage().ancestors(last), lineage().descendants(circle)):
        assert {("load (sub-01)", "itself", "load (sub-01)"), ("split (sub-01)", "back", "load (sub-01)")} <= arrows(
            flow
        )
        start = flow.at(last)
        assert start is not None
        assert names(flow.above([start], nesting=True))[0] == ["load (sub-01)"]
        assert sum(map(len, flow.below([start], nesting=True))) <= 2


def test_a_damaged_record_is_told_and_the_others_are_there(chain: Flow, project: Path) -> None:
    place = project / ".makeit/records/out/sub-01/load.npy.json"
    place.write_bytes(place.read_bytes().replace(b"load", b"laod"))
    flow = lineage().flow()
    assert [one.path for one in flow.damaged] == [str(place)]
    assert ("out/sub-01/load.npy", "values", "split (sub-01)") in arrows(flow)
    assert ("load (sub-02)", "values", "split (sub-02)") in arrows(flow)


def test_projects_that_share_a_cachedir_see_each_others_results(project: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    cachedir = tmp_path / "shared"
    Path("raw.txt").write_text("1 2\n")
    one, two = (Maker(cachedir=cachedir, root=root) for root in (project, other))
    made = one(output="npy:load.npy", name="load")(lambda raw: np.loadtxt(raw))(Path("raw.txt"))
    two(output="npy:split.npy", name="split")(lambda values: values + 1)(made)
    for root in (project, other):
        there = Project(str(root), str(cachedir))
        flow = Lineage(there, Ledger(there)).flow()
        assert [(edge.source.name, edge.target.name) for edge in flow.edges if edge.source.kind == "call"] == [
            ("load", "split")
        ]


def test_the_graph_is_the_same_in_every_reading_and_nodes_are_told_apart(chain: Flow, steps: SimpleNamespace) -> None:
    steps.load("sub-01", "sub-01.txt", factor=3.0)
    one, two = lineage().flow().with_code(), lineage().flow().with_code()

    def edges(flow: Flow) -> list[tuple[str, str, Edge]]:
        return [(edge.source.id, edge.target.id, edge[2:]) for edge in flow.edges]

    assert [node.id for node in one.nodes] == [node.id for node in two.nodes]
    assert edges(one) == edges(two)
    calls = [node.record for node in lineage().ancestors(record("out/sub-02/low.npy")).nodes if node.kind == "call"]
    assert calls == sorted(calls)
    assert len(calls) == 2
    assert len({node.id for node in one.nodes}) == len(one.nodes)
