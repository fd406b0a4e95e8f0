"""The laws D1 to D9: what of a function's code counts, through any depth, and what does not."""

from __future__ import annotations

import builtins
import functools
import gc
import importlib
import json
import linecache
import os
import subprocess
import sys
import textwrap
import threading
import types
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from makeit.errors import ArgumentError
from makeit.identity.code import CodeReader, WatchedCode, module_name
from makeit.identity.code.constants import is_constant
from makeit.identity.digest import digest
from makeit.identity.unknown import Unfingerprintable
from makeit.model import CodePart, CodePrint
from tests.effort import at_most

CODE = (types.FunctionType, types.BuiltinFunctionType, types.MethodType, type)


class Values:
    """Fingerprints plain values for these tests, and leaves code to the reader."""

    def __init__(self) -> None:
        self.reader = CodeReader(self.fingerprint)
        self.asked = 0

    def fingerprint(self, value: object) -> str:
        self.asked += 1
        return f"value/1:{digest(self.show(value).encode())}"

    def show(self, value: Any) -> str:
        if isinstance(value, CODE):
            return self.reader.fingerprint(value)
        if isinstance(value, list | tuple):
            return f"{type(value).__name__}[{','.join(map(self.show, value))}]"
        if isinstance(value, dict):
            return "{" + ",".join(sorted(f"{self.show(k)}:{self.show(v)}" for k, v in value.items())) + "}"
        if isinstance(value, set | frozenset):
            return "{" + ",".join(sorted(map(self.show, value))) + "}"
        if hasattr(value, "__dict__") and type(value).__module__ != "logging":
            return self.show(type(value)) + self.show(vars(value))
        if type(value) in (int, float, complex, str, bytes, bool, type(None)):
            return f"{type(value).__name__}:{value!r}"
        raise Unfingerprintable("", type(value).__name__)


class Modules:
    """Real modules in a folder, imported afresh each time they are written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.values = Values()
        self.written: set[str] = set()

    @property
    def reader(self) -> CodeReader:
        return self.values.reader

    def write(self, name: str, source: str) -> Path:
        path = self.folder / f"{name.replace('.', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(source))
        return path

    def load(self, source: str, name: str = "m", **others: str) -> Any:
        for other, text in others.items():
            self.write(other.replace("__", "."), text)
        self.write(name, source)
        self.written |= {name, *(other.replace("__", ".") for other in others)}
        self.unload()
        return importlib.import_module(name)

    def unload(self) -> None:
        tops = {name.partition(".")[0] for name in self.written}
        for name in [name for name in sys.modules if name.partition(".")[0] in tops]:
            del sys.modules[name]
        importlib.invalidate_caches()

    def watch(self, source: str, **others: str) -> WatchedCode:
        return self.reader.watch(self.load(source, **others).run)

    def print(self, source: str, **others: str) -> CodePrint:
        return self.watch(source, **others).current()

    def fingerprints(self, source: str, **others: str) -> dict[str, str]:
        return fingerprints(self.print(source, **others))

    def changed(self, before: str, after: str, **others: str) -> set[str]:
        old, new = self.fingerprints(before, **others), self.fingerprints(after, **others)
        return {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}


def fingerprints(code: CodePrint) -> dict[str, str]:
    found = {part.name: part.fingerprint for part in code.parts}
    assert len(found) == len(code.parts), "names of parts are unique"
    return found


def parts(code: CodePrint) -> dict[str, CodePart]:
    return {part.name: part for part in code.parts}


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Modules]:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.syspath_prepend(str(tmp_path))
    modules = Modules(tmp_path)
    yield modules
    modules.unload()


# D1


PLAIN = "def run(x, y=2):\n    z = x + y\n    return z * 2\n"


@pytest.mark.parametrize(
    "same",
    [
        "# a comment\n\n\n" + PLAIN,
        "def run(x, y=2):\n    # why\n    z = x + y  # sum\n\n    return z * 2\n",
        "def run( x,y = 2 ):\n        z = (x+\n           y)\n        return (z * 2)\n",
        'def run(x, y=2):\n    """Say what."""\n    z = x + y\n    return z * 2\n',
        "def run(x: int, y: 'Some[thing]' = 2) -> float:\n    z: int = x + y\n    return z * 2\n",
        "import os\nclass Other: pass\n" + PLAIN,
        "from __future__ import annotations\n" + PLAIN,
    ],
)
def test_D1_comments_docstrings_annotations_and_formatting_do_not_count(modules: Modules, same: str) -> None:
    assert modules.changed(PLAIN, same) == set()


@pytest.mark.parametrize(
    "other",
    [
        PLAIN.replace("x + y", "x - y"),
        PLAIN.replace("* 2", "* 2.0"),
        PLAIN.replace("* 2", "* True"),
        PLAIN.replace("* 2", "* '2'"),
        PLAIN.replace("return z * 2", "return 2 * z"),
        PLAIN.replace("(x, y=2)", "(x, *, y=2)"),
        "async " + PLAIN,
        PLAIN.replace("return", "yield"),
    ],
)
def test_D1_what_the_function_does_counts(modules: Modules, other: str) -> None:
    assert modules.changed(PLAIN, other) == {"m.run"}


def test_D1_docstrings_and_annotations_of_helpers_classes_and_nested_functions_do_not_count(
    modules: Modules,
) -> None:
    before = """
        class C:
            def f(self, x):
                return x
        def helper(x):
            def inner(a, b):
                return a + b
            return inner(x, 1)
        def run(x):
            return helper(x) + C().f(x)
    """
    after = '''
        from pathlib import Path
        class C:
            """A class."""
            def f(self, x: Path) -> Path:
                """Give it back."""
                return x
        def helper(x):
            def inner(a: Path, b: Path) -> Path:
                "Add."
                return a + b
            return inner(x, 1)
        def run(x):
            return helper(x) + C().f(x)
    '''
    assert modules.changed(before, after) == set()


def test_D1_swapped_local_names_count_because_numexpr_and_pandas_read_them(modules: Modules) -> None:
    before = "def run(q, f, g):\n    a = f()\n    b = g()\n    return q('a - b')\n"
    after = "def run(q, f, g):\n    b = f()\n    a = g()\n    return q('a - b')\n"
    assert modules.changed(before, after) == {"m.run"}


@pytest.mark.parametrize(("one", "other"), [("0.0", "-0.0"), ("1", "True"), ("1", "1.0"), ("'1'", "b'1'")])
def test_D1_equal_constants_of_other_type_or_sign_are_different(modules: Modules, one: str, other: str) -> None:
    assert modules.changed(f"def run(): return {one}", f"def run(): return {other}") == {"m.run"}
    assert modules.changed(f"K = {one}\ndef run(): return K", f"K = {other}\ndef run(): return K") == {"m.K"}


# D2


def test_D2_helpers_count_through_any_depth_and_any_module(modules: Modules) -> None:
    main = "from a import fa\ndef run(x): return fa(x)"
    a = "import b.c as bc\ndef fa(x): return bc.fc(x)"
    c = "from . import d\ndef fc(x): return d.fd(x)"
    old = modules.fingerprints(main, a=a, b__c=c, b__d="def fd(x): return x", b____init__="")
    new = modules.fingerprints(main, a=a, b__c=c, b__d="def fd(x): return x + 1", b____init__="")
    assert set(old) == {"m.run", "a.fa", "b.c.fc", "b.d.fd"}
    assert {name for name in old if old[name] != new[name]} == {"b.d.fd"}


def test_D2_a_thousand_helpers_deep(modules: Modules) -> None:
    lines = [f"def f{i}(x): return f{i + 1}(x)" for i in range(3000)]
    source = "\n".join([*lines, "def f3000(x): return x", "def run(x): return f0(x)"])
    assert modules.changed(source, source.replace("def f3000(x): return x", "def f3000(x): return -x")) == {"m.f3000"}


@pytest.mark.parametrize(
    "use",
    [
        "import pkg.sub.deep\ndef run(x): return pkg.sub.deep.f(x)",
        "import pkg.sub\ndef run(x): return pkg.sub.deep.f(x)",
        "import pkg\ndef run(x): return pkg.sub.deep.f(x)",
        "from pkg.sub import deep as d\ndef run(x): return d.f(x)",
        "def run(x):\n    import pkg.sub.deep\n    return pkg.sub.deep.f(x)",
        "def run(x):\n    import pkg.sub.deep as d\n    return d.f(x)",
        "def run(x):\n    from pkg.sub import deep\n    return deep.f(x)",
        "def run(x):\n    from pkg.sub.deep import f as g\n    return g(x)",
        "def run(x):\n    from pkg.sub.deep import f\n    return [f(i) for i in x]",
        "def run(x):\n    from pkg.sub import deep\n    return (lambda: deep.f(x))()",
        "def mk():\n    import pkg.sub.deep as d\n    return lambda x: d.f(x)\nrun = mk()",
        "from pkg.sub.deep import f\ndef run(x, g=None): return (g or f)(x)",
        "from pkg.sub.deep import f\nTABLE = {'f': f}\ndef run(x): return TABLE['f'](x)",
        "from pkg.sub.deep import f\nTABLE = (1, [f])\ndef run(x): return TABLE[1][0](x)",
        "from pkg.sub.deep import f\nclass C:\n    g = staticmethod(f)\ndef run(x): return C.g(x)",
        "from pkg.sub.deep import f\nimport functools\ng = functools.partial(f, 1)\ndef run(x): return g()",
        "from pkg.sub.deep import f\nimport functools\ng = functools.lru_cache(f)\ndef run(x): return g(x)",
        "from pkg.sub.deep import f\ndef run(x):\n    def inner(y): return f(y)\n    return inner(x)",
        "from pkg.sub.deep import f\ndef run(x):\n    class K:\n        v = f(1)\n    return K.v",
        "from pkg.sub.deep import f\ndef h(x, k=f): return k(x)\ndef run(x): return h(x)",
        "from pkg.sub.deep import f\ndef h(x, *, k=f): return k(x)\ndef run(x): return h(x)",
        "from pkg.sub.deep import f\nclass C: pass\nc = C()\nc.f = f\ndef run(x): return c.f(x)",
        "import numpy as np\nfrom pkg.sub.deep import f\ng = np.vectorize(f)\ndef run(x): return g(x)",
    ],
)
def test_D2_every_way_to_reach_a_helper(modules: Modules, use: str) -> None:
    def look(body: str) -> dict[str, str]:
        return modules.fingerprints(
            use, pkg__sub__deep=f"def f(x): return {body}", pkg__sub____init__="", pkg____init__=""
        )

    old, new = look("x"), look("x + 1")
    assert old.keys() == new.keys()
    assert "pkg.sub.deep.f" in {name for name in old if old[name] != new[name]}


def test_D2_constants_of_other_modules_count(modules: Modules) -> None:
    main = "import conf\ndef run(): return conf.deep.SIZE"
    old = modules.fingerprints(main, conf="import inner as deep", inner="SIZE = 3")
    new = modules.fingerprints(main, conf="import inner as deep", inner="SIZE = 4")
    assert {name for name in old if old[name] != new[name]} == {"inner.SIZE"}


def test_D2_functions_that_change_places_are_noticed(modules: Modules) -> None:
    source = "def f(x): return x\ndef g(x): return -x\na, b = {}\ndef run(x): return a(x) - b(x) / 2"
    assert modules.changed(source.format("f, g"), source.format("g, f")) == {"m.run"}


def test_D2_closures_that_change_places_in_a_table_are_noticed(modules: Modules) -> None:
    source = "def mk(n): return lambda: n\nT = {{'a': mk({}), 'b': mk({})}}\ndef run(k): return T[k]()"
    assert modules.changed(source.format(1, 2), source.format(2, 1))


def test_D2_closures_met_before_that_change_places_in_a_table_are_noticed(modules: Modules) -> None:
    made = "def mk(n): return lambda: n\nf, g = mk(1), mk(2)\n"
    source = made + "T = {{'a': {}, 'b': {}}}\ndef run(k): return f, g, T[k]"
    assert modules.changed(source.format("f", "g"), source.format("g", "f")) == {"m.T"}


def test_D2_composed_functions_that_change_places_are_noticed(modules: Modules) -> None:
    source = """
        def compose(f, g): return lambda x: f(g(x))
        def double(x): return 2 * x
        def inc(x): return x + 1
        run = compose({})
    """
    assert modules.changed(source.format("double, inc"), source.format("inc, double"))


def test_D2_a_library_function_exchanged_for_another_is_noticed(modules: Modules) -> None:
    source = "from math import {} as op\nimport {} as lib\ndef run(x): return op(lib.dumps(x))"
    assert modules.changed(source.format("sin", "json"), source.format("cos", "json")) == {"m.run"}
    assert modules.changed(source.format("sin", "json"), source.format("sin", "pickle")) == {"m.run"}


CLASS = """
    class Base:
        def top(self): return 1
    class Meta(type):
        def made(cls): return 1
    class C(Base, metaclass=Meta):
        size = 3
        table = {"a": 1}
        def __init__(self, x): self.x = x
        def method(self): return self.x
        @property
        def prop(self): return 1
        @prop.setter
        def prop(self, value): self.x = value
        @staticmethod
        def static(): return 1
        @classmethod
        def klass(cls): return helper()
        class Inner:
            def deep(self): return 1
    def helper(): return 1
    def run(x): return C(x).method()
"""


@pytest.mark.parametrize(
    ("old", "new", "part"),
    [
        ("top(self): return 1", "top(self): return 2", "m.Base.top"),
        ("made(cls): return 1", "made(cls): return 2", "m.Meta.made"),
        ("size = 3", "size = 4", "m.C.size"),
        ('{"a": 1}', '{"a": 2}', "m.C.table"),
        ("self.x = x", "self.x = -x", "m.C.__init__"),
        ("return self.x", "return -self.x", "m.C.method"),
        ("def prop(self): return 1", "def prop(self): return 2", "m.C.prop"),
        ("self.x = value", "self.x = -value", "m.C.prop#2"),
        ("def static(): return 1", "def static(): return 2", "m.C.static"),
        ("return helper()", "return -helper()", "m.C.klass"),
        ("deep(self): return 1", "deep(self): return 2", "m.C.Inner.deep"),
        ("def helper(): return 1", "def helper(): return 2", "m.helper"),
        ("@staticmethod", "@classmethod", "m.C"),
        ("C(Base, metaclass", "C(metaclass", "m.C"),
        ("(Base, metaclass=Meta)", "(Base)", "m.C"),
        ("size = 3", "size = 3; more = 1", "m.C.more"),
    ],
)
def test_D2_all_of_a_class_counts(modules: Modules, old: str, new: str, part: str) -> None:
    assert old in CLASS
    assert part in modules.changed(CLASS, CLASS.replace(old, new))


def test_D2_a_method_that_calls_super_brings_its_class(modules: Modules) -> None:
    source = """
        class B:
            def run(self): return 1
        class C(B):
            def run(self): return super().run() + self.other()
            def other(self): return 1
        run = C.run
    """
    assert modules.changed(source, source.replace("other(self): return 1", "other(self): return 2")) == {"m.C.other"}
    assert modules.changed(source, source.replace("def run(self): return 1", "def run(self): return 2")) == {"m.B.run"}


DECORATED = """
    import functools
    def scaled(by, table=()):
        def decorate(f):
            @functools.wraps(f)
            def wrapper(*args):
                return f(*args) * by
            return wrapper
        return decorate
    @scaled(2)
    def helper(x): return x
    def run(x): return helper(x)
"""


def test_D2_decorators_their_arguments_and_the_wrapped_function_count(modules: Modules) -> None:
    wrapper = "m.scaled.<locals>.decorate.<locals>.wrapper"
    assert modules.changed(DECORATED, DECORATED.replace("@scaled(2)", "@scaled(3)")) == {f"{wrapper}.by"}
    assert modules.changed(DECORATED, DECORATED.replace("* by", "+ by")) == {wrapper}
    assert modules.changed(DECORATED, DECORATED.replace("return x\n", "return -x\n")) == {"m.helper"}
    assert modules.changed(DECORATED, DECORATED.replace("@scaled(2)", "")) >= {"m.run"}


def test_D2_decorators_of_libraries_are_followed_to_the_users_function(modules: Modules) -> None:
    source = """
        import contextlib, functools
        @contextlib.contextmanager
        def opened(x):
            yield x
        @functools.singledispatch
        def kind(x): return "any"
        @kind.register
        def _(x: int): return "int"
        def run(x):
            with opened(x) as y:
                return kind(y)
    """
    assert modules.changed(source, source.replace("yield x", "yield -x")) == {"m.opened"}
    assert modules.changed(source, source.replace('return "int"', 'return "i"')) == {"m._"}
    assert modules.changed(source, source.replace("x: int", "x: str")) == {"m.run"}


def test_D2_dispatching_does_not_change_the_print(modules: Modules) -> None:
    module = modules.load("import functools\n@functools.singledispatch\ndef k(x): return x\ndef run(x): return k(x)")
    watched = modules.reader.watch(module.run)
    before = watched.current()
    module.run(1)
    assert modules.reader.watch(module.run).current() == watched.current() == before


def test_D2_made_functions_are_followed_to_what_they_wrap(modules: Modules) -> None:
    source = """
        class MadeFunction:
            __module__ = "makeit.made"
            def __init__(self, f): self.__wrapped__ = f; self.calls = [f]
        MadeFunction.__qualname__ = "MadeFunction"
        def f(x): return x
        helper = MadeFunction(f)
        def run(x): return helper(x)
    """
    found = modules.print(source)
    assert {part.name for part in found.parts} == {"m.run", "m.f"}
    assert modules.changed(source, source.replace("return x\n", "return -x\n")) == {"m.f"}


def test_D2_a_callable_object_counts_by_class_and_content(modules: Modules) -> None:
    source = """
        class Scale:
            def __init__(self, by): self.by = by
            def __call__(self, x): return x * self.by
        run = Scale(2)
    """
    assert "m.Scale.__call__" in modules.changed(source, source.replace("x * self", "x + self"))
    assert modules.changed(source, source.replace("Scale(2)", "Scale(3)"))
    bound = source.replace("run = Scale(2)", "run = Scale(2).__call__")
    assert modules.changed(bound, bound.replace("Scale(2)", "Scale(3)"))
    partial = "import functools\ndef f(x, y): return x\nrun = functools.partial(f, y=1)"
    assert modules.changed(partial, partial.replace("y=1", "y=2"))
    assert "m.f" in modules.changed(partial, partial.replace("return x", "return y"))


def test_D2_recursion_and_mutual_recursion(modules: Modules) -> None:
    source = """
        TABLE = {}
        def run(x): return even(x) or run(x) or TABLE["odd"](x)
        def even(x): return odd(x - 1)
        def odd(x): return even(x - 1)
        TABLE["odd"] = odd
        TABLE["run"] = run
    """
    assert "m.odd" in modules.changed(source, source.replace("odd(x): return even(x - 1)", "odd(x): return even(x)"))
    module = modules.load(source)
    assert modules.reader.fingerprint(module.odd) != modules.reader.fingerprint(module.even)


def test_D2_a_registry_of_functions_that_use_the_registry_is_quick(modules: Modules) -> None:
    lines = [f"def f{i}(x): return R['f{i}'](x) + {i}" for i in range(60)]
    source = "\n".join([*lines, "R = {" + ", ".join(f"'f{i}': f{i}" for i in range(60)) + "}"])
    module = modules.load(source + "\ndef run(x): return R[x](x)")
    with at_most(200_000):
        assert len(modules.reader.watch(module.run).current().parts) == 62


DATACLASS = """
    import dataclasses
    def fresh(): return [1]
    @dataclasses.dataclass
    class P:
        x: int = 1
        y: list = dataclasses.field(default_factory=fresh)
    def run(): return P()
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("x: int = 1", "x: int = 2"),
        ("x: int = 1", "x: float = 1"),
        ("x: int = 1", "z: int = 1"),
        ("x: int = 1", "x: int = dataclasses.field(default=1, compare=False)"),
        ("dataclass\n", "dataclass(order=True)\n"),
        ("dataclass\n", "dataclass(frozen=True)\n"),
        ("return [1]", "return [2]"),
        ("default_factory=fresh", "default_factory=list"),
    ],
)
def test_D2_the_fields_of_dataclasses_count(modules: Modules, old: str, new: str) -> None:
    assert old in DATACLASS
    assert modules.changed(DATACLASS, DATACLASS.replace(old, new))
    assert not any("create_fn" in name for name in modules.fingerprints(DATACLASS))


@pytest.mark.parametrize(
    ("source", "old", "new"),
    [
        ("import attrs\n@attrs.define\nclass P:\n    x: int = 1\n", "= 1", "= 2"),
        ("import attrs\n@attrs.define\nclass P:\n    x: int = 1\n", "int", "float"),
        ("import typing\nclass P(typing.NamedTuple):\n    x: int = 1\n", "= 1", "= 2"),
        ("import collections\nP = collections.namedtuple('P', 'x y', defaults=[1])\n", "'x y'", "'y x'"),
        ("import enum\nclass P(enum.Enum):\n    A = 1\n    B = 2\n", "B = 2", "B = 3"),
        ("import enum\nclass P(enum.Enum):\n    A = 1\n    def f(self): return 1\n", "return 1", "return 2"),
        ("class P:\n    __slots__ = ('x',)\n", "'x'", "'y'"),
        ("class P: pass\nP.late = 1\n", "late = 1", "late = 2"),
    ],
)
def test_D2_the_fields_of_other_classes_count(modules: Modules, source: str, old: str, new: str) -> None:
    source += "def run(): return P\n"
    assert modules.changed(source, source.replace(old, new))
    assert modules.print(source).untracked == ()


def test_D2_field_annotations_count_only_where_something_may_read_them(modules: Modules) -> None:
    plain = "class P:\n    x: int = 1\ndef run(): return P"
    assert modules.changed(plain, plain.replace("int", "float")) == set()
    read = "def deco(c): return c\n@deco\nclass P:\n    x: int = 1\ndef run(): return P"
    assert modules.changed(read, read.replace("int", "float")) == {"m.P"}


def test_D1_annotated_locals_in_methods_of_a_decorated_class_do_not_count(modules: Modules) -> None:
    method = "    def f(self):\n        x: int = 1\n        return x\n"
    source = f"def deco(c): return c\n@deco\nclass P:\n{method}def run(): return P"
    assert modules.changed(source, source.replace("x: int", "x")) == set()


# D3


def test_D3_libraries_count_by_name_only(modules: Modules) -> None:
    source = """
        import json, pathlib, numpy as np
        from collections import OrderedDict
        from attrs import asdict
        add = np.add
        def run(x): return json.dumps(asdict(OrderedDict(x))), np.linalg.norm(x), pathlib.Path(x), add(x)
    """
    assert set(modules.fingerprints(source)) == {"m.run"}


def test_D3_site_packages_are_a_library_and_the_working_folder_plays_no_role(
    modules: Modules, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    packages = tmp_path / "venv" / "lib" / "site-packages"
    packages.mkdir(parents=True)
    (packages / "installed_thing.py").write_text("def f(x): return x\n")
    monkeypatch.syspath_prepend(str(packages))
    monkeypatch.chdir(packages)
    modules.written.add("installed_thing")
    source = "import installed_thing\nfrom installed_thing import f\ndef run(x): return f(installed_thing.f(x))"
    assert set(modules.fingerprints(source)) == {"m.run"}
    assert set(modules.fingerprints("import own\ndef run(x): return own.f(x)", own="def f(x): return x")) == {
        "m.run",
        "own.f",
    }


# D4


def test_D4_globals_and_closures_count_by_value(modules: Modules) -> None:
    source = "K = [1, 2]\ndef mk(n):\n    def run(x): return x + n + K[0]\n    return run\nrun = mk(1)"
    assert modules.changed(source, source.replace("[1, 2]", "[1, 3]")) == {"m.K"}
    assert modules.changed(source, source.replace("mk(1)", "mk(2)")) == {"m.mk.<locals>.run.n"}
    assert modules.changed(source, source.replace("[1, 2]", "[1,  2]")) == set()


def test_D4_a_changed_default_of_the_function_itself_does_not_count(modules: Modules) -> None:
    assert modules.changed(PLAIN, PLAIN.replace("y=2", "y=3")) == set()
    assert modules.changed(PLAIN, PLAIN.replace("y=2", "y")) == set()


def test_D4_a_changed_default_of_a_helper_counts(modules: Modules) -> None:
    source = "def helper(x, y=2, *, z=3): return x\ndef run(x): return helper(x)"
    assert modules.changed(source, source.replace("y=2", "y=4")) == {"m.helper.y"}
    assert modules.changed(source, source.replace("z=3", "z=4")) == {"m.helper.z"}


def test_D4_a_function_that_calls_itself_relies_on_its_own_default(modules: Modules) -> None:
    source = "def run(n, k=2): return n if n < 1 else run(n - 1)"
    assert modules.changed(source, source.replace("k=2", "k=3")) == {"m.run.k"}


def test_D4_attributes_of_functions_count(modules: Modules) -> None:
    source = "def helper(x): return helper.scale * x\nhelper.scale = 2\ndef run(x): return helper(x)"
    assert modules.changed(source, source.replace("scale = 2", "scale = 3")) == {"m.helper.scale"}


def test_D4_unset_cells_are_no_error(modules: Modules) -> None:
    source = "def mk():\n    def run(): return later\n    if run is None: later = 1\n    return run\nrun = mk()"
    assert set(modules.fingerprints(source)) == {"m.mk.<locals>.run"}


# D5


def test_D5_lambdas_on_one_line_are_different(modules: Modules) -> None:
    module = modules.load("a, b, c = (lambda x: x + 1), (lambda x: x + 2), (lambda x: (lambda: x + 1))\nd = c(1)")
    found = {name: modules.reader.fingerprint(getattr(module, name)) for name in "abcd"}
    assert len(set(found.values())) == 4
    texts = {name: modules.reader.watch(getattr(module, name)).current().parts[0].text for name in "abcd"}
    assert texts == {
        "a": "lambda x: x + 1",
        "b": "lambda x: x + 2",
        "c": "lambda x: lambda: x + 1",
        "d": "lambda: x + 1",
    }


def test_D5_closures_of_one_function_are_different(modules: Modules) -> None:
    module = modules.load("def mk(n): return lambda: n\na, b, c = mk(1), mk(2), mk(1)")
    a, b, c = (modules.reader.fingerprint(f) for f in (module.a, module.b, module.c))
    assert a != b
    assert a == c


def test_D5_two_closures_in_one_function_keep_their_own_values(modules: Modules) -> None:
    source = "def mk(n): return lambda: n\nf, g = mk({}), mk({})\ndef run(): return f() - g()"
    found = modules.fingerprints(source.format(1, 2))
    inner = "m.mk.<locals>.<lambda>"
    assert set(found) == {"m.run", inner, f"{inner}#2", f"{inner}.n", f"{inner}#2.n"}
    assert modules.changed(source.format(1, 2), source.format(2, 1)) == {f"{inner}.n", f"{inner}#2.n"}


# D6


def test_D6_parts_have_name_file_line_and_readable_source(modules: Modules) -> None:
    source = """
        import functools
        SIZE = list(range(1000))

        def keep(f): return f

        @keep
        @keep
        def helper(x: int) -> int:
            '''Doc.'''
            return x + SIZE[0]  # why
        def run(x): return helper(x)
    """
    found = parts(modules.print(source))
    helper = found["m.helper"]
    assert (helper.kind, helper.line, helper.file) == ("function", 9, str(modules.folder / "m.py"))
    assert helper.text == "def helper(x):\n    return x + SIZE[0]"
    assert helper.fingerprint.startswith("code/1:")
    assert found["m.SIZE"].kind == "value"
    assert len(found["m.SIZE"].text) <= 80
    assert "\n" not in found["m.SIZE"].text


def test_D6_the_main_module_is_named_after_its_script(tmp_path: Path) -> None:
    script = tmp_path / "pipeline.py"
    script.write_text(REPORT.replace("SOURCE", "K = 1\ndef run(x): return K + x"))
    assert set(report(script)["parts"]) == {"pipeline.run", "pipeline.K"}


def test_D6_module_name_of_any_object(modules: Modules) -> None:
    module = modules.load("import functools\nclass C:\n    def f(self): pass\ndef f(): pass\np = functools.partial(f)")
    assert {module_name(item) for item in (module.C, module.C(), module.C().f, module.f, module.p)} == {"m"}


# D7


def test_D7_what_cannot_be_followed_is_listed(modules: Modules) -> None:
    source = """
        import importlib, logging, threading
        import own
        log = logging.getLogger("x")
        lock = threading.Lock()
        def helper(module): return module
        def run(x, name):
            log.info("x")
            with lock:
                pass
            getattr(x, "literal"), getattr(x, "literal", None), getattr(helper(x).y, "z", x + 1)
            getattr(x, name)()
            globals()[name]
            eval(name)
            exec(name)
            __import__(name)
            importlib.import_module(name)
            x.eval("a")
            return helper(own)
    """
    assert modules.print(source, own="").untracked == (
        "__import__() in run (m.py:16)",
        "eval() in run (m.py:14)",
        "exec() in run (m.py:15)",
        "getattr with a computed name in run (m.py:12)",
        "global lock (lock) in m.py:9",
        "global log (Logger) in m.py:8",
        "globals() in run (m.py:13)",
        "import_module() in run (m.py:17)",
        "module own used as an object in m.run (m.py:19)",
    )


def test_D7_the_users_own_getattr_is_not_pythons(modules: Modules) -> None:
    source = "def getattr(x, name): return x\ndef run(x, name): return getattr(x, name)"
    assert modules.print(source).untracked == ()


def test_D7_values_without_fingerprint_are_listed_and_never_a_constant(modules: Modules) -> None:
    source = """
        class Box:
            def __init__(self): self.items = (i for i in "abc")
            def get(self): return 1
        box = Box()
        class Holder:
            stream = (i for i in "abc")
        def run(): return box.get(), Holder
    """
    found = modules.print(source)
    assert [line.split(" in ")[0] for line in found.untracked] == [
        "attribute stream (generator)",
        "global box (Box)",
    ]
    assert "m.Box.get" in fingerprints(found)


def test_D7_depends_adds_functions_classes_modules_and_files(modules: Modules, tmp_path: Path) -> None:
    module = modules.load("def run(): pass\ndef other(): return 1\nclass C:\n    x = 1", own="'doc'\nK = 1 # c\n")
    own = importlib.import_module("own")
    data = tmp_path / "data.txt"
    data.write_text("one")
    numpy = importlib.import_module("numpy")
    watched = modules.reader.watch(module.run, (module.other, module.C, own, numpy, json, str(data), data))
    found = parts(watched.current())
    assert {"m.run", "m.other", "m.C", "m.C.x", "own", "numpy", "json", "data.txt"} <= found.keys()
    assert found["own"].text == "K = 1"
    assert found["numpy"].kind == "version"
    assert numpy.__version__ in found["numpy"].fingerprint
    assert found[data.name].kind == "file"
    data.write_text("two")
    assert fingerprints(watched.current())[data.name] != found[data.name].fingerprint
    data.write_text("one")
    assert fingerprints(watched.current())[data.name] == found[data.name].fingerprint


def test_D7_a_file_written_again_in_the_same_tick_is_noticed(modules: Modules, tmp_path: Path) -> None:
    module = modules.load("def run(): pass")
    data = tmp_path / "data.txt"
    watched = modules.reader.watch(module.run, (data,))
    # Only where the clock of the file system is coarse is the stamp alone too little.
    for number in range(200):
        data.write_text(f"{number:04}")
        stamp = data.stat().st_mtime_ns
        found = watched.current()
        assert found.parts[-1].fingerprint == f"file/1:{digest(f'{number:04}'.encode())}", stamp


def test_D7_a_missing_file_is_an_error_that_names_it(modules: Modules, tmp_path: Path) -> None:
    watched = modules.reader.watch(modules.load("def run(): pass").run, (tmp_path / "gone.txt",))
    with pytest.raises(ArgumentError, match=r"gone\.txt") as error:
        watched.current()
    assert error.value.name == str(tmp_path / "gone.txt")


def test_D7_a_relative_file_does_not_follow_the_working_folder(
    modules: Modules, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data.txt").write_text("one")
    monkeypatch.chdir(tmp_path)
    watched = modules.reader.watch(modules.load("def run(): pass").run, ("data.txt",))
    before = watched.current()
    monkeypatch.chdir("/")
    assert watched.current() == before
    assert "data.txt" in fingerprints(before)


# D8


def executed(source: str, filename: str = "<string>") -> dict[str, Any]:
    namespace: dict[str, Any] = {"__name__": "executed"}
    exec(compile(textwrap.dedent(source), filename, "exec"), namespace)
    return namespace


def test_D8_without_source_the_code_object_counts(modules: Modules) -> None:
    def look(source: str) -> CodePart:
        return modules.reader.watch(executed(source)["run"]).current().parts[0]

    part = look("def run(x): return x + 1")
    assert part.fingerprint.startswith(f"bytecode/{sys.version_info.major}.{sys.version_info.minor}:")
    assert look("\n\n# c\ndef run(x: int) -> int:\n    'Doc.'\n    return x + 1").fingerprint == part.fingerprint
    assert look("def run(x): return x + 2").fingerprint != part.fingerprint
    assert look("def run(x): return x + 1.0").fingerprint != part.fingerprint
    nested = "def run(x):\n    def inner():\n        {}return x\n    return inner"
    assert look(nested.format("'Doc.'; ")).fingerprint == look(nested.format("")).fingerprint
    assert look("def run():\n 'Doc.'\n").fingerprint == look("def run(): pass").fingerprint
    assert look("def run(x): return 'Doc.', 0.0").fingerprint != look("def run(x): return 'Doc.', -0.0").fingerprint


def test_D8_code_stays_the_same_when_the_interpreter_specialises_it(modules: Modules) -> None:
    namespace = executed("def run(x):\n    t = 0\n    for i in x: t += i * 2.0\n    return t + len(x)")
    code = namespace["run"]
    first = modules.reader.watch(code).current()
    for _ in range(10_000):
        code([1, 2, 3])
    other = Values().reader
    assert other.watch(code).current() == first
    module = modules.load("def run(x):\n    t = 0\n    for i in x: t += i * 2.0\n    return t + len(x)")
    for _ in range(10_000):
        module.run([1, 2, 3])
    assert modules.reader.watch(module.run).current().parts[0].fingerprint.startswith("code/1:")


def test_D8_a_notebook_cell_counts_like_a_file(modules: Modules) -> None:
    def cell(source: str, number: int) -> str:
        name = f"<ipython-input-{number}-abc>"
        linecache.cache[name] = (len(source), None, source.splitlines(True), name)
        return modules.reader.watch(executed(source, name)["run"]).current().parts[0].fingerprint

    first = cell("def run(x):\n    return x + 1\n", 1)
    assert first.startswith("code/1:")
    assert cell("await_me = 1\n# comment\ndef run(x): return (x + 1)\n", 2) == first
    assert cell("def run(x):\n    return x + 2\n", 3) != first


def test_D8_source_edited_after_the_import_is_not_taken_for_what_is_loaded(modules: Modules) -> None:
    module = modules.load("import own\ndef run(x): return own.helper(x)", own="def helper(x): return x + 1\n")
    own = importlib.import_module("own")
    modules.write("own", "def helper(x): return x + 2\n")
    part = parts(modules.reader.watch(module.run).current())["own.helper"]
    assert part.fingerprint.startswith("bytecode/")
    assert own.helper(1) == 2
    fresh = Modules(modules.folder)
    fresh.written = modules.written
    fresh.unload()
    new = parts(fresh.reader.watch(importlib.import_module("m").run).current())["own.helper"]
    assert new.fingerprint != part.fingerprint
    assert "x + 2" in new.text


def test_D8_a_function_that_only_moved_in_an_edited_file_is_still_recognised(modules: Modules) -> None:
    module = modules.load("def run(x): return x\nf = lambda x: -x\n")
    before = Values().reader.watch(module.run).current()
    modules.write("m", "# a comment\n\ndef first(): pass\ndef run(x):\n    return x\nf = lambda x: -x\n")
    moved = Values().reader.watch(module.run).current()
    assert fingerprints(moved) == fingerprints(before)
    assert Values().reader.watch(module.f).current().parts[0].fingerprint.startswith("code/1:")


def test_D8_source_seen_at_decoration_serves_after_an_edit(modules: Modules) -> None:
    module = modules.load("def run(x): return x + 1\n")
    expected = Values().reader.watch(module.run).current()
    watched = modules.reader.watch(module.run)
    modules.write("m", "def run(x): return x + 2\n")
    assert watched.current() == expected


def test_D8_asserts_that_pytest_rewrote_fall_back_to_the_code_object(modules: Modules) -> None:
    def checked(x: int) -> int:
        assert x > 0
        return x

    found = modules.reader.watch(checked).current()
    assert found == Values().reader.watch(checked).current()
    assert found.parts[0].fingerprint.startswith("bytecode/")


# D9


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


REPORT = """
import json, sys
sys.path.insert(0, sys.argv[1])
sys.path.insert(0, sys.argv[2])
from test_code import Values
SOURCE
if __name__ == "__main__":
    found = Values().reader.watch(run).current()
    if len(sys.argv) > 3:
        run(1)
        found = Values().reader.watch(run).current()
    print(json.dumps({"parts": {p.name: p.fingerprint for p in found.parts}, "untracked": found.untracked}))
"""

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


def report(script: Path, *more: str, cwd: Path | None = None, seed: str = "0", options: tuple[str, ...] = ()) -> Any:
    here = Path(__file__).resolve().parent
    command = [sys.executable, *options, str(script), str(here.parent), str(here), *more]
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    done = subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


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


def test_classes_and_builtins_as_values_have_fingerprints(modules: Modules) -> None:
    module = modules.load(CLASS)
    targets = [
        module.C,
        module.run,
        module.C.method,
        module.C(1).method,
        len,
        int,
        builtins.print,
        functools.reduce,
    ]
    found = [modules.reader.fingerprint(target) for target in targets]
    assert all(fingerprint.startswith("code/1:") for fingerprint in found)
    assert len(set(found)) == len(found)


def test_D2_a_library_function_kept_in_a_dataclass_or_enum_counts(modules: Modules) -> None:
    source = "import dataclasses, json\n@dataclasses.dataclass\nclass P:\n    op = json.dumps\ndef run(): return P"
    assert modules.changed(source, source.replace("json.dumps", "json.dump")) == {"m.P"}


def test_D2_a_module_that_makes_its_attributes_counts_by_the_function_that_does(modules: Modules) -> None:
    source = "import own\ndef run(): return own.late"
    old = modules.fingerprints(source, own="def __getattr__(name): return 1")
    new = modules.fingerprints(source, own="def __getattr__(name): return 2")
    assert {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)} == {"own.__getattr__"}


def test_D4_a_builtin_bound_to_something_that_changes_is_looked_at_each_time(modules: Modules) -> None:
    module = modules.load("L = [1]\nT = (L.count, 2)\ncount = L.count\ndef run(): return count(1)")
    watched = modules.reader.watch(module.run)
    first = watched.current()
    module.L.append(1)
    assert watched.current() != first


def test_D9_a_snapshot_keeps_no_large_value_alive_in_the_reader(modules: Modules) -> None:
    module = modules.load("class Big: pass\ndef mk(big): return lambda: big")
    big = module.Big()
    reference = weakref.ref(big)
    modules.reader.fingerprint(module.mk(big))
    del big
    gc.collect()
    assert reference() is None


def test_D1_the_fingerprint_of_a_source_is_the_same_on_every_python(modules: Modules) -> None:
    """A changed value here would run everybody's functions again: it takes a new scheme, and a word in CHANGELOG."""
    module = modules.load("def run(x, y=2):\n    with open(x) as f:\n        return [f'{line!r:>9}' for line in f] * y")
    [part] = modules.reader.watch(module.run).current().parts
    assert part.fingerprint == "code/1:5e9e9eb05e989baaa229f04746996bac"


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
