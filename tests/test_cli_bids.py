"""`makeit bids-init`: a folder becomes a derivative dataset, and what a person wrote about it stays."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from makeit.cli.bids_init import BIDS_VERSION, describe_dataset
from makeit.identity.files import stamp
from makeit.version import __version__
from tests.test_cli import makeit

OWN = {"Name": "makeit", "Version": __version__}


def described(folder: str = "deriv") -> Any:
    return json.loads((Path(folder) / "dataset_description.json").read_text())


def write(found: Any, folder: str = "deriv") -> bytes:
    path = Path(folder) / "dataset_description.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(found if isinstance(found, str) else json.dumps(found))
    return path.read_bytes()


def test_a_new_folder_is_described_as_a_derivative_dataset() -> None:
    assert "wrote deriv/dataset_description.json" in makeit("bids-init", "deriv").stdout
    assert described() == {
        "Name": "deriv",
        "BIDSVersion": BIDS_VERSION,
        "DatasetType": "derivative",
        "GeneratedBy": [OWN],
    }
    assert os.listdir("deriv") == ["dataset_description.json"]


def test_a_second_run_writes_nothing_and_says_so() -> None:
    makeit("bids-init", "deriv", "--name", "Mine", "--source", "https://example.org/data?x=1")
    before = stamp("deriv/dataset_description.json")  # not the time of the last reading, which moves
    assert "is up to date" in makeit("bids-init", "deriv").stdout
    assert "is up to date" in makeit("bids-init", "deriv", "--source", "https://example.org/data?x=1").stdout
    assert stamp("deriv/dataset_description.json") == before
    assert described()["Name"] == "Mine"


def test_the_working_folder_has_a_name(project: Path) -> None:
    makeit("bids-init", ".")
    assert described(".")["Name"] == project.name


def test_what_others_wrote_is_kept_and_the_own_version_updated() -> None:
    other = {"Name": "fmriprep", "Version": "25.0.0", "Container": {"Type": "docker"}}
    old = {"Name": "makeit", "Version": "0.0.1", "Description": "as I say"}
    write({"License": "CC0", "Name": "Ours", "BIDSVersion": "1.8.0", "GeneratedBy": [other, old, dict(OWN)]})
    makeit("bids-init", "deriv")
    assert described() == {
        "License": "CC0",
        "Name": "Ours",
        "BIDSVersion": "1.8.0",
        "GeneratedBy": [other, {**old, "Version": __version__}],
        "DatasetType": "derivative",
    }
    assert next(iter(described())) == "License"


def test_sources_are_named_as_the_description_sees_them() -> None:
    Path("data/raw").mkdir(parents=True)
    makeit(
        "bids-init", "out/deriv", "--source", "raw=data/raw", "--source", "doi:10.18112/openneuro.ds000001.v1.0.0",
        "--source", "ds1=https://example.org/ds1",
    )  # fmt: skip
    assert described("out/deriv")["DatasetLinks"] == {"raw": "../../data/raw", "ds1": "https://example.org/ds1"}
    assert described("out/deriv")["SourceDatasets"] == [
        {"URL": "../../data/raw"},
        {"DOI": "doi:10.18112/openneuro.ds000001.v1.0.0"},
        {"URL": "https://example.org/ds1"},
    ]


def test_a_source_that_is_not_there_is_refused() -> None:
    done = makeit("bids-init", "deriv", "--source", "raw=nowhere", check=False)
    assert done.returncode == 2
    assert "nowhere is no folder" in done.stderr
    assert not Path("deriv").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[1, 2]", "it holds a list"),
        ("{", "is no JSON object"),
        ('{"Name": "a", "Name": "b"}', "names a key twice"),
        ('{"Name": NaN}', "NaN is no JSON"),
        ("[" * 100_000, "is no JSON object"),
        ('{"GeneratedBy": {"Name": "x"}}', "GeneratedBy should be a list"),
        ('{"DatasetType": "raw"}', "of type 'raw'"),
    ],
)
def test_what_cannot_be_kept_is_refused_and_left_alone(content: str, message: str) -> None:
    before = write(content)
    done = makeit("bids-init", "deriv", check=False)
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert Path("deriv/dataset_description.json").read_bytes() == before
    assert os.listdir("deriv") == ["dataset_description.json"]


def test_links_that_are_no_object_are_refused() -> None:
    Path("raw").mkdir()
    before = write({"DatasetLinks": ["raw"]})
    done = makeit("bids-init", "deriv", "--source", "raw=raw", check=False)
    assert done.returncode == 1
    assert "DatasetLinks should be an object" in done.stderr
    assert Path("deriv/dataset_description.json").read_bytes() == before


@pytest.mark.parametrize("kind", ["pipe", "folder", "dangling link"])
def test_what_is_no_file_is_refused(kind: str) -> None:
    path = Path("deriv/dataset_description.json")
    path.parent.mkdir()
    {"pipe": os.mkfifo, "folder": os.mkdir, "dangling link": lambda at: os.symlink("gone", at)}[kind](path)
    done = makeit("bids-init", "deriv", check=False)
    assert done.returncode == 1
    assert "is no JSON object" in done.stderr
    assert not stat.S_ISREG(path.lstat().st_mode)


def test_a_link_is_replaced_and_what_it_leads_to_kept(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs.json"
    theirs.write_text('{"License": "CC0"}')
    Path("deriv").mkdir()
    Path("deriv/dataset_description.json").symlink_to(theirs)
    assert describe_dataset(Path("deriv"))
    assert theirs.read_text() == '{"License": "CC0"}'
    assert not Path("deriv/dataset_description.json").is_symlink()
    assert described()["License"] == "CC0"


def test_a_folder_that_cannot_be_written_is_an_error_in_one_line() -> None:
    Path("file").touch()
    done = makeit("bids-init", "file/deriv", check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("Error: ")
    assert "Traceback" not in done.stderr
