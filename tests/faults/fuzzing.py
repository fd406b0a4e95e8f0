"""Coverage-guided fuzzing with atheris: `python -m tests.faults.fuzzing [SECONDS]`, shared out among the targets."""

from __future__ import annotations

import importlib
import importlib.util
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

_MISSING = (
    "FUZZING DID NOT RUN: atheris is not installed for this Python; pip install atheris (it has wheels for Linux). "
    "The same properties are checked with hypothesis in tests/test_fuzz.py, always."
)
_SECONDS = 60
_SEEDS = {
    "spec": (b"npy:a/b.npy?mmap_mode=r", b"results/{x}.txt", b"C:\\a.npy", b"s3://a/b.npy?a=1&b=2"),
    "template": (b"{a}/{b:02d}.txt\0sub-01\x002", b"@cachedir/{a}\0..\0~", b"{{a}}{a:>5}\0a/b\0"),
}


def main(arguments: Sequence[str]) -> int:
    """Fuzz every target in a process of its own; 1 where one failed, 2 where atheris is missing."""
    if importlib.util.find_spec("atheris") is None:
        print(_MISSING, file=sys.stderr)
        return 2
    if arguments and arguments[0] in _TARGETS:
        return fuzz(arguments[0], arguments[1:])
    seconds = int(arguments[0]) if arguments else _SECONDS
    return max(_fuzz_apart(name, max(seconds // len(_TARGETS), 1)) for name in _TARGETS)


def _fuzz_apart(name: str, seconds: int) -> int:
    with tempfile.TemporaryDirectory(prefix="makeit-fuzzing-") as corpus:
        for number, seed in enumerate(_SEEDS.get(name) or _records()):
            Path(corpus, str(number)).write_bytes(seed)
        # A crashing input is written where the command was given.
        options = [f"-max_total_time={seconds}", "-max_len=8000", "-timeout=20", "-print_final_stats=1", corpus]
        print(f"fuzzing {name} for {seconds} s", flush=True)
        status = subprocess.run([sys.executable, "-m", "tests.faults.fuzzing", name, *options], check=False).returncode
    return int(status != 0)


def fuzz(name: str, options: Sequence[str]) -> int:
    """Fuzz one target in this process, which libFuzzer ends."""
    import atheris

    with atheris.instrument_imports(include=["makeit"]):
        properties = importlib.import_module("tests.faults.properties")
    atheris.Setup([sys.argv[0], *options], lambda content: _demand(_TARGETS[name](properties, content)))
    atheris.Fuzz()
    return 0


def _demand(fault: str | None) -> None:
    if fault:
        raise AssertionError(fault)


def _spec(properties: Any, content: bytes) -> str | None:
    fault: str | None = properties.spec_fault(content.decode("utf-8", "surrogateescape"))
    return fault


def _template(properties: Any, content: bytes) -> str | None:
    text, *values = content.decode("utf-8", "surrogateescape").split("\0", 2)
    first, second = (*values, "", "")[:2]
    # A field may ask for a number as long as memory: that is the author's own doing.
    if any(len(part) > 3 for part in "".join(c if c.isdigit() else " " for c in text).split()):
        return None
    arguments = {"a": first, "b": int(second) if second.isdecimal() and len(second) < 50 else second}
    fault: str | None = properties.template_fault(text, arguments)
    return fault


def _record(properties: Any, content: bytes) -> str | None:
    fault: str | None = properties.record_fault(content)
    return fault


def _records() -> list[bytes]:
    properties = importlib.import_module("tests.faults.properties")
    mutation = importlib.import_module("tests.faults.mutation")
    record = properties.a_record()
    return [record, mutation.body(record), b'\n  "points_to": "records/a.txt.json"\n}']


_TARGETS: dict[str, Callable[[Any, bytes], str | None]] = {"spec": _spec, "template": _template, "record": _record}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
