"""Files that are being forced to the disk while other work goes on: digests of what was just written, above all."""

from __future__ import annotations

import threading

from makeit.store.atomic import sync_path

# Below this a thread takes as long as what it spares.
_WORTH_A_THREAD = 1 << 20


class Syncing:
    """A file, or a folder with all in it, on its way to the disk; nothing may depend on it before `wait` returns."""

    def __init__(self, path: str, size: int) -> None:
        self._path = path
        self._error: BaseException | None = None
        self._thread: threading.Thread | None = None
        if size >= _WORTH_A_THREAD:
            thread = threading.Thread(target=self._sync, name="makeit sync", daemon=True)
            try:
                thread.start()
            except RuntimeError:  # no more threads to be had
                self._sync()
            else:
                self._thread = thread
        else:
            self._sync()

    def wait(self) -> None:
        """Return once it is on the disk; OSError where it could not be written."""
        if self._thread is not None:
            self._thread.join()
        if self._error is not None:
            raise self._error

    def _sync(self) -> None:
        try:
            sync_path(self._path)
        except OSError as error:
            self._error = error
