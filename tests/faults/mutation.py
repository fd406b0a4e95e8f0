"""Notes of makeit's made different: bytes as a disk damages them, members as somebody with an editor would."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator
from typing import Any

from xxhash import xxh3_128_hexdigest

_HEAD = b'{\n  "checksum": "'
_TAIL = b'",'
_START = len(_HEAD) + 32 + len(_TAIL)

# What JSON text can hold and json.dumps cannot write; named in a tree by a string that is replaced afterwards.
_RAW = {
    "<huge>": "1e400",
    "<long>": "9" * 5000,
    "<deep>": "[" * 20_000 + "]" * 20_000,
    "<deep objects>": '{"a":' * 20_000 + "1" + "}" * 20_000,
    "<lone surrogate>": '"\\ud800"',
    "<not a number>": "NaN",
}

#: Names of files that are not makeit's, by every way that a note could lead there.
OUTSIDE = (
    "../outside/precious.txt",
    "mine.txt",
    "@cachedir/../mine.txt",
    "@cachedir/../../outside/precious.txt",
    "@cachedir/results/../../../outside/precious.txt",
    "@cachedir/results/../../../outside",
    "results/../../../outside/precious.txt",
    "/dev/full/x",
    "~/makeit-no-such-file",
)
_NAMING = ("path", "points_to", "format", "file", "files", "record", "defined")
_HOSTILE: tuple[Any, ...] = (
    *OUTSIDE,
    "evil_module:Thing",
    "evil_module",
    "pickle",
    "npz",
    "",
    ".",
    "..",
    "a\0b",
    "x" * 5000,
    "a/" * 3000,
    "é\n\u202e",
    -1,
    0,
    2**31,
    2**53 + 1,
    2**63 - 1,
    2**63,
    2**70,
    -(2**63),
    1e308,
    -1e308,
    5e-324,
    None,
    True,
    [],
    {},
    [[]],
    {"": ""},
)


def sealed(body: bytes) -> bytes:
    """Write a checksum before the JSON text after an opening brace, as makeit does."""
    return _HEAD + xxh3_128_hexdigest(body).encode() + _TAIL + body + b"\n"


def body(content: bytes) -> bytes:
    """Return what a note's checksum stands for."""
    return content[_START:-1]


def damaged(content: bytes, chance: random.Random) -> bytes:
    """Change bytes, as disks, crashes and editors do."""
    return chance.choice(_DAMAGES)(content, chance)


def forged(content: bytes, chance: random.Random, *, seal: bool) -> bytes:
    """Change members of the JSON; with `seal` the checksum fits, so that only the reader's own care is left."""
    tree = json.loads(b"{" + body(content))
    for _ in range(chance.choice((1, 1, 1, 2, 5))):
        chance.choice(_FORGERIES)(tree, chance)
    text = json.dumps(tree, indent=2)
    for name, raw in _RAW.items():
        text = text.replace(json.dumps(name), raw)
    if chance.random() < 0.1:
        text = _with_a_member_twice(text, chance)
    changed = text.encode("utf-8", "surrogatepass")[1:]
    return sealed(changed) if seal else content[:_START] + changed + b"\n"


def _with_a_member_twice(text: str, chance: random.Random) -> str:
    lines = text.splitlines()
    place = chance.randrange(len(lines))
    return "\n".join([*lines[:place], lines[place].rstrip(",") + ",", *lines[place:]])


def _flip(content: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(content))
    return content[:at] + bytes([content[at] ^ 1 << chance.randrange(8)]) + content[at + 1 :]


def _cut_out(content: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(content))
    return content[:at] + content[at + chance.randrange(1, 60) :]


def _repeat(content: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(content))
    return content[:at] + content[at : at + chance.randrange(1, 60)] + content[at:]


def _exchange(content: bytes, chance: random.Random) -> bytes:
    at, size = chance.randrange(len(content)), chance.randrange(1, 20)
    return content[:at] + content[at + size : at + 2 * size] + content[at : at + size] + content[at + 2 * size :]


def _zeros(content: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(content))
    return content[:at] + bytes(len(content) - at)


def _change_a_digit(content: bytes, chance: random.Random) -> bytes:
    places = [at for at, byte in enumerate(content) if byte in b"0123456789"]
    at = chance.choice(places)
    return content[:at] + chance.choice(b"0123456789abcdef").to_bytes() + content[at + 1 :]


_DAMAGES: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    _flip,
    _flip,
    _cut_out,
    _repeat,
    _exchange,
    _zeros,
    _change_a_digit,
    _change_a_digit,
    lambda content, chance: content[: chance.randrange(len(content))],
    lambda content, chance: b"",
    lambda content, chance: bytes(len(content)),
    lambda content, chance: content + chance.choice((b"\n", b" ", b"\0", content)),
    lambda content, chance: chance.choice((b"\xef\xbb\xbf", b"\n", b" ")) + content,
    lambda content, chance: content.replace(b"\n", b"\r\n"),
    lambda content, chance: content.decode().encode(chance.choice(("utf-16", "utf-32", "utf-8-sig"))),
    lambda content, chance: chance.randbytes(len(content)),
    lambda content, chance: content.rstrip(b"\n"),
)


def _members(tree: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every container with every key or place in it."""
    waiting = [tree]
    while waiting:
        container = waiting.pop()
        keys = container.keys() if isinstance(container, dict) else range(len(container))
        for key in list(keys):
            yield container, key
            if isinstance(container[key], dict | list):
                waiting.append(container[key])


def _any(tree: Any, chance: random.Random, wanted: Callable[[Any, Any], bool] = lambda container, key: True) -> Any:
    """Return a container and a key in it; of those that are wanted, if there are any."""
    members = list(_members(tree))
    return chance.choice([member for member in members if wanted(*member)] or members or [({"": ""}, "")])


def _replace(tree: Any, chance: random.Random) -> None:
    container, key = _any(tree, chance)
    container[key] = copy.deepcopy(chance.choice((*_HOSTILE, *_RAW)))


def _replace_alike(tree: Any, chance: random.Random) -> None:
    """Replace a value by one of its type, so that the reader takes it."""
    container, key = _any(tree, chance)
    alike = [value for value in _HOSTILE if type(value) is type(container[key])]
    container[key] = copy.deepcopy(chance.choice(alike or [0.0]))


def _replace_a_path(tree: Any, chance: random.Random) -> None:
    """Replace what names a file."""
    container, key = _any(tree, chance, lambda container, key: key in _NAMING)
    container[key] = chance.choice(OUTSIDE)


def _delete(tree: Any, chance: random.Random) -> None:
    container, key = _any(tree, chance)
    del container[key]


def _swap(tree: Any, chance: random.Random) -> None:
    (one, here), (other, there) = _any(tree, chance), _any(tree, chance)
    one[here], other[there] = json.loads(json.dumps([other[there], one[here]]))


def _wrap(tree: Any, chance: random.Random) -> None:
    container, key = _any(tree, chance)
    value = container[key]
    container[key] = chance.choice(([value], {"a": value}, str(value), [value] * 3))


def _rename(tree: Any, chance: random.Random) -> None:
    container, key = _any(tree, chance, lambda container, key: isinstance(container, dict))
    if isinstance(container, dict):
        container[chance.choice([value for value in _HOSTILE if isinstance(value, str)])] = container.pop(key)


_FORGERIES = (
    _replace,
    _replace_alike,
    _replace_alike,
    _replace_a_path,
    _replace_a_path,
    _delete,
    _swap,
    _wrap,
    _rename,
)
