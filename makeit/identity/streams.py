"""Random streams: the state of a generator of random numbers as plain data, and how to set it."""

from __future__ import annotations

import types
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias

from makeit.identity.tokens import PLAIN
from makeit.identity.unknown import Unfingerprintable

#: Dicts, lists and tuples of scalars.
State: TypeAlias = Any

_SHARED = "&"


class Family(NamedTuple):
    """A kind of stream: how its state is read, and how a stream is set to one."""

    name: str
    read: Callable[[Any], State]
    write: Callable[[Any, State], None]


def family_of(kind: type) -> Family | None:
    """Return the family of a type of streams, or None for any other type; imports nothing."""
    try:
        return _known[kind]
    except KeyError:
        names = [(cls.__module__.partition(".")[0], cls.__name__) for cls in kind.__mro__]
        found = _known[kind] = next((_FAMILIES[name] for name in names if name in _FAMILIES), None)
        return found


_known: weakref.WeakKeyDictionary[type, Family | None] = weakref.WeakKeyDictionary()


def state_of(stream: Any) -> State:
    """Return the state of a stream; Unfingerprintable where it has none, as that of the operating system."""
    family = family_of(type(stream))
    assert family is not None
    try:
        return family.read(stream)
    except NotImplementedError:
        raise Unfingerprintable(kind=f"{type(stream).__name__}, a random stream without a state") from None


class Held(NamedTuple):
    """The streams in one argument by their places, and the states they had at one moment, by `id`."""

    streams: Mapping[str, Any]
    states: Mapping[int, State]

    def advanced(self) -> dict[str, str]:
        """Return the present states of the streams that have moved on, by place, as text."""
        now = {place: state_of(stream) for place, stream in self.streams.items()}
        return {place: _text(state) for place, state in now.items() if state != self.states[id(self.streams[place])]}


def hold(value: Any) -> Held | None:
    """Return the streams that an argument is or holds, with their states; None where there are none."""
    try:
        found = dict(_within(value))
        return Held(found, {id(stream): state_of(stream) for stream in found.values()}) if found else None
    except Unfingerprintable:
        return None


def resume(value: Any, states: Mapping[str, str]) -> bool:
    """Set the streams in an argument to recorded states, as if the function had drawn from them.

    False, with all as it was, where what is recorded is no state of theirs.
    """
    done: list[tuple[Family, Any, State]] = []
    try:
        for place, stream in _within(value):
            family = family_of(type(stream))
            if place in states and family is not None:
                done.append((family, stream, state_of(stream)))
                family.write(stream, _state(states[place]))
    except Exception:  # a record can say anything, and each library has its own errors for a wrong state
        for family, stream, before in done:
            family.write(stream, before)
        return False
    return True


def told_apart(arguments: Mapping[str, Any], fingerprints: Mapping[str, str | None]) -> dict[str, str | None]:
    """Mark arguments that are one and the same stream: two equal streams give other numbers than one."""
    first: dict[int, str] = {}
    found = dict(fingerprints)
    for name, fingerprint in fingerprints.items():
        value = arguments[name]
        if fingerprint is not None and family_of(type(value)):
            same = first.setdefault(id(value), name)
            found[name] = fingerprint if same == name else f"{fingerprint}{_SHARED}{same}"
    return found


def unmarked(fingerprint: str) -> str:
    """Return the fingerprint of the value alone, without the mark of `told_apart`."""
    return fingerprint.partition(_SHARED)[0]


def _text(state: State) -> str:
    import json  # not at import: few programs draw numbers; msgspec has no integers beyond 64 bits

    return json.dumps(state)


def _state(text: str) -> State:
    import json

    return json.loads(text)


# Where the streams in a value are


def _within(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield each stream in a value with its place: empty for itself, `[0]['a'].rng` inside others.

    Places are the same for equal values, so nothing is looked for in sets and behind keys that are objects.
    """
    waiting: list[tuple[Any, Any]] = [((), value)]
    seen: dict[int, Any] = {}
    while waiting:
        place, item = waiting.pop()
        if id(item) in seen:
            continue
        if family_of(type(item)):
            yield _written(place), item
            continue
        parts = [(step, part) for step, part in _parts(item) if type(part) not in PLAIN]
        if parts:
            seen[id(item)] = item
            waiting += [((place, step), part) for step, part in reversed(parts)]


def _written(place: Any) -> str:
    steps: list[str] = []
    while place:
        place, step = place
        steps.append(step if isinstance(step, str) else f"[{step[0]!r}]")
    return "".join(reversed(steps))


def _parts(item: Any) -> Iterable[tuple[Any, Any]]:
    """Return the parts of a container or an object: a key in a tuple, or `.name`."""
    if isinstance(item, list | tuple):
        return [((index,), part) for index, part in enumerate(item)] if not _is_plain(item) else ()
    if isinstance(item, dict):
        return [((key,), part) for key, part in item.items() if type(key) in PLAIN]
    if isinstance(item, type | types.ModuleType | types.FunctionType) or not hasattr(item, "__dict__"):
        return ()
    return [(f".{name}", part) for name, part in vars(item).items()]


def _is_plain(items: list[Any] | tuple[Any, ...]) -> bool:
    return PLAIN.issuperset(set(map(type, items)))


# The families


def _plain(state: Any) -> State:
    """Return a state without arrays and numbers of NumPy."""
    if isinstance(state, dict):
        return {name: _plain(part) for name, part in state.items()}
    if isinstance(state, list | tuple):
        return type(state)(map(_plain, state))
    return state.tolist() if hasattr(state, "tolist") else state


def _tuples(state: State) -> State:
    return tuple(map(_tuples, state)) if isinstance(state, list | tuple) else state


def _refilled(present: Any, state: State) -> Any:
    """Put a plain state into the form of the present one: NumPy wants arrays of its own dtypes back."""
    if isinstance(present, dict):
        return {name: _refilled(present[name], part) for name, part in state.items()}
    if hasattr(present, "dtype"):
        present[...] = state
        return present
    return state


def _read_bits(bits: Any) -> State:
    return {"bits": _plain(bits.state), "seed": _read_seed(_seed_of(bits))}


def _write_bits(bits: Any, state: State) -> None:
    bits.state = _refilled(bits.state, state["bits"])
    _write_seed(_seed_of(bits), state["seed"])


def _seed_of(bits: Any) -> Any:
    # Public since NumPy 1.25.
    return getattr(bits, "seed_seq", None) or getattr(bits, "_seed_seq", None)


def _read_seed(seed: Any) -> State:
    """Return what decides about the streams that are spawned next; None for a seed that spawns none."""
    names = ("entropy", "spawn_key", "pool_size", "n_children_spawned")
    return {name: _plain(getattr(seed, name)) for name in names} if hasattr(seed, names[-1]) else None


def _write_seed(seed: Any, state: State) -> None:
    if state is not None and (missing := state["n_children_spawned"] - seed.n_children_spawned) > 0:
        # The count cannot be set; spawning counts on.
        seed.spawn(missing)


def _write_legacy(stream: Any, state: State) -> None:
    stream.set_state(_refilled(stream.get_state(legacy=False), state))


_FAMILIES: dict[tuple[str, str], Family] = {
    ("random", "Random"): Family("random", lambda s: s.getstate(), lambda s, state: s.setstate(_tuples(state))),
    ("numpy", "Generator"): Family(
        "Generator", lambda s: _read_bits(s.bit_generator), lambda s, state: _write_bits(s.bit_generator, state)
    ),
    ("numpy", "RandomState"): Family("RandomState", lambda s: _plain(s.get_state(legacy=False)), _write_legacy),
    ("numpy", "BitGenerator"): Family("BitGenerator", _read_bits, _write_bits),
    ("numpy", "SeedSequence"): Family("SeedSequence", _read_seed, _write_seed),
}
