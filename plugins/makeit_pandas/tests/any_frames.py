"""Strategies that draw frames with any columns, labels, index and attributes that can be kept."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from plugins.makeit_pandas.tests.frame_corpus import PANDAS_3

#: What UTF-8 can say.
ENCODABLE = st.characters(exclude_categories=["Cs"])
LABELS = st.one_of(st.text(ENCODABLE, max_size=5), st.integers(), st.none(), st.floats(), st.booleans(), st.dates())
ATTRIBUTES = st.recursive(
    LABELS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(st.one_of(st.text(ENCODABLE), st.integers(), st.tuples(st.integers())), inner, max_size=3),
    ),
    max_leaves=6,
)
CELLS = st.one_of(
    hnp.integer_dtypes(endianness="="),
    hnp.unsigned_integer_dtypes(endianness="="),
    hnp.floating_dtypes(endianness="=", sizes=(16, 32, 64)),
    hnp.complex_number_dtypes(endianness="=", sizes=(64, 128)),
    hnp.boolean_dtypes(),
)
NULLABLE = st.sampled_from(["Int8", "UInt16", "Int64", "UInt64", "boolean"])


@st.composite
def any_column(draw: st.DrawFn, rows: int) -> Any:
    """Draw a column of any dtype that can be kept."""
    of = draw(st.sampled_from(["numpy", "text", "objects", "nullable", "time", "category", "float"]))
    missing = draw(st.lists(st.booleans(), min_size=rows, max_size=rows))
    if of == "numpy":
        return draw(hnp.arrays(draw(CELLS), rows))
    if of == "time":
        unit, kind = draw(st.sampled_from(["s", "ms", "us", "ns"])), draw(st.sampled_from(["M8", "m8"]))
        span = {"s": 10**9, "ms": 10**12, "us": 10**15, "ns": 2**62}[unit]
        return draw(hnp.arrays("i8", rows, elements=st.integers(-span, span))).view(f"{kind}[{unit}]")
    if of == "float":
        values = draw(st.lists(st.floats(), min_size=rows, max_size=rows))
        return pd.array([None if gone else value for value, gone in zip(values, missing, strict=True)], "Float64")
    texts = draw(st.lists(st.text(ENCODABLE, max_size=6), min_size=rows, max_size=rows))
    cells = [None if gone else text for text, gone in zip(texts, missing, strict=True)]
    if of == "nullable":
        dtype = draw(NULLABLE)
        numbers = draw(hnp.arrays(dtype.lower().replace("boolean", "bool"), rows))
        return pd.array([None if gone else value for value, gone in zip(numbers.tolist(), missing, strict=True)], dtype)
    if of == "category":
        return pd.Categorical(cells, list(dict.fromkeys([*texts, "unused"]))[::-1], ordered=draw(st.booleans()))
    return pd.array(cells, draw(st.sampled_from(STRINGS))) if of == "text" else np.array([*cells, 0], object)[:-1]


STRINGS = ["string[python]", "string[pyarrow]", *(["str"] if PANDAS_3 else [])]


@st.composite
def any_frame(draw: st.DrawFn) -> pd.DataFrame:
    """Draw a frame with any columns, labels and index."""
    rows, width = draw(st.integers(0, 5)), draw(st.integers(0, 4))
    columns = {
        place: pd.Series(values, dtype=values.dtype) for place in range(width) for values in [draw(any_column(rows))]
    }
    frame = pd.DataFrame(columns, index=range(rows))
    frame.columns = pd.Index(draw(st.lists(LABELS, min_size=width, max_size=width)), dtype=object, tupleize_cols=False)
    levels = draw(st.integers(0, 2))
    arrays = [
        draw(any_column(rows).filter(lambda values: values.dtype.kind != "c" and values.dtype != "f2"))
        for _ in range(levels)
    ]
    if levels == 1:
        frame.index = pd.Index(arrays[0], dtype=arrays[0].dtype, name=draw(LABELS))
    if levels > 1:
        frame.index = pd.MultiIndex.from_arrays(arrays, names=draw(st.lists(LABELS, min_size=levels, max_size=levels)))
        frame.index = frame.index.remove_unused_levels()
    return frame


ANY_FRAME = any_frame()
