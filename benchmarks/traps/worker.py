"""One process of all traps for one tool: `python -m benchmarks.traps.worker TOOL FOLDER PROCESS`."""

from __future__ import annotations

import json
import logging
import sys
import warnings
from pathlib import Path

from benchmarks.tools import Tool
from benchmarks.traps import edits, functions, images, states, stored, values
from benchmarks.traps.tools import TOOLS
from benchmarks.traps.trial import Trap, Trial

TRAPS = (*values.trap.all, *states.trap.all, *functions.trap.all, *edits.trap.all, *stored.trap.all, *images.trap.all)


def main(name: str, folder: str, process: str) -> None:
    """Write one line of JSON for each trap that has this process: its number, the verdict and what was found."""
    warnings.simplefilter("ignore")
    logging.disable()
    tool = next(tool for tool in TOOLS if tool.name == name)
    for number, trap in enumerate(TRAPS):
        if trap.processes > int(process):
            verdict = _try(trap, tool, Path(folder) / f"{number:02d}", int(process))
            print(json.dumps([number, *verdict]), flush=True)


def _try(trap: Trap, tool: Tool, folder: Path, process: int) -> tuple[str, str]:
    folder.mkdir(exist_ok=True)
    trial = Trial(tool, folder, process)
    with trial.refusals():
        trap.scenario(trial)
    return trial.verdict()


if __name__ == "__main__":
    main(*sys.argv[1:])
