"""The walk from one function through everything it refers to, and the code print it comes to."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable
from types import FunctionType
from typing import Any

from makeit.identity import origin
from makeit.identity.code import lookup
from makeit.identity.code.graph import Captured, Label, Node, Target, name_all, token
from makeit.identity.code.lookup import Found, Lookup
from makeit.identity.code.meaning import Meaning, unwrapped
from makeit.identity.code.prints import Look
from makeit.identity.code.references import Chain, References
from makeit.identity.code.source import Piece, Sources
from makeit.identity.code.watches import MISSING, Watches

Fingerprint = Callable[["Walk", object, Label], str]


class Walk:
    """One walk: definitions wait in a queue, so that no depth of helpers is too deep."""

    def __init__(self, sources: Sources, fingerprint: Fingerprint) -> None:
        self.watches = Watches()
        self.tokens: dict[int, tuple[object, str]] = {}
        self.untracked: dict[str, None] = {}
        self._sources = sources
        self._fingerprint = fingerprint
        self._nodes: dict[int, Node] = {}
        self._queue: deque[Node] = deque()
        self._captured: dict[tuple[object, str, str], Captured] = {}
        self._known: dict[tuple[object, str, int], Target] = {}
        self._numbers: dict[tuple[str, str], int] = {}
        self._lookup = Lookup(self.watches)
        self._meaning = Meaning(self)
        self._bound: object = None
        self._met: set[int] = set()

    def root(self, obj: object, bound: bool) -> None:
        """Begin at `obj`; `bound` says that the defaults of its parameters are among the arguments."""
        inner = unwrapped(obj)
        self._bound = inner if bound else None
        label = Label(origin.module_name(obj), _own_name(inner), "argument", "")
        self.reach(obj, label)
        self._met.discard(id(self._bound))

    def reach(self, obj: object, label: Label) -> None:
        """Count `obj`, wherever it comes from; what is not a definition gets a part that says what it is."""
        target = self._meaning.of(obj, label)
        if not isinstance(target, Node | Captured):
            self.capture(Captured(label.sub("<callable>"), "", "", target=target))

    def token(self, obj: object, label: Label) -> str:
        """Return what stands for a function or class inside the fingerprint of a value, and walk it too."""
        if id(obj) not in self.tokens:
            self.tokens[id(obj)] = (obj, token(self._meaning.of(obj, label)))
        return self.tokens[id(obj)][1]

    def node(self, obj: FunctionType | type) -> Node:
        """Return the node of a user's function or class; a new one is walked later."""
        self._met.add(id(obj))
        node = self._nodes.get(id(obj))
        if node is None:
            node = self._function_node(obj) if isinstance(obj, FunctionType) else self._class_node(obj)
            key = (node.base, node.piece.digest)
            self._numbers[key] = node.number = self._numbers.get(key, 0) + 1
            self._nodes[id(obj)] = node
            self._queue.append(node)
        return node

    def capture(self, value: Captured) -> Captured:
        """Keep a captured value as a part, once for each place."""
        key = (value.label.owner, value.label.name, value.fingerprint)
        return self._captured.setdefault(key, value)

    def fingerprint(self, value: object, label: Label) -> str:
        """Fingerprint a plain value; functions and classes inside it come back to `token`."""
        return self._fingerprint(self, value, label)

    def leave_out(self, sentence: str) -> None:
        """Note a reference that could not be followed."""
        self.untracked[sentence] = None

    def finish(self) -> Look:
        """Walk until nothing new is met, and return what it came to."""
        while self._queue or id(self._bound) in self._met:
            if self._queue:
                self._expand(self._queue.popleft())
            else:  # the root calls itself, and so relies on its own defaults
                function, self._bound = self._bound, None
                self._defaults(self._nodes[id(function)])
        name_all(self._nodes.values(), self._captured.values())
        parts = [node.part() for node in self._nodes.values()]
        parts += [value.part() for value in self._captured.values()]
        return Look(tuple(parts), tuple(sorted(self.untracked)))

    def _function_node(self, function: FunctionType) -> Node:
        code, _, _ = self.watches.function(function)
        base = f"{origin.name_of_namespace(function.__globals__)}.{code.co_qualname}"
        return Node(function, base, "function", self._sources.piece(code, function.__globals__))

    def _class_node(self, cls: type) -> Node:
        return Node(cls, origin.qualified_name(cls), "class", self._sources.class_piece(cls))

    def _expand(self, node: Node) -> None:
        if isinstance(node.obj, type):
            self._expand_class(node, node.obj)
        else:
            self._expand_function(node, node.obj)

    def _expand_function(self, node: Node, function: Any) -> None:
        found = self._sources.references(function.__code__, function.__globals__)
        for chain in found.chains:
            if not _only_annotation(chain, node.piece):
                self._follow(node, function, chain, found)
        for name, text, line in found.dynamic:
            if name == "import_module" or lookup.is_builtin(function, name):
                self.leave_out(f"{text} in {node.obj.__name__} ({_place(node, line)})")  # type: ignore[attr-defined]
        for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=False):
            self._link(node, name, self.watches.cell(cell), "captured", node.piece.line)
        if function is not self._bound:
            self._defaults(node)
        if "__wrapped__" in vars(function):
            self._link(node, "__wrapped__", self.watches.binding(vars(function), "__wrapped__"), "wrapped", 0)

    def _defaults(self, node: Node) -> None:
        function: Any = node.obj
        code, defaults, keywords = (
            function.__code__,
            function.__defaults__ or (),
            function.__kwdefaults__ or {},
        )
        names = code.co_varnames[: code.co_argcount][-len(defaults) :] if defaults else ()
        for name, value in zip(names, defaults, strict=False):
            self._link(node, name, value, "default", node.piece.line)
        for name in sorted(keywords):
            self._link(node, name, self.watches.binding(keywords, name), "default", node.piece.line)

    def _link(self, node: Node, name: str, value: object, what: str, line: int | None) -> None:
        if value is MISSING:
            return
        label = Label(node, name, what, f"{node.base} ({_place(node, line or node.piece.line)})")
        self._add(node, name, label, value)

    def _add(self, node: Node, name: str, label: Label, value: object) -> None:
        key = (label.owner, label.name, id(value))
        if key not in self._known:
            self._known[key] = self._meaning.of(value, label)
        else:
            self._met.add(id(unwrapped(value)))
        node.links.append((name, label, self._known[key]))

    def _follow(self, node: Node, function: FunctionType, chain: Chain, found: References) -> None:
        place = _place(node, chain.line)
        end = self._lookup.find(function, chain, found)
        if end is None:
            return
        for label, module in end.passed:
            node.links.append((label, "", f"module {origin.name_of_namespace(vars(module))}"))
        if origin.is_user_module(end.value):
            if chain.bare or chain.attributes:
                self.leave_out(f"module {end.label} used as an object in {node.base} ({place})")
            return
        self._found(node, end, place)

    def _found(self, node: Node, end: Found, place: str) -> None:
        value, name, label = end.value, end.name, end.label
        self._add(node, label, Label(end.owner, name, "global", place), value)
        inner = unwrapped(value)
        if end.rest and isinstance(inner, FunctionType) and end.rest[0] in vars(inner):
            # a function's attribute is a variable like any other
            attribute = self.watches.binding(vars(inner), end.rest[0])
            name, label = f"{name}.{end.rest[0]}", f"{label}.{end.rest[0]}"
            self._add(node, label, Label(end.owner, name, "global", place), attribute)

    def _expand_class(self, node: Node, cls: type) -> None:
        from makeit.identity.code import members

        namespace = vars(cls)
        self.watches.bases.append((cls, cls.__bases__))
        self.watches.sizes.append((namespace, len(namespace)))
        for name in members.counted_names(cls):
            self.watches.binding(namespace, name)
        for index, base in enumerate(cls.__bases__):
            self._link(node, f"<base {index}>", base, "base", 0)
        if type(cls) is not type:
            self._link(node, "<metaclass>", type(cls), "metaclass", 0)
        for name, value in members.members(cls):
            self._link(node, name, value, "attribute", 0)


def _only_annotation(chain: Chain, piece: Piece) -> bool:
    """Tell whether a name stands only in annotations of nested functions, which do not count."""
    return piece.names is not None and chain.root not in piece.names and "__" not in chain.root


def _place(node: Node, line: int | None) -> str:
    return f"{os.path.basename(node.piece.file or '<unknown>')}:{line}"


def _own_name(obj: Any) -> str:
    return getattr(obj, "__qualname__", None) or type(obj).__qualname__
