"""The law D2: helpers, classes and decorators count through any depth, however they are reached."""

from __future__ import annotations

import builtins
import functools

import pytest

from tests.code_modules import Modules
from tests.effort import at_most


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
