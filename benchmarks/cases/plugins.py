"""Two hundred installed plugins, six of which are wrong: what they cost, and what is said of the six."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from attrs import frozen

from benchmarks.findings import Findings, Verdict, shown
from benchmarks.processes import ROOT
from benchmarks.scale import Scale

_MANY = 200
_LIMIT_S = 1e-3
_MODULE = """\
from makeit import Persister, hookimpl

class File(Persister):
    def save(self, data): self.filename.write_text(data)
    def load(self): return self.filename.read_text()

@hookimpl
def makeit_fingerprint(value): return None
"""
_TIMED = """\
import json, sys, time
times = [time.process_time()]
import makeit
times.append(time.process_time())
f = makeit.make(func=lambda x: x, name="f")
f(1)
times.append(time.process_time())
g = makeit.make(func=lambda: "x", name="g", output=sys.argv[1])
g()
times.append(time.process_time())
f(1)
times.append(time.process_time())
print(json.dumps([after - before for before, after in zip(times, times[1:])]))
"""
_STEPS = ("import makeit", "first call of all", "first call with a format", "a reuse")
_USED = """\
import json, sys, warnings
from makeit import make
said, worked = {}, 0
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    make(func=lambda: 1, name="f")()
for spec in json.loads(sys.argv[1]):
    try:
        worked += make(func=lambda: "x", name=spec, output=spec)() == "x"
    except Exception as error:
        said[spec] = f"{type(error).__name__}: {error}"
print(json.dumps([worked, said, [f"{w.category.__name__}: {w.message}" for w in caught]]))
"""


@frozen
class Wrong:
    """A plugin with something wrong, and the spec that uses it; None for its hooks, used by any call."""

    name: str
    spec: str | None
    source: str = _MODULE
    requires: str = "makeit-core<0.2,>=0.1"
    format: str | None = None


_WRONG = (
    Wrong("lab000", "lab000:000.txt", "import a_library_that_is_missing\n"),
    Wrong("lab001", None, "raise RuntimeError('the licence server does not answer')\n"),
    Wrong("lab002", None, _MODULE.replace("(value)", "(value, context)")),
    Wrong("lab003", "x.shared", format="shared"),
    Wrong("lab004", "shared:y.txt", format="shared"),
    Wrong("lab005", "lab005:005.txt", requires="makeit-core>=99"),
)
_SOUND = tuple(f"lab{number:03}" for number in range(len(_WRONG), _MANY))


def measure(folder: Path, scale: Scale) -> Findings:
    """Time new processes with and without the plugins in turns, and use each plugin once."""
    sites = {
        "without them": None,
        "200, of formats": _site(folder / "formats", hooks=False),
        "200, each with hooks, too": _site(folder / "hooks", hooks=True),
    }
    times: dict[str, list[list[float]]] = {name: [] for name in sites}
    for turn in range(1 + scale.processes):
        for name, site in sites.items():
            found = json.loads(_run(folder, site, _TIMED, "text:x.txt" if site is None else f"{_SOUND[-1]}:x.txt"))
            if turn:  # the first one compiles the modules
                times[name].append(found)
    # The fastest, in processor time: what else the machine does hits new processes hard, and not all alike.
    fastest = {name: [min(step) for step in zip(*found, strict=True)] for name, found in times.items()}
    specs = [wrong.spec for wrong in _WRONG if wrong.spec] + [f"{name}:{name}.txt" for name in _SOUND]
    worked, said, warned = json.loads(_run(folder, sites["200, each with hooks, too"], _USED, json.dumps(specs)))
    messages = {wrong.name: _said(wrong, said, warned) for wrong in _WRONG}
    verdicts = tuple(_verdicts(fastest, worked, messages))
    return Findings(verdicts=verdicts, texts=(_costs(fastest), _messages(messages)))


def _site(site: Path, hooks: bool) -> Path:
    """Write the modules and the dist-info folders of all the plugins."""
    site.mkdir()
    for wrong in _WRONG:
        _install(site, wrong, hooks or wrong.spec is None)
    for name in _SOUND:
        _install(site, Wrong(name, None), hooks)
    return site


def _install(site: Path, plugin: Wrong, hooks: bool) -> None:
    name = plugin.name
    (site / f"{name}.py").write_text(plugin.source)
    info = site / f"makeit_{name}-1.0.dist-info"
    info.mkdir()
    headers = f"Metadata-Version: 2.1\nName: makeit-{name}\nVersion: 1.0\nRequires-Dist: {plugin.requires}\n"
    (info / "METADATA").write_text(headers + "\nA format of our laboratory, described at some length. " * 40)
    format = plugin.format or name
    points = f"[makeit.persisters]\n{format} = {name}:File\n\n[makeit.suffixes]\n.{format} = {format}\n"
    (info / "entry_points.txt").write_text(points + f"\n[makeit]\n{name} = {name}\n" * hooks)


def _run(folder: Path, site: Path | None, script: str, argument: str) -> str:
    """Run a script in a new process and a new project."""
    project = folder / "project"
    shutil.rmtree(project, ignore_errors=True)
    project.mkdir()
    (project / "pyproject.toml").touch()
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "MAKEIT"))}
    environment["PYTHONPYCACHEPREFIX"] = str(folder / "compiled")
    paths = [str(path) for path in (site, ROOT) if path]
    environment["PYTHONPATH"] = os.pathsep.join(paths)
    command = [sys.executable, "-W", "ignore", "-c", script, argument]
    return subprocess.run(command, cwd=project, env=environment, check=True, capture_output=True, text=True).stdout


def _said(wrong: Wrong, said: dict[str, str], warned: list[str]) -> str:
    if wrong.spec:
        return said.get(wrong.spec, "nothing")
    return next((text for text in warned if f"makeit-{wrong.name} " in text), "nothing")


def _costs(fastest: dict[str, list[float]]) -> str:
    lines = [
        "### Many plugins, processor time in new processes; minima",
        "",
        f"| | {' | '.join(fastest)} |",
        "|---|" + "---:|" * len(fastest),
    ]
    for step, name in enumerate(_STEPS):
        lines.append(f"| {name} | {' | '.join(shown(found[step]) for found in fastest.values())} |")
    return "\n".join([*lines, ""])


def _messages(messages: dict[str, str]) -> str:
    lines = ["### The six that are wrong, when they are used", "", "| plugin | what is said |", "|---|---|"]
    lines += [f"| makeit-{name} | {text} |" for name, text in messages.items()]
    return "\n".join([*lines, ""])


def _verdicts(fastest: dict[str, list[float]], worked: int, messages: dict[str, str]) -> Iterator[Verdict]:
    base, *others = fastest.items()
    for name, found in others:
        more = (found[1] - base[1][1]) / _MANY
        yield Verdict(0, f"import with {name}", found[0], 1.1 * base[1][0], "≤ 1.1 × without them")
        yield Verdict(0, f"first call with {name}: more for each", more, _LIMIT_S, "≤ 1 ms")
    idle = len(_SOUND) - worked
    yield Verdict(0, f"of {len(_SOUND)} sound plugins, those that do not work", idle, 0, "none", unit="")
    unnamed = sum(f"makeit-{name} 1.0" not in text for name, text in messages.items())
    yield Verdict(0, f"of {len(_WRONG)} wrong plugins, those not named with their version", unnamed, 0, "none", unit="")
