"""The format `text`: a str as UTF-8, with its newlines untouched."""

from __future__ import annotations

from typing import Any, ClassVar

from makeit.errors import PersistError
from makeit.formats.persister import Persister


class TextFile(Persister):
    """Keep a str as UTF-8 text, byte for byte what it was."""

    suffixes: ClassVar[tuple[str, ...]] = (".txt",)
    faithful: ClassVar[bool] = True
    portable: ClassVar[bool] = True
    _alone: ClassVar[bool] = True

    def save(self, data: Any) -> None:
        """Write the text; PersistError, with the value, for anything but an encodable str."""
        self.filename.write_bytes(self._encoded(data))

    def load(self) -> str:
        """Read the text; UnicodeDecodeError where the file is not UTF-8."""
        return self.filename.read_bytes().decode()

    def _encoded(self, data: Any) -> bytes:
        if type(data) is not str:
            raise PersistError(
                f"text holds a str, not a {type(data).__name__}; return str(value), or use 'json:' or 'pickle:'",
                value=data,
            )
        try:
            return data.encode()
        except UnicodeEncodeError as error:
            raise PersistError(f"text is UTF-8, which cannot hold this str: {error}", value=data) from error
