"""An image and its sidecar, the runs of a test, and what a sidecar says, for the tests of sidecars."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nibabel as nib

from makeit_nifti import sidecar

FUNCTIONAL = Path(nib.__file__).parent / "tests" / "data" / "functional.nii"
IMAGE = Path("deriv/sub-01/sub-01_desc-x_bold.nii.gz")
SIDECAR = Path("deriv/sub-01/sub-01_desc-x_bold.json")


class Runs:
    """The runs of this test, in a file: a list would be a captured value of the functions, whose change counts."""

    @staticmethod
    def note(text: object) -> None:
        with open("runs.txt", "a") as file:
            file.write(f"{text}\n")

    @property
    def noted(self) -> list[str]:
        path = Path("runs.txt")
        return path.read_text().split() if path.exists() else []


def forgetful() -> None:
    """Forget what this process knows, as a new one would."""
    sidecar._known.clear()


def said(path: Path = SIDECAR) -> Any:
    return json.loads(path.read_text())


def write(found: Any, path: Path = SIDECAR) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(found if isinstance(found, str) else json.dumps(found))
    return path.read_bytes()
