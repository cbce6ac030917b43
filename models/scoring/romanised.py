"""Tell threats and contempt in languages that are written in Latin letters for want of their own, by cues alone.

What slots, and pairs of slots (`reading/cues.py`), are worth is learnt without a vector: of Hindi and Urdu in Latin
letters the encoder knows nothing. Arabic and Russian are read in their own letters, with the same worths beside what
the reader that understands says. A text's worst sentence decides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.artifact import Artifact
from models.reading.cues import Cues
from models.reading.latin import READ_AS_NATIVE
from models.reading.letters import find_words, spell_words
from models.reading.native import Native
from models.reading.sentences import Places, find_parts, locate_parts
from models.scoring.explanation import Explanation, made_of
from models.scoring.readers import LONGEST
from models.scoring.understanding import Understanding, find_cues, surest

#: The language whose cues are listed: in Latin letters, Hindi and Urdu are one.
LISTED = "hi-Latn"
_READ_AS_LISTED = (LISTED, "ur-Latn")

Logits = NDArray[np.float64]


@dataclass(frozen=True)
class Romanised:
    """Tells by cues alone.

    Attributes
    ----------
    tongues : of each language that is told, its cues, and what reads it in its own letters, where it is read in them
    weights : what each cue adds, shape (n_features, n_labels)
    bias : what a sentence without cues comes to, shape (n_labels,); minus infinity, where a label is not told
    """

    tongues: Mapping[str, tuple[Cues, Native | None]]
    weights: Logits
    bias: Logits

    def logits(self, texts: Sequence[str], languages: Sequence[str]) -> Logits:
        """What threats and contempt alone come to, as `Understanding.logits` says it; shape (n_texts, n_labels)."""
        worst = []
        for text, language in zip(texts, languages, strict=True):
            cues, native = self.tongues[language]
            worst.append(self._of_sentences(find_parts(text[:LONGEST], native=native), cues).max(axis=0))
        return surest(np.array(worst))

    def explain(self, text: str, language: str, columns: Sequence[int]) -> dict[int, Explanation]:
        """What a text's logits are made of, by column, before they are held to be no surer than may be told."""
        cues, native = self.tongues[language]
        parts, places = locate_parts(text[:LONGEST], native=native)
        worst = self._of_sentences(parts, cues).argmax(axis=0)
        return {column: self._explain(column, parts[worst[column]], places[worst[column]], cues) for column in columns}

    def _of_sentences(self, parts: Sequence[str], cues: Cues) -> Logits:
        logits = np.tile(self.bias, (len(parts), 1))
        for row, part in enumerate(parts):
            features = cues.features([spell_words(part)])
            if features:
                logits[row] += self.weights[list(features)].sum(axis=0)
        return logits

    def _explain(self, column: int, part: str, places: Places, cues: Cues) -> Explanation:
        """Half of what a pair of cues adds is told of either; what a cue of several words adds, of each as much."""
        words = find_words(part)
        told = np.zeros(len(words))
        for feature, both in cues.find([[word for word, _, _ in words]]).items():
            for _, first, end in both:
                told[first:end] += self.weights[feature, column] / len(both) / (end - first)
        spans = [(places[words[at][1]][0], places[words[at][2] - 1][1], float(told[at])) for at in np.flatnonzero(told)]
        where = (places[0][0], places[-1][1]) if places else (0, 0)
        return made_of(spans, {}, float(self.bias[column]), where)


def from_artifact(artifact: Artifact, understanding: Understanding) -> Romanised | None:
    """What a model has learnt of it; those before 2.6 have nothing."""
    if "romanised" not in artifact.arrays:
        return None
    table = np.asarray(artifact.arrays["romanised"], dtype=np.float64)
    cues = find_cues(artifact.manifest["understanding"])
    tongues: dict[str, tuple[Cues, Native | None]] = dict.fromkeys(_READ_AS_LISTED, (cues[LISTED], None))
    for code, own in READ_AS_NATIVE.items():
        if own in cues:
            tongues[code] = cues[own], understanding.tongue(code).native
    return Romanised(tongues, table[:-1], table[-1])
