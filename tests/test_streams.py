"""Random streams as arguments: their state is the fingerprint, and a reuse leaves them where a run would."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle
import random
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from makeit import CacheWarning, make
from makeit.identity import streams

Run = Callable[..., str]
Maker = Callable[[], Any]

BITS = ("MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64")
STREAMS: dict[str, Maker] = {
    "random.Random": lambda: random.Random(1),
    "numpy default_rng": lambda: np.random.default_rng(1),
    "numpy RandomState": lambda: np.random.RandomState(1),
    **{f"numpy {name}": lambda name=name: np.random.Generator(getattr(np.random, name)(1)) for name in BITS},  # type: ignore[misc]
}
every = pytest.mark.parametrize("new", STREAMS.values(), ids=STREAMS.keys())


@pytest.fixture
def fp() -> Callable[[Any], str]:
    """Fingerprint a value as an argument is."""
    return make.bench(Path(".makeit")).values.fingerprint


def gauss(stream: Any) -> float:
    """Draw a number of a kind that a generator may make two of, to keep one for later."""
    return float(stream.gauss(0, 1) if isinstance(stream, random.Random) else stream.normal())


@every
def test_C11_a_second_pass_continues_the_same_stream(new: Maker, capsys: pytest.CaptureFixture[str]) -> None:
    @make(keep=None)
    def draw(stream: Any) -> float:
        print("Running")
        return gauss(stream)

    real = new()
    expected = [gauss(real) for _ in range(4)]
    for _ in range(2):
        stream = new()
        assert [draw(stream) for _ in range(3)] == expected[:3]
        assert gauss(stream) == expected[3]
    assert capsys.readouterr().out == "Running\n" * 3


@every
def test_C11_the_state_is_the_fingerprint(fp: Callable[[Any], str], new: Maker) -> None:
    one, other = new(), new()
    assert fp(one) == fp(other)
    # Before NumPy 2 what copies of a generator spawn is seeded anew, so that they are others.
    whole = not isinstance(one, np.random.Generator) or np.lib.NumpyVersion(np.__version__) >= "2.0.0"
    for twin in (copy.deepcopy(one), pickle.loads(pickle.dumps(one))):
        assert (fp(twin) == fp(one)) is whole
    gauss(one)
    assert fp(one) != fp(other)
    gauss(other)
    assert fp(one) == fp(other)
    assert fp([one]) == fp([other]) != fp([new()])


def test_kinds_of_streams_differ(fp: Callable[[Any], str]) -> None:
    kinds = [new() for new in STREAMS.values()] + [np.random.PCG64(1), np.random.SeedSequence(1), random.Random(2)]
    assert len({fp(kind) for kind in kinds[2:] + kinds[:1]}) == len(kinds) - 1
    assert fp(kinds[1]) == fp(kinds[4])  # default_rng is PCG64


@every
def test_C11_streams_inside_containers_and_objects_are_set_too(new: Maker) -> None:
    @dataclasses.dataclass
    class Setup:
        rng: Any
        more: dict[str, Any]

    @make
    def draw(setup: Any, rest: list[Any]) -> list[float]:
        return [gauss(setup.rng), gauss(setup.more["a"][0]), gauss(rest[1])]

    def arguments() -> tuple[Setup, list[Any]]:
        return Setup(new(), {"b": 1, "a": (new(),)}), [1, new()]

    (one, ones), (other, others) = arguments(), arguments()
    assert draw(one, ones) == draw(other, others)
    assert draw.why(*arguments()).reuse
    for a, b in ((one.rng, other.rng), (one.more["a"][0], other.more["a"][0]), (ones[1], others[1])):
        assert gauss(a) == gauss(b)


def test_C8_a_value_changed_in_place_beside_a_stream_is_still_warned_of() -> None:
    @make
    def draw(setup: list[Any]) -> float:
        setup[1].append(1)
        return float(setup[0].random())

    with pytest.warns(CacheWarning, match="changed its argument setup in place"):
        draw([random.Random(1), []])


def test_C11_a_fresh_process_and_a_thread_continue_the_same_stream(run: Run) -> None:
    script = """
        import random
        import threading
        import numpy as np
        from makeit import make

        @make
        def draw(a, b):
            print("Running")
            return [a.random(), float(b.random())]

        def work():
            a, b = random.Random(1), np.random.default_rng(1)
            print(draw(a, b), a.random(), b.random())

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        work()
    """
    first = run(script).splitlines()
    assert first[0] == "Running"
    assert first[1] == first[2]
    assert run(script).splitlines() == first[1:]


def test_one_stream_given_twice_is_not_two_equal_streams() -> None:
    @make
    def draw(a: random.Random, b: random.Random) -> list[float]:
        return [a.random(), b.random()]

    one = random.Random(1)
    both = draw(one, one)
    assert both == [random.Random(1).random(), both[1]]
    assert draw(random.Random(1), random.Random(1)) == [both[0], both[0]]
    again = random.Random(1)
    assert draw(again, again) == both
    assert again.random() == one.random()


def test_a_stream_that_was_not_drawn_from_stays_where_it_is() -> None:
    @make
    def ignores(rng: random.Random) -> int:
        return 1

    rng = random.Random(1)
    assert ignores(rng) == ignores(rng) == 1
    assert ignores.why(rng).reuse
    record = ignores.record(rng)
    assert record is not None
    assert record.arguments["rng"].states_after is None
    assert rng.random() == random.Random(1).random()


def test_why_does_not_move_a_stream() -> None:
    @make
    def draw(rng: random.Random) -> float:
        return rng.random()

    draw(random.Random(1))
    rng = random.Random(1)
    assert draw.why(rng).reuse
    assert rng.random() == random.Random(1).random()


def test_spawned_streams_continue() -> None:
    @make
    def spawn(rng: np.random.Generator, seed: np.random.SeedSequence) -> list[float]:
        children = [*rng.bit_generator.seed_seq.spawn(2), *seed.spawn(1)]  # type: ignore[attr-defined]
        return [float(np.random.default_rng(child).random()) for child in children]

    pairs = [(np.random.default_rng(1), np.random.SeedSequence(2)) for _ in range(2)]
    first, second = (spawn(*pair) for pair in pairs)
    assert first == second
    for rng, seed in pairs:
        assert rng.bit_generator.seed_seq.n_children_spawned == 2  # type: ignore[attr-defined]
        assert seed.n_children_spawned == 1


def test_a_record_holds_states_as_text(project: Path) -> None:
    @make(output="json:{name}.json")
    def draw(rng: Any, name: str) -> float:
        return float(rng.random())

    for name, new in STREAMS.items():
        rng = new()
        draw(rng, name)
        record = draw.record(new(), name)
        assert record is not None
        states = record.arguments["rng"].states_after
        assert states is not None
        assert list(states) == [""]
        fresh = new()
        streams.resume(fresh, states)
        assert fresh.random() == rng.random()
        kept = json.loads((project / ".makeit/records" / f"{name}.json.json").read_text())
        assert kept["arguments"]["rng"]["states_after"] == states


@pytest.mark.parametrize("seed", [random.SystemRandom(), {"x": random.SystemRandom()}])
def test_C7_a_stream_without_a_state_makes_the_call_run(seed: Any, capsys: pytest.CaptureFixture[str]) -> None:
    @make
    def draw(rng: Any) -> int:
        print("Running")
        return 1

    with pytest.warns(CacheWarning, match="SystemRandom, a random stream without a state"):
        draw(seed)
    draw(seed)
    assert capsys.readouterr().out == "Running\n" * 2


def test_a_stream_is_its_own_in_each_thread() -> None:
    @make(keep=None)
    def draw(rng: random.Random) -> float:
        return rng.random()

    found: dict[int, list[float]] = {}

    def work(seed: int) -> None:
        rng = random.Random(seed)
        found[seed] = [draw(rng) for _ in range(5)]

    for _ in range(2):
        threads = [threading.Thread(target=work, args=(seed % 3,)) for seed in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for seed, numbers in found.items():
            real = random.Random(seed)
            assert numbers == [real.random() for _ in range(5)]


@pytest.mark.parametrize("state", ["evil_module:Thing", "{}", "[]", "7", "null", '{"bits": {}, "seed": null}'])
@every
def test_C11_a_state_that_is_none_is_not_set_and_changes_nothing(new: Maker, state: str) -> None:
    other, stream = random.Random(2), new()
    before = streams.state_of(stream), streams.state_of(other)
    good = json.dumps(streams.state_of(random.Random(3)))
    assert not streams.resume([other, stream], {"[0]": good, "[1]": state})
    assert (streams.state_of(stream), streams.state_of(other)) == before
