"""NumpyFile: the persister of the formats npy and npz."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal, cast

import numpy as np

from makeit import Persister, SpecError
from makeit_numpy import npy, npz
from makeit_numpy.form import put_together, take_apart


class NumpyFile(Persister):
    """Keep an array in a `.npy` file, or a dict, tuple or list of arrays in a `.npz` file.

    `mmap_mode` maps an npy file instead of reading it: `r` read-only, `c` copy-on-write.
    `compressed` deflates an npz file. Single numbers and strings come back as what they were.
    """

    suffixes: ClassVar[tuple[str, ...]] = (".npy", ".npz")
    _alone: ClassVar[bool] = True

    def __init__(self, filename: str | Path, mmap_mode: str | None = None, compressed: bool = False) -> None:
        super().__init__(filename)
        self.mmap_mode = mmap_mode
        self.compressed = compressed

    @property
    def faithful(self) -> bool:  # type: ignore[override]
        """Whether `load` gives what `save` got: a map is an array of another class."""
        return self.mmap_mode is None and not getattr(self, "_was_map", False)

    @property
    def portable(self) -> bool:  # type: ignore[override]
        """Whether a loaded value has no tie to its file; a map has one."""
        return self.mmap_mode is None

    @property
    def archive(self) -> bool:
        """Whether the file is an npz archive, by its suffix."""
        # As `suffix` has it, which pathlib takes long to find.
        return os.fspath(self.filename)[-4:].lower() == ".npz"

    def check(self) -> None:
        """Raise SpecError for a suffix, a mode or an option that cannot work."""
        suffix = self.filename.suffix.lower()
        if suffix not in self.suffixes:
            raise SpecError(f"{self.filename} should end in .npy (one array) or .npz (several)", spec=self)
        if self.archive and self.mmap_mode is not None:
            raise SpecError(
                f"{self.filename}: an npz archive cannot be mapped; leave out mmap_mode, or use .npy",
                spec=self,
            )
        if self.compressed and not self.archive:
            raise SpecError(
                f"{self.filename}: only .npz can be compressed; leave out compressed, or use .npz", spec=self
            )
        self._check_mode()
        # What a result needs once it is there is imported before the function runs: no import may lose it.
        from makeit_numpy import fingerprint, freezing  # noqa: F401

        if self.archive:
            import encodings.cp437  # noqa: F401 - by which zipfile reads plain names

    def _check_mode(self) -> None:
        if self.mmap_mode not in (None, "r", "c"):
            reason = (
                "it would let the caller rewrite the stored file"
                if self.mmap_mode in ("r+", "w+")
                else "there is no such mode"
            )
            raise SpecError(
                f"mmap_mode={self.mmap_mode!r}: {reason}; use 'r' (read-only) or 'c' (private changes)",
                spec=self,
            )

    def save(self, data: Any) -> Mapping[str, Any]:
        """Write `data` to exactly `self.filename`; raise PersistError for what would come back different."""
        if _holds_map(data):
            # It comes back as a plain array; then the first result has to be read back, too.
            self._was_map = True
        if self.archive:
            return npz.write_archive(self.filename, data, self.compressed)
        array, form = take_apart(data)
        npy.write_file(self.filename, array)
        return {"form": form}

    def load(self) -> Any:
        """Read the value back; raise ValueError or BadZipFile for a file that is cut short or not NumPy's."""
        if self.archive:
            return npz.read_archive(self.filename, self.notes)
        if self.mmap_mode is None:
            array = npy.read_file(self.filename)
        else:
            array = npy.map_file(self.filename, cast('Literal["r", "c"]', self.mmap_mode))
        return put_together(array, self.notes.get("form", "array"))


def _holds_map(data: Any) -> bool:
    items = data.values() if type(data) is dict else data if type(data) in (tuple, list) else (data,)
    return any(isinstance(item, np.memmap) for item in items)
