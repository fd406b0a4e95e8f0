"""Traps of edited code: a small package is called, edited, and called again in a new process."""

from __future__ import annotations

from collections.abc import Mapping

from benchmarks.traps.trial import Traps, Trial

trap = Traps()

FILES: Mapping[str, str] = {
    "steps": '''"""The function that is kept."""

from . import filters
from .filters import scaled
from .model import Model
from .settings import LIMIT


@scaled(3)
def shifted(x):
    return x + 1


def root(x, k=2):
    """Compute."""
    print("ran")
    local = filters.smooth(x) + shifted(x)
    return [local + k, Model(x).predict(), LIMIT]
''',
    "filters": """from . import deep


def scaled(factor):
    def decorate(function):
        def inner(x):
            return factor * function(x)

        return inner

    return decorate


def smooth(x):
    return deep.weight(x) + 1


def unused(x):
    return x
""",
    "deep": """STEP = 10
UNUSED = 5


def weight(x):
    return x * STEP
""",
    "model": """class Base:
    offset = 100

    def start(self):
        return self.offset


class Model(Base):
    def __init__(self, x):
        self.x = x

    def predict(self):
        return self.start() + self.x
""",
    "settings": "LIMIT = 4\n",
}


def edit(law: str, name: str, module: str, old: str, new: str, *, counts: bool, k: int | None = None) -> None:
    """Add a trap of one edit, which counts or does not."""

    def scenario(t: Trial) -> None:
        files = dict(FILES)
        if not t.first:
            assert old in files[module], old
            files[module] = files[module].replace(old, new)
        t.check(t.first or files != FILES, "the edit changes nothing")
        f = t.cached(t.package(scenario.__name__, files).root)
        expect = t.runs if t.first or counts else t.reuses
        expect(f, 1) if k is None else expect(f, 1, k)

    scenario.__name__ = f"edit_{len(trap.all)}"
    trap(law, name, processes=2)(scenario)


edit("D1", "a comment", "steps", "    local", "    # add up\n    local", counts=False)
edit("D1", "a comment in a helper two modules deep", "deep", "return x", "# why\n    return x", counts=False)
edit("D1", "a docstring", "steps", '"""Compute."""', '"""Compute a list."""', counts=False)
edit("D1", "annotations", "steps", "root(x, k=2)", "root(x: int, k: int = 2) -> list", counts=False)
edit("D1", "formatting", "steps", "[local + k, ", "[\n        (local\n         + k), ", counts=False)
edit("D1", "moved lines", "steps", "@scaled(3)", "\n\n\n\n@scaled(3)", counts=False)
edit(
    "D1",
    "another order of functions",
    "filters",
    "def smooth(x):\n    return deep.weight(x) + 1\n\n\ndef unused(x):\n    return x\n",
    "def unused(x):\n    return x\n\n\ndef smooth(x):\n    return deep.weight(x) + 1\n",
    counts=False,
)
edit("D2", "the function itself", "steps", "local + k", "local - k", counts=True)
edit("D2", "a helper in another module", "filters", "(x) + 1", "(x) + 2", counts=True)
edit("D2", "a helper two modules deep", "deep", "x * STEP", "x + STEP", counts=True)
edit("D2", "a helper that is not used", "filters", "unused(x):\n    return x", "unused(x):\n    return 3", counts=False)
edit("D2", "a method", "model", "+ self.x", "- self.x", counts=True)
edit("D2", "a method of the base class", "model", "return self.offset", "return -self.offset", counts=True)
edit("D2", "a class attribute of the base class", "model", "100", "200", counts=True)
edit("D2", "the argument of a helper's decorator", "steps", "@scaled(3)", "@scaled(5)", counts=True)
edit("D2", "the decorator of a helper", "filters", "factor * function(x)", "factor + function(x)", counts=True)
edit("D4", "an imported constant", "settings", "4", "6", counts=True)
edit("D4", "a constant two modules deep", "deep", "STEP = 10", "STEP = 11", counts=True)
edit("D4", "a constant that is not used", "deep", "UNUSED = 5", "UNUSED = 6", counts=False)
edit("D4", "a default that the call uses", "steps", "k=2", "k=3", counts=True)
edit("D4", "a default where the call passes the argument", "steps", "k=2", "k=3", counts=False, k=7)


@trap("D2", "a made function that another one calls", processes=2)
def inner_made_function(t: Trial) -> None:
    text = f"""
def inner(x):
    return x + {1 if t.first else 2}


def outer(x):
    print("ran")
    return 10 * inner(x)
"""
    module = t.package("nested", {"steps": text})
    right = 10 * module.inner(1)
    module.inner = t.cached(module.inner).kept
    with t.refusals():
        t.compare(t.cached(module.outer), right, (1,))


@trap("D11", "a new run that gives an equal result, for what depends on it", processes=2)
def early_cut_off(t: Trial) -> None:
    text = f"""
def first(x):
    print("ran")
    return [x {"+ x" if t.first else "* 2"}]


def second(values):
    print("ran")
    return sum(values)
"""
    module = t.package("chain", {"steps": text})
    with t.refusals():
        values = t.cached(module.first).kept(4)
        (t.runs if t.first else t.reuses)(t.cached(module.second), values)


@trap("D4", "an edit taken back: the earlier result is still there", processes=3)
def edit_and_undo(t: Trial) -> None:
    number = 2 if t.process == 1 else 1
    text = f"def root(x):\n    print('ran')\n    return x + {number}\n"
    f = t.cached(t.package("undone", {"steps": text}).root, file="result.pickle")
    (t.reuses if t.process == 2 else t.runs)(f, 1)
