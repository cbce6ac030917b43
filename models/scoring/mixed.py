"""Judge a text that holds two languages by the parts of it that are in another language than the whole.

A part is read as a text of its own, in its own language, and decides a label where it says more of it than the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from models.labels import ABUSE_COLUMNS, COLUMN
from models.reading.passages import Passage, Passages, are_foreign
from models.scoring.explanation import PART, Explanation, made_of
from models.scoring.pooling import margin
from models.scoring.readers import LONGEST
from models.scoring.terms import TermCache
from models.scoring.windows import Windows

#: The share of a text's words, and their least number, that are no usual English ones, from which a text that was told
#: to be English is gone through for English words among others.
_STRANGE, _LEAST_STRANGE = 0.25, 3
#: English passages of a text that are read by both readers: those that the fast one finds the worst.
_MOST_ENGLISH = 3
#: An English passage counts that is aimed at somebody, as these labels say: a coarse word is a loanword everywhere.
_AIMED = [COLUMN[label] for label in ("insult", "threat", "identity_attack")]
_LEAST_AIMED = np.array([0.65, 0.5, 0.5])
#: The column of `count_marks` that says how loudly a text's words ask for what it is about.
ASKING = 3

Logits = NDArray[np.float64]
#: Rows of what is read, with their texts and their languages.
Together = tuple[list[int], list[str], list[str]]


@dataclass(frozen=True)
class Plan:
    """What is read of some texts: themselves, then passages of them, and by which reader.

    Attributes
    ----------
    texts, languages : of all that is read
    logits : the fast reader's, shape (n, n_labels)
    asked : what the reader that understands is shown
    alone : shape (n,), where that one decides alone
    may_signal : in which of the texts that were given a signal may be seen
    passages : the last texts, with the row of the text that each is in
    about : what that reader is shown for what it is about and nothing else; the others' scores stay the fast one's
    romanised : the texts that are searched for threats and contempt by their cues alone
    scores : the fast reader's probabilities; None where nothing was planned by them
    """

    texts: Sequence[str]
    languages: Sequence[str]
    logits: Logits
    asked: list[int]
    alone: NDArray[np.bool_]
    may_signal: NDArray[np.bool_]
    passages: Sequence[tuple[int, Passage]] = ()
    about: list[int] = field(default_factory=list)
    romanised: list[int] = field(default_factory=list)
    scores: Logits | None = None

    @property
    def settled(self) -> Logits | None:
        """The probabilities where all is as the fast reader says; None where more is read."""
        return None if self.asked or self.about or self.romanised or self.passages else self.scores

    @property
    def asked_together(self) -> Iterator[Together]:
        """`asked` in groups, each with its texts and their languages: the texts, then each passage alone.

        Single precision differs with what is multiplied together, and an explanation has to add up to the logit.
        """
        first = len(self.texts) - len(self.passages)
        of_texts = [row for row in self.asked if row < first]
        for rows in ([of_texts] if of_texts else []) + [[row] for row in self.asked if row >= first]:
            yield rows, [self.texts[row] for row in rows], [self.languages[row] for row in rows]

    @property
    def romanised_together(self) -> tuple[list[str], list[str]]:
        """The texts of `romanised`, and their languages."""
        return [self.texts[row] for row in self.romanised], [self.languages[row] for row in self.romanised]

    @property
    def about_together(self) -> Together:
        """`about` in the same way. They are read as English, as far as the reader reads."""
        return self.about, [self.texts[row][:LONGEST] for row in self.about], ["en"] * len(self.about)


def count_marks(ids: NDArray[np.intp], sizes: NDArray[np.intp], windows: Windows, cache: TermCache) -> NDArray[np.intp]:
    """Of each text how many tokens bear each of `Passages.marks`, how many it has, and whether a window is foreign.

    Shape (n_texts, 6).
    """
    sums = np.zeros((len(ids) + 1, cache.marks.shape[1]), np.intp)
    cache.marks.take(ids, axis=0).cumsum(axis=0, out=sums[1:])
    ends = sizes.cumsum()
    of_windows = sums[windows.end, 1] - sums[windows.start, 1]
    foreign = are_foreign(of_windows, windows.end - windows.start)
    marks = np.empty((len(sizes), 6), np.intp)
    np.subtract(sums[ends], sums[ends - sizes], out=marks[:, :4])
    marks[:, 4], marks[:, 5] = sizes, np.logical_or.reduceat(foreign, windows.first)
    return marks


def find_passages(
    passages: Passages,
    texts: Sequence[str],
    languages: Sequence[str],
    marks: NDArray[np.intp],
    judges: Callable[[str], bool],
) -> list[tuple[int, Passage]]:
    """The passages of texts that are read in some languages, each with its text's row.

    `judges` says whether a language is judged: of texts in others the scores do not count.
    """
    found: list[tuple[int, Passage]] = []
    for row, (text, language, its_marks) in enumerate(zip(texts, languages, marks.tolist(), strict=True)):
        if len(text) > LONGEST or not judges(language):
            continue
        insults, strange, bad, _, size, foreign = its_marks
        may_insult = insults or passages.may_hide(text, language)
        of_text: list[Passage] = passages.find_insults(text, language) if may_insult else []
        if bad and (language != "en" or (strange >= _LEAST_STRANGE and strange >= _STRANGE * size)):
            of_text += passages.find_english(text, language)
        if foreign and language == "en":
            of_text += passages.find_foreign(text, judges)
        found += [(row, one) for one in of_text]
    return found


def worst_english(passages: Sequence[tuple[int, Passage]], scores: Logits) -> list[int]:
    """Which passages are read on: all but the English ones of a text that are harmless beside its others."""
    worst = scores[:, ABUSE_COLUMNS].max(axis=1)
    kept: list[int] = []
    of_row: dict[int, int] = {}
    for at in np.argsort(-worst).tolist():
        row, passage = passages[at]
        if passage.language == "en":
            of_row[row] = of_row.get(row, 0) + 1
        if passage.language != "en" or of_row[row] <= _MOST_ENGLISH:
            kept.append(at)
    return sorted(kept)


def strongest(
    logits: Logits, alone: NDArray[np.bool_], plan: Plan, score: Callable[[Logits, NDArray[np.bool_]], Logits]
) -> tuple[Logits, NDArray[np.bool_], NDArray[np.intp]]:
    """Each text's logits, where the reader that understands made them alone, and which of all that was read decided.

    All of shape (n_texts, n_labels). `logits` are of all that was read, and `alone`, shaped as they are, says which of
    them the reader that understands made alone; `score` gives their probability.
    """
    columns = np.arange(logits.shape[1])
    first = len(plan.texts) - len(plan.passages)
    decider = np.arange(first)[:, None].repeat(len(columns), axis=1)
    if not plan.passages:
        return logits, alone, decider
    lowered = logits.copy()
    for at, (_, passage) in enumerate(plan.passages, first):
        if not passage.is_listed:
            lowered[at] -= margin(logits[at])
    scores, unlowered = score(lowered, alone), score(logits, alone)
    for at, (row, passage) in enumerate(plan.passages, first):
        if passage.language != "en" or (unlowered[at, _AIMED] >= _LEAST_AIMED).any():
            worse = scores[at, ABUSE_COLUMNS] > scores[decider[row], columns][ABUSE_COLUMNS]
            decider[row, ABUSE_COLUMNS][worse] = at
    return lowered[decider, columns], alone[decider, columns], decider


def of_passage(explained: Explanation, passage: Passage) -> Explanation:
    """The explanation of a passage as that of the text that it is in."""
    taken_off = float(margin(np.array(explained.logit))) if not passage.is_listed else 0.0
    signals = dict(explained.signals)
    if taken_off:
        signals[PART] = signals.get(PART, 0.0) - taken_off
    at = passage.start
    spans = [(start + at, end + at, weight) for start, end, weight in explained.spans]
    return made_of(spans, signals, explained.bias, (passage.start, passage.end))
