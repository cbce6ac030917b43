"""Carry labels over from English to a language that has no labelled comments and that the encoder knows badly.

Sentences and their translations, which people wrote (Tatoeba), tell which words stand for which. Three kinds of texts
come of it, all of which the language's letter sequences are learnt from: English comments with their labels, said word
by word; the translations, as bad as the fast reader finds the English sentence; and sentences of our own. The figures
behind it, and where the sentences are from, are in docs/decisions/0095.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from models.labels import COLUMN, TOXICITY
from models.reading.letters import spell_words
from models.training.datasets import Examples
from models.training.languages import said_here

#: The languages that labels are carried over to.
CARRIED = ("cs", "id", "nl", "sv")
#: A language whose labelled comments were chosen by keyword, and few of which are harmless: what is carried over to it
#: sets its lines.
LINED = ("ar",)
#: English comments that are said word by word: where they are from, how many, and of how many characters at most.
_SAID_FROM = ("jigsaw", "en_paradetox", "said_plainly")
_MOST_SAID, _LONGEST_SAID = 14_000, 250
#: A comment of which more than this part cannot be said is left out.
_UNSAID = 0.5
#: Everyday sentences are hardly ever bad: the fast reader's logit, raised so that a doubtful one counts as half bad.
_RAISED = 2.0
_OURS_COUNT = 3.0  # what one of our own sentences counts, another text 1
#: How often the translation is estimated anew, how likely a word must be to be kept, and how many are.
_ROUNDS, _LEAST_LIKELY, _MOST_TRANSLATIONS = 6, 0.04, 6
_TOKEN = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?|[^\w\s]")

#: The logits of toxicity of English sentences.
Judge = Callable[[Sequence[str]], NDArray[np.float64]]
#: An English word's translations, and how likely each is; the probabilities add up to 1.
Translations = Mapping[str, tuple[list[str], NDArray[np.float64]]]


@dataclass(frozen=True)
class English:
    """What is carried over.

    Attributes
    ----------
    examples : English comments with their labels, and others, which are not looked at
    judge : how bad other English sentences are
    strong : words that mostly bad comments hold
    """

    examples: Examples
    judge: Judge
    strong: Collection[str]


@dataclass(frozen=True)
class Carried:
    """What a language's letters are learnt from.

    Attributes
    ----------
    texts : in the language, or nearly so
    bad : shape (n,), how likely each is toxic
    weights : shape (n,), how much each counts
    comments : shape (n,), which ones are harmless English comments, said word by word: the likest to a site's
    """

    texts: list[str]
    bad: NDArray[np.float64]
    weights: NDArray[np.float64]
    comments: NDArray[np.bool_]


def sentences_path(data: Path, code: str) -> Path:
    """Where the sentences of a language and their English originals lie in the data directory."""
    return data / f"languages/sentences/{code}.txt"


def read_sentences(data: Path, code: str) -> list[tuple[str, str]]:
    """English sentences and their translations: tab-separated, further columns ignored. Raises FileNotFoundError."""
    lines = sentences_path(data, code).read_text(encoding="utf-8").splitlines()
    return [(parts[0], parts[1]) for parts in (line.split("\t") for line in lines) if len(parts) > 1]


def carry(code: str, pairs: Sequence[tuple[str, str]], english: English, listed: Sequence[str]) -> Carried:
    """The examples of a language. Strong English words that have no translation become one of its `listed` words."""
    rng = np.random.default_rng(0)
    examples = english.examples
    toxic = examples.targets[:, COLUMN[TOXICITY]]
    short = np.array([len(text) <= _LONGEST_SAID for text in examples.texts])
    usable = np.flatnonzero(np.isin(examples.source, _SAID_FROM) & short & ~np.isnan(toxic))
    known = learn_translations(pairs)
    said, labels = [], []
    for row in rng.permutation(usable)[:_MOST_SAID].tolist():
        text = say(examples.texts[row], known, listed, english.strong, rng)
        if text:
            said.append(text)
            labels.append(float(toxic[row] > 0.5))
    judged = expit(english.judge([original for original, _ in pairs]) + _RAISED)
    ours, of_ours = said_here(code)
    bad = np.concatenate([labels, judged, of_ours])
    comments = np.zeros(len(bad), bool)
    comments[: len(said)] = np.array(labels) < 0.5
    weights = np.ones(len(bad))
    weights[len(bad) - len(ours) :] = _OURS_COUNT
    return Carried([*said, *(translation for _, translation in pairs), *ours], bad, weights, comments)


def say(
    text: str, known: Translations, listed: Sequence[str], strong: Collection[str], rng: np.random.Generator
) -> str:
    """An English text word by word, each translation as often as it is likely; "" where too much cannot be said."""
    said, words, missed = [], 0, 0
    for token in _TOKEN.findall(text.lower()):
        if not token[0].isalpha():
            said.append(token)
            continue
        words += 1
        if token in known:
            translations, likely = known[token]
            said.append(translations[rng.choice(len(translations), p=likely)])
        elif token in strong and listed:
            said.append(listed[int(rng.integers(len(listed)))])
        else:
            missed += 1
    return " ".join(said) if words and missed < _UNSAID * words else ""


def learn_translations(pairs: Sequence[tuple[str, str]]) -> Translations:
    """How likely a word stands for another: IBM's first model (Brown et al. 1993), by expectation maximisation."""
    originals: dict[str, int] = {"": 0}  # the empty word stands for what no word stands for
    words: dict[str, int] = {}
    links: list[tuple[int, int, int]] = []
    slots = 0
    for english, translation in pairs:
        of_english = [0, *(originals.setdefault(token, len(originals)) for token in _TOKEN.findall(english.lower()))]
        for word in spell_words(translation):
            number = words.setdefault(word, len(words))
            links += [(original, number, slots) for original in of_english]
            slots += 1
    if not links:
        return {}
    of, to, slot = np.array(links).T
    both, link = np.unique(of * len(words) + to, return_inverse=True)
    of, to = both // len(words), both % len(words)
    likely = np.ones(len(both))
    for _ in range(_ROUNDS):
        share = likely[link] / np.bincount(slot, likely[link])[slot]
        counts = np.bincount(link, share)
        likely = counts / np.bincount(of, counts)[of]
    names, spelt = list(originals), list(words)
    found: dict[str, list[tuple[str, float]]] = {}
    for at in np.lexsort((-likely, of)):
        kept = found.setdefault(names[of[at]], [])
        if likely[at] > _LEAST_LIKELY and len(kept) < _MOST_TRANSLATIONS:
            kept.append((spelt[to[at]], float(likely[at])))
    return {name: _as_likely(kept) for name, kept in found.items() if name and kept}


def _as_likely(kept: Sequence[tuple[str, float]]) -> tuple[list[str], NDArray[np.float64]]:
    likely = np.array([one for _, one in kept])
    return [word for word, _ in kept], likely / likely.sum()
