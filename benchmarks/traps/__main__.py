"""Run the traps and print a table: `python -m benchmarks.traps [--why] [tool ...]`; makeit must be right in all."""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.tools import Tool
from benchmarks.traps.tools import TOOLS
from benchmarks.traps.trial import VERDICTS
from benchmarks.traps.worker import TRAPS

_ROOT = Path(__file__).parents[2]
_DIED = ("refused", "the process died")
_SHOWN = {"stale": "**stale**"}


def main() -> int:
    """Return 1 if makeit was run and anything of it is not right."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.traps", description=__doc__)
    parser.add_argument("tools", nargs="*", metavar="tool", help=", ".join(tool.name for tool in TOOLS))
    parser.add_argument("--why", action="store_true", help="list what was found where it is not right")
    options = parser.parse_args()
    unknown = set(options.tools) - {tool.name for tool in TOOLS}
    if unknown:
        parser.error(f"no tool {min(unknown)!r}; there are {', '.join(tool.name for tool in TOOLS)}")
    chosen = [tool for tool in TOOLS if tool.name in options.tools or not options.tools]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = dict(zip(chosen, pool.map(trials, chosen), strict=True))
    print("\n".join(_report(found)))
    if options.why:
        print("\n".join(["", *_details(found)]))
    return int(any(verdict != "right" for tool in chosen if tool.name == "makeit" for verdict, _ in found[tool]))


def trials(tool: Tool) -> list[tuple[str, str]]:
    """Run all traps with one tool, process after process; return the worst verdict of each."""
    if tool.version is None:
        return [("not installed", "")] * len(TRAPS)
    found = [("right", "")] * len(TRAPS)
    with tempfile.TemporaryDirectory(prefix="makeit-traps-") as folder:
        for process in range(max(trap.processes for trap in TRAPS)):
            now = _run(tool, Path(folder).resolve(), process)
            for number, trap in enumerate(TRAPS):
                if trap.processes > process:
                    verdict = now.get(number, _DIED)
                    found[number] = max(found[number], verdict, key=lambda each: VERDICTS.index(each[0]))
    return found


def _run(tool: Tool, folder: Path, process: int) -> dict[int, tuple[str, str]]:
    # An edit within the second that keeps a file's size would be hidden by Python's own cache of bytecode.
    settings = {"PYTHONPATH": str(_ROOT), "PYTHONHASHSEED": str(process + 1), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.traps.worker", tool.name, str(folder), str(process)],
        cwd=folder,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        print(f"{tool.name}, process {process}: {done.stderr[-2000:]}", file=sys.stderr)
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("[")]
    return {number: (verdict, text) for number, verdict, text in lines}


def _report(found: Mapping[Tool, Sequence[tuple[str, str]]]) -> Iterable[str]:
    versions = ", ".join(f"{tool.name} {tool.version or 'not installed'}" for tool in found)
    yield f"{len(TRAPS)} traps, Python {platform.python_version()} on {sys.platform}, {versions}\n"
    yield f"| trap | law | {' | '.join(tool.name for tool in found)} |"
    yield f"|---|---|{'---|' * len(found)}"
    for number, trap in enumerate(TRAPS):
        verdicts = [found[tool][number][0] for tool in found]
        yield f"| {trap.name} | {trap.law} | {' | '.join(_SHOWN.get(each, each) for each in verdicts)} |"
    yield ""
    for tool, verdicts in found.items():
        counts = {name: sum(verdict == name for verdict, _ in verdicts) for name in (*VERDICTS, "not installed")}
        yield f"- {tool.name}: {', '.join(f'{count} {name}' for name, count in counts.items() if count)}"


def _details(found: Mapping[Tool, Sequence[tuple[str, str]]]) -> Iterable[str]:
    for tool, verdicts in found.items():
        for trap, (verdict, text) in zip(TRAPS, verdicts, strict=True):
            if verdict not in ("right", "not offered", "not installed"):
                yield f"- {tool.name}, {trap.name}: {verdict}: {text[:200]}"


if __name__ == "__main__":
    sys.exit(main())
