"""The parts of `soak/mutants.py`: the list of changes, the copy they are tried in, the verdicts."""
