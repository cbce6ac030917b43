"""A process that scores texts on one core when told to: `classifying_process.py winnow|alt TEXTS.json`.

Runs in Winnow's environment or in one that only has alt-profanity-check, so it imports neither before it knows. Each
line on its input names a set of texts; the answer is the seconds that it took, in batches of 256.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

BATCH = 256

Score = Callable[[Sequence[str]], Any]


def winnow() -> Score:
    """Winnow's fast reader as a worker has it after loading: it has met no word yet."""
    import models  # noqa: PLC0415

    return models.load(reader="fast").score


def alt() -> Score:
    """alt-profanity-check, which remembers nothing between calls."""
    import profanity_check  # type: ignore[import-not-found]  # noqa: PLC0415

    score: Score = profanity_check.predict_prob
    return score


def main(which: str, path: str) -> None:
    """Answer until the input ends."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    sets = json.loads(Path(path).read_text(encoding="utf-8"))
    make = {"winnow": winnow, "alt": alt}[which]
    score = make()
    print("ready", flush=True)
    for line in sys.stdin:
        name, fresh = line.split()
        if fresh == "fresh":
            score = make()
        began = time.perf_counter()
        for at in range(0, len(sets[name]), BATCH):
            score(sets[name][at : at + BATCH])
        print(time.perf_counter() - began, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
