"""What an author says of a persister, and how the rules get at it."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest

from makeit import Persister
from makeit.testing.equality import same
from makeit.testing.mutation import change


class Declaration:
    """The author's part of a suite; `suffix`, `examples` and `persister` are all that has to be given."""

    #: The suffix of the files, with its dot.
    suffix: ClassVar[str] = ""
    #: Values that the format holds, best of every kind that it holds; two or more, so that one can replace another.
    examples: ClassVar[Sequence[Any]] = ()
    #: Values that the format cannot hold and therefore refuses.
    rejects: ClassVar[Sequence[Any]] = ()
    #: False where equal values cannot give equal bytes; makeit then sees a change where there is none.
    deterministic: ClassVar[bool] = True
    #: Options in a spec without which the examples cannot be saved, as in "level=3&fast=yes".
    options: ClassVar[str] = ""
    #: Rules that cannot hold for this format: the name of the test, and why.
    exceptions: ClassVar[Mapping[str, str]] = {}

    def persister(self, filename: Path) -> Persister:
        """Return the persister on a file; write it in a suite."""
        raise NotImplementedError(f"{type(self).__name__} has to define `def persister(self, filename)`")

    def equal(self, a: Any, b: Any) -> bool:
        """Tell whether two values are equal in type and content; override it for types that `==` does not compare."""
        return same(a, b)

    def expected(self, value: Any) -> Any:
        """Return what loading gives for a saved value: the value; override it for a format that is not faithful."""
        return value

    def mutate(self, value: Any) -> None:
        """Change a loaded value in place, as far as it lets itself be changed; override it for types of your own."""
        change(value)

    # How the rules get at it.

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        for name, reason in cls.exceptions.items():
            if not callable(getattr(cls, name, None)):
                raise TypeError(f"{cls.__name__}.exceptions names {name!r}, which is no rule of the suite")
            if not reason:
                raise TypeError(f"{cls.__name__}.exceptions gives no reason for {name!r}")

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Run each rule that is about a value once for every example."""
        if not self.examples:
            raise pytest.UsageError(f"{type(self).__name__} gives no examples: name values that the format holds")
        if "example" in metafunc.fixturenames:
            metafunc.parametrize("example", range(len(self.examples)))

    @pytest.fixture(autouse=True)
    def _as_declared(self, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Skip a rule that the author took out, and work where nothing is."""
        reason = self.exceptions.get(request.function.__name__)
        if reason:
            pytest.skip(reason)
        for name in ("MAKEIT_CACHEDIR", "MAKEIT_STRICT"):
            monkeypatch.delenv(name, raising=False)
        elsewhere = tmp_path / "working folder"
        elsewhere.mkdir()
        monkeypatch.chdir(elsewhere)

    @pytest.fixture
    def value(self, example: int) -> Any:
        """One of the examples, as a copy that a rule may spoil."""
        return self.given(example)

    def given(self, example: int) -> Any:
        """Return a copy of an example; they are counted in a circle."""
        return duplicate(self.examples[example % len(self.examples)])

    def agrees(self, a: Any, b: Any) -> bool:
        """Ask the author's `equal`; one that asserts instead of answering is understood, too."""
        try:
            answer = self.equal(a, b)
        except AssertionError:
            return False
        if answer is None:
            raise TypeError(f"{type(self).__name__}.equal gave None; let it return True or False")
        return bool(answer)


def duplicate(value: Any) -> Any:
    """Return a deep copy of a value, or the value itself where it has none."""
    try:
        return copy.deepcopy(value)
    except Exception:  # a value may refuse in any way to be copied
        return value
