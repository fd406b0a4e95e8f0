"""The errors and the warning that makeit raises, each with the object it is about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


class MakeitError(Exception):
    """Base of every error that makeit itself raises; `value` is a result that would otherwise be lost."""

    value: Any = None


class SpecError(MakeitError, ValueError):
    """An output was described in a way that makeit cannot use."""

    def __init__(self, message: str, *, spec: object = None) -> None:
        super().__init__(message)
        self.spec = spec


class TemplateError(MakeitError, ValueError):
    """A file name template does not fit the arguments of the call."""

    def __init__(self, message: str, *, template: str = "", field: str = "") -> None:
        super().__init__(message)
        self.template = template
        self.field = field


class PluginError(MakeitError, LookupError):
    """A format or a plugin is missing, broken, or claimed twice."""

    def __init__(self, message: str, *, name: str = "") -> None:
        super().__init__(message)
        self.name = name


class ForeignFileError(MakeitError, FileExistsError):
    """A file that makeit did not write, or that was changed since, lies at an output path."""

    def __init__(self, message: str, *, path: Path, value: Any = None) -> None:
        super().__init__(message)
        self.path = path
        self.value = value


class UnwritableError(MakeitError, PermissionError):
    """The folder of a named output cannot be written to."""

    def __init__(self, message: str, *, path: Path) -> None:
        super().__init__(message)
        self.path = path


class PersistError(MakeitError, TypeError):
    """A result cannot be saved in the format asked for; `value` is that result, so nothing is lost."""

    def __init__(self, message: str, *, value: Any = None) -> None:
        super().__init__(message)
        self.value = value


class ArgumentError(MakeitError, TypeError):
    """A function or an argument is of a kind that makeit refuses."""

    def __init__(self, message: str, *, name: str = "") -> None:
        super().__init__(message)
        self.name = name


class CacheWarning(UserWarning):
    """Something went wrong around a call whose value is right."""
