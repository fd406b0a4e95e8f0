"""Profile a hot path of makeit, and print what dominates it: `python -m benchmarks.profile [PATH ...]`."""

from __future__ import annotations

import argparse
import cProfile
import pstats
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.findings import shown
from benchmarks.paths import PATHS, Again, Once
from benchmarks.processes import ROOT, environment, fresh
from benchmarks.timing import per_call

_SHOWN = 15


def main() -> None:
    """Print for each path the functions that take most by themselves; what is built in is named, too."""
    listed = "\n".join(f"  {name:10} {path.about}" for name, path in PATHS.items())
    listed += "\n  import     from makeit import make, module by module"
    form = argparse.RawDescriptionHelpFormatter
    about = f"{__doc__}\n\n{listed}"
    parser = argparse.ArgumentParser("python -m benchmarks.profile", description=about, formatter_class=form)
    parser.add_argument("paths", nargs="*", choices=[[], "import", *PATHS], metavar="PATH", help="default: all")
    parser.add_argument("--folder", type=Path, default=Path.cwd(), help="on the disk to measure (default: here)")
    options = parser.parse_args()
    for name in options.paths or (*PATHS, "import"):
        with tempfile.TemporaryDirectory(prefix="makeit-profile-", dir=options.folder) as folder:
            print("\n".join(_lines(name, Path(folder).resolve())), end="\n\n", flush=True)


def _lines(name: str, folder: Path) -> Iterator[str]:
    if name == "import":
        yield from _imports()
        return
    path = PATHS[name]
    yield f"{name}: {path.about}"
    if isinstance(path, Again):
        yield from _again(path, folder)
    else:
        yield from _dominating(_once(path, folder), 1)


def _again(path: Again, folder: Path) -> Iterator[str]:
    call = path.prepared(folder)
    yield f"{shown(per_call(call, path.calls))} a call without the profiler, which makes small functions look larger"
    profile = cProfile.Profile()
    profile.runcall(per_call, call, path.calls)
    yield from _dominating(pstats.Stats(profile), path.calls)


def _once(path: Once, folder: Path) -> pstats.Stats:
    module, _, function = path.work.partition(".")
    arguments = "makeit", str(folder / "kept"), *path.arguments
    fresh(path.work, *arguments)
    modules = () if path.imports else fresh(path.work, *arguments).imported
    file = str(folder / "profile")
    fresh("profiled.run", file, module, function, *arguments, modules=modules)
    return pstats.Stats(file)


def _dominating(stats: pstats.Stats, calls: int) -> Iterator[str]:
    found = stats.stats  # type: ignore[attr-defined]
    whole = sum(own for _, _, own, _, _ in found.values())
    yield f"{shown(whole / calls)} with it; own is without what is called, all is with it, in µs a call"
    yield f"{'':>6} {'own':>10} {'all':>10} {'calls':>8}"
    for place, (_, count, own, everything, _) in sorted(found.items(), key=lambda each: -each[1][2])[:_SHOWN]:
        numbers = f"{own / whole:6.1%} {own / calls * 1e6:10.2f} {everything / calls * 1e6:10.2f} {count / calls:8.2f}"
        yield f"{numbers}  {_named(*place)}"


def _named(file: str, line: int, name: str) -> str:
    if file == "~":
        return name
    path = Path(file)
    short = path.relative_to(ROOT) if path.is_relative_to(ROOT) else Path(*path.parts[-2:])
    return f"{short}:{line} {name}"


def _imports() -> Iterator[str]:
    """Yield the modules that take most by themselves, as the interpreter tells it."""
    command = [sys.executable, "-X", "importtime", "-c", "from makeit import make"]
    done = subprocess.run(command, env=environment(), check=True, capture_output=True, text=True)
    rows = [line.removeprefix("import time:").split("|") for line in done.stderr.splitlines()[1:]]
    found = sorted(((int(own), int(everything), name.strip()) for own, everything, name in rows), reverse=True)
    yield "import: from makeit import make, in µs"
    yield f"{'own':>8} {'all':>8}"
    yield from (f"{own:8} {everything:8}  {name}" for own, everything, name in found[:_SHOWN])


if __name__ == "__main__":
    main()
