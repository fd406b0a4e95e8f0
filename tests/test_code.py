"""The laws D1 and D3 to D6: which edits of code count, which values do, and what a part of it is called."""

from __future__ import annotations

from pathlib import Path

import pytest

from makeit.identity.code import module_name
from tests.code_modules import REPORT, Modules, parts, report

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


def test_D4_a_builtin_bound_to_something_that_changes_is_looked_at_each_time(modules: Modules) -> None:
    module = modules.load("L = [1]\nT = (L.count, 2)\ncount = L.count\ndef run(): return count(1)")
    watched = modules.reader.watch(module.run)
    first = watched.current()
    module.L.append(1)
    assert watched.current() != first


def test_D1_the_fingerprint_of_a_source_is_the_same_on_every_python(modules: Modules) -> None:
    """A changed value here would run everybody's functions again: it takes a new scheme, and a word in CHANGELOG."""
    module = modules.load("def run(x, y=2):\n    with open(x) as f:\n        return [f'{line!r:>9}' for line in f] * y")
    [part] = modules.reader.watch(module.run).current().parts
    assert part.fingerprint == "code/1:5e9e9eb05e989baaa229f04746996bac"
