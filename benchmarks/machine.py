"""The machine that was measured on, and the versions of what ran; no names of folders."""

from __future__ import annotations

import os
import platform
from pathlib import Path

from attrs import frozen

from benchmarks.clock import counted
from benchmarks.tools import TOOLS, Tool

_LIBRARIES = (Tool("NumPy", "", "numpy"), Tool("nibabel", "", "nibabel"), Tool("xxhash", "", "xxhash"))


@frozen
class Machine:
    """What a number depends on."""

    processor: str
    cores: int
    memory_gb: int
    system: str
    file_system: str
    load: float
    clock: str
    versions: dict[str, str]


def machine(folder: Path) -> Machine:
    """Look at this machine, and at the file system that `folder` is on."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    system = f"{platform.system()} {platform.release()}"
    cores, load = os.cpu_count() or 0, os.getloadavg()[0]
    facts = _processor(), cores, round(pages / 1e9), system, _file_system(folder), load
    return Machine(*facts, clock=counted(), versions=_versions())


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def _file_system(folder: Path) -> str:
    """Return the type of the file system with the longest mount point that leads to the folder."""
    try:
        lines = Path("/proc/self/mountinfo").read_text().splitlines()
    except OSError:
        return "unknown"
    # 36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw
    mounts = [(line.split()[4], line.partition(" - ")[2].split()[0]) for line in lines]
    over = [each for each in mounts if Path(folder).resolve().is_relative_to(each[0])]
    return max(over, key=lambda each: len(each[0]))[1]


def _versions() -> dict[str, str]:
    found = {tool.name: tool.version for tool in (*TOOLS, *_LIBRARIES)}
    return {"Python": platform.python_version()} | {name: version or "not installed" for name, version in found.items()}
