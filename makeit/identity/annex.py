"""git-annex and DataLad: a file is a link to an object, which may be elsewhere at the moment."""

from __future__ import annotations

import os

# Objects lie in .git/annex/objects, also where .git is a file and the link leads to another folder.
_OBJECTS = "/annex/objects/"

#: What to do about an object that is not here.
FETCH = "fetch it with `datalad get` or `git annex get`"


def is_unfetched(path: str | os.PathLike[str]) -> bool:
    """Tell whether a path is a link of git-annex to an object whose content is not here."""
    try:
        return _OBJECTS in os.readlink(path).replace(os.sep, "/") and not os.path.exists(path)
    except OSError:  # no link, or nothing at all
        return False
