"""Fingerprints of code by its meaning: a function with all that it uses, however far away."""

from makeit.identity.code.origin import module_name
from makeit.identity.code.reader import CodeReader, WatchedCode

__all__ = ["CodeReader", "WatchedCode", "module_name"]
