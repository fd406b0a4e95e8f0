"""The laws D1, D2, D4, D6: edits of a package, generated with what they mean, run what they must and nothing else.

A history of edits is called after each one in a process of its own: forked from a server that has
imported makeit and never used it, because a new interpreter for each of hundreds would take minutes.
`MAKEIT_EXAMPLES` is the number of histories.
"""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import textwrap
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from attrs import evolve, field, frozen
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

EXAMPLES = int(os.environ.get("MAKEIT_EXAMPLES", "12"))

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the server forks")

SERVER = """
    import contextlib, io, json, os, sys
    import filelock, makeit.amending, makeit.guarding, makeit.store.history, makeit.store.pruning, makeit.workbench
    from makeit import make
    from makeit.plugins import installed

    installed()

    def quietly(function):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            value = function(2, passed=3)
        return value, bool(printed.getvalue())

    def step(folder):
        os.chdir(folder)
        sys.path.insert(0, folder)
        from package.steps import root

        decision = root.why(2, passed=3)
        value, ran = quietly(root)
        plain, _ = quietly(root.__wrapped__)
        names = "kind", "subject", "file", "line", "text"
        reasons = [{name: getattr(reason, name) for name in names} for reason in decision.reasons]
        return {"reuse": decision.reuse, "reasons": reasons, "ran": ran, "value": value, "plain": plain,
                "untracked": decision.untracked}

    for line in sys.stdin:
        sys.stdout.flush()
        if os.fork() == 0:
            print(json.dumps(step(line.strip())), flush=True)
            os._exit(0)
        if os.wait()[1]:
            print("null", flush=True)
"""

# «name» is a slot: for a number, or for one of its variants.
PACKAGE: Mapping[str, str] = {
    "__init__": "",
    "steps": """from makeit import make
from . import filters, model
from .deep import shares
from .filters import scaled
from .settings import LIMIT, TABLE as table
«import» as picked


@scaled(«factor»)
def shifted(x):
    return x + «shift»


def unused(x):
    return x * «unused_beside»


@make(output="json:result.json", keep=None)
def root(x, passed=«passed», *, used=«used»):
    print("ran")
    from . import late

    found = [filters.smooth(x), shifted(x), late.tail(x), used, passed]
    found += [«root» + number for number in shares(x)]
    found += [picked(x), model.Chosen(x).finish(), «text», str(«literal»)]
    return [found, model.Model(x).predict(), LIMIT, table["a"][0], table["f"](x)]
""",
    "filters": """from . import deep


def scaled(factor):
    def decorate(function):
        def inner(x):
            return factor * function(x) + «decorator»

        return inner

    return decorate


def smooth(x):
    «local» = deep.weigh(x) + «smooth» + deep.stacked(x)
    return «local» «operator» 2


def unused(x):
    return x + «unused_helper»
""",
    "deep": """import functools

from .base import core, doubled, increased

STEP = «constant»
UNUSED = «unused_constant»


def weigh(x, by=«helper_default»):
    return core(x) * STEP + by


«decorators»
def stacked(x):
    return x

@functools.lru_cache(maxsize=None)
def shares(x):
    return tuple(x + «cached» for _ in range(2))
""",
    "base": """EDGES = («tuple», 2)
_PAIRS = [(«list», "a")]


def core(x):
    return x + «core» + EDGES[0] + sum(number for number, _ in _PAIRS)


def doubled(function):
    return lambda x: 2 * function(x)


def increased(function):
    return lambda x: 1 + function(x)


def unused(x):
    return x - «unused_deep»
""",
    "late": """def tail(x):
    «statement»
    return x - «late»
""",
    "model": """from dataclasses import dataclass, field
from enum import Enum


class Mode(Enum):
    FAST = «enum»
    SLOW = 100


@dataclass
class Settings:
    width: int = «field»
    names: list = field(default_factory=list)


class Base:
    offset = «attribute»

    def start(self):
        return self.offset + «base_method»

    def finish(self):
        return «overridden»


class Model(Base):
    def __init__(self, x):
        self.x = x + «init»

    @property
    def size(self):
        return Settings().width + «property»

    @staticmethod
    def fixed(x):
        return x + «static»

    @classmethod
    def built(cls, x):
        return cls(x).x + «class_method»

    def finish(self):
        return 1

    def predict(self):
        return [self.start(), self.size, self.fixed(1), self.built(2), Mode.FAST.value, self.finish(), «method»]


class Other:
    def finish(self):
        return 7


class Chosen(«bases»):
    pass


class Unused:
    offset = «unused_class»
""",
    "settings": """LIMIT = «limit»
UNUSED = «unused_limit»
TABLE = {"a": [«table»], "f": lambda x: x + «table_function»}
""",
}
VARIANTS: Mapping[str, tuple[str, str, str]] = {
    "local": ("value", "other", "third"),
    "operator": ("*", "-", "+"),
    "text": ('"a b"', '"a  b"', '"a # b"'),
    "literal": ("1", "1.0", "True"),
    "statement": ("x += 1", "x -= 1", "x = abs(x)"),
    "decorators": ("@doubled", "@increased\n@doubled", "@doubled\n@increased"),
    "import": ("from .base import core", "from .late import tail", "from .filters import smooth"),
    "bases": ("Model", "Other, Model", "Model, Other"),
}
SLOTS = {name: module for module, text in PACKAGE.items() for name in re.findall("«([a-z_]+)»", text)}
LOCAL = "local"
IGNORED = frozenset(name for name in SLOTS if name.startswith("unused")) | {"passed"}
COUNTING = tuple(name for name in SLOTS if name not in IGNORED and name != LOCAL)

Rewrite: TypeAlias = Callable[[str, int], str]


# Rewritings that leave the meaning: each takes the text of a module and a number that says where.


def comment(text: str, where: int) -> str:
    return _insert(text, where, lambda indent: f"{indent}# note {where}")


def blank_lines(text: str, where: int) -> str:
    return _insert(text, where, lambda indent: "\n" * (1 + where % 3))


def end_of_line_comment(text: str, where: int) -> str:
    lines = text.split("\n")
    lines[where % len(lines)] += f"  # {where}"
    return "\n".join(lines)


def docstring(text: str, where: int) -> str:
    lines = text.split("\n")
    starts = [number for number, line in enumerate(lines) if re.match(r" *(def|class) .*:( *#.*)?$", line)]
    if starts:
        number = starts[where % len(starts)]
        following = next(line for line in lines[number + 1 :] if line.strip() and not line.strip().startswith("#"))
        lines.insert(number + 1, f'{_indent(following)}"""Say what: {where}."""')
    return "\n".join(lines)


def module_docstring(text: str, where: int) -> str:
    return f'"""All about {where}."""\n{text}'


def annotations(text: str, where: int) -> str:
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            node.returns = ast.Constant(f"Result{where}")
            for argument in (*node.args.args, *node.args.kwonlyargs):
                argument.annotation = ast.Constant(f"Kind{where}")
    return ast.unparse(tree) + "\n"


def annotated_constants(text: str, where: int) -> str:
    return re.sub(r"^([A-Z_]+) = ", r"\1: object = ", text, flags=re.MULTILINE)


def unparsed(text: str, where: int) -> str:
    return ast.unparse(ast.parse(text)) + "\n"


def parentheses(text: str, where: int) -> str:
    return re.sub(r"^( *)return ([^#\n]*[^#\r\n(])$", r"\1return (\n\1        \2\n\1)", text, flags=re.MULTILINE)


def narrow_indentation(text: str, where: int) -> str:
    text = ast.unparse(ast.parse(text)) + "\n"
    return re.sub(r"^( +)", lambda found: found[1][: len(found[1]) // 4 * (1 + where % 3)], text, flags=re.MULTILINE)


def order_of_functions(text: str, where: int) -> str:
    tree = ast.parse(text)
    places = [n for n, node in enumerate(tree.body) if isinstance(node, ast.FunctionDef) and not node.decorator_list]
    if places:
        shift = where % len(places)
        moved = [tree.body[place] for place in places[shift:] + places[:shift]]
        for place, node in zip(places, moved, strict=True):
            tree.body[place] = node
    return ast.unparse(tree) + "\n"


def function_to_the_end(text: str, where: int) -> str:
    tree = ast.parse(text)
    last = [node for node in tree.body if isinstance(node, ast.FunctionDef) and not node.decorator_list]
    tree.body = [node for node in tree.body if node not in last] + last
    return ast.unparse(tree) + "\n"


def unused_import(text: str, where: int) -> str:
    return _before_definitions(text, f"import {('string', 'math', 'os.path')[where % 3]}")


def unused_function(text: str, where: int) -> str:
    return f"{text}\n\ndef extra_{where}(y):\n    return y * {where}\n"


def line_ends(text: str, where: int) -> str:
    return text.replace("\r\n", "\n").replace("\n", "\r\n")


def _before_definitions(text: str, line: str) -> str:
    found = re.search(r"^(@|def |class |[A-Z_]+\b.* = )", text, flags=re.MULTILINE)
    return text if found is None else f"{text[: found.start()]}{line}\n{text[found.start() :]}"


def _insert(text: str, where: int, line: Callable[[str], str]) -> str:
    lines = text.split("\n")
    number = where % len(lines)
    lines.insert(number, line(_indent(lines[number])))
    return "\n".join(lines)


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" "))]


REWRITES: Mapping[str, Rewrite] = {
    rewrite.__name__: rewrite
    for rewrite in (
        comment,
        blank_lines,
        end_of_line_comment,
        docstring,
        module_docstring,
        annotations,
        annotated_constants,
        unparsed,
        parentheses,
        narrow_indentation,
        order_of_functions,
        function_to_the_end,
        unused_import,
        unused_function,
        line_ends,
    )
}


@frozen
class State:
    """A package: the number in each slot, and the rewritings of its modules in their order."""

    slots: Mapping[str, int] = field(factory=lambda: dict.fromkeys(SLOTS, 1))
    rewritten: tuple[tuple[str, str, int], ...] = ()

    def put(self, slot: str, number: int) -> State:
        """Return the package with another number in a slot."""
        return evolve(self, slots={**self.slots, slot: number})

    def rewrite(self, name: str, module: str, where: int) -> State:
        """Return the package with one of its modules rewritten."""
        return evolve(self, rewritten=(*self.rewritten, (name, module, where)))

    @property
    def meaning(self) -> tuple[int, ...]:
        """What the result depends on."""
        return tuple(self.slots[name] for name in COUNTING)

    def texts(self) -> dict[str, str]:
        """The modules as they are written to files."""
        texts = {}
        for module, text in PACKAGE.items():
            for name, number in self.slots.items():
                text = text.replace(f"«{name}»", VARIANTS[name][number - 1] if name in VARIANTS else str(number))
            texts[module] = text
        for name, module, where in self.rewritten:
            texts[module] = REWRITES[name](texts[module], where)
        return texts


class Server:
    """Forks a process for each step, and gives back what it found."""

    def __init__(self, folder: Path) -> None:
        script = folder / "server.py"
        script.write_text(textwrap.dedent(SERVER))
        command = [sys.executable, "-B", "-W", "error", str(script)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def step(self, folder: Path) -> dict[str, Any]:
        """Call the package in a folder."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{folder}\n")
        self._process.stdin.flush()
        found = json.loads(self._process.stdout.readline())
        assert found is not None, "the step failed; what it says is above"
        return dict(found)

    def close(self) -> None:
        """End the server."""
        self._process.communicate(timeout=120)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("server"))
    yield server
    server.close()


# What `why` calls the thing in each slot; the file is that of the slot, where there is code to point to.
NAMES: Mapping[str, tuple[str, ...]] = {
    "factor": ("filters.scaled.<locals>.decorate.<locals>.inner.factor",),
    "shift": ("steps.shifted",),
    "used": ("used",),
    "root": ("steps.root",),
    "decorator": ("filters.scaled.<locals>.decorate.<locals>.inner",),
    "local": ("filters.smooth",),
    "operator": ("filters.smooth",),
    "import": ("steps.root",),
    "text": ("steps.root",),
    "bases": ("model.Chosen",),
    "decorators": (),
    "literal": ("steps.root",),
    "statement": ("late.tail",),
    "smooth": ("filters.smooth",),
    "constant": ("deep.STEP",),
    "helper_default": ("deep.weigh.by",),
    "cached": ("deep.shares",),
    "tuple": ("base.EDGES",),
    "list": ("base._PAIRS",),
    "core": ("base.core",),
    "late": ("late.tail",),
    "enum": ("model.Mode.FAST",),
    "field": ("model.Settings.width", "model.Settings.<field width>.default"),
    "attribute": ("model.Base.offset",),
    "base_method": ("model.Base.start",),
    "overridden": ("model.Base.finish",),
    "init": ("model.Model.__init__",),
    "property": ("model.Model.size",),
    "static": ("model.Model.fixed",),
    "class_method": ("model.Model.built",),
    "method": ("model.Model.predict",),
    "limit": ("steps.LIMIT",),
    "table": ("steps.table",),
    "table_function": ("settings.<lambda>", "steps.table"),
}

# Edits of what is used: beside the thing itself, `why` names what is used now, or no longer. A decorator
# more is named by the function that it makes, or by the one that uses it.
REWIRED = frozenset({"import", "bases", "decorators"})


class History:
    """One project through its edits: what was computed, and what each call must therefore do."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.server = server
        self.folder = folder
        self.state = State()
        self.states = [self.state]
        self.computed: list[State] = []
        self.recorded: State | None = None
        (folder / "package").mkdir(parents=True)
        (folder / "pyproject.toml").touch()

    def edit(self, state: State) -> None:
        """Write the package, call it, and compare with what must be."""
        self.state = state
        self.states.append(state)
        for module, text in state.texts().items():
            (self.folder / "package" / f"{module}.py").write_text(text, newline="")
        found = self.server.step(self.folder)
        assert found["value"] == found["plain"]
        assert found["reuse"] is not found["ran"]
        assert found["untracked"] == []
        equal = [each for each in self.computed if each.meaning == state.meaning]
        exactly = [each for each in equal if each.slots[LOCAL] == state.slots[LOCAL]]
        if exactly:
            assert found["reuse"], found["reasons"]
        elif not equal:
            assert found["ran"], "the result is that of other code"
        # Else a local variable has another name. numexpr and DataFrame.query read variables of the frame
        # by their names, so makeit takes that for a change; to reuse would be right here as well.
        if found["ran"]:
            self._check_reasons(found["reasons"])
            self.computed.append(state)
            self.recorded = state
        elif exactly:
            self.recorded = exactly[-1]

    def _check_reasons(self, reasons: list[dict[str, Any]]) -> None:
        """`why` names each thing that was edited, and nothing else, with the file and line of code."""
        if self.recorded is None:
            assert [reason["kind"] for reason in reasons] == ["never-run"]
            return
        changed = [name for name in NAMES if self.state.slots[name] != self.recorded.slots[name]]
        subjects = {reason["subject"].removeprefix("package."): reason for reason in reasons}
        named = {subject for name in changed for subject in NAMES[name]}
        if REWIRED.isdisjoint(changed):
            assert set(subjects) == named
        assert set(subjects) >= named
        assert subjects
        for name in filter(NAMES.__getitem__, changed):
            reason = subjects[NAMES[name][0]]
            assert reason["kind"] == ("argument" if name == "used" else "code")
            if "changed (" in reason["text"]:
                self._check_place(SLOTS[name], reason)
            else:
                assert " → " in reason["text"]

    def _check_place(self, module: str, reason: Mapping[str, Any]) -> None:
        file = self.folder / "package" / f"{module}.py"
        assert reason["file"] == str(file)
        assert f"({file.name}:{reason['line']})" in reason["text"]
        line = file.read_text().split("\n")[reason["line"] - 1]
        assert re.search(rf"\b(def|class) {reason['subject'].rpartition('.')[2]}\(|^\s*@|\blambda\b", line), line


@pytest.mark.parametrize("slot", SLOTS)
def test_one_edit_and_back(server: Server, tmp_path: Path, slot: str) -> None:
    history = History(server, tmp_path / "project")
    history.edit(State())
    history.edit(State().put(slot, 2))
    assert len(history.computed) == (1 if slot in IGNORED else 2)
    history.edit(State())
    assert len(history.computed) == (1 if slot in IGNORED else 2)


@pytest.mark.parametrize("name", REWRITES)
def test_D1_a_rewriting_of_all_modules_runs_nothing(server: Server, tmp_path: Path, name: str) -> None:
    history = History(server, tmp_path / "project")
    history.edit(State())
    rewritten = State()
    for where, module in enumerate(PACKAGE):
        rewritten = rewritten.rewrite(name, module, 5 * where + 3)
    assert rewritten.texts() != State().texts()
    history.edit(rewritten)
    assert len(history.computed) == 1


PUT = st.tuples(st.just("put"), st.sampled_from(sorted(SLOTS)), st.integers(1, 3))
REWRITE = st.tuples(
    st.just("rewrite"), st.sampled_from(sorted(REWRITES)), st.sampled_from(sorted(PACKAGE)), st.integers(0, 40)
)
UNDO = st.tuples(st.just("undo"), st.integers(0, 9))
# One commit: a few edits at once, between two calls.
COMMITS = st.lists(
    st.lists(st.one_of(PUT, PUT, REWRITE, REWRITE, UNDO), min_size=1, max_size=4), min_size=3, max_size=6
)


def test_histories_of_edits_run_what_they_must_and_nothing_else(
    server: Server, tmp_path_factory: pytest.TempPathFactory
) -> None:
    tried: Counter[str] = Counter()

    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None)
    @given(COMMITS)
    def check(commits: list[list[tuple[Any, ...]]]) -> None:
        history = History(server, tmp_path_factory.mktemp("history"))
        history.edit(State())
        for commit in commits:
            state = history.state
            for kind, *how in commit:
                tried[kind] += 1
                state = _edited(history, state, kind, how)
            history.edit(state)
        tried["runs"] += len(history.computed)
        tried["reuses"] += len(history.states) - 1 - len(history.computed)

    check()
    print(f"{EXAMPLES} histories: {dict(tried)}")
    assert tried["put"] + tried["rewrite"] + tried["undo"] > 2 * EXAMPLES
    assert min(tried.values()) >= EXAMPLES // 4


def _edited(history: History, state: State, kind: str, how: list[Any]) -> State:
    if kind == "undo":
        return history.states[how[0] % len(history.states)]
    return state.put(*how) if kind == "put" else state.rewrite(*how)
