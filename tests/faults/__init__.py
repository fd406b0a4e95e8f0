"""Fault suites: what happens to files and results when processes die, disks fill up, and callers race.

`python -m tests.faults --full` runs them at full counts and prints a table; the tests in this folder run the
same suites at reduced counts.
"""
