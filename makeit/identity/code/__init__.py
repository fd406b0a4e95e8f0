"""Fingerprints of code by its meaning: a function with all that it uses, however far away."""

from makeit.identity.code.reader import CodeReader, WatchedCode
from makeit.identity.origin import module_name

__all__ = ["CodeReader", "WatchedCode", "module_name"]
