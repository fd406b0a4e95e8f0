"""The format `pickle`: any Python value that pickle can hold, protocol 5."""

from __future__ import annotations

from typing import Any, ClassVar

from makeit.errors import PersistError
from makeit.formats.persister import Persister


class PickleFile(Persister):
    """Keep a value as a pickle; loaded only from a verified file of the user's own, as pickles can run code."""

    suffixes: ClassVar[tuple[str, ...]] = (".pkl", ".pickle")
    executes: ClassVar[bool] = True
    portable: ClassVar[bool] = True
    _alone: ClassVar[bool] = True

    def save(self, data: Any) -> None:
        """Write the pickle; PersistError, with the value, for what pickle cannot hold."""
        import pickle  # not at import: a result that is recalled is not read

        try:
            with open(self.filename, "wb") as file:
                pickle.dump(data, file, protocol=5)
        except (pickle.PicklingError, TypeError, AttributeError, RecursionError) as error:
            raise PersistError(
                f"pickle cannot hold this {type(data).__name__}: {error}; return plain data, or give "
                "output= a format made for it",
                value=data,
            ) from error

    def _encoded(self, data: Any) -> bytes:
        import pickle

        return pickle.dumps(data, protocol=5)

    def load(self) -> Any:
        """Read the pickle."""
        import pickle

        with open(self.filename, "rb") as file:
            return pickle.load(file)
