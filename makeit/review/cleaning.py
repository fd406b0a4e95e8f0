"""What is to be removed of a project's results: chosen by function, age and size, and by what it costs to run again."""

from __future__ import annotations

import fnmatch
import time
from collections.abc import Iterable, Iterator

from attrs import evolve

from makeit.attributes import frozen
from makeit.durations import duration
from makeit.review.inventory import Candidate, Inventory, used
from makeit.store.catalogue import Catalogue, Filed
from makeit.store.outputs import Outputs
from makeit.store.removal import LeftAlone, Removal

_MB = 1_000_000


@frozen
class Wish:
    """What somebody wants to have removed; what is left empty chooses nothing by itself.

    `functions` are names with * and ?; `older_than` seconds since the last run, `larger_than` bytes. `orphans` and
    `earlier` leave out everything else, `keep` is how many earlier results of each file stay in any case, `most` how
    many bytes of results may stay. Named files go only where `named` says so.
    """

    functions: tuple[str, ...] = ()
    older_than: float | None = None
    larger_than: int | None = None
    orphans: bool = False
    earlier: bool = False
    keep: int = 0
    most: int | None = None
    named: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether nothing was said of what is to go."""
        limits = self.older_than, self.larger_than, self.most
        return not (self.functions or self.orphans or self.earlier) and all(limit is None for limit in limits)

    def chosen(self, one: Candidate) -> Candidate | None:
        """Return a candidate with the reasons for which it is chosen; None where it is not."""
        reasons = list(self._reasons(one))
        if not all(reasons) or (one.kind == "earlier" and one.number < self.keep):
            return None
        if self.orphans or self.earlier:
            reasons = [one.gone or "an earlier result", *reasons]
        return evolve(one, why="; ".join(reasons))

    def _reasons(self, one: Candidate) -> Iterator[str]:
        """Yield a reason for each limit that was set, an empty one where it is not met."""
        if self.functions:
            short = one.function.rpartition(".")[2]
            means = any(fnmatch.fnmatchcase(name, f) for f in self.functions for name in (one.function, short))
            yield f"made by {short}" if means else ""
        if self.older_than is not None:
            age = time.time() - one.used
            yield f"last run {duration(age)} ago" if age > self.older_than else ""
        if self.larger_than is not None:
            yield "larger than asked for" if one.size > self.larger_than else ""


@frozen(eq=False)
class Plan:
    """What is to go, in this order; what was chosen and stays, with the reason; and the bytes of all results."""

    chosen: tuple[Candidate, ...]
    left: tuple[tuple[Candidate, str], ...]
    total: int
    removal: Removal

    @property
    def size(self) -> int:
        """The bytes that go."""
        return sum(one.size for one in self.chosen)

    @property
    def seconds(self) -> float:
        """The seconds that it takes to make all of it again."""
        return sum(one.seconds for one in self.chosen)

    def remove(self, one: Candidate) -> str | None:
        """Remove what was chosen; say why not where it stays."""
        try:
            if one.kind == "leftover":
                self.removal.leftover(one.place)
            else:
                (self.removal.result if one.kind == "result" else self.removal.version)(_again(self.removal, one))
        except LeftAlone as reason:
            return str(reason)
        return None


def plan(catalogue: Catalogue, outputs: Outputs, wish: Wish) -> Plan:
    """Look at everything and choose; nothing is changed."""
    inventory = Inventory(catalogue, wish.named, wish.orphans)
    results, earlier = inventory.results(), inventory.earlier()
    pool = [*results, *earlier]
    total = sum(one.size for one in pool)
    if wish.orphans or wish.earlier:
        orphans = [*(one for one in results if one.gone), *inventory.leftovers()] if wish.orphans else []
        pool = [*orphans, *(earlier if wish.earlier else ())]
    found = [one for one in map(wish.chosen, pool) if one is not None]
    removal = Removal(catalogue, outputs, wish.named, inventory.shared)
    return _checked(found, total, wish.most, removal)


def _checked(found: list[Candidate], total: int, most: int | None, removal: Removal) -> Plan:
    """Leave out what must stay, and, where some bytes may, what is worth most."""
    chosen, left, rest = [], [], total
    for one in found if most is None else _by_worth(found):
        if most is not None and rest <= most:
            break
        why = _protected(removal, one) if one.named else None
        rest -= one.size
        if why is None:
            chosen.append(one)
        else:
            left.append((one, why))
            total -= one.size  # what is not makeit's own does not count
    return Plan(tuple(chosen), tuple(left), total, removal)


def _by_worth(found: Iterable[Candidate]) -> Iterator[Candidate]:
    """Yield what frees anything, that with the least work per byte first, of equal ones the oldest."""
    for one in sorted(found, key=lambda one: (one.worth, one.used)):
        if one.size:
            work = f"{duration(one.worth * _MB)} of work per MB"
            yield evolve(one, why=f"{one.why}; {work}" if one.why else work)


def _protected(removal: Removal, one: Candidate) -> str | None:
    try:
        removal.check(_again(removal, one))
    except LeftAlone as reason:
        return str(reason)
    return None


def _again(removal: Removal, one: Candidate) -> Filed:
    """Return the record of a candidate as it is now; LeftAlone where it is of another run."""
    filed = removal.catalogue.at(one.place)
    if not isinstance(filed, Filed) or (filed.record.call, used(filed.record)) != (one.call, one.used):
        raise LeftAlone("it was replaced or removed meanwhile")
    return filed
