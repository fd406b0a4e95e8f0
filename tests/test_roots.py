"""Projects that share a cachedir: which has the relative names, and what is known of files after a move or a copy."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from makeit import CacheWarning, File, ForeignFileError, Maker, workbench
from makeit.identity.files import FINE_TICK_NS
from makeit.review.standing import Standings
from makeit.store import roots
from makeit.store.catalogue import Catalogue
from makeit.store.project import Project

Run = Callable[..., str]
OUTPUT = "derivatives/sub-01/brain.json"
SCRIPT = """
import sys
from makeit import make

@make(output="json:derivatives/sub-01/brain.json")
def brain(x):
    print("Running")
    return [x, sys.argv[1]]

print(brain(1))
"""


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cachedir outside of the projects `one` and `two`, which have nothing in them."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr(workbench, "_benches", {})
    return tmp_path / "cache"


class Lab:
    """Functions of one project as a new process has them; `ran` says which of their calls ran."""

    def __init__(self, root: Path, cachedir: Path, version: int = 1, **options: Any) -> None:
        workbench._benches.clear()
        self.ran: list[Any] = []
        maker = Maker(cachedir=cachedir, root=root)

        def brain(x: int) -> list[int]:
            self.ran.append(x)
            return [x, version]

        def mask(of: Any) -> dict[str, Any]:
            self.ran.append(of)
            return {"of": str(of)}

        def read(file: File) -> str:
            self.ran.append(file)
            return Path(file).read_text()

        self.brain = maker(func=brain, name="brain", version=version, output=f"json:{OUTPUT}", **options)
        self.pair = maker(func=lambda: (1, np.arange(3)), name="pair", version=1, output=("json:a.json", "npy:b.npy"))
        self.mixed = maker(
            func=lambda: self.ran.append("mixed") or (1, 2), name="mixed", version=1, output=("json:m.json", None)
        )
        self.mask = maker(func=mask, name="mask", version=1, output="json:mask.json")
        self.read = maker(func=read, name="read", version=1, output="json:read.json")


def records(cachedir: Path) -> list[str]:
    return sorted(str(path.relative_to(cachedir / "records")) for path in (cachedir / "records").rglob("*.json"))


# Names.


def test_equal_names_in_two_projects_are_two_results_in_later_processes(cache: Path, tmp_path: Path, run: Run) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT.replace("make(", f"make(cachedir={str(cache)!r}, "))
    (tmp_path / "one" / "pyproject.toml").touch()
    (tmp_path / "two" / "pyproject.toml").touch()
    said = [run(script, name, cwd=tmp_path / name) for name in ("one", "two", "one")]
    assert said == ["Running\n[1, 'one']\n", "Running\n[1, 'two']\n", "[1, 'one']\n"]
    assert records(cache) == sorted([f"{OUTPUT}.json", f"@absolute{tmp_path}/two/{OUTPUT}.json"])


def test_a_cachedir_in_its_project_knows_it_without_a_note(project: Path, cache: Path) -> None:
    own = project / ".makeit"
    Lab(project, own).brain(1)
    assert (records(own), (own / "roots").exists()) == ([f"{OUTPUT}.json"], False)
    other = Lab(cache.parent / "two", own)
    other.brain(2)
    assert records(own) == sorted([f"{OUTPUT}.json", f"@absolute{cache.parent}/two/{OUTPUT}.json"])
    assert Lab(project, own).brain.why(1).reuse
    assert Lab(cache.parent / "two", own).brain.why(2).reuse


def test_each_file_has_one_name_and_each_name_one_file(cache: Path, tmp_path: Path) -> None:
    one = Project(str(tmp_path / "one"), str(cache)).opened()
    two = Project(str(tmp_path / "two"), str(cache)).opened()
    for path in (one.resolve("a"), two.resolve("a"), one.resolve("@cachedir/a"), "/a"):
        assert one.relative(path) == two.relative(path)
        assert one.absolute(one.relative(path)) == two.absolute(two.relative(path)) == path
        assert one.mirror("records", path) == two.mirror("records", path)
    assert (one.relative(one.resolve("a")), two.portable(two.resolve("a"))) == ("a", "a")


def test_calls_of_two_projects_are_two_calls(cache: Path, tmp_path: Path) -> None:
    one, two = Lab(tmp_path / "one", cache), Lab(tmp_path / "two", cache)
    one.brain(1), two.brain(1)
    assert one.brain.record(1).call != two.brain.record(1).call


@pytest.mark.parametrize("links", [True, False])
def test_of_many_who_come_first_one_has_the_relative_names(
    links: bool, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*paths: str) -> None:
        raise PermissionError(1, "this file system has no hard links")

    if not links:
        monkeypatch.setattr(os, "link", refuse)
    barrier = threading.Barrier(8)

    def come(number: int) -> Project:
        project = Project(f"/project/{number}", str(cache))
        barrier.wait()
        return project.opened()

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(come, range(8)))
    assert sum(project.relative(project.resolve("a")) == "a" for project in found) == 1
    assert [path for path in os.listdir(cache / "roots") if path.endswith("~")] == []
    assert links is False or len({project.home for project in found}) == 1


def test_who_lost_the_relative_names_after_a_look_writes_nothing(cache: Path, tmp_path: Path) -> None:
    late = Project(str(tmp_path / "one"), str(cache))
    Project(str(tmp_path / "two"), str(cache)).opened()
    with pytest.raises(OSError, match=r"relative names in .* do not start at .*one now"):
        late.prepare()
    assert late.opened().home == str(tmp_path / "two")


def test_a_root_by_another_path_is_the_same_project(cache: Path, tmp_path: Path) -> None:
    Lab(tmp_path / "one", cache).brain(1)
    (tmp_path / "link").symlink_to(tmp_path / "one")
    link = Lab(tmp_path / "link", cache)
    assert (link.brain(1), link.ran) == ([1, 1], [])
    assert records(cache) == [f"{OUTPUT}.json"]


@pytest.mark.parametrize("content", [b"", b"nothing", b"0" * 32 + b" /elsewhere\n", None])
def test_with_a_damaged_note_nobody_has_relative_names_and_files_are_still_known(
    content: bytes | None, cache: Path, tmp_path: Path
) -> None:
    Lab(tmp_path / "one", cache).brain(1)
    note = cache / "roots" / "home"
    note.unlink()
    note.write_bytes(content) if content is not None else note.mkdir()
    (tmp_path / "two" / "mask.json").write_text("mine")
    two = Lab(tmp_path / "two", cache)
    two.brain(2)
    with pytest.raises(ForeignFileError):
        two.mask(1)
    one = Lab(tmp_path / "one", cache)
    assert (one.brain(1), one.ran) == ([1, 1], [])
    assert records(cache) == sorted(
        [f"{OUTPUT}.json", *(f"@absolute{tmp_path}/{n}/{OUTPUT}.json" for n in ("one", "two"))]
    )
    assert Lab(tmp_path / "two", cache).brain.why(2).reuse


def test_while_the_note_is_out_of_reach_nothing_is_kept_that_nobody_would_find_later(
    cache: Path, tmp_path: Path
) -> None:
    Lab(tmp_path / "one", cache).brain(1)
    note, aside = cache / "roots" / "home", cache / "roots" / "aside"
    note.rename(aside)
    note.symlink_to(note)  # OSError, whoever asks
    one = Lab(tmp_path / "one", cache)
    assert (tmp_path / "one" / OUTPUT).exists()
    with pytest.warns(CacheWarning, match="is right but was not kept"):
        assert one.brain(2) == [2, 1]
    assert (tmp_path / "one" / OUTPUT).read_text() == "[\n  1,\n  1\n]\n"
    aside.rename(note)
    assert (one.brain(1), one.brain(2), one.ran) == ([1, 1], [2, 1], [2, 2])
    assert (Lab(tmp_path / "one", cache).brain(2), records(cache)) == ([2, 1], [f"{OUTPUT}.json"])


def test_a_note_that_was_read_is_read_again_once_it_changed(cache: Path, tmp_path: Path) -> None:
    one, two = (Project(str(tmp_path / name), str(cache), str(tmp_path / name)) for name in ("one", "two"))
    note = cache / "roots" / "home"
    one.prepare()
    later = time.time_ns() + 10**12
    os.utime(note, ns=(later, later))
    one.prepare()
    assert str(note) not in roots._claimed  # it may change again within this tick of the clock
    os.utime(note, ns=(later - 10**13, later - 10**13))
    time.sleep(3e-9 * FINE_TICK_NS)
    one.prepare()
    assert str(note) in roots._claimed
    note.unlink()
    two.prepare()
    with pytest.raises(OSError, match="do not start at"):
        one.prepare()


def test_a_root_that_is_no_utf8_can_have_the_relative_names(cache: Path, tmp_path: Path) -> None:
    root = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\n"))
    root.mkdir()
    Lab(root, cache).brain(1)
    assert Lab(root, cache).brain.why(1).reuse
    assert roots.home(str(cache), "/elsewhere") == str(root)


# Moved and copied.


@pytest.mark.parametrize("which", ["one", "two"])
@pytest.mark.parametrize("how", [os.rename, shutil.copytree])
def test_E2_moved_or_copied_away_from_the_cachedir_is_reused(
    which: str, how: Callable[[Path, Path], Any], cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []
    for name in ("one", "two"):
        monkeypatch.chdir(tmp_path / name)
        Path("raw.txt").write_text(name)
        lab = Lab(tmp_path / name, cache)
        lab.mask(lab.brain(1)), lab.pair(), lab.read("raw.txt")
        calls.append(lab.brain.record(1).call)
    how(tmp_path / which, tmp_path / "new")
    monkeypatch.chdir(tmp_path / "new")
    for _ in range(2):
        new = Lab(tmp_path / "new", cache)
        assert new.brain.why(1).reuse
        assert new.brain.record(1).outputs[0].path == str(tmp_path / "new" / OUTPUT)
        assert new.brain.record(1).call not in calls
        assert new.read.record("raw.txt").arguments["file"].files == (str(tmp_path / "new" / "raw.txt"),)
        assert (new.mask(new.brain(1)), new.pair()[0], new.read("raw.txt")) == ({"of": "[1, 1]"}, 1, which)
        assert new.ran == []
    for name in {"one", "two"} - ({which} if how is os.rename else set()):
        monkeypatch.chdir(tmp_path / name)
        old = Lab(tmp_path / name, cache)
        assert (old.brain(1), old.pair()[0], old.read("raw.txt"), old.ran) == ([1, 1], 1, name, [])


def test_new_code_replaces_a_copied_result_and_leaves_the_original_alone(cache: Path, tmp_path: Path) -> None:
    Lab(tmp_path / "one", cache).brain(1)
    shutil.copytree(tmp_path / "one", tmp_path / "new")
    new = Lab(tmp_path / "new", cache, version=2)
    assert "version 1 → 2" in str(new.brain.why(1))
    assert (new.brain(1), new.ran) == ([1, 2], [1])
    assert Lab(tmp_path / "one", cache).brain.why(1).reuse
    assert Lab(tmp_path / "new", cache, version=2).brain.why(1).reuse


def test_a_project_is_known_again_after_it_was_worked_on_under_another_path(cache: Path, tmp_path: Path) -> None:
    # As a container has it: one folder, which is somewhere else inside.
    inside, outside = tmp_path / "inside", tmp_path / "one"
    Lab(outside, cache).brain(1)
    for version, here, there in [
        (2, inside, outside),
        (2, outside, inside),
        (3, inside, outside),
        (4, outside, inside),
    ]:
        os.rename(there, here)
        lab = Lab(here, cache, version=version)
        assert (lab.brain(1), lab.ran) == ([1, version], [1] if here == inside or version == 4 else [])
        assert Lab(here, cache, version=version).brain.why(1).reuse


def test_E3_what_a_person_wrote_or_changed_in_a_copy_is_foreign(cache: Path, tmp_path: Path) -> None:
    one = Lab(tmp_path / "one", cache)
    one.brain(1), one.pair()
    shutil.copytree(tmp_path / "one", tmp_path / "new")
    (tmp_path / "new" / OUTPUT).write_text("[1, 9]")
    (tmp_path / "new" / "b.npy").write_text("[9]")
    new = Lab(tmp_path / "new", cache)
    with pytest.raises(ForeignFileError, match="was not written by makeit"):
        new.brain(1)
    with pytest.raises(ForeignFileError, match=r"b\.npy was not written by makeit"):
        new.pair()
    assert new.brain.record(1) is None


def test_E4_an_adopted_file_stays_a_persons_in_a_copy(cache: Path, tmp_path: Path) -> None:
    (tmp_path / "one" / OUTPUT).parent.mkdir(parents=True)
    (tmp_path / "one" / OUTPUT).write_text("[7]")
    Lab(tmp_path / "one", cache, foreign="adopt").brain(1)
    shutil.copytree(tmp_path / "one", tmp_path / "new")
    new = Lab(tmp_path / "new", cache)
    assert new.brain(1) == [7]
    assert new.brain.forget(1)
    assert [reason.kind for reason in Lab(tmp_path / "new", cache).brain.why(1).reasons] == ["never-run", "foreign"]
    shutil.copytree(tmp_path / "one", tmp_path / "newer")
    with pytest.raises(ForeignFileError, match="was adopted as the result of brain"):
        Lab(tmp_path / "newer", cache).brain(2)


def test_what_is_forgotten_in_a_copy_runs_there(cache: Path, tmp_path: Path) -> None:
    Lab(tmp_path / "one", cache).brain(1)
    for name, call_first in [("new", False), ("newer", True)]:
        shutil.copytree(tmp_path / "one", tmp_path / name)
        new = Lab(tmp_path / name, cache)
        assert not call_first or new.brain(1) == [1, 1]
        assert new.brain.forget(1)
        again = Lab(tmp_path / name, cache)
        assert again.brain.record(1) is None
        assert (again.brain(1), again.ran) == ([1, 1], [1])
        assert Lab(tmp_path / name, cache).brain.why(1).reuse
    assert Lab(tmp_path / "one", cache).brain.why(1).reuse
    assert not Lab(tmp_path / "two", cache).brain.forget(1)


def test_D10_a_moved_result_can_be_accepted_and_that_be_undone(cache: Path, tmp_path: Path) -> None:
    Lab(tmp_path / "one", cache).brain(1)
    os.rename(tmp_path / "one", tmp_path / "new")
    new = Lab(tmp_path / "new", cache, version=2)
    assert new.brain.accept(1).reuse
    os.rename(tmp_path / "new", tmp_path / "newer")
    newer = Lab(tmp_path / "newer", cache, version=2)
    assert (newer.brain(1), newer.ran) == ([1, 1], [])
    assert not newer.brain.undo(1).reuse
    assert Lab(tmp_path / "newer", cache, version=1).brain.why(1).reuse


@pytest.mark.parametrize("how", [os.rename, shutil.copytree])
def test_a_cachedir_inside_goes_with_its_project(how: Callable[[Path, Path], Any], cache: Path, tmp_path: Path) -> None:
    Lab(tmp_path / "one", tmp_path / "one" / "store" / "cache").brain(1)
    how(tmp_path / "one", tmp_path / "new")
    inside = tmp_path / "new" / "store" / "cache"
    new = Lab(tmp_path / "new", inside)
    assert (new.brain(1), new.ran, records(inside)) == ([1, 1], [], [f"{OUTPUT}.json"])


def test_a_kept_part_of_a_copied_result_stays_where_it_is(cache: Path, tmp_path: Path) -> None:
    inside = tmp_path / "one" / "cache"
    Lab(tmp_path / "one", inside).mixed()
    (tmp_path / "two" / "m.json").write_bytes((tmp_path / "one" / "m.json").read_bytes())
    two = Lab(tmp_path / "two", inside)
    assert (two.mixed(), two.ran) == ((1, 2), [])


def test_in_a_cachedir_without_a_note_the_next_has_the_relative_names(cache: Path, tmp_path: Path) -> None:
    Lab(tmp_path / "two", cache).brain(2)
    shutil.rmtree(cache / "roots")  # as one was before there were notes
    one = Lab(tmp_path / "one", cache)
    one.pair()
    assert {"a.json.json", "b.npy.json"} < set(records(cache))
    two = Lab(tmp_path / "two", cache)
    assert (two.brain(2), two.ran) == ([2, 1], [])


# Lineage.


def test_lineage_leads_from_one_project_into_another(cache: Path, tmp_path: Path) -> None:
    one, two = Lab(tmp_path / "one", cache), Lab(tmp_path / "two", cache)
    one.brain(1)
    two.brain(1), two.pair()  # of the same names, and no parents
    brain = one.pair()[1]
    two.mask(brain)
    read = two.read
    read(tmp_path / "one" / OUTPUT)
    for name in ("one", "two"):
        workbench._benches.clear()
        lineage = Maker(cache, tmp_path / name).bench(None).lineage
        record = two.mask.record(brain)
        assert [(parent.function, parent.call) for parent in lineage.parents(record)] == [
            ("pair", one.pair.record().call)
        ]
        assert lineage.parents(record)[0].outputs[1].path == "b.npy"
        above = lineage.ancestors(read.record(tmp_path / "one" / OUTPUT))
        assert [node.call for node in above.nodes if node.function == "brain"] == [one.brain.record(1).call]
        below = lineage.descendants(one.brain.record(1))
        assert read.record(tmp_path / "one" / OUTPUT).call in [node.call for node in below.nodes]


@pytest.mark.parametrize("how", [os.rename, shutil.copytree])
def test_what_came_along_is_judged_by_the_code_beside_it(
    how: Callable[[Path, Path], Any], cache: Path, tmp_path: Path, run: Run
) -> None:
    (tmp_path / "one" / "pyproject.toml").touch()
    (tmp_path / "one" / "lab.py").write_text(SCRIPT.replace("make(", f"make(cachedir={str(cache)!r}, "))
    run(tmp_path / "one" / "lab.py", "x", cwd=tmp_path / "one")
    how(tmp_path / "one", tmp_path / "new")
    assert run(tmp_path / "new" / "lab.py", "x", cwd=tmp_path / "new") == "[1, 'x']\n"
    (tmp_path / "new" / "lab.py").write_text((tmp_path / "new" / "lab.py").read_text().replace("[x,", "[x + 1,"))
    standings = Standings(Catalogue(Project(str(tmp_path / "new"), str(cache))))
    found = {standing.filed.anchor: standing for standing in standings}
    assert found[str(tmp_path / "new" / OUTPUT)].state == "code changed"


def test_the_state_of_another_projects_calls_is_asked_for_there(cache: Path, tmp_path: Path) -> None:
    Lab(tmp_path / "one", cache).pair()
    Lab(tmp_path / "two", cache).pair()
    (tmp_path / "two" / "a.json").write_text("mine")
    standings = Standings(Catalogue(Project(str(tmp_path / "one"), str(cache))))
    found = {standing.filed.anchor: standing for standing in standings}
    other = found[str(tmp_path / "two" / "a.json")]
    assert other.state == "foreign"
    assert other.doubts == (f"it belongs to another project that shares the cachedir, {tmp_path}/two",)
    assert "another project" not in str(found[str(tmp_path / "one" / "a.json")].doubts)
