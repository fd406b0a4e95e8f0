"""Rules on values that a format cannot hold: refused, told why, and never lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from makeit import PersistError
from makeit.testing.declaration import Declaration, duplicate
from makeit.testing.foundations import SOUND, require
from makeit.testing.saving import made, place


class RefusalRules(Declaration):
    """What a persister does with a value that it was not made for."""

    def test_unfit_values_are_refused(self, tmp_path: Path) -> None:
        """A value that would come back as another is an error now, not a riddle in a year."""
        for number, reject in enumerate(self._rejects()):
            try:
                self.persister(place(self, tmp_path / str(number))).save(reject)
            except TypeError:
                continue
            except Exception as error:
                pytest.fail(
                    f"save() refused {reject!r:.200} with {type(error).__name__}: {error}. Raise PersistError, or "
                    "another TypeError, that says what the format holds"
                )
            pytest.fail(f"save() took {reject!r:.200}, which the suite names in `rejects`. Refuse it with PersistError")

    def test_a_refused_value_is_kept(self, tmp_path: Path) -> None:
        """A result of three hours that does not fit is in the exception's `value`, whole."""
        require(self, tmp_path, *SOUND, "test_unfit_values_are_refused")
        for number, reject in enumerate(self._rejects()):
            before, folder = duplicate(reject), tmp_path / str(number)
            with pytest.raises(PersistError) as caught:
                made(self, folder, lambda which, reject=reject: reject)(0)  # type: ignore[misc]
            assert caught.value.value is reject
            comparable = self._unchanged(before, duplicate(before))
            assert not comparable or self._unchanged(reject, before), (
                f"save() changed {before!r:.200} to {reject!r:.200} before it refused it. Look first, then write"
            )
            self._nothing_published(folder)

    def test_unknown_values_are_not_published(self, tmp_path: Path) -> None:
        """A value of a type that nobody thought of is refused, or comes back as it is."""
        require(self, tmp_path, *SOUND)
        value = Unknown("of no known type")
        refused, found = None, None
        try:
            found = made(self, tmp_path, lambda which: value)(0)
        except PersistError as error:
            refused = error
        if refused:
            assert refused.value is value
            self._nothing_published(tmp_path)
            return
        assert found == value, (
            f"save() took {value!r}, and load() gave {found!r:.200}. Name the types that the format holds, and refuse "
            "all others with PersistError"
        )

    def _rejects(self) -> list[Any]:
        if not self.rejects:
            pytest.skip("the suite names no `rejects`")
        return [duplicate(reject) for reject in self.rejects]

    def _unchanged(self, value: Any, before: Any) -> bool:
        try:
            return self.agrees(value, before)
        except Exception:  # the author's `equal` is made for values that fit
            return repr(value) == repr(before)

    def _nothing_published(self, folder: Path) -> None:
        persister = self.persister(place(self, folder))
        left = [path.name for path in map(Path, persister.files()) if path.exists()]
        assert not left, f"{left} was published although saving failed. Write to self.filename alone"


class Unknown:
    """A value of a type that no format can know."""

    def __init__(self, word: str) -> None:
        self.word = word

    def __eq__(self, other: object) -> bool:
        return type(other) is Unknown and other.word == self.word

    def __hash__(self) -> int:
        return hash(self.word)
