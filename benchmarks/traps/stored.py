"""Traps of what is stored: in another process, another folder, deleted, cut, edited, moved."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np

from benchmarks.traps.trial import Traps, Trial

trap = Traps()


def spell(x: int) -> str:
    print("ran")
    return "computed" * (100 + x)


def ramp(x: int) -> np.ndarray:
    print("ran")
    return np.arange(1000.0) + x


@trap("E13", "another process, with another seed of hashes", processes=2)
def other_process(t: Trial) -> None:
    f = t.cached(spell)
    (t.runs if t.first else t.reuses)(f, 1)


@trap("D3", "another working folder", processes=2)
def other_folder(t: Trial) -> None:
    before = Path.cwd()
    if not t.first:
        os.chdir("/")
    try:
        f = t.cached(t.package("elsewhere", {"steps": "def root(x):\n    print('ran')\n    return x\n"}).root)
        (t.runs if t.first else t.reuses)(f, 1)
    finally:
        os.chdir(before)


@trap("E2", "the whole project moved", processes=2)
def moved(t: Trial) -> None:
    if not t.first:
        elsewhere = t.folder.with_name(f"{t.folder.name}-elsewhere")
        shutil.move(t.folder, elsewhere)
        t.folder = elsewhere
    f = t.cached(t.package("moving", {"steps": "def root(x):\n    print('ran')\n    return x\n"}).root)
    (t.runs if t.first else t.reuses)(f, 1)


@trap("E2", "what is stored was deleted", processes=2)
def deleted(t: Trial) -> None:
    if not t.first:
        for file in _files(t.store):
            file.unlink()
    t.runs(t.cached(spell), 1)
    t.runs(t.cached(ramp), 1)


@trap("E1", "the stored files were cut to half their size, unless that is refused", processes=2)
def cut(t: Trial) -> None:
    if not t.first:
        for file in _files(t.store):
            os.truncate(file, file.stat().st_size // 2)
    with t.refusals(right=not t.first):
        t.compare(t.cached(ramp), np.arange(1000.0) + 1, (1,))


@trap("E3", "the stored result was edited, unless that is refused", processes=2)
def edited(t: Trial) -> None:
    if not t.first:
        for file in _files(t.store):
            file.write_bytes(file.read_bytes().replace(b"computed", b"replaced"))
    with t.refusals(right=not t.first):
        t.compare(t.cached(spell, file="spelled.txt"), "computed" * 101, (1,))


@trap("E2", "the stored files were touched", processes=2)
def touched(t: Trial) -> None:
    if not t.first:
        for file in _files(t.store):
            file.touch()
    (t.runs if t.first else t.reuses)(t.cached(spell), 1)


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]
