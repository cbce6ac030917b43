"""Measure the classifier on development and evaluation sets, and write its card."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from models.evaluation.card import Table, write_card
from models.evaluation.evasion import KINDS, disguise
from models.evaluation.foreign import foreign_comments
from models.evaluation.languages import measure_languages
from models.evaluation.plots import Slice, draw
from models.evaluation.subjects import measure_subjects
from models.labels import ABUSE_LABELS, COLUMN, CORE_COLUMNS, CORE_LABELS, SPAM, TOXICITY
from models.package_data import read_lists
from models.scoring import classifier as classifiers
from models.scoring.classifier import Classifier
from models.scoring.explanation import Explanation
from models.training.augmentation import IDENTITY_TERMS
from models.training.calibration import natural_weights
from models.training.datasets import Examples, read_rows, read_source
from models.training.innocent import innocent_sentences
from models.training.metrics import (
    auc,
    auc_difference,
    auc_with_interval,
    bias_aucs,
    brier_skill,
    calibration_error,
    span_f1,
)

Progress = Callable[[str], None]

_TOXICITY, _SPAM = COLUMN[TOXICITY], COLUMN[SPAM]
_EVASION_COMMENTS = 3000
_LEAST_IN_BIN = 75  # comments: with fewer, chance alone moves a bin by more than 0.05
_SPAN_WEIGHTS = (0.6, 1.0, 1.3, 1.6, 2.0, 2.5, 3.0)
_SPAN_WEIGHT = 2.0  # the best of them on Civil Comments that are trained on


@dataclass(frozen=True)
class Report:
    """What a measurement adds to the card."""

    tables: list[Table]
    slices: list[Slice]


def evaluate(data: Path, out: Path, progress: Progress) -> None:
    """Measure the shipped model on the sets in `data`; write MODEL_CARD.md and its plots into the folder `out`.

    Raises
    ------
    FileNotFoundError : a set is not in `data`
    ArtifactError : the model cannot be used
    """
    classifier = classifiers.load()
    tables: list[Table] = []
    slices: list[Slice] = []
    for name, measure in _MEASUREMENTS.items():
        progress(name)
        report = measure(classifier, data)
        tables += report.tables
        slices += report.slices
    out.mkdir(parents=True, exist_ok=True)
    progress("plots")
    draw(slices, out / "card")
    write_card(out / "MODEL_CARD.md", classifier.manifest, tables, [part.name for part in slices])
    progress(f"wrote {out / 'MODEL_CARD.md'}")


def _development(data: Path, source: str) -> Examples:
    examples = read_source(data, source)
    return examples.take(np.flatnonzero(examples.split == "dev"))


def _column(rows: Sequence[dict[str, str]], name: str) -> NDArray[np.float64]:
    return np.array([float(row[name]) for row in rows])


def _wikipedia(classifier: Classifier, data: Path) -> Report:
    rows = list(read_rows(data / "evaluation/wikipedia_with_perspective.csv.gz"))
    truth = _column(rows, "label") > 0.5
    theirs = _column(rows, "perspective_toxicity")
    ours = classifier.score([row["text"] for row in rows])[:, _TOXICITY]
    table = [
        ["ROC AUC, Winnow", str(auc_with_interval(truth, ours))],
        ["ROC AUC, Perspective's recorded score", str(auc_with_interval(truth, theirs))],
        ["difference (paired bootstrap)", str(auc_difference(truth, ours, theirs))],
        ["Spearman correlation with Perspective's score", f"{spearmanr(ours, theirs).statistic:.3f}"],
    ]
    name = "wikipedia_with_perspective"
    return Report(
        [(f"{name} ({truth.sum()} of {len(truth)} toxic)", ["measure", "value"], table)], [Slice(name, truth, ours)]
    )


def _jigsaw(classifier: Classifier, data: Path) -> Report:
    examples = _development(data, "jigsaw")
    scores = classifier.score(examples.texts)
    six = ~np.isnan(examples.targets[:, COLUMN["severe_toxicity"]]) & _has_six(data)
    ranking, honesty = [], []
    truth = examples.targets[:, _TOXICITY] > 0.5
    ranking.append(["any_label", str(auc_with_interval(truth, scores[:, _TOXICITY])), str(truth.sum())])
    aucs = []
    for label in ABUSE_LABELS:
        column = COLUMN[label]
        bad = examples.targets[six, column] > 0.5
        estimate = auc_with_interval(bad, scores[six, column])
        aucs.append(estimate.value)
        ranking.append([f"{label} (rows with six labels)", str(estimate), str(bad.sum())])
        weight = natural_weights(examples.targets, column)
        labelled = weight > 0
        honesty.append(
            _honesty_row(label, examples.targets[labelled, column] > 0.5, scores[labelled, column], weight[labelled])
        )
    ranking.append(["mean of the six (rows with six labels)", f"{np.mean(aucs):.4f}", ""])
    labelled = ~np.isnan(examples.targets[:, COLUMN["severe_toxicity"]])  # where any_label is 0, all six are 0
    bad = examples.targets[labelled] > 0.5
    of_known = [auc(bad[:, column], scores[labelled, column]) for column in map(COLUMN.__getitem__, ABUSE_LABELS)]
    ranking.append(
        [f"mean of the six (all {labelled.sum():,} rows where they are known)", f"{np.mean(of_known):.4f}", ""]
    )
    return Report(
        [
            (f"Jigsaw development comments ({len(truth):,}): ranking", ["label", "ROC AUC", "positives"], ranking),
            (
                "Jigsaw development comments: calibration at the natural rates (equal-mass bins)",
                ["label", "calibration error", "above 0.1", "Brier skill", "mean score", "rate", "positives above 0.1"],
                honesty,
            ),
            _thresholds(classifier, examples, scores),
        ],
        [Slice("jigsaw_development", truth, scores[:, _TOXICITY])],
    )


def _has_six(data: Path) -> NDArray[np.bool_]:
    rows = read_rows(data / "toxicity/jigsaw.csv.gz")
    return np.array([row["toxic"] != "" for row in rows if row["split"] == "dev"])


def _honesty_row(
    label: str, truth: NDArray[np.bool_], score: NDArray[np.float64], weight: NDArray[np.float64]
) -> list[str]:
    high = score > 0.1
    figures = (
        calibration_error(truth, score, weight=weight),
        calibration_error(truth[high], score[high], int(np.clip(high.sum() // _LEAST_IN_BIN, 1, 10)), weight[high]),
        brier_skill(truth, score, weight),
        float(np.average(score, weights=weight)),
        float(np.average(truth, weights=weight)),
    )
    return [label, *(f"{figure:.4f}" for figure in figures), str(truth[high].sum())]


def _thresholds(classifier: Classifier, examples: Examples, scores: NDArray[np.float64]) -> Table:
    rows = []
    toxic = examples.targets[:, _TOXICITY] > 0.5
    for preset, labels in classifier.thresholds.items():
        flag_at, reject_at = (
            np.array([labels[label][key] for label in CORE_LABELS]) for key in ("flag_at", "reject_at")
        )
        flagged = np.asarray((scores[:, CORE_COLUMNS] >= flag_at).any(axis=1))
        rejected = np.asarray((scores[:, CORE_COLUMNS] >= reject_at).any(axis=1))
        rows.append(
            [
                preset,
                f"{flagged.mean():.2%}",
                f"{toxic[flagged].mean():.2%}",
                f"{flagged[toxic].mean():.2%}",
                f"{rejected.mean():.2%}",
                f"{toxic[rejected].mean():.2%}" if rejected.any() else "none rejected",
            ]
        )
    columns = ["preset", "flagged or rejected", "of these toxic", "of all toxic caught", "rejected", "of these toxic"]
    return ("Default thresholds on Jigsaw development comments (10 % toxic)", columns, rows)


def _civil(classifier: Classifier, data: Path) -> Report:
    examples = _development(data, "civil")
    share = examples.targets[:, _TOXICITY]
    scores = classifier.score(examples.texts)[:, _TOXICITY]
    clear = (share >= 0.5) | (share == 0.0)
    truth = share >= 0.5
    table = [
        [
            "ROC AUC, half of the raters marked something, against none",
            str(auc_with_interval(truth[clear], scores[clear])),
        ],
        ["Spearman correlation with the share of raters", f"{spearmanr(share, scores).statistic:.3f}"],
        *_span_rows(classifier, data),
    ]
    title = f"Civil Comments spans, held-out tenth ({len(truth):,}; {clear.sum():,} clear)"
    return Report([(title, ["measure", "value"], table)], [Slice("civil_comments", truth[clear], scores[clear])])


def _span_rows(classifier: Classifier, data: Path) -> list[list[str]]:
    marks: dict[str, dict[str, set[int]]] = {}
    for row in read_rows(data / "toxicity/civil_comments_spans_offsets.csv.gz"):
        of_rater = marks.setdefault(row["comment_id"], {}).setdefault(row["rater"], set())
        of_rater.update(range(int(row["start"]), int(row["end"])))
    rows = [row for row in read_rows(data / "toxicity/civil_comments_spans.csv.gz") if row["comment_id"][-1] == "0"]
    totals: defaultdict[str, float] = defaultdict(float)
    for row in rows:
        raters = marks.get(row["comment_id"], {}).values()
        marked = {
            at
            for of_rater in raters
            for at in of_rater
            if sum(at in other for other in raters) * 2 > float(row["raters"])
        }
        for name, spans in _choose_words(classifier.explain(row["text"], "toxicity")).items():
            totals[name] += span_f1({at for start, end, _ in spans for at in range(start, end)}, marked)
    return [[f"character F1 of {name}", f"{total / len(rows):.3f}"] for name, total in totals.items()]


def _choose_words(explanation: Explanation) -> dict[str, list[tuple[int, int, float]]]:
    """Ways to choose the words that stand for an explanation: name -> spans."""
    first, last = explanation.window
    of_weight = {least: [span for span in explanation.spans if span[2] >= least] for least in _SPAN_WEIGHTS}
    best = of_weight[_SPAN_WEIGHT]
    strongest = max((weight for *_, weight in explanation.spans), default=0.0)
    return {
        "no word at all": [],
        **{f"words with a weight of at least {least}": spans for least, spans in of_weight.items()},
        f"words of {_SPAN_WEIGHT} and of half of the strongest": [span for span in best if span[2] >= strongest / 2],
        f"words of {_SPAN_WEIGHT} in the worst part": [span for span in best if first <= span[0] and span[1] <= last],
        f"words of {_SPAN_WEIGHT} where the logit is above 0": best if explanation.logit > 0 else [],
    }


def _news(classifier: Classifier, data: Path) -> Report:
    rows = list(read_rows(data / "evaluation/globe_and_mail_unhealthy.csv.gz"))
    scores = classifier.score([row["text"] for row in rows])
    hostile, healthy = _column(rows, "hostile") > 0.5, _column(rows, "healthy") > 0.5
    flag_at = np.array([classifier.thresholds["balanced"][label]["flag_at"] for label in CORE_LABELS])
    flagged = (scores[healthy, CORE_COLUMNS] >= flag_at).any(axis=1)
    table = [
        ["ROC AUC, hostile", str(auc_with_interval(hostile, scores[:, _TOXICITY]))],
        ["healthy comments above a default flag threshold", f"{flagged.mean():.2%}"],
        ["of these for toxicity", f"{(scores[healthy, _TOXICITY] >= flag_at[_TOXICITY]).mean():.2%}"],
        ["of these for spam", f"{(scores[healthy, _SPAM] >= flag_at[_SPAM]).mean():.2%}"],
    ]
    name = "globe_and_mail_unhealthy"
    return Report([(name, ["measure", "value"], table)], [Slice(name, hostile, scores[:, _TOXICITY])])


def _languages(classifier: Classifier, data: Path) -> Report:
    examples = _development(data, "roman_urdu")
    truth = examples.targets[:, _TOXICITY] > 0.5
    scores = classifier.score(examples.texts)[:, _TOXICITY]
    table = [["Roman Urdu validation, abusive", str(auc_with_interval(truth, scores)), str(len(truth))]]
    return Report(
        [
            ("Languages", ["set", "ROC AUC", "comments"], table),
            *measure_languages(classifier, data),
            _not_judged(classifier, data, examples.texts),
        ],
        [Slice("roman_urdu", truth, scores)],
    )


def _not_judged(classifier: Classifier, data: Path, roman_urdu: Sequence[str]) -> Table:
    """What the classifier says of each language: that it cannot judge it, or wrongly that it can."""
    sets = {f"`{language}`: our own, most of them short": texts for language, texts in foreign_comments().items()}
    sets["Roman Urdu validation"] = list(roman_urdu)
    youtube = read_rows(data / "spam/youtube_comments.csv.gz")
    sets["English: YouTube, wanted comments"] = [row["text"] for row in youtube if row["spam"] == "0"]
    for name in ("wikipedia_with_perspective", "globe_and_mail_unhealthy"):
        sets[f"English (nearly all): {name}"] = [row["text"] for row in read_rows(data / f"evaluation/{name}.csv.gz")]
    rows = []
    for name, texts in sets.items():
        left = sum(not classifier.judgeable(text) for text in texts)
        rows.append([name, str(len(texts)), str(left), f"{left / len(texts):.2%}"])
    return ("Comments that it says it cannot judge, for their language", ["set", "comments", "not judged", ""], rows)


def _subjects(classifier: Classifier, data: Path) -> Report:
    return Report(measure_subjects(classifier, data), [])


def _spam(classifier: Classifier, _data: Path) -> Report:
    figures = classifier.manifest["spam_out_of_fold"]
    table = [[name, str(value)] for name, value in figures.items()]
    return Report(
        [
            ("Spam, each comment scored by a fit that did not see its fold", ["measure", "value"], table),
            _advertising(classifier),
        ],
        [],
    )


def _advertising(classifier: Classifier) -> Table:
    """Our own advertisements, and ordinary comments on the same matters (advertising.toml)."""
    flag_at = classifier.thresholds["balanced"][SPAM]["flag_at"]

    def flagged(sentences: list[str]) -> int:
        return int((classifier.score(sentences)[:, _SPAM] >= flag_at).sum())

    columns = ["half", "advertisements above the default threshold", "ordinary comments above it"]
    rows = _by_half("advertising.toml", ("adverts", "ordinary"), flagged)
    return ("Spam: advertisements as they come under articles, of our own", columns, rows)


def _everyday(classifier: Classifier, _data: Path) -> Report:
    """Abuse in short forms, slang and other spellings, and harmless comments with the same words (everyday.toml)."""
    flag_at = np.array([classifier.thresholds["balanced"][label]["flag_at"] for label in CORE_LABELS])

    def flagged(sentences: list[str]) -> int:
        return int((classifier.score(sentences)[:, CORE_COLUMNS] >= flag_at).any(axis=1).sum())

    columns = ["half", "abuse above a default threshold", "harmless comments above one"]
    rows = _by_half("everyday.toml", ("abuse", "harmless"), flagged)
    return Report([("Everyday abuse: short forms, slang and other spellings, of our own", columns, rows)], [])


def _by_half(name: str, kinds: tuple[str, str], flagged: Callable[[list[str]], int]) -> list[list[str]]:
    """How many of each kind are flagged, of the half of a file that was developed with and of the one held out."""
    lists = read_lists("models.evaluation", name)
    rows = []
    for half, first in (("developed with", 0), ("held out", 1)):
        parts = [lists[kind][first::2] for kind in kinds]
        rows.append([half, *(f"{flagged(sentences)} of {len(sentences)}" for sentences in parts)])
    return rows


def _evasion(classifier: Classifier, data: Path) -> Report:
    examples = _development(data, "jigsaw").take(np.arange(_EVASION_COMMENTS))
    short = examples.take(np.flatnonzero([len(text) <= 1000 for text in examples.texts]))
    truth = short.targets[:, _TOXICITY] > 0.5
    strong = classifier.cache().reader.strong
    clean = auc(truth, classifier.score(short.texts)[:, _TOXICITY])
    rows = [["none", f"{clean:.4f}", ""]]
    for kind in KINDS:
        rng = Random(0)  # noqa: S311 - repeatable, not secret
        kept = np.arange(len(truth)) if kind != "dilution" else np.flatnonzero(truth | (np.arange(len(truth)) % 8 == 0))
        texts = [disguise(short.texts[row], kind, rng, strong) for row in kept]
        scores = classifier.score(texts)[:, _TOXICITY]
        base = (
            clean
            if len(kept) == len(truth)
            else auc(truth[kept], classifier.score([short.texts[r] for r in kept])[:, _TOXICITY])
        )
        figure = auc(truth[kept], scores)
        rows.append([kind, f"{figure:.4f}", f"{figure - base:+.4f}"])
    title = f"Evasion: {len(truth):,} Jigsaw development comments, every strong word disguised"
    return Report([(title, ["disguise", "ROC AUC", "change"], rows)], [])


def _innocence(classifier: Classifier, _data: Path) -> Report:
    flag_at = np.array([classifier.thresholds["balanced"][label]["flag_at"] for label in CORE_LABELS])
    rows, above = [], []
    for half, held_out in (("developed with", False), ("held out", True)):
        sentences = innocent_sentences(held_out=held_out)
        scores = classifier.score([sentence for _, sentence in sentences])
        flagged = (scores[:, CORE_COLUMNS] >= flag_at).any(axis=1)
        rows.append([half, str(len(sentences)), str(int(flagged.sum()))])
        for row in np.flatnonzero(flagged):
            reached = np.flatnonzero(scores[row, CORE_COLUMNS] >= flag_at)
            labels = ", ".join(f"{CORE_LABELS[column]} {scores[row, column]:.2f}" for column in reached)
            above.append([half, sentences[row][1], labels])
    return Report(
        [
            ("Innocent sentences above a default flag threshold", ["half", "sentences", "above"], rows),
            ("Which ones", ["half", "sentence", "labels"], above),
        ],
        [],
    )


def _fairness(classifier: Classifier, data: Path) -> Report:
    rows = list(read_rows(data / "evaluation/identity_madlibs.csv.gz"))
    truth = np.array([row["label"] == "BAD" for row in rows])
    texts = [row["text"] for row in rows]
    scores = np.concatenate(
        [classifier.score(texts[at : at + 4096])[:, _TOXICITY] for at in range(0, len(texts), 4096)]
    )
    padded = [f" {text.lower().rstrip('.')} " for text in texts]
    measured = []
    for term in IDENTITY_TERMS:
        subgroup = np.array([f" {term} " in text for text in padded])
        if subgroup.sum() >= 50:
            measured.append((term, bias_aucs(truth, scores, subgroup)))
    measured.sort(key=lambda pair: pair[1].bpsn)
    table = [[term, f"{m.subgroup:.3f}", f"{m.bpsn:.3f}", f"{m.bnsp:.3f}"] for term, m in measured]
    worst = [["worst", *(f"{min(getattr(m, part) for _, m in measured):.3f}" for part in ("subgroup", "bpsn", "bnsp"))]]
    title = f"identity_madlibs: overall AUC {auc(truth, scores):.3f}"
    return Report([(title, ["term", "subgroup AUC", "BPSN AUC", "BNSP AUC"], worst + table)], [])


_MEASUREMENTS: dict[str, Callable[[Classifier, Path], Report]] = {
    "Wikipedia, beside Perspective": _wikipedia,
    "Jigsaw": _jigsaw,
    "Civil Comments and explanations": _civil,
    "news": _news,
    "languages": _languages,
    "subjects": _subjects,
    "spam": _spam,
    "everyday abuse": _everyday,
    "evasion": _evasion,
    "innocence": _innocence,
    "fairness": _fairness,
}


def measure(data: Path, name: str, path: Path | None = None) -> list[tuple[str, list[str], list[list[Any]]]]:
    """The tables of one measurement, for use while developing. Raises KeyError for an unknown name."""
    return [*_MEASUREMENTS[name](classifiers.load(path), data).tables]
