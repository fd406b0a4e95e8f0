"""The tracker: recognises the very object it was given, as long as nobody can have changed it."""

from __future__ import annotations

import gc
import threading
from typing import Any

import pytest

from makeit.identity.tracker import Tracker


class Thing:
    """Something that can be referred to weakly."""

    def __init__(self, x: int = 0) -> None:
        self.x = x

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 1


def always(value: Any) -> bool:
    return True


def test_the_very_object_is_recognised_and_an_equal_one_is_not() -> None:
    tracker, thing = Tracker(), Thing()
    tracker.remember(thing, "a/1:x", "out.json", always)
    found = tracker.find(thing)
    assert found is not None
    assert (found.fingerprint, found.origin) == ("a/1:x", "out.json")
    assert tracker.find(Thing()) is None


def test_an_object_that_may_have_changed_is_unknown() -> None:
    tracker, thing = Tracker(), Thing(1)
    tracker.remember(thing, "a/1:x", "", lambda value: value.x == 1)
    assert tracker.find(thing) is not None
    thing.x = 2
    assert tracker.find(thing) is None


def test_what_was_remembered_last_counts() -> None:
    tracker, thing = Tracker(), Thing()
    tracker.remember(thing, "a/1:old", "", always)
    tracker.remember(thing, "a/1:new", "", always)
    gc.collect()  # the first weak reference goes, its callback must not take the second entry along
    found = tracker.find(thing)
    assert found is not None
    assert found.fingerprint == "a/1:new"


def test_C13_a_new_object_at_the_id_of_a_dead_one_is_a_new_object() -> None:
    tracker = Tracker()
    seen: set[int] = set()
    reused = 0
    for _ in range(1000):
        thing = Thing()
        reused += id(thing) in seen
        assert tracker.find(thing) is None
        tracker.remember(thing, "a/1:x", "", always)
        seen.add(id(thing))
        del thing
    assert reused > 100  # or the test tests nothing


def test_C13_an_entry_at_the_right_id_but_of_another_object_is_not_believed() -> None:
    tracker, thing, other = Tracker(), Thing(), Thing()
    tracker.remember(thing, "a/1:x", "", always)
    # as if `thing` had died, its callback were still to come, and `other` had got its place
    tracker._entries[id(other)] = tracker._entries[id(thing)]
    assert tracker.find(other) is None


def test_the_dead_leave_nothing_behind() -> None:
    tracker = Tracker()
    for _ in range(100):
        tracker.remember(Thing(), "a/1:x", "", always)
    gc.collect()
    assert not tracker._entries


@pytest.mark.parametrize("value", [1, "x", [1], {"a": 1}, (1,), None])
def test_what_cannot_be_referred_to_weakly_is_left_out(value: Any) -> None:
    tracker = Tracker()
    tracker.remember(value, "a/1:x", "", always)
    assert tracker.find(value) is None


def test_threads_may_remember_and_find_at_once() -> None:
    tracker, faults = Tracker(), []

    def work(number: int) -> None:
        for i in range(2000):
            thing = Thing()
            tracker.remember(thing, f"a/1:{number}-{i}", "", always)
            found = tracker.find(thing)
            if found is None or found.fingerprint != f"a/1:{number}-{i}":
                faults.append((number, i))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults
