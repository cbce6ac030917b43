"""Learn what comments are about: sexual content and self-harm, by a head of its own on the encoder's vectors.

No public set has comments with such labels and a licence. So posts of Reddit, which are in the public domain, tell: by
the forum that they were written in and by listed words. Beside them stand Wikipedia's comments, prompts that others
labelled, and sentences of our own. The figures behind it, and where the sets are from, are in docs/decisions/0109.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit
from sklearn.linear_model import LogisticRegression

from models.artifact import Artifact
from models.labels import SUBJECT_LABELS
from models.package_data import read_lists
from models.reading.encoder import open_encoder
from models.reading.encoder_weights import DIGEST
from models.reading.sentences import find_parts
from models.scoring.pooling import pool_subjects
from models.scoring.romanised import LISTED
from models.scoring.understanding import Read, from_artifact
from models.training.datasets import read_rows, source_path
from models.training.implicit import read_self_harm
from models.training.languages import LEARNT, language_path
from models.training.stages import Arrays, Stages
from models.training.thresholds import choose_thresholds
from models.training.understanding import encode_parts

#: The files, in the folder of the data.
SOURCES = {name: f"subjects/{name}.csv.gz" for name in ("reddit", "prompts")}
#: Characters of a text that are learnt from.
_LONGEST = 450
#: Of harmless texts of a kind one in so many is learnt from, chosen by its letters; of other kinds all are.
_ONE_IN = {"elsewhere": 100, "medicine": 4, "relationships": 7, "sadness": 2, "words_only": 5, "jigsaw": 20}
_TITLES_ONE_IN = 200
#: What a sentence of ours counts; another text 1. Chosen, as the cost, on sentences that were not learnt from.
_OURS_COUNT = 40.0
#: What a harmless sentence counts that looks like self-harm. Plain sayings of it another head tells (`implicit.py`):
#: learnt here, too, they would lift the line, and posts would pass that say it at length.
_SIBLING, _SIBLINGS_COUNT = "sibling", 10.0
_COST = 1.5
#: These shares of Wikipedia's harmless comments lie above the default threshold of a label, in the order of
#: `SUBJECT_LABELS`; of them so many tell. Together with the other labels two in a hundred are not to be exceeded.
_FLAGGED, _HARMLESS = (0.003, 0.002), 8_000
#: Of another language's harmless comments no more than these shares, unless a label's line would rise by more.
_FLAGGED_ELSEWHERE, _HARMLESS_ELSEWHERE, _RAISED = (0.01, 0.01), 1_000, 1.0

Vectors = NDArray[np.float16]
Logits = NDArray[np.float64]
#: 1: the text is about it, 0: not, None: unknown. In the order of `SUBJECT_LABELS`.
About = tuple[int | None, int | None]


@dataclass(frozen=True)
class Told:
    """A text to learn from, what kind it is of, and what it is about."""

    text: str
    kind: str
    about: About


@cache
def _lists() -> dict[str, list[str]]:
    return read_lists("models.training", "subjects.toml")


@cache
def _listed(name: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(_lists()[name])})\b")


def _number(text: str) -> int:
    return crc32(text.encode("utf-8", "surrogatepass"))


def _is_one_in(text: str, number: int) -> bool:
    return _number(text) % number == 0


def _sexual_words(text: str) -> int:
    return len(set(_listed("sexual_words").findall(text)))


def read_told(data: Path) -> list[Told]:
    """All that is learnt from. Raises FileNotFoundError when a set is not in `data`."""
    told = [*_of_posts(data), *_of_comments(data), *_of_prompts(data), *_of_ours()]
    return list({one.text: one for one in told}.values())


def _of_posts(data: Path) -> Iterator[Told]:
    forums = {forum: kind for kind, names in _lists().items() if kind.startswith("forums_of_") for forum in names}
    for row in read_rows(data / SOURCES["reddit"]):
        kind = forums.get(row["subreddit"], "forums_of_elsewhere").removeprefix("forums_of_")
        text = f"{row['title']}\n{row['selftext']}".strip()[:_LONGEST]
        one = _of_post(text, kind, written=bool(row["selftext"]), adult=row["over_18"] == "1")
        if one is not None and _is_one_in(text, _ONE_IN.get(one.kind, 1)):
            yield one


def _of_post(text: str, kind: str, *, written: bool, adult: bool) -> Told | None:
    """What a post tells; `written`: it has more than a title."""
    low = text.lower()
    harm = bool(_listed("self_harm_words").search(low))
    if kind in ("elsewhere", "relationships") and not written:
        if not harm and not _is_one_in(text, _TITLES_ONE_IN):
            return None
        kind = "title"
    sexual = _sexual_words(low)
    despairing: tuple[str, About] = ("despair", (None if sexual else 0, 1))
    told: tuple[str, About] | None = ("words_only" if harm else kind, (0, 0))
    if kind == "medicine":
        told = (kind, (0, None if harm else 0))
    elif kind == "sex":
        told = ("sexual", (1, None if harm else 0)) if sexual >= 1 + written else None
    elif kind == "despair":
        told = despairing if harm else None
    elif (sexual >= 3 and written) or (sexual >= 2 and adult):
        told = ("sexual", (1, None))
    elif _listed("of_oneself").search(low):
        told = despairing if kind in ("sadness", "confessions") else None
    elif sexual or (kind == "confessions" and harm):
        told = None
    return None if told is None else Told(text, *told)


def _of_comments(data: Path) -> Iterator[Told]:
    """Wikipedia's comments: what is told to others is abuse, and what is harmless has harmless words."""
    for row in read_rows(source_path(data, "jigsaw")):
        text = row["text"][:_LONGEST]
        low, bad = text.lower(), row["any_label"] == "1"
        sexual, harm = _sexual_words(low), bool(_listed("self_harm_words").search(low))
        if row["split"] != "train":
            continue
        if _listed("to_others").search(low):
            yield Told(text, "told_to_others", (None if sexual else 0, 1))
        elif bad and sexual >= 2:
            yield Told(text, "sexual", (1, None if harm else 0))
        elif not bad and (sexual or harm):
            yield Told(text, "harmless_with_words", (0, None if _listed("of_oneself").search(low) else 0))
        elif not sexual and not harm and _is_one_in(text, _ONE_IN["jigsaw"]):
            yield Told(text, "jigsaw", (0, 0))


def _of_prompts(data: Path) -> Iterator[Told]:
    for row in read_rows(data / SOURCES["prompts"]):
        about = [int(row[label]) if row[label] else None for label in SUBJECT_LABELS]
        yield Told(row["text"][:_LONGEST], row["source"], (about[0], about[1]))


def _of_ours() -> Iterator[Told]:
    kinds: dict[str, About] = {
        "sexual": (1, 0), "beside_sexual": (0, 0), "self_harm": (0, 1), "beside_self_harm": (0, 0),
    }  # fmt: skip
    yield from (Told(text, "ours", about) for name, about in kinds.items() for text in _lists()[name])


def read_siblings() -> list[Told]:
    """Our own harmless sentences that look like self-harm, in languages that the encoder may know."""
    ours = read_self_harm().harmless()
    return [
        Told(text, _SIBLING, (None, 0)) for text, code in zip(ours.texts, ours.languages, strict=True) if code != LISTED
    ]


def fit_head(told: list[Told], vectors: Vectors) -> Logits:
    """The head, shape (513, n_subjects) with the bias last."""
    of_kind = {"ours": _OURS_COUNT, _SIBLING: _SIBLINGS_COUNT}
    counts = np.array([of_kind.get(one.kind, 1.0) for one in told])
    columns = []
    for column in range(len(SUBJECT_LABELS)):
        known = np.array([one.about[column] is not None for one in told])
        about = np.array([one.about[column] == 1 for one in told])[known]
        fitted = LogisticRegression(C=_COST, max_iter=500).fit(vectors[known], about, sample_weight=counts[known])
        columns.append(np.append(fitted.coef_[0], fitted.intercept_))
    return np.stack(columns, axis=1)


def harmless_comments(data: Path, codes: Collection[str]) -> dict[str, list[str]]:
    """Harmless comments of English, and of each language that has some, by which lines are set. English comes first."""
    rows = read_rows(source_path(data, "jigsaw"))
    harmless = (row["text"] for row in rows if row["any_label"] == "0" and row["split"] == "train")
    unlearnt = (text for text in harmless if not _is_one_in(text[:_LONGEST], _ONE_IN["jigsaw"]))
    found = {"en": sorted(unlearnt, key=_number)[:_HARMLESS]}
    for code in LEARNT:
        if code in codes:
            rows = read_rows(language_path(data, code))
            texts = [row["text"] for row in rows if row["toxic"] == "0" and row["split"] == "train"]
            found[code] = sorted(texts, key=_number)[:_HARMLESS_ELSEWHERE]
    return found


def set_line(read: Read, head: Logits, flagged: Sequence[float]) -> Logits:
    """What is added to the logits of texts, by label, so that its share of them lies above its default threshold."""
    flag_at = [choose_thresholds()["balanced"][label]["flag_at"] for label in SUBJECT_LABELS]
    raw = read.vectors.astype(np.float64) @ head[:-1] + head[-1]
    pooled = pool_subjects(raw, read.first)
    highest = [np.quantile(column, 1.0 - share) for column, share in zip(pooled.T, flagged, strict=True)]
    return np.asarray(logit(np.array(flag_at, float)) - highest)


def learn(data: Path, artifact: Artifact, stages: Stages, tell: Callable[[str], None]) -> Artifact:
    """A model of all other labels, with the subjects; without them where a set is not in `data`."""
    if missing := [place for place in SOURCES.values() if not (data / place).is_file()]:
        tell(f"learnt no subjects, for want of {' and '.join(missing)}: docs/decisions/0109 says where they are from")
        return artifact
    told = read_told(data)
    tell(f"{len(told):,} texts to learn subjects from")
    texts = [one.text for one in told]

    def encode_all() -> Arrays:
        return {"vectors": encode_parts([find_parts(text, plain=True) for text in texts])}

    vectors = stages.run("vectors-subjects", [DIGEST, *texts], encode_all)["vectors"]
    siblings = read_siblings()
    of_siblings = encode_parts([find_parts(one.text, plain=True) for one in siblings])
    head = fit_head([*told, *siblings], np.concatenate([vectors, of_siblings]))
    codes = artifact.manifest["understanding"]["tongues"]
    lines = np.zeros((len(codes), len(SUBJECT_LABELS)))
    arrays = {**artifact.arrays, "subjects": head.astype(np.float32), "subject_lines": lines.astype(np.float32)}
    reader = from_artifact(Artifact(arrays, artifact.words, artifact.manifest), open_encoder())
    harmless = harmless_comments(data, codes)
    for code, comments in harmless.items():
        read = reader.read(comments, [reader.tongue(code)] * len(comments))
        its = set_line(read, head, _FLAGGED if code == "en" else _FLAGGED_ELSEWHERE)
        if code == "en":
            lines[:] = its
        else:
            lines[codes.index(code)] = np.clip(its, lines[codes.index("en")] - _RAISED, lines[codes.index("en")])
        tell(f"set the lines of subjects in {code}")
    arrays["subject_lines"] = lines.astype(np.float32)
    facts = {**artifact.manifest, "asking": {name: _lists()[name] for name in ("say", "may_say")}}
    return Artifact(arrays, artifact.words, facts)
