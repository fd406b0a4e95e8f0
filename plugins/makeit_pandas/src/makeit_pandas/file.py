"""What the persisters of frames share: taking a value apart, and saying what cannot be kept."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa

from makeit import Persister, PersistError, SpecError
from makeit_pandas import frames
from makeit_pandas.frames import Parts


class FrameFile(Persister):
    """Keep a DataFrame or Series in one file; subclasses write and read the table of its columns."""

    portable: ClassVar[bool] = True

    @property
    def faithful(self) -> bool:  # type: ignore[override]
        """Whether `load` gives what `save` got, down to labels that no row has."""
        return getattr(self, "_exact", True)

    def check(self) -> None:
        """Raise SpecError for a suffix or an option that cannot work."""
        if Path(self.filename).suffix.lower() not in self.suffixes:
            raise SpecError(f"{self.filename} should end in {' or '.join(self.suffixes)}", spec=self)
        # What a result needs once it is there is imported before the function runs: no import may lose it.
        from makeit_numpy import pandas_content  # noqa: F401
        from makeit_pandas import freezing  # noqa: F401

    def save(self, data: Any) -> Mapping[str, Any] | None:
        """Write `data` to exactly `self.filename`; PersistError for what would come back different."""
        try:
            parts = frames.take_apart(data)
            self._exact = parts.exact
            return self._write(parts)
        except PersistError as error:
            error.value = data
            raise
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, UnicodeEncodeError) as error:
            raise PersistError(
                f"{self.filename.name} cannot hold this {type(data).__name__}: {error}", value=data
            ) from error

    def _write(self, parts: Parts) -> Mapping[str, Any] | None:
        raise NotImplementedError

    def _check_compression(self, compression: str, known: Mapping[str, str | None]) -> None:
        """Raise SpecError for a compression that the format or this pyarrow does not have."""
        if compression not in known:
            raise SpecError(f"compression={compression!r} is unknown; choose from {', '.join(known)}", spec=self)
        codec = known[compression]
        if codec is not None and not pa.Codec.is_available(codec):
            raise SpecError(f"compression={compression!r} is not part of this pyarrow ({pa.__version__})", spec=self)
