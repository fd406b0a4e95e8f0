"""The law D9: every change in a running process is noticed, and nothing else of a process plays a role."""

from __future__ import annotations

import gc
import importlib
import sys
import threading
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from makeit.identity.code.constants import is_constant
from tests.code_modules import REPORT, Modules, fingerprints, report
from tests.effort import at_most


def test_D9_the_print_is_kept_while_nothing_changes(modules: Modules) -> None:
    watched = modules.watch("K = 1\ndef h(): return K\ndef run(x): return h()")
    first = watched.current()
    assert watched.current() is first
    asked = modules.values.asked
    watched.current()
    assert modules.values.asked == asked


CHANGES: dict[str, Callable[[Any], object]] = {
    "rebound global": lambda m: setattr(m, "K", 2),
    "rebound helper": lambda m: setattr(m, "helper", lambda x: x),
    "list changed in place": lambda m: m.L.append(3),
    "dict changed in place": lambda m: m.D["a"].append(3),
    "object changed in place": lambda m: setattr(m.obj, "x", 2),
    "method replaced": lambda m: setattr(m.C, "method", lambda self: 2),
    "method added": lambda m: setattr(m.C, "added", lambda self: 2),
    "class attribute": lambda m: setattr(m.C, "size", 2),
    "class list": lambda m: m.C.items.append(2),
    "bases": lambda m: setattr(m.C, "__bases__", (m.B2,)),
    "base method": lambda m: setattr(m.B, "top", lambda self: 2),
    "code swapped in place": lambda m: setattr(m.helper, "__code__", m.swap.__code__),
    "code of the function swapped": lambda m: setattr(m.run, "__code__", m.swap_run.__code__),
    "defaults of a helper": lambda m: setattr(m.helper, "__defaults__", (9,)),
    "keyword defaults in place": lambda m: m.helper.__kwdefaults__.update(k=9),
    "missing name appears": lambda m: setattr(m, "later", 1),
    "builtin is hidden": lambda m: setattr(m, "len", lambda x: 1),
    "name removed": lambda m: delattr(m, "K"),
    "closure cell": lambda m: m.bump(),
    "other module": lambda m: setattr(m.own, "SIZE", 2),
    "partial keyword": lambda m: m.part.keywords.update(k=7),
    "function attribute": lambda m: setattr(m.helper, "scale", 7),
    "enum-like table": lambda m: m.T.__setitem__(0, m.swap),
}


@pytest.mark.parametrize("change", CHANGES)
def test_D9_every_change_in_a_running_process_is_noticed(modules: Modules, change: str) -> None:
    source = """
        import functools, own
        K, L, D = 1, [1, 2], {"a": [1]}
        class B:
            def top(self): return 1
        class B2(B): pass
        class C(B):
            size = 1
            items = [1]
            def __init__(self): self.x = 1
            def method(self): return 1
        obj = C()
        def helper(x, y=1, *, k=2): return helper.scale
        helper.scale = 1
        def swap(x, y=1, *, k=2): return 2
        part = functools.partial(helper, k=3)
        T = [helper]
        def counter():
            n = 0
            def bump():
                nonlocal n
                n += 1
            def count(): return n
            return bump, count
        bump, count = counter()
        def swap_run(x): return 1
        def run(x):
            return K, L, D, obj.method(), helper(x), len(x), later, count(), own.SIZE, part(x), T[0](x)
    """
    module = modules.load(source, own="SIZE = 1")
    watched = modules.reader.watch(module.run)
    first = watched.current()
    assert watched.current() is first
    CHANGES[change](module)
    assert watched.current() != first
    again = watched.current()
    assert watched.current() is again
    assert fingerprints(again) == fingerprints(modules.reader.watch(module.run).current())


def test_D9_a_value_set_back_gives_the_old_print(modules: Modules, monkeypatch: pytest.MonkeyPatch) -> None:
    module = modules.load("import own\ndef run(): return own.f()", own="def f(): return 1")
    watched = modules.reader.watch(module.run)
    first = watched.current()
    with monkeypatch.context() as patch:
        patch.setattr("own.f", lambda: 2)
        assert watched.current() != first
    assert watched.current() == first


def test_D9_reload_renews_the_print(modules: Modules) -> None:
    module = modules.load("import own\ndef run(): return own.f()", own="def f(): return 1")
    watched = modules.reader.watch(module.run)
    first = fingerprints(watched.current())
    modules.write("own", "def f(): return 22")
    assert fingerprints(watched.current()) == first
    importlib.reload(module.own)
    second = fingerprints(watched.current())
    assert {name for name in first if first[name] != second[name]} == {"own.f"}
    assert second["own.f"].startswith("code/1:")


def test_D9_fingerprints_of_functions_as_values_are_renewed_too(modules: Modules) -> None:
    module = modules.load("K = 1\ndef run(): return helper()\ndef helper(): return K")
    first = modules.reader.fingerprint(module.run)
    assert modules.reader.fingerprint(module.run) == first
    module.K = 2
    second = modules.reader.fingerprint(module.run)
    module.helper = lambda: 3
    assert len({first, second, modules.reader.fingerprint(module.run)}) == 3


def test_D9_two_threads_at_once_are_right(modules: Modules) -> None:
    module = modules.load("K = [0]\ndef helper(): return K\ndef run(): return helper()")
    watched = modules.reader.watch(module.run)
    expected = {}
    for number in range(4):
        module.K = [number]
        expected[fingerprints(watched.current())["m.K"]] = number
    wrong: list[object] = []

    def look() -> None:
        for _ in range(300):
            if fingerprints(watched.current()).get("m.K") not in expected:
                wrong.append(1)

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(2000):
        module.K = [number % 4]
    for thread in threads:
        thread.join()
    module.K = [2]
    assert not wrong
    assert expected[fingerprints(watched.current())["m.K"]] == 2


MANY = '''
import collections, dataclasses, enum, functools
class Colour(enum.Enum):
    RED = 1
    BLUE = {"a", "b", "c"}
@dataclasses.dataclass(frozen=True)
class P:
    x: int = 1
    y: frozenset = frozenset({"a", "b", "c"})
N = collections.namedtuple("N", "a b", defaults=[3])
NAMES = {"a", "b", "c", "d"}
def helper(x):
    if x in {"a", "b", "c", "d"}:
        return lambda y: y in {"e", "f", "g"}
TABLE = {"h": helper, "c": Colour, 1: [P(2)]}
exec(compile("""
def generated(x):
    'Doc.'
    if x in {"a", "b", "c", "d"}:
        return lambda y: y in {"e", "f", "g"}
""", "<made>", "exec"))
@functools.lru_cache
def cached(x): return x
def mk(n): return lambda: n
f, g = mk(1), mk(2)
def run(x):
    helper(x), generated(x), cached(x), f(), g()
    return Colour.RED, P(), N(1), NAMES, TABLE
'''


def test_D9_process_hash_seed_folder_and_earlier_calls_play_no_role(tmp_path: Path) -> None:
    script = tmp_path / "pipeline.py"
    script.write_text(REPORT.replace("SOURCE", MANY))
    first = report(script)
    assert any(value.startswith("bytecode/") for value in first["parts"].values())
    assert first["untracked"] == []
    for seed in ("1", "2", "3"):
        assert report(script, cwd=tmp_path, seed=seed) == first
    assert report(script, "run first", seed="4", cwd=Path("/")) == first
    assert report(script, options=("-X", "no_debug_ranges")) == first


def test_D9_the_order_of_imports_plays_no_role(modules: Modules) -> None:
    main = "import {}\nimport {}\ndef run(x): return a.f(x) + b.f(x)"
    others = {"a": "import b\ndef f(x): return b.f(x)", "b": "import a\ndef f(x): return x"}
    assert modules.changed(main.format("a", "b"), main.format("b", "a"), **others) == set()


def test_D9_python_itself_warns_of_nothing(modules: Modules) -> None:
    modules.write("m", "K = '\\\\d'\ndef run(x): return x is 1, '\\d'\n")
    with (
        pytest.warns(SyntaxWarning)
        if sys.version_info >= (3, 12)
        else pytest.warns((SyntaxWarning, DeprecationWarning))
    ):
        modules.written.add("m")
        module = importlib.import_module("m")
    assert modules.reader.watch(module.run).current().parts[0].fingerprint.startswith("code/1:")


def test_D9_an_unchanged_function_costs_a_look_however_much_it_uses(modules: Modules) -> None:
    lines = [f"K{i} = {i}\ndef f{i}(x): return K{i} + x" for i in range(500)]
    calls = " + ".join(f"f{i}(x)" for i in range(500))
    watched = modules.watch("\n".join([*lines, f"def run(x):\n    return {calls}"]))
    before = watched.current()
    with at_most(10):
        assert watched.current() is before


def test_D9_a_snapshot_keeps_no_large_value_alive_in_the_reader(modules: Modules) -> None:
    module = modules.load("class Big: pass\ndef mk(big): return lambda: big")
    big = module.Big()
    reference = weakref.ref(big)
    modules.reader.fingerprint(module.mk(big))
    del big
    gc.collect()
    assert reference() is None


def test_D9_what_cannot_change_in_place_is_known_by_its_class_and_not_by_the_name_of_it() -> None:
    import datetime
    import decimal
    import fractions
    import re

    real = (
        decimal.Decimal(1),
        datetime.date(2026, 1, 2),
        datetime.timedelta(1),
        fractions.Fraction(1, 2),
        re.compile("a"),
    )
    assert is_constant((1, "a", None, frozenset({2.0}), real))
    for value in real:
        kind = type(value)
        twin = type(kind.__name__, (), {"__module__": kind.__module__, "state": []})
        assert not is_constant(twin())
        assert not is_constant((1, twin()))
    assert not is_constant(type("Loose", (), {"__module__": None})())
