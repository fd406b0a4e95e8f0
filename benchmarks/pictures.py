"""Pictures of a report: the budgets, reuse over size, the tools beside each other, and memory."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
from matplotlib.ticker import NullFormatter

from benchmarks.findings import Series, Table, shown
from benchmarks.report import Report

# Okabe and Ito's colours are told apart with every kind of colour vision.
_ORANGE, _BLUE, _GRAY = "#E69F00", "#0072B2", "0.6"
_PEERS = (_ORANGE, "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#F0E442")
_DPI = 100
# What is shown of each case: the beginning of a title, and a short name for it.
_BESIDE = {
    "small": {"Reuse, small": "reuse, small arguments", "Run with a small": "run, small result"},
    "chain": {"Reuse of a chain": "chain of two, 80 MB between"},
    "many": {
        "10,000 distinct calls stored": "10,000 calls stored",
        "10,000 distinct calls reused in the same": "10,000 calls reused",
    },
    "pipeline": {"Pipeline": "pipeline of 1,000 steps"},
}


def draw(report: Report, folder: Path) -> list[Path]:
    """Draw all pictures into a folder; return their files."""
    folder.mkdir(exist_ok=True)
    plt.rcParams.update({"font.size": 9, "figure.facecolor": "white", "savefig.dpi": _DPI})
    files = []
    for name, figure in _figures(report):
        files.append(folder / f"{name}.png")
        figure.savefig(files[-1], metadata={"Software": None})
        plt.close(figure)
    return files


def _figures(report: Report) -> Iterator[tuple[str, Any]]:
    if any(verdict.row for verdict in report.verdicts):
        yield "budgets", _budgets(report)
    if "arrays" in report.findings:
        yield "sizes", _sizes(report.findings["arrays"].tables)
    beside = list(_beside(report))
    if beside:
        yield "tools", _tools(beside)
    if "memory" in report.findings:
        yield "memory", _memory(report.findings["memory"].tables)


def _budgets(report: Report) -> Any:
    """Draw what was measured over what it may be."""
    found = [verdict for verdict in report.verdicts if verdict.row and verdict.limit][::-1]
    figure, axes = plt.subplots(figsize=(8, 0.8 + 0.2 * len(found)), layout="constrained")
    for place, verdict in enumerate(found):
        share = max(verdict.measured / verdict.limit, 1e-3)
        axes.plot([1, share], [place, place], color=_GRAY, linewidth=1, zorder=1)
        axes.plot(share, place, "o" if verdict.met else "D", color=_BLUE if verdict.met else _ORANGE, zorder=2)
    axes.axvline(1, color="black", linewidth=1)
    axes.set_yticks(range(len(found)), [f"{verdict.case} ({verdict.budget})" for verdict in found], fontsize=7)
    axes.set_ylim(-0.7, len(found) - 0.3)
    axes.set_xscale("log")
    axes.set_xlabel("measured / budget\nblue circles: met, orange diamonds: missed")
    axes.grid(axis="x", color="0.9")
    return figure


def _sizes(tables: tuple[Table, ...]) -> Any:
    """Draw the time of a reuse over the size of its argument."""
    lines: dict[str, list[tuple[int, float]]] = {}
    for table in tables:
        size = int(re.findall(r"(\d+) MB", table.title)[0])
        for series in table.series:
            lines.setdefault(series.name, []).append((size, series.median))
    figure, axes = plt.subplots(figsize=(8, 4.2), layout="constrained")
    markers, peers = iter("osD^v<>pP*X"), iter(_PEERS * 2)
    for name, points in lines.items():
        if name.startswith("floor"):
            style: dict[str, Any] = {"color": _GRAY, "linestyle": "--", "marker": ".", "linewidth": 1}
        else:
            style = {"color": _BLUE if "makeit" in name else next(peers), "marker": next(markers), "linewidth": 2}
        axes.plot(*zip(*points, strict=True), label=name, markersize=5, **style)
    axes.set(xscale="log", yscale="log", xlabel="size of the array (MB)", ylabel="time of a reuse (s), median")
    axes.grid(color="0.9")
    figure.legend(loc="outside right upper", frameon=False, fontsize=8)
    return figure


def _beside(report: Report) -> Iterator[tuple[str, Table]]:
    for case, titles in _BESIDE.items():
        for beginning, short in titles.items():
            tables = report.findings[case].tables if case in report.findings else ()
            yield from ((short, table) for table in tables[:2] if table.title.startswith(beginning))


def _tools(beside: list[tuple[str, Table]]) -> Any:
    """Draw a panel for each case, the tools in it as points."""
    rows = (len(beside) + 1) // 2
    figure, panels = plt.subplots(rows, 2, figsize=(8, 2.3 * rows), layout="constrained", squeeze=False)
    for axes in panels.flat[len(beside) :]:
        axes.set_axis_off()
    for axes, (title, table) in zip(panels.flat, beside, strict=False):
        # What was subtracted from what may be below zero, where it is noise.
        found = [series for series in table.series[::-1] if series.median > 0]
        for place, series in enumerate(found):
            axes.plot(series.median, place, "o", color=_colour(series))
            axes.annotate(
                shown(series.median),
                (series.median, place),
                (6, 0),
                textcoords="offset points",
                va="center",
                fontsize=7,
            )
        _name(axes, found)
        axes.set(xscale="log", xlabel="s")
        axes.margins(x=0.4, y=0.1)
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.set_title(title + _remainder(table.title), fontsize=9)
    return figure


def _remainder(title: str) -> str:
    """Return what a title says beyond its short form."""
    said = [part for part in ("fresh process", "nothing to do", "one leaf changed") if part in title]
    return f",\n{', '.join(said)}" if said else ""


def _colour(series: Series) -> str:
    plain = series.name.startswith(("floor", "an interpreter"))
    return _GRAY if plain else _BLUE if "makeit" in series.name else _ORANGE


def _name(axes: Any, several: Sequence[Series]) -> None:
    names = [series.name.removeprefix("floor: ") for series in several]
    axes.set_yticks(range(len(several)), names, fontsize=7)
    axes.grid(axis="x", color="0.9")
    axes.set_axisbelow(True)


def _memory(tables: tuple[Table, ...]) -> Any:
    """Draw a panel for each path."""
    figure, panels = plt.subplots(
        len(tables), 1, figsize=(8, 1.5 * len(tables)), layout="constrained", squeeze=False, sharex=True
    )
    for axes, table in zip(panels.flat, tables, strict=True):
        found = table.series[::-1]
        bars = axes.barh(range(len(found)), [series.median / 1e6 for series in found], color=list(map(_colour, found)))
        axes.bar_label(bars, fmt="%.1f", padding=3, fontsize=7)
        axes.margins(x=0.1)
        _name(axes, found)
        axes.set_title(table.title, fontsize=9)
    panels.flat[-1].set_xlabel("anonymous memory beyond the data (MB)")
    return figure
