"""The hooks: what they answer, and that they import pandas for nobody."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest

from makeit_pandas import FeatherFile, hooks


class TestHooks:
    def test_they_import_pandas_for_nobody(self) -> None:
        code = (
            "import sys, makeit, makeit_pandas, makeit_pandas.hooks as hooks\n"
            "assert hooks.makeit_protect([]) is hooks.makeit_choose_persister({'a': 1}) is None\n"
            "assert not {'pandas', 'pyarrow', 'numpy'} & set(sys.modules)\n"
            "makeit_pandas.CsvFile\n"
            "assert 'pandas' in sys.modules\n"
        )
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        subprocess.run([sys.executable, "-c", code], env=environment, check=True)

    @pytest.mark.parametrize("value", [1, [pd.Series([1])], None, "x", np.ones(2), pd.Index([1]), pd.DataFrame])
    def test_they_leave_other_values_alone(self, value: Any) -> None:
        assert hooks.makeit_protect(value) is None
        assert hooks.makeit_choose_persister(value) is None

    @pytest.mark.parametrize(
        ("value", "fits"),
        [
            (pd.DataFrame({"a": [1, 2]}, index=["x", "y"]), True),
            (pd.Series(["a", None]), True),
            (pd.DataFrame(), True),
            (pd.DataFrame({"a": [[1], {}]}), False),
            (pd.Series([0.0], dtype=pd.SparseDtype(float)), False),
            (type("Special", (pd.DataFrame,), {})({"a": [1]}), False),
        ],
        ids=repr,
    )
    def test_a_fitting_format_is_chosen(self, value: Any, fits: bool) -> None:
        chosen = hooks.makeit_choose_persister(value)
        assert (chosen is not None) == fits
        if chosen:
            assert type(chosen) is FeatherFile
            assert chosen.filename.name == "value.feather"
            chosen.check()

    @pytest.mark.skipif(int(pd.__version__.partition(".")[0]) < 3, reason="frames can be frozen since pandas 3")
    def test_frames_are_frozen(self) -> None:
        frozen = hooks.makeit_protect(pd.DataFrame({"a": [1]}))
        assert frozen is not None
        assert frozen.intact(frozen.value)

    def test_the_package_names_what_it_lacks(self) -> None:
        import makeit_pandas

        with pytest.raises(AttributeError, match="ParquetFiel"):
            _ = makeit_pandas.ParquetFiel
