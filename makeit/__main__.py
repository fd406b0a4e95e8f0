"""`python -m makeit` is the command `makeit`."""

from makeit.cli import main

main(prog_name="makeit")
