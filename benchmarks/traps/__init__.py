"""Traps for caches of results, run with makeit and its peers: `python -m benchmarks.traps`."""
