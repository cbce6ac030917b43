"""Measure the classifier language by language, through everything that a comment goes through."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.evaluation.card import Table
from models.labels import COLUMN, CORE_COLUMNS, CORE_LABELS, TOXICITY
from models.package_data import read_text
from models.scoring.classifier import Classifier
from models.training import languages
from models.training.datasets import Examples, read_rows
from models.training.languages import LEARNT
from models.training.metrics import auc, auc_with_interval, calibration_error

_TOXICITY = COLUMN[TOXICITY]
_RATE = 0.1  # of toxic comments, which the probabilities are made for
_EXPLAINED, _LEAST_WORDS, _DELETED = 100, 12, 5
_AT_ONCE = 512


def measure_languages(classifier: Classifier, data: Path) -> list[Table]:
    """Each language's ranking, honesty and explanations on its development comments; and HateCheck, by language."""
    figures, explained = [], []
    for code in LEARNT:
        examples = languages.read_language(data, code)
        dev = examples.take(np.flatnonzero(examples.split == "dev"))
        figures.append(_figures(classifier, code, dev))
        explained.append(_deletions(classifier, code, dev))
    return [
        (
            "Languages: development comments with labels, through everything, detection included",
            ["language", "grade", "comments", "toxic", "ROC AUC", "calibration error at 10 % toxic",
             "harmless above a default threshold", "toxic above one", "taken for another language"],
            figures,
        ),
        (
            f"Languages: what deleting words takes off a toxic comment's logit (up to {_EXPLAINED} of "
            f"{_LEAST_WORDS} words or more)",
            ["language", "comments", f"the {_DELETED} strongest", f"{_DELETED} others", "they take more in"],
            explained,
        ),
        _plain(classifier),
        _short(classifier),
        _implicit(classifier),
        _romanised(classifier),
        _latin(classifier),
        _dialects(classifier),
        _mixed(classifier),
        _halved(classifier, "lone.toml", "Languages: lone insults and short forms, and what looks like them"),
        _halved(classifier, "third.toml", "Languages: a sentence in a third language without listed insults"),
        _hatecheck(classifier, data),
    ]  # fmt: skip


def score_all(classifier: Classifier, texts: Sequence[str]) -> NDArray[np.float64]:
    """The scores of many texts."""
    batches = (texts[first : first + _AT_ONCE] for first in range(0, len(texts), _AT_ONCE))
    return np.concatenate([classifier.score(batch) for batch in batches])


def _figures(classifier: Classifier, code: str, dev: Examples) -> list[str]:
    scores = score_all(classifier, dev.texts)
    toxic = dev.targets[:, _TOXICITY] > 0.5
    flagged = _flagged(classifier, scores)
    weight = np.where(toxic, _RATE / toxic.sum(), (1.0 - _RATE) / (~toxic).sum())
    told = [classifier.detected_language(text) for text in dev.texts]
    return [
        code,
        classifier.languages[code],
        f"{len(dev):,}",
        f"{toxic.sum():,}",
        str(auc_with_interval(toxic, scores[:, _TOXICITY])),
        f"{calibration_error(toxic, scores[:, _TOXICITY], 10, weight):.3f}",
        f"{flagged[~toxic].mean():.2%}",
        f"{flagged[toxic].mean():.1%}",
        f"{np.mean([language not in (code, 'und') for language in told]):.1%}",
    ]


def _flagged(classifier: Classifier, scores: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which comments lie above a default threshold."""
    flag_at = np.array([classifier.thresholds["balanced"][label]["flag_at"] for label in CORE_LABELS])
    return np.asarray((scores[:, CORE_COLUMNS] >= flag_at).any(axis=1))


def plain_sentences() -> dict[str, dict[str, list[str]]]:
    """Our own sentences (plain.toml): language code -> `harmful` and `harmless` ones."""
    return tomllib.loads(read_text("models.evaluation", "plain.toml"))


def _plain(classifier: Classifier) -> Table:
    rows = []
    for code, sentences in plain_sentences().items():
        above = {kind: _flagged(classifier, score_all(classifier, texts)).sum() for kind, texts in sentences.items()}
        rows.append([code, *(f"{above[kind]} of {len(sentences[kind])}" for kind in ("harmful", "harmless"))])
    title = "Languages: plain insults and threats, and harmless sentences, of our own; looked at while choosing"
    return title, ["language", "harmful above a default threshold", "harmless above one"], rows


def short_comments(name: str) -> dict[str, dict[str, list[str]]]:
    """Our own comments (short.toml, latin.toml, arabic.toml …): language code -> `abuse` and `harmless` ones."""
    return tomllib.loads(read_text("models.evaluation", name))


def _above(classifier: Classifier, texts: Sequence[str], language: str | None = None) -> tuple[int, int]:
    """How many of some texts lie above a default threshold, and how many there are; `language` is said beside them."""
    if not texts:
        return 0, 0
    said = [{"languages": [language]}] * len(texts)
    scores = score_all(classifier, texts) if language is None else classifier.score(texts, said)
    return int(_flagged(classifier, scores).sum()), len(texts)


def count_rows(counts: Mapping[str, Sequence[tuple[int, int]]]) -> list[list[str]]:
    """A row for each name, and one for all together: so many of so many."""
    rows = [[name, *(f"{n} of {of}" if of else "–" for n, of in its)] for name, its in counts.items()]
    sums = np.sum(list(counts.values()), axis=0)
    return [*rows, ["all", *(f"{n} of {of}" for n, of in sums)]]


def _short(classifier: Classifier) -> Table:
    """How many comments of a few words lie above a line, when nothing says in which language they are."""
    ours, apart = short_comments("short.toml"), short_comments("short_apart.toml")
    counts = {}
    for code in {**ours, **apart}:
        lists = [ours.get(code, {}).get(kind, [])[half::2] for half in (0, 1) for kind in ("abuse", "harmless")]
        lists += [apart.get(code, {}).get(kind, []) for kind in ("abuse", "harmless")]
        counts[code] = [_above(classifier, its) for its in lists]
    title = (
        "Languages: comments of one to five words, above a default threshold: those developed with, those held out, "
        "and those of somebody who knew neither the lists nor these"
    )
    columns = [f"{kind}, {half}" for half in ("developed with", "held out", "apart") for kind in ("abuse", "harmless")]
    return title, ["language", *columns], count_rows(counts)


def implicit_comments() -> dict[str, dict[str, dict[str, list[str]]]]:
    """Our own abuse without a bad word (implicit.toml): language code -> kind -> `abuse` and `harmless` comments."""
    return tomllib.loads(read_text("models.evaluation", "implicit.toml"))


def romanised_comments() -> dict[str, dict[str, dict[str, list[str]]]]:
    """The same in Hindi and Urdu in Latin letters, of our own (implicit_romanised.toml)."""
    return tomllib.loads(read_text("models.evaluation", "implicit_romanised.toml"))


def _romanised(classifier: Classifier) -> Table:
    counts = {
        f"{code}, {kind}": [_above(classifier, its[side], code) for side in ("abuse", "harmless")]
        for code, kinds in romanised_comments().items()
        for kind, its in kinds.items()
    }
    title = (
        "Abuse without a bad word in Hindi and Urdu in Latin letters, above a default threshold: of our own, in other "
        "words than those that are learnt from; looked at while choosing"
    )
    return title, ["language, kind", "abuse", "harmless"], count_rows(counts)


def _latin(classifier: Classifier) -> Table:
    """How many comments in Latin letters lie above a line, and how many are held since their language is not judged."""
    counts = {}
    for code, its in short_comments("latin.toml").items():
        counts[code] = [_above(classifier, its[side]) for side in ("abuse", "harmless")]
        for side in ("abuse", "harmless"):
            counts[code].append((sum(not classifier.judgeable(text) for text in its[side]), len(its[side])))
    title = (
        "Languages in Latin letters for want of their own (Arabic; Russian and Ukrainian; Hindi mixed with English), "
        "above a default threshold, and held since the language is not judged: of our own, developed with"
    )
    columns = [f"{side}, {which}" for which in ("above", "not judged") for side in ("abuse", "harmless")]
    return title, ["language", *columns], count_rows(counts)


def _dialects(classifier: Classifier) -> Table:
    """How many comments of a few words in dialects of Arabic lie above a line."""
    sets = short_comments("arabic.toml"), short_comments("arabic_apart.toml")
    counts = {code: [_above(classifier, its[code][kind]) for its in sets for kind in its[code]] for code in sets[0]}
    title = (
        "Languages: insults and threats of few words in dialects of Arabic, above a default threshold: those developed "
        "with, and those written before anything of 2.8.0"
    )
    columns = [f"{kind}, {half}" for half in ("developed with", "apart") for kind in ("abuse", "harmless")]
    return title, ["language", *columns], count_rows(counts)


def _implicit(classifier: Classifier) -> Table:
    """How much abuse without a bad word lies above a line: in English by kind, in other languages together."""
    counts = {}
    for code, kinds in implicit_comments().items():
        by_kind = {f"{code}, {kind}": [its] for kind, its in kinds.items()}
        groups = by_kind if code == "en" else {code: [*kinds.values()]}
        for name, group in groups.items():
            lists = [[text for its in group for text in its[side]] for side in ("abuse", "harmless")]
            counts[name] = [_above(classifier, its, code) for its in lists]
    title = (
        "Abuse without a bad word, above a default threshold: written by somebody who knew neither the sentences that "
        "are learnt from nor any score; those who listed cues for 2.5.0 had read it"
    )
    return title, ["language, kind", "abuse", "harmless"], count_rows(counts)


def mixed_comments(name: str) -> dict[str, dict[str, list[str]]]:
    """Our own comments in two languages (mixed.toml, mixed_apart.toml): "de-en" -> `abuse` and `harmless` ones."""
    return tomllib.loads(read_text("models.evaluation", name))


def _mixed(classifier: Classifier) -> Table:
    """How many comments in two languages lie above a line, when nothing says in which they are."""
    sets = mixed_comments("mixed.toml"), mixed_comments("mixed_apart.toml")
    counts = {}
    for pair in dict.fromkeys([*sets[0], *sets[1]]):
        lists = [its.get(pair, {}).get(kind, []) for its in sets for kind in ("abuse", "harmless")]
        counts[pair] = [_above(classifier, its) for its in lists]
    title = "Languages: comments in two languages, above a default threshold: those developed with, and those held out"
    columns = [f"{kind}, {half}" for half in ("developed with", "held out") for kind in ("abuse", "harmless")]
    return title, ["the whole and the part", *columns], count_rows(counts)


def _halved(classifier: Classifier, name: str, title: str) -> Table:
    """How many of our own comments lie above a line, of each language or pair: every second one was held out."""
    counts = {}
    for code, its in mixed_comments(name).items():
        lists = [its[kind][half::2] for half in (0, 1) for kind in ("abuse", "harmless")]
        counts[code] = [_above(classifier, one) for one in lists]
    columns = [f"{kind}, {half}" for half in ("developed with", "held out") for kind in ("abuse", "harmless")]
    return f"{title}, of our own, above a default threshold", ["language", *columns], count_rows(counts)


def _deletions(classifier: Classifier, code: str, dev: Examples) -> list[str]:
    """What deleting the words that an explanation marks most takes off, against as many others."""
    rng = np.random.default_rng(0)
    marked, others = [], []
    for row in np.flatnonzero(dev.targets[:, _TOXICITY] > 0.5):
        text = dev.texts[row]
        spans = sorted(classifier.explain(text, TOXICITY).spans, key=lambda span: -span[2])
        if len(spans) < _LEAST_WORDS:
            continue
        others_at = rng.choice(len(spans) - _DELETED, _DELETED, replace=False) + _DELETED
        rest = [spans[at] for at in others_at]
        logits = classifier.logits([text, without(text, spans[:_DELETED]), without(text, rest)])[:, _TOXICITY]
        marked.append(logits[0] - logits[1])
        others.append(logits[0] - logits[2])
        if len(marked) == _EXPLAINED:
            break
    if not marked:
        return [code, "0", "–", "–", "–"]
    more = np.mean(np.array(marked) > np.array(others))
    return [code, str(len(marked)), f"{np.mean(marked):.2f}", f"{np.mean(others):.2f}", f"{more:.0%}"]


def without(text: str, spans: Sequence[tuple[int, int, float]]) -> str:
    """The text without some spans of it."""
    for start, end, _ in sorted(spans, reverse=True):
        text = text[:start] + text[end:]
    return text


def _hatecheck(classifier: Classifier, data: Path) -> Table:
    rows = list(read_rows(data / "evaluation/multilingual_hatecheck.csv.gz"))
    table = []
    for code in sorted({row["language"] for row in rows}):
        of_language = [row for row in rows if row["language"] == code]
        scores = score_all(classifier, [row["text"] for row in of_language])
        hateful = np.array([row["hateful"] == "1" for row in of_language])
        figures = (auc(hateful, scores[:, COLUMN[label]]) for label in (TOXICITY, "identity_attack"))
        table.append([code, f"{len(hateful):,}", *(f"{figure:.3f}" for figure in figures)])
    columns = ["language", "comments", "ROC AUC, toxicity", "ROC AUC, identity attack"]
    return ("Multilingual HateCheck (functional tests of hate): measured only", columns, table)
