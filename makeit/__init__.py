"""makeit keeps the result of a function in the file you named, and runs it again only when needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from makeit.errors import (
    ArgumentError,
    CacheWarning,
    ForeignFileError,
    MakeitError,
    PersistError,
    PluginError,
    SpecError,
    TemplateError,
    UnwritableError,
)
from makeit.version import __version__

if TYPE_CHECKING:
    from makeit.binding import File
    from makeit.formats.json import JsonFile
    from makeit.formats.persister import Persister
    from makeit.formats.pickle import PickleFile
    from makeit.formats.text import TextFile
    from makeit.hookspecs import hookimpl
    from makeit.maker import Maker, make
    from makeit.model import Decision, Reason

__all__ = [
    "ArgumentError",
    "CacheWarning",
    "Decision",
    "File",
    "ForeignFileError",
    "JsonFile",
    "MakeitError",
    "Maker",
    "PersistError",
    "Persister",
    "PickleFile",
    "PluginError",
    "Reason",
    "SpecError",
    "TemplateError",
    "TextFile",
    "UnwritableError",
    "__version__",
    "hookimpl",
    "make",
]

# Where the names live that are imported on first use, so that `import makeit` stays light.
_LAZY = {
    "Decision": "makeit.model",
    "File": "makeit.binding",
    "JsonFile": "makeit.formats.json",
    "Maker": "makeit.maker",
    "Persister": "makeit.formats.persister",
    "PickleFile": "makeit.formats.pickle",
    "Reason": "makeit.model",
    "TextFile": "makeit.formats.text",
    "hookimpl": "makeit.hookspecs",
    "make": "makeit.maker",
}
_OF_PLUGINS = {
    "NumpyFile": ("makeit_numpy", "makeit-numpy"),
    "NiftiFile": ("makeit_nifti", "makeit-nifti"),
    "MemMappedNiftiFile": ("makeit_nifti", "makeit-nifti"),
}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name in _LAZY:
        found = globals()[name] = getattr(import_module(_LAZY[name]), name)
        return found
    if name in _OF_PLUGINS:
        module, distribution = _OF_PLUGINS[name]
        try:
            return getattr(import_module(module), name)
        except ImportError as error:
            raise AttributeError(
                f"makeit.{name} comes with {distribution}, which cannot be imported: {error}; "
                f"pip install {distribution}"
            ) from error
    raise AttributeError(f"module 'makeit' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
