"""A package with slots for edits, each of which means something or nothing, and what `why` calls the thing in it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from attrs import evolve, field, frozen

from tests.rewritings import REWRITES

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
