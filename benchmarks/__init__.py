"""Side-by-side measurements. `python -m benchmarks [name …]` runs them and writes docs/benchmarks.md.

Each compares two things in one run, since a machine's speed drifts: the ratio says more than the rates.
"""
