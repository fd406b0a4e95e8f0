"""Generated values: equal fingerprints just for equal type and content, in every process.

`MAKEIT_EXAMPLES` says how many values each law is tried on.
"""

from __future__ import annotations

import copy
import importlib.util
import os
import pickle
import subprocess
import sys
from collections import OrderedDict, deque
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from makeit import make

HERE = Path(__file__).parent
Fingerprint = Callable[[Any], str]


def _load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, HERE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


corpus = _load("values_corpus")
examples = settings(max_examples=int(os.environ.get("MAKEIT_EXAMPLES", "100")), deadline=None)


@pytest.fixture(scope="module")
def fp(tmp_path_factory: pytest.TempPathFactory) -> Fingerprint:
    """Fingerprint a value as an argument is."""
    return make.bench(tmp_path_factory.mktemp("properties") / ".makeit").values.fingerprint


def _hashable(value: Any) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True


def _leaves() -> st.SearchStrategy[Any]:
    kinds = [
        st.sampled_from(corpus.LEAVES), st.integers(), st.floats(), st.text(max_size=40), st.binary(max_size=120),
        st.complex_numbers(), st.decimals(), st.dates(), st.datetimes(timezones=st.none() | st.timezones()),
        st.timedeltas(), st.fractions(), st.uuids(),
    ]  # fmt: skip
    if corpus.HAS_NUMPY:
        from hypothesis.extra import numpy as hnp

        dtypes = st.one_of(hnp.scalar_dtypes(), hnp.array_dtypes())
        kinds.append(dtypes.flatmap(lambda dtype: hnp.arrays(dtype, hnp.array_shapes(max_side=3))))
        kinds.append(hnp.scalar_dtypes().flatmap(hnp.from_dtype))
    return st.one_of(kinds)


def _containers(items: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    lists = st.lists(items, max_size=5)
    keys = st.sampled_from([leaf for leaf in corpus.LEAVES if _hashable(leaf) and leaf == leaf])
    names = st.text(max_size=3)
    dicts = st.dictionaries(keys, items, max_size=5) | st.dictionaries(names, items, max_size=5)
    objects = st.sampled_from(corpus.OBJECTS)
    return st.one_of(
        lists,
        lists.map(tuple),
        lists.map(deque),
        dicts,
        dicts.map(OrderedDict),
        st.builds(lambda kind, x, y: kind(x, y), objects, items, items),
        st.sets(keys, max_size=5),
        st.frozensets(names, max_size=5),
        st.lists(st.lists(st.integers() | st.floats(), max_size=3), max_size=4),
    )


values = st.recursive(_leaves(), _containers, max_leaves=8)
small = st.recursive(st.sampled_from(corpus.LEAVES), _containers, max_leaves=2)


@examples
@given(one=small, other=small)
def test_two_values_have_one_fingerprint_just_if_type_and_content_are_equal(
    fp: Fingerprint, one: Any, other: Any
) -> None:
    assert (fp(one) == fp(other)) == (corpus.canonical(one) == corpus.canonical(other))


def test_no_two_leaves_are_taken_for_one_another(fp: Fingerprint) -> None:
    for wrap in (lambda leaf: leaf, lambda leaf: [leaf], lambda leaf: {"x": leaf}, lambda leaf: [[leaf] * 40]):
        found: dict[str, str] = {}
        for leaf in corpus.LEAVES:
            assert corpus.canonical(found.setdefault(fp(wrap(leaf)), leaf)) == corpus.canonical(leaf)


@examples
@given(value=values, place=st.integers(0, 7), leaf=st.sampled_from(corpus.LEAVES))
def test_one_changed_leaf_changes_the_fingerprint(fp: Fingerprint, value: Any, place: int, leaf: Any) -> None:
    changed = corpus.with_leaf(value, [place], leaf)
    assert (fp(changed) == fp(value)) == (corpus.canonical(changed) == corpus.canonical(value))


@examples
@given(value=values)
def test_copies_have_the_fingerprint_of_their_original(fp: Fingerprint, value: Any) -> None:
    mine = fp(value)
    assert mine == fp(copy.copy(value)) == fp(copy.deepcopy(value))
    restored = pickle.loads(pickle.dumps(value))
    # An array in the other byte order comes back from a pickle in this machine's own.
    assert (mine == fp(restored)) == (corpus.canonical(restored) == corpus.canonical(value))


@examples
@given(value=values)
def test_the_order_in_which_a_value_was_put_together_does_not_count(fp: Fingerprint, value: Any) -> None:
    assert fp(corpus.shuffled(value)) == fp(value)


@examples
@given(value=values)
def test_sharing_of_parts_does_not_count(fp: Fingerprint, value: Any) -> None:
    assert fp([value, value, {1: value}]) == fp([value, copy.deepcopy(value), {1: copy.deepcopy(value)}])


def test_fingerprints_are_the_same_over_hash_seeds_processes_and_folders(fp: Fingerprint, tmp_path: Path) -> None:
    drawn: list[Any] = []

    @settings(examples, database=None, derandomize=True)
    @given(value=values)
    def draw(value: Any) -> None:
        drawn.append(value)

    draw()
    drawn.append(corpus.LEAVES)
    file = tmp_path / "corpus.pickle"
    file.write_bytes(pickle.dumps(drawn))
    code = "import sys; sys.path.insert(0, sys.argv[1]); import values_corpus; values_corpus.main(*sys.argv[2:])"
    expected = [fp(value) for value in pickle.loads(file.read_bytes())]
    for seed, folder in (("0", Path.cwd()), ("1", tmp_path), ("random", HERE)):
        ran = subprocess.run(
            [sys.executable, "-W", "error", "-c", code, str(HERE), str(file), str(tmp_path / ".makeit")],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr
        assert ran.stdout.splitlines() == expected
