"""A cold start: the import, and the first call, also where three hundred distributions have to be scanned."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from benchmarks.findings import Findings, Series, Table, Verdict, ratio, times, within
from benchmarks.processes import Fresh, environment, interpret
from benchmarks.scale import Scale
from benchmarks.timing import interleaved, reported
from benchmarks.tools import CHECKPOINTER, DISKCACHE, JOBLIB, MAKEIT, Tool, installed

_DISTRIBUTIONS = 300
_BARE, _NUMPY = "floor: bare interpreter", "import numpy"
_LIGHT, _WHOLE = "import makeit", "from makeit import make"
_SCAN = "floor: importlib.metadata.entry_points()"
# What makeit leaves to those who need it.
_NOT_WANTED = ("numpy", "nibabel", "click", "rich", "joblib")


def measure(folder: Path, scale: Scale) -> Findings:
    """Time interpreters that import and end; then first calls, by the clock of the process that calls."""
    imports = _imports(folder, scale)
    few = _first_calls(folder / "few", None, scale)
    many = _first_calls(folder / "many", _site(folder / "site"), scale)
    title = "First call after the import"
    return Findings(
        (
            Table("Import in a new process", tuple(imports.values()), f"import {JOBLIB.name}", _BARE),
            Table(f"{title}, distributions as installed here", tuple(few.values()), f"{JOBLIB.name}, run", _SCAN),
            Table(f"{title}, {_DISTRIBUTIONS} distributions more", tuple(many.values()), f"{JOBLIB.name}, run", _SCAN),
        ),
        (*_import_verdicts(imports), *_call_verdicts(few, many), _lean(folder)),
        (
            ratio("import", imports[_WHOLE], imports[_BARE]),
            # Not beside the scan, which takes longer the more is installed.
            ratio("first call", few[f"{MAKEIT.name}, run"], imports[_BARE]),
        ),
    )


def _imports(folder: Path, scale: Scale) -> dict[str, Series]:
    lines = [_LIGHT, _WHOLE, _NUMPY, f"{_NUMPY}; {_LIGHT}", f"{_NUMPY}; {_WHOLE}"]
    if scale.name == "check":
        lines = [_WHOLE]
    lines += [f"import {tool.module}" for tool in _peers(scale)]
    calls: dict[str, Callable[[], object]] = {line: partial(interpret, line, folder) for line in lines}
    return interleaved(calls | {_BARE: partial(interpret, "pass", folder)}, 2 * scale.processes)


def _peers(scale: Scale) -> tuple[Tool, ...]:
    return () if scale.name == "check" else installed(JOBLIB, DISKCACHE, CHECKPOINTER)


def _first_calls(folder: Path, path: Path | None, scale: Scale) -> dict[str, Series]:
    folder.mkdir()
    calls: dict[str, Callable[[], float]] = {_SCAN: Fresh("calls.scan", (), path=path)}
    for tool in (MAKEIT, *_peers(scale)):
        arguments = tool.module, str(folder / tool.module)
        calls[f"{tool.name}, run"] = Fresh("calls.first_call", arguments, path=path)
        reuse = Fresh("calls.first_call", (*arguments, 1), path=path)
        reuse()  # which is the run
        calls[f"{tool.name}, reuse"] = reuse
    return reported(calls, scale.processes)


def _site(site: Path) -> Path:
    """Write the dist-info folders of distributions that have nothing to do with makeit."""
    for number in range(_DISTRIBUTIONS):
        info = site / f"fake_{number:03}-1.0.dist-info"
        info.mkdir(parents=True)
        headers = f"Metadata-Version: 2.1\nName: fake-{number:03}\nVersion: 1.0\nRequires-Dist: numpy\n\n"
        (info / "METADATA").write_text(headers + "What it does, told at some length. \n" * 100)
        (info / "entry_points.txt").write_text(f"[console_scripts]\nfake{number} = fake{number}:main\n")
        (info / "RECORD").write_text(f"fake{number}/__init__.py,,\n" * 50)
    return site


def _import_verdicts(found: dict[str, Series]) -> tuple[Verdict, ...]:
    if _NUMPY not in found or f"import {JOBLIB.name}" not in found:
        return ()
    peer = found[f"import {JOBLIB.name}"].minus(found[_BARE], JOBLIB.name)
    verdicts = []
    for line in (_LIGHT, _WHOLE):
        verdicts.append(times(11, f"{line}, less the interpreter", found[line].minus(found[_BARE], line), 0.4, peer))
        beyond = found[f"{_NUMPY}; {line}"].minus(found[_NUMPY], line)
        verdicts.append(within(11, f"{line}, where NumPy is loaded", beyond, 25e-3, "≤ 25 ms"))
    return tuple(verdicts)


def _call_verdicts(few: dict[str, Series], many: dict[str, Series]) -> Iterator[Verdict]:
    for what in ("run", "reuse"):
        case, name = f"first call after import, {what}", f"{MAKEIT.name}, {what}"
        yield within(6, case, few[name], 3e-3, "≤ 3 ms", few[_SCAN])
        yield within(6, f"{case}, with {_DISTRIBUTIONS} distributions", many[name], 15e-3, "≤ 15 ms", many[_SCAN])


def _lean(folder: Path) -> Verdict:
    command = [sys.executable, "-X", "importtime", "-c", _WHOLE]
    done = subprocess.run(command, cwd=folder, env=environment(), check=True, capture_output=True, text=True)
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
    surplus = sorted(imported & set(_NOT_WANTED))
    case = f"of {', '.join(_NOT_WANTED)}, those that {_WHOLE!r} imports"
    return Verdict(0, case, len(surplus), 0, "none", ", ".join(surplus), "")
