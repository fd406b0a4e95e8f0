"""Compressed files: opened by their suffix, their damage told in one way, and written in bytes that repeat."""

from __future__ import annotations

import gzip
import importlib
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

from nibabel.fileholders import FileHolder

GZIP = (".gz", ".mgz")
ZSTD = ".zst"
#: What to type where the package is missing.
INSTALL = "pip install 'makeit-nifti[zst]'"


def zstd() -> Any:
    """Return the module that reads and writes zstd: of Python 3.14, or of backports.zstd; None without one."""
    for name in ("compression.zstd", "backports.zstd"):
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    return None


def compressed(path: str | Path) -> bool:
    """Tell whether a file of this name is compressed."""
    return str(path).lower().endswith((*GZIP, ZSTD))


@contextmanager
def opened(path: str | Path) -> Iterator[IO[bytes]]:
    """Open a file that may be compressed; ValueError for one that is damaged, EOFError where its end is missing."""
    name, module = str(path).lower(), zstd()
    damage = (zlib.error, *((module.ZstdError,) if module else ()))
    opener: Any = gzip.open if name.endswith(GZIP) else module.ZstdFile if name.endswith(ZSTD) else open
    try:
        with opener(path, "rb") as stream:
            yield cast(IO[bytes], stream)
    except damage as error:
        raise ValueError(f"{path} is damaged: {error}") from error


def write_zstd(image: Any, path: Path) -> None:
    """Write an image of one file as zstd, with a checksum, which nibabel leaves out."""
    module = zstd()
    options = {module.CompressionParameter.compression_level: 3, module.CompressionParameter.checksum_flag: 1}
    with module.ZstdFile(path, "wb", options=options) as stream:
        image.to_file_map({"image": FileHolder(fileobj=_Forward(stream))})


class _Forward(io.RawIOBase):
    """A stream that is written from beginning to end; nibabel seeks to where the data begin."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def write(self, block: Any) -> int:
        return self._stream.write(block)

    def tell(self) -> int:
        return self._stream.tell()

    def seek(self, place: int, whence: int = 0) -> int:
        gap = place - self.tell()
        if whence or gap < 0:
            raise io.UnsupportedOperation("a compressed file is written forwards")
        self.write(bytes(gap))
        return place
