"""`makeit graph`: lineage as a drawing, by data flow and by nesting, of all or around some files and calls."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from itertools import chain, islice
from typing import TYPE_CHECKING

import click

from makeit.cli import asking, captions, dot, mermaid, tracing

if TYPE_CHECKING:
    from makeit.lineage import Lineage
    from makeit.review.flow import Flow

_SUFFIXES = {".dot": "dot", ".gv": "dot", ".mmd": "mermaid", ".mermaid": "mermaid", ".svg": "svg", ".json": "json"}
_LINES = {"dot": dot.lines, "mermaid": mermaid.lines, "json": captions.lines}
# What a graph has at its beginning, in each of the formats.
_MARKS = (b"digraph makeit {", b"%% makeit graph", b"<!-- Title: makeit ", b'{"nodes": [')
_HEAD = 1024
# Beyond that Graphviz takes minutes, for what nobody can look at.
_MOST_NODES = 2000
_BLOCK = 2000


@click.command("graph")
@asking.targets()
@click.option("--up", is_flag=True, help="What the targets were made from.")
@click.option("--down", is_flag=True, help="What was made from the targets; without --up and --down both.")
@click.option("--nesting", is_flag=True, help="Also which call ran inside which, as dashed arrows.")
@click.option("--code", is_flag=True, help="Also the functions, classes and constants that calls depend on.")
@click.option("--format", "form", type=click.Choice(["dot", "mermaid", "svg"]), help="Default: by the name, or dot.")
@click.option("-o", "--output", type=click.Path(dir_okay=False), metavar="FILE", help="Write to a file.")
@asking.as_json
def command(
    targets: tuple[str, ...],
    up: bool,
    down: bool,
    nesting: bool,
    code: bool,
    form: str | None,
    output: str | None,
    as_json: bool,
) -> None:
    """Draw what was made from what: all that is stored, or what leads to targets and on from them.

    A target is the path of an output or of a raw file, a call, or the name of a function. Boxes are calls with their
    outputs, sheets are files that no call made, dashed boxes are results that were used and are no more.

    \b
    Examples:
      makeit graph -o lineage.svg
      makeit graph derivatives/sub-01/z.nii.gz --up --format mermaid
      makeit graph raw/sub-01/bold.nii --down --json | jq -r '.nodes[].name'

    Exit status: 0, 1 where a record is damaged, 2 for a target that nothing is known of.
    """
    form = _format(form, output, as_json)
    if not targets and (up or down):
        raise click.UsageError("--up and --down start from targets: name a file or a call")
    lineage = tracing.lineage()
    flow = _flow(lineage, targets, up or not down, down or not up, nesting)
    if output is not None:
        _refuse_others(output, lineage)
    flow = flow.with_code() if code else flow
    _write(_svg(flow) if form == "svg" else (f"{line}\n" for line in _LINES[form](flow)), output)
    if form == "mermaid" and len(flow.edges) > mermaid.MOST_EDGES:
        click.echo(
            f"{len(flow.edges)} arrows: Mermaid draws {mermaid.MOST_EDGES}, unless maxEdges and maxTextSize are raised "
            "where it is configured",
            err=True,
        )
    tracing.end(flow)


def _format(form: str | None, output: str | None, as_json: bool) -> str:
    if as_json and form:
        raise click.UsageError("--json and --format exclude each other")
    suffix = os.path.splitext(output or "")[1].lower()
    if as_json or form or not suffix:
        return "json" if as_json else form or "dot"
    if suffix not in _SUFFIXES:
        raise click.UsageError(
            f"{output} could be in any format: graphs are written as {', '.join(_SUFFIXES)}; --format says which"
        )
    return _SUFFIXES[suffix]


def _flow(lineage: Lineage, targets: tuple[str, ...], up: bool, down: bool, nesting: bool) -> Flow:
    from makeit.store.catalogue import Catalogue

    if targets and not down and not nesting:
        # By look-ups: the larger part of the records need not be read.
        records = [filed.record for filed in asking.calls(targets, Catalogue(lineage.project))]
        return lineage.ancestors(*records).without_nesting()
    flow = lineage.flow()
    if targets:
        nodes = [node for target in targets for node in tracing.nodes(target, lineage, flow)]
        flow = flow.around(nodes, up=up, down=down, nesting=nesting)
    return flow if nesting else flow.without_nesting()


def _refuse_others(output: str, lineage: Lineage) -> None:
    """Raise a click error for a file that is an output of a call, or anything but a graph that was written before."""
    if any(lineage.ledger.place_of_owner(path(output)) is not None for path in (os.path.abspath, os.path.realpath)):
        raise click.ClickException(f"{output} is a result that makeit recorded; give the graph another name")
    if os.path.isfile(output):
        with open(output, "rb") as file:
            head = file.read(_HEAD)
        if head and not any(mark in head for mark in _MARKS):
            raise click.ClickException(
                f"{output} was not written by makeit graph; give the graph another name, or delete that file"
            )


def _svg(flow: Flow) -> Iterator[str]:
    if len(flow.nodes) > _MOST_NODES:
        raise click.ClickException(
            f"{len(flow.nodes)} nodes are too many to be drawn, and to be looked at; name targets, with --up or "
            "--down, or take --format dot and a program for large graphs"
        )
    program = shutil.which("dot")
    if program is None:
        raise click.ClickException(
            "svg is drawn by Graphviz, whose program dot is not here: apt install graphviz, brew install graphviz or "
            "conda install graphviz; --format mermaid needs none"
        )
    text = "\n".join(dot.lines(flow)).encode("utf-8", "backslashreplace")
    done = subprocess.run([program, "-Tsvg"], input=text, capture_output=True, check=False)
    if done.returncode:
        raise click.ClickException(f"Graphviz could not draw the graph: {done.stderr.decode(errors='replace').strip()}")
    yield done.stdout.decode()


def _write(texts: Iterator[str], output: str | None) -> None:
    first = next(texts, "")  # what cannot be drawn is found out before a file is opened
    blocks = chain([first], iter(lambda: "".join(islice(texts, _BLOCK)), ""))
    if output is None:
        for block in blocks:
            click.echo(block.encode("utf-8", "backslashreplace"), nl=False)
        return
    with open(output, "wb") as file:
        file.writelines(block.encode("utf-8", "backslashreplace") for block in blocks)
