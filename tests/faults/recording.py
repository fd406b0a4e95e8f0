"""Records saves, as a process under strace that forks one for each step, and turns their logs into journals."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import traceback
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

from makeit import Maker
from tests.faults import syscall_log
from tests.faults.catalogue import remove
from tests.faults.crash_saves import SAVES, Save, Step, Watch
from tests.faults.journal import Journal
from tests.faults.replay import Replay

HERE = Path(__file__).resolve().parents[2]
_LOGS = "log"
_NUMBERS = "processes.json"
# No process has this number, so nobody takes what the recorded one left for somebody's who lives.
_NOBODY = 99_999_999


def environment() -> dict[str, str]:
    """Return the environment of processes that make calls: no setting from outside, and no thread beside the first."""
    found = {name: value for name, value in os.environ.items() if not name.startswith("MAKEIT_")}
    paths = [str(HERE), *filter(None, [found.get("PYTHONPATH")])]
    return found | {"PYTHONPATH": os.pathsep.join(paths), "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


def record(folder: Path, saves: Sequence[Save], without: str) -> None:
    """Take the steps of saves under strace, each in a process of its own."""
    command = [sys.executable, "-m", "tests.faults.recording", str(folder), without, *(save.name for save in saves)]
    traced = syscall_log.traced(command, folder / _LOGS)
    done = subprocess.run(traced, capture_output=True, text=True, check=False, env=environment(), cwd=HERE)
    if done.returncode:
        raise RuntimeError(f"the saves could not be recorded: {done.stderr}")


def journals(folder: Path) -> Iterator[tuple[Save, Journal]]:
    """Yield each recorded save with the journal of its last step."""
    processes: dict[str, list[int]] = json.loads((folder / _NUMBERS).read_text())
    for save in SAVES:
        if save.name in processes:
            yield save, _journal(folder, folder / _place(save), processes[save.name])


def _journal(folder: Path, root: Path, processes: list[int]) -> Journal:
    replay = Replay(str(root))
    for process in processes:
        replay.disk.settle()
        calls = syscall_log.read(folder / f"{_LOGS}.{process}")
        replay.carry_out(call.renumbered(process, _NOBODY) for call in calls)
    journal = replay.disk.journal()
    _compare(journal, root)
    return journal


def _compare(journal: Journal, root: Path) -> None:
    """See that the model came to what really is there: else nothing that it says counts."""
    found = journal.tree(journal.moments[-1])
    real = {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}
    if found != real:
        differ = sorted(name for name in found.keys() | real.keys() if found.get(name) != real.get(name))
        raise RuntimeError(f"the model of {root} differs from what is there: {differ}")


def _place(save: Save) -> str:
    return f"save {SAVES.index(save)}"


def main(folder: Path, without: str, names: Sequence[str]) -> None:
    """Be the process under strace: fork one child for each step, and note their numbers."""
    remove(without)
    warm_up(folder / "warm", [save for save in SAVES if save.name in names], Maker(plugins=[Watch()]))
    processes = {}
    for save in SAVES:
        if save.name in names:
            root = folder / _place(save)
            root.mkdir()
            processes[save.name] = [_step(save, step, root) for step in (*save.before, save.step)]
    (folder / _NUMBERS).write_text(json.dumps(processes))


def warm_up(root: Path, saves: Sequence[Save], maker: Maker) -> None:
    """Make calls in a project of its own, so that children need not import what calls need."""
    warnings.simplefilter("ignore")
    maker.root, maker.cachedir = root, root / ".makeit"
    for save in saves:
        for step in (1, 1, 2):
            save.take(step, maker)


def _step(save: Save, step: Step, root: Path) -> int:
    process = os.fork()
    if not process:
        status = 1
        try:
            _take(save, step, root)
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(status)
    if os.waitpid(process, 0)[1]:
        raise RuntimeError(f"{save.name} failed at step {step}")
    return process


def _take(save: Save, step: Step, root: Path) -> None:
    if not save.links:
        vars(os)["link"] = _no_links
    save.take(step, Maker(root=root, cachedir=root / ".makeit", plugins=[Watch()]))
    for folder, _, files in os.walk(root):
        for name in files:
            os.stat(os.path.join(folder, name))  # so that the log has the stamps that the files have in the end


def _no_links(source: str, target: str) -> None:
    raise PermissionError(1, "this file system has no hard links", source, None, target)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:])
