"""How long makeit takes, beside joblib.Memory and beside what cannot be avoided; run `python -m benchmarks`."""
