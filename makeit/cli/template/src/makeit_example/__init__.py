"""The format example for makeit."""

from makeit_example.file import ExampleFile

__all__ = ["ExampleFile"]
