"""What an import of makeit brings along, and which way the modules of the kernel import each other."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import makeit

Run = Callable[..., str]
Install = Callable[..., Path]
KERNEL = Path(makeit.__file__).parent


def test_import_makeit_is_light(run: Run, install: Install) -> None:
    install("watching", "1.0", {"makeit": {"watch": "watching"}}, watching="print('imported a plugin')")
    script = """
        import sys
        before = set(sys.modules)
        import makeit
        heavy = {"numpy", "nibabel", "scipy", "click", "rich", "pluggy", "attr", "attrs", "msgspec", "xxhash",
                 "filelock", "logging", "importlib.metadata", "asyncio", "makeit_numpy", "makeit_nifti", "watching"}
        print(sorted(heavy & (set(sys.modules) - before)))
        from makeit import make
        @make(output="npy:x.npy")
        def f(x):
            return x
        dear = {"numpy", "nibabel", "scipy", "click", "rich", "filelock", "makeit_numpy", "makeit_nifti", "watching"}
        print(sorted(dear & (set(sys.modules) - before)))
    """
    assert run(script) == "[]\n[]\n"


def test_a_call_without_arrays_imports_no_numpy(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    script = """
        import sys
        from makeit import make

        @make
        def f(x):
            return [x]

        f(1)
        f(1)
        print(sorted({"nibabel", "scipy", "click", "rich", "filelock"} & set(sys.modules)))
    """
    assert run(script) == "[]\n"
    monkeypatch.setenv("MAKEIT_DISABLE_PLUGINS", "*")
    assert run(script.replace('{"nibabel"', '{"numpy", "nibabel"')) == "[]\n"


def test_a_reuse_that_another_process_left_imports_what_it_needs(run: Run) -> None:
    script = """
        import sys, time
        from makeit import make

        def helper(x):
            return [x, LIMIT]

        LIMIT = 3

        @make
        def f(x, y=2):
            return helper(x)

        @make(output="json:g.json")
        def g(x):
            return {"x": x}

        print(f(1), g(1))
        needless = {"attr", "attrs", "msgspec", "filelock", "pickle", "json", "makeit.model", "makeit.works",
                    "makeit.shelves", "makeit.keeping", "makeit.decision", "makeit.identity.code.instructions",
                    "makeit.identity.code.texts", "makeit.identity.objects"}
        print(sorted(needless & set(sys.modules)))
        time.sleep(float(sys.argv[1]))
        f(1), g(1)  # at rest by now, and noted for the next process
    """
    assert "makeit.works" in run(script, "0.1")
    assert run(script, "0") == "[1, 3] {'x': 1}\n[]\n"


def test_E8_what_keeps_a_result_is_imported_before_the_function_runs(run: Run) -> None:
    script = """
        import sys
        from makeit import make

        class Refusing:
            def find_spec(self, name, *rest):
                raise ImportError(name)

        def refuse():
            sys.meta_path.insert(0, Refusing())

        @make(output="json:g.json")
        def named(x):
            refuse()
            return [x]

        @make
        def kept(x):
            refuse()
            return {x: x}

        @make
        def failing(x):
            refuse()
            raise KeyError(x)

        try:
            print({"named": named, "kept": kept, "failing": failing}[sys.argv[1]](1))
        except KeyError as error:
            print(repr(error))
    """
    assert run(script, "named") == run(script, "named") == "[1]\n"
    assert run(script, "kept") == run(script, "kept") == "{1: 1}\n"
    assert run(script, "failing") == "KeyError(1)\n"


def test_every_public_name_is_there() -> None:
    assert set(makeit.__all__) <= set(dir(makeit))
    for name in makeit.__all__:
        assert getattr(makeit, name) is not None
    assert makeit.NumpyFile.__module__.startswith("makeit_numpy")
    with pytest.raises(AttributeError, match="no attribute 'nosuchname'"):
        makeit.nosuchname  # noqa: B018


def test_the_classes_of_plugins_that_are_not_installed_name_what_to_install(run: Run) -> None:
    script = """
        import sys
        sys.modules["makeit_numpy"] = sys.modules["makeit_nifti"] = None  # as if they were not installed
        import makeit
        for name in ("NumpyFile", "NiftiFile", "MemMappedNiftiFile"):
            try:
                getattr(makeit, name)
            except AttributeError as error:
                print(str(error).rpartition("; ")[2])
    """
    assert run(script) == "pip install makeit-numpy\npip install makeit-nifti\npip install makeit-nifti\n"


def imports(path: Path) -> Iterator[str]:
    """Yield the kernel modules that a file imports when it is imported, less what type checkers alone see."""
    module = ast.parse(path.read_text())
    waiting: list[ast.stmt] = list(module.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            waiting.extend(node.orelse)
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.partition(".")[0] == "makeit":
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.partition(".")[0] == "makeit")
        elif isinstance(node, ast.If | ast.Try):
            waiting.extend(node.body)


FILES = sorted(KERNEL.rglob("*.py"))
# Who may not import whom: the arrows of the architecture, from left to right.
BELOW = {
    "identity": ("formats", "store"),
    "formats": ("store",),
    "store": (),
}
ABOVE = ("decision", "plugins", "made", "maker", "recipe", "results", "keeping", "deciding", "amending", "workbench")


@pytest.mark.parametrize("path", FILES, ids=[str(path.relative_to(KERNEL)) for path in FILES])
def test_imports_run_one_way(path: Path) -> None:
    parts = path.relative_to(KERNEL).parts
    found = {name.split(".")[1] for name in imports(path) if name.count(".")}
    name = parts[0].removesuffix(".py")
    if name in BELOW:
        assert not found & {*BELOW[name], *ABOVE, "cli"}
    if name in ("model", "errors", "records"):
        assert found <= {"attributes", "errors", "records", "version", "identity"}
    if name not in ("cli", "__init__", "__main__"):
        assert "cli" not in found
    if name not in ("cli", "__init__", "maker", "testing"):
        assert "maker" not in found
    if name not in ("cli", "__init__", "maker", "made"):
        assert "made" not in found


def test_only_one_module_touches_entry_points_and_only_the_store_renames() -> None:
    for path in FILES:
        name = path.relative_to(KERNEL).as_posix()
        source = path.read_text()
        if name != "distributions.py" and not name.startswith("cli/"):
            assert "entry_points" not in source, name
        if not name.startswith("store/"):
            assert "os.replace" not in source, name
            assert "os.rename" not in source, name


def test_the_kernel_imports_no_numpy_and_no_plugin() -> None:
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names]
                tops = {name.partition(".")[0] for name in names}
                assert not tops & {"numpy", "nibabel", "scipy", "pandas", "makeit_numpy", "makeit_nifti"}, path


def test_no_module_is_too_long() -> None:
    long = {path.name: n for path in FILES if (n := len(path.read_text().splitlines())) > 260}
    assert not long
