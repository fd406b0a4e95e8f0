"""The kill loop and the zero-hole test on joblib.Memory and on makeit: `python -m tests.faults.peers [KILLS]`."""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import joblib
from attrs import frozen

from tests.faults import holes, remains
from tests.faults.calls import again
from tests.faults.killing import Victim
from tests.faults.moments import Moment
from tests.faults.nursery import be_strict, heard, warm
from tests.faults.shapes import Shape
from tests.faults.suite import Tally
from tests.faults.values import large, numbers

_KILLS = 500
_TEMPORARY = re.compile(r"\.(pkl|json|py)\.[0-9a-f]{32}-")


@frozen
class Tool:
    """A tool that keeps results, how it is used here, and how to look at what it left."""

    shape: Shape
    torn: Callable[[Path], Iterator[str]]
    litter: Callable[[Path], list[Path]]


def _torn_of_makeit(root: Path) -> Iterator[str]:
    for path in remains.results(root):
        found = remains.content(path)
        if isinstance(found, str) or len(found) != 1:
            yield f"{path.name} holds {found}"


def _torn_of_joblib(root: Path) -> Iterator[str]:
    for path in root.rglob("output.pkl"):
        try:
            found = numbers(joblib.load(path))
        except Exception as error:  # whatever it says of a damaged file
            yield f"{path.name}: {type(error).__name__}: {error}"
        else:
            if len(found) != 1:
                yield f"{path.name} holds {found}"


def _litter_of_joblib(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if _TEMPORARY.search(path.name)]


TOOLS = (
    Tool(Shape("makeit, npy", lambda maker: maker(large, output="npy:large.npy")), _torn_of_makeit, remains.litter),
    Tool(Shape("makeit, cachedir", lambda maker: maker(large, keep=None)), _torn_of_makeit, remains.litter),
    Tool(Shape(f"joblib {joblib.__version__}", holes.remembered(large)), _torn_of_joblib, _litter_of_joblib),
)


def kill(tool: Tool, kills: int, root: Path) -> Tally:
    """Kill a tool's saves again and again; what a call leaves for good is counted at the end."""
    random, tally = Random(), Tally()
    victim = Victim(tool.shape, root)
    for _ in range(kills):
        tally.tried += 1
        error = victim.kill(Moment.draw(random))
        if error is not None:
            tally.bad("lost", error)
        for example in tool.torn(root):
            tally.bad("torn", example)
        turn = victim.turn.get()
        turns = [*again(random, tool.shape, turn), turn]
        for kind, example in heard(victim.call_again(turns)):
            tally.bad(kind, example)
    for path in tool.litter(root):
        tally.bad("litter", f"{path.name}, {path.stat().st_size} bytes")
    return tally


def main() -> None:
    """Print both tables."""
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else _KILLS
    be_strict()
    with tempfile.TemporaryDirectory() as folder:
        warm(Path(folder, "warm"))
        print("| tool | kills | torn files | wrong values | calls that failed | litter at the end |")
        print("|---|---:|---:|---:|---:|---:|")
        for number, tool in enumerate(TOOLS):
            tally = kill(tool, kills, Path(folder, f"{number}"))
            found = [tally.faults[kind] for kind in ("torn", "wrong", "lost", "litter")]
            print(f"| {tool.shape.name} | {kills} |", *(f"{count} |" for count in found), flush=True)
            for example in tally.examples:
                print(f"    {example}", file=sys.stderr)
        print(f"\n{holes.__doc__}\n")
        print(f"| tool and result | state | {' | '.join(f'{name} is zeros' for name in holes.HOLES)} |")
        print("|---|---|" + "---|" * len(holes.HOLES))
        for row in holes.rows(Path(folder, "holes")):
            print(f"| {' | '.join(row)} |", flush=True)


if __name__ == "__main__":
    main()
