"""Columns of categories: text for each cell, and a list of all categories, used or not, in their order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from makeit_pandas.kinds import Column, Description, Kind, Stored, Values

#: Parquet keeps short strings in dictionaries, and gives long ones back as short.
LABEL = pa.string()


def _take(values: Values) -> Column:
    # Categories are an index, and an index is made of columns, some of which have categories.
    from makeit_pandas import indexes

    described = indexes.describe(values.categories)
    labels = _labels(values.categories)
    texts = values.categories if labels is None else labels
    codes = np.asarray(values.codes, np.int32)
    column = pa.DictionaryArray.from_arrays(
        pa.array(codes, mask=codes < 0), pa.array(texts, LABEL), ordered=bool(values.ordered)
    )
    description = {"ordered": bool(values.ordered), "categories": described, "labels": labels}
    return Column(description, (pa.chunked_array([column]),))


def _labels(categories: Any) -> list[str] | None:
    """Return a text to stand for each category: what it looks like, else its number; None where all are texts."""
    if all(type(category) is str for category in categories):
        return None
    texts = [str(category) for category in categories]
    return texts if len(set(texts)) == len(texts) else [str(number) for number in range(len(texts))]


def _types(description: Description) -> tuple[pa.DataType, ...]:
    return (pa.dictionary(pa.int32(), LABEL, ordered=description["ordered"]),)


def _put(description: Description, columns: Sequence[Stored]) -> Values:
    from makeit_pandas import indexes

    (column,) = columns
    categories = indexes.restore(description["categories"])
    labels = pa.array(categories if description["labels"] is None else description["labels"], LABEL)
    column = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    codes = np.concatenate([np.empty(0, np.int64), *(_codes(piece, labels) for piece in column.chunks)])
    if np.count_nonzero(codes < 0) != column.null_count:
        raise ValueError("a column of categories holds one that was not among them when it was saved")
    return pd.Categorical.from_codes(codes, dtype=pd.CategoricalDtype(categories, description["ordered"]))


def _codes(piece: Any, labels: Any) -> Any:
    """Return the number of the category of each cell, -1 where there is none."""
    places = pc.index_in(piece.dictionary.cast(LABEL), value_set=labels)
    found = places.take(piece.indices)
    return pc.fill_null(found, -1).to_numpy(zero_copy_only=False).astype(np.int64)


CATEGORIES = Kind(lambda dtype: isinstance(dtype, pd.CategoricalDtype), _take, _types, _put)
