"""What a process touches outside the folder that it was given, and what it imports that it must not."""

from __future__ import annotations

import os
import sys
from typing import Any

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
# The places in their arguments where events name files.
_EVENTS = {
    "os.remove": (0,),
    "os.rename": (0, 1),
    "os.mkdir": (0,),
    "os.rmdir": (0,),
    "os.link": (1,),
    "os.symlink": (1,),
    "os.truncate": (0,),
    "os.utime": (0,),
    "os.chmod": (0,),
    "shutil.rmtree": (0,),
}


class Watch:
    """Notes what the interpreter is asked to do; there is no way to take such a watch back."""

    def __init__(self, folder: str, forbidden: str) -> None:
        self._folder = os.path.realpath(folder)
        self._forbidden = forbidden
        self.seen: list[str] = []
        self.on = False
        sys.addaudithook(self._look)

    def _look(self, event: str, given: tuple[Any, ...]) -> None:
        if not self.on:
            return
        if event == "import" and str(given[0]).startswith(self._forbidden):
            self.seen.append(f"import {given[0]}")
        elif event == "open" and isinstance(given[2], int) and given[2] & _WRITING:
            self._check("open", given[0])
        elif event in _EVENTS:
            for place in _EVENTS[event]:
                self._check(event, given[place])

    def _check(self, event: str, path: Any) -> None:
        # Names without a folder are those that shutil.rmtree gives beside a descriptor; the tree itself was seen.
        if isinstance(path, str | bytes | os.PathLike) and os.path.isabs(name := os.fsdecode(path)):
            where = os.path.join(os.path.realpath(os.path.dirname(name)), os.path.basename(name))
            if not os.path.normpath(where).startswith(self._folder + os.sep):
                self.seen.append(f"{event} {name}")
