"""Rules on calls: what a user of the format sees of it through `make`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from makeit import Maker
from makeit.formats.spec import Spec
from makeit.testing.declaration import Declaration
from makeit.testing.foundations import SOUND, require
from makeit.testing.saving import made, place


class CallRules(Declaration):
    """What a persister does as the output of a made function."""

    def test_a_later_process_reuses_the_result(self, example: int, tmp_path: Path) -> None:
        """A persister that is made anew, with the same options, stands for the same output."""
        require(self, tmp_path, *SOUND)
        first = made(self, tmp_path)(example)
        later = made(self, tmp_path, _never_run)
        decision = later.why(example)
        assert decision.reuse, (
            f"a result that was just kept is not reused: {decision}. Set in the initializer only what was given to it: "
            "attributes count as options, and these differ each time"
        )
        assert self.agrees(later(example), first), "the first call gave another value than the second"
        options = later.record(example).outputs[0].options
        assert json.loads(json.dumps(options)) == options, f"the options {options!r} are no JSON"

    def test_its_spec_makes_the_same_format(self, example: int, tmp_path: Path) -> None:
        """Users name a format in a string; it has to mean the same as the object."""
        require(self, tmp_path, *SOUND)
        made(self, tmp_path / "object")(example)
        format = made(self, tmp_path / "object").record(example).outputs[0].format
        if "." in format:
            pytest.skip(f"the format is not installed under a name: {format}")
        spec = Spec.parse(f"{format}:{place(self, tmp_path / 'spec')}" + (f"?{self.options}" if self.options else ""))
        assert Spec.parse(str(spec)) == spec, f"the spec {spec} is read as {Spec.parse(str(spec))}"
        try:
            found = self._by_spec(str(spec), tmp_path)(example)
        except Exception as error:
            pytest.fail(
                f"output={str(spec)!r} fails: {type(error).__name__}: {error}. Let the initializer take the file name "
                "alone and have a default for each option; what an example needs more, name in the suite's `options`"
            )
        again = self._by_spec(str(spec), tmp_path)
        assert again.why(example).reuse, f"a result of output={str(spec)!r} is not reused: {again.why(example)}"
        assert self.agrees(again(example), found), f"output={str(spec)!r} gives one value first and another later"

    def _by_spec(self, spec: str, tmp_path: Path) -> Any:
        def result(which: int) -> Any:
            return self.given(which)

        return Maker(cachedir=tmp_path / ".makeit", root=tmp_path)(result, output=spec, name="conformance", version=1)


def _never_run(which: int) -> Any:
    raise AssertionError("the function was run although its result was there")
