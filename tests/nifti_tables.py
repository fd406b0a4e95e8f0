"""Print what image files hold of every dtype, and of every image in the nibabel wheel: `python -m tests.nifti_tables`.

The status is 1 where a row is wrong: a value that comes back as another, an image that changes, or a refusal after
which something was written.
"""

from __future__ import annotations

import contextlib
import logging
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

from tests.nifti_dtypes import Row, dtype_rows
from tests.nifti_images import image_rows


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Let nibabel say what it thinks of the odd files among its test data to nobody."""
    level = logging.getLogger("nibabel.global").level
    logging.getLogger("nibabel.global").setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.getLogger("nibabel.global").setLevel(level)


def dtype_table() -> list[Row]:
    """Return the rows of the first table."""
    with tempfile.TemporaryDirectory() as folder, quiet():
        return list(dtype_rows(Path(folder)))


def image_table() -> list[Row]:
    """Return the rows of the second table."""
    with tempfile.TemporaryDirectory() as folder, quiet():
        return list(image_rows(Path(folder)))


def show(titles: tuple[str, ...], rows: list[Row]) -> int:
    """Print a table; return how many rows are wrong."""
    print(f"| {' | '.join(titles)} |\n|{'---|' * len(titles)}")
    for row in rows:
        print(f"| {' | '.join(row.about)} | {'WRONG: ' * row.wrong}{row.found} |")
    wrong = sum(row.wrong for row in rows)
    print(f"\n{len(rows)} rows, {wrong} wrong\n")
    return wrong


def main() -> int:
    """Print both tables."""
    wrong = show(("container", "dtype", "as", "comes back"), dtype_table())
    wrong += show(("file", "class", "as an argument", "saved, loaded, saved again"), image_table())
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
