"""Read labelled comments and word lists of other languages than the fast reader's. MODEL_CARD.md names the sources."""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.labels import COLUMN, CORE_LABELS, SPAM, TOXICITY
from models.package_data import read_lists, read_text
from models.training.datasets import UNKNOWN, Examples, read_rows

#: The languages that have labelled comments of their own.
LEARNT = ("ar", "da", "de", "es", "fr", "hi", "it", "ja", "ko", "pl", "pt", "ro", "tr", "zh")
#: Of so few comments no letters can be learnt.
LEAST_FOR_LETTERS = 1000
_LABELS = ("insult", "profanity", "identity_attack", "threat")
GAMBLING = "id_gambling_spam"
#: English sentences, toxic and rewritten without it.
REWRITTEN = "en_paradetox"


def language_path(data: Path, name: str) -> Path:
    """Where a language's comments lie in the data directory."""
    return data / f"languages/{name}.csv.gz"


def read_language(data: Path, code: str) -> Examples:
    """One language's comments. Raises FileNotFoundError when they are not in `data`."""
    return _read(data, code, _abuse)


def read_gambling(data: Path) -> Examples:
    """Indonesian comments, some of which advertise gambling."""
    return _read(data, GAMBLING, lambda row: _row({SPAM: float(row["spam"])}))


def read_rewritten(data: Path) -> Examples:
    """English sentences, toxic and rewritten without it. The data has no development part of its own."""
    return _read(data, REWRITTEN, lambda row: _row({TOXICITY: float(row["toxic"]), SPAM: 0.0}))


def said_plainly() -> Examples:
    """Our own English sentences (`said_plainly.toml`)."""
    lists = read_lists("models.training", "said_plainly.toml")
    labels = {
        "threats": {TOXICITY: 1.0, "threat": 1.0, SPAM: 0.0},
        "insults": {TOXICITY: 1.0, "insult": 1.0, "threat": 0.0, SPAM: 0.0},
        "against_groups": {TOXICITY: 1.0, "identity_attack": 1.0, SPAM: 0.0},
        "harmless": dict.fromkeys(CORE_LABELS, 0.0),
    }
    texts = [text for kind in labels for text in lists[kind]]
    targets = [_row(label_values) for kind, label_values in labels.items() for _ in lists[kind]]
    return _examples("said_plainly", texts, targets, ["train"] * len(texts))


def said_here(code: str) -> tuple[list[str], list[float]]:
    """Our own sentences in a language (`said_here.toml`), and whether each is toxic; none where there are none."""
    lists = tomllib.loads(read_text("models.training", "said_here.toml")).get(code)
    if lists is None:
        return [], []
    bad = [frame.format(word) for word in lists["bad"] for frame in lists["frames"]]
    bad += [*lists["threats"], *lists["against_groups"]]
    good = [frame.format(word) for word in lists["good"] for frame in lists["frames"]] + lists["harmless"]
    return [*bad, *good], [1.0] * len(bad) + [0.0] * len(good)


def _read(data: Path, name: str, target_of: Callable[[dict[str, str]], NDArray[np.float32]]) -> Examples:
    rows = list(read_rows(language_path(data, name)))
    splits = ["train" if row.get("split", "train") == "train" else "dev" for row in rows]
    return _examples(name, [row["text"] for row in rows], list(map(target_of, rows)), splits)


def _examples(name: str, texts: list[str], targets: Sequence[NDArray[np.float32]], splits: Sequence[str]) -> Examples:
    count = len(texts)
    weights, folds = np.ones(count, dtype=np.float32), np.full(count, -1)
    return Examples(texts, np.stack(targets), weights, np.full(count, name), np.array(splits), folds)


def _abuse(row: dict[str, str]) -> NDArray[np.float32]:
    toxic = float(row["toxic"])
    if toxic < 0.5:
        return _row(dict.fromkeys(CORE_LABELS, 0.0))
    return _row({TOXICITY: toxic, SPAM: 0.0, **{label: float(row[label]) for label in _LABELS if row[label]}})


def _row(known: dict[str, float]) -> NDArray[np.float32]:
    row = np.full(len(CORE_LABELS), UNKNOWN, dtype=np.float32)
    for label, value in known.items():
        row[COLUMN[label]] = value
    return row


def read_word_lists(data: Path) -> dict[str, list[str]]:
    """Bad words by language: the public lists, but not the English one, and our own (`bad_words.toml`)."""
    words: defaultdict[str, set[str]] = defaultdict(set)
    for row in read_rows(language_path(data, "words")):
        if row["language"] != "en":
            words[row["language"]].add(row["word"].lower())
    for code, own in read_lists("models.training", "bad_words.toml").items():
        words[code].update(own)
    return {code: sorted(words[code]) for code in sorted(words)}
