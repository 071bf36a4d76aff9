"""How fast the engine is: `python -m tests.benchmarks` (see `__main__`). Run by hand, on a quiet machine."""
