"""The hooks: what they answer, and that they import NumPy for nobody."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from makeit_numpy import NumpyFile, hooks


class TestHooks:
    def test_they_import_numpy_for_nobody(self) -> None:
        code = (
            "import sys, makeit_numpy, makeit_numpy.hooks as hooks\n"
            "assert hooks.makeit_fingerprint(1) is hooks.makeit_protect([]) is None\n"
            "assert hooks.makeit_choose_persister({'a': 1}) is None\n"
            "assert 'numpy' not in sys.modules\n"
            "import numpy\n"
            "assert hooks.makeit_choose_persister({'a': 1}) is hooks.makeit_choose_persister(1.5) is None\n"
            "assert 'makeit_numpy.file' not in sys.modules\n"
            "makeit_numpy.NumpyFile\n"
            "assert 'makeit_numpy.file' in sys.modules\n"
        )
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        subprocess.run([sys.executable, "-c", code], env=environment, check=True)

    @pytest.mark.parametrize("value", [1, [np.ones(2)], None, "x", np.float64])
    def test_they_leave_other_values_alone(self, value: Any) -> None:
        assert hooks.makeit_fingerprint(value) is None
        assert hooks.makeit_protect(value) is None
        assert hooks.makeit_choose_persister(value) is None

    def test_they_know_arrays(self) -> None:
        assert hooks.makeit_fingerprint(np.ones(2)).startswith("array/1:")
        assert not hooks.makeit_protect(np.ones(2)).value.flags.writeable

    @pytest.mark.parametrize(
        ("value", "name"),
        [
            (np.ones(2), "value.npy"),
            (np.float32(1), "value.npy"),
            (np.array(["a"]), "value.npy"),
            ({"a": np.ones(2)}, "value.npz"),
            ({}, None),
            ({"a": 1}, None),
            ({1: np.ones(2)}, None),
            ({"a": np.array([None])}, None),
            (np.array([None]), None),
            (np.ma.masked_array([1, 2], [0, 1]), None),
            ((np.ones(2), 1), None),
        ],
        ids=repr,
    )
    def test_a_fitting_format_is_chosen(self, value: Any, name: str | None) -> None:
        chosen = hooks.makeit_choose_persister(value)
        assert name == (chosen.filename.name if chosen else None)
        if chosen:
            assert isinstance(chosen, NumpyFile)
            chosen.check()

    def test_the_package_names_what_it_lacks(self) -> None:
        import makeit_numpy

        with pytest.raises(AttributeError, match="NumpyFiel"):
            _ = makeit_numpy.NumpyFiel
