"""Tell threats and contempt in Hindi and Urdu that are written in Latin letters, of which the encoder knows nothing.

Cues alone tell them (`reading/cues.py`): what slots, and pairs of slots, are worth is learnt without a vector. A text's
worst sentence decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.artifact import Artifact
from models.reading.cues import Cues
from models.reading.letters import find_words, spell_words
from models.reading.sentences import Places, find_parts, locate_parts
from models.scoring.explanation import Explanation, made_of
from models.scoring.readers import LONGEST
from models.scoring.understanding import find_cues, surest

#: The language whose cues are listed: in Latin letters, Hindi and Urdu are one.
LISTED = "hi-Latn"

Logits = NDArray[np.float64]


@dataclass(frozen=True)
class Romanised:
    """Tells by cues alone.

    Attributes
    ----------
    weights : what each cue adds, shape (n_features, n_labels)
    bias : what a sentence without cues comes to, shape (n_labels,); minus infinity, where a label is not told
    """

    cues: Cues
    weights: Logits
    bias: Logits

    def logits(self, texts: Sequence[str]) -> Logits:
        """What threats and contempt alone come to, as `Understanding.logits` says it; shape (n_texts, n_labels)."""
        return surest(np.array([self._of_sentences(find_parts(text[:LONGEST])).max(axis=0) for text in texts]))

    def explain(self, text: str, columns: Sequence[int]) -> dict[int, Explanation]:
        """What a text's logits are made of, by column, before they are held to be no surer than may be told."""
        parts, places = locate_parts(text[:LONGEST])
        worst = self._of_sentences(parts).argmax(axis=0)
        return {column: self._explain(column, parts[worst[column]], places[worst[column]]) for column in columns}

    def _of_sentences(self, parts: Sequence[str]) -> Logits:
        logits = np.tile(self.bias, (len(parts), 1))
        for row, part in enumerate(parts):
            features = self.cues.features([spell_words(part)])
            if features:
                logits[row] += self.weights[list(features)].sum(axis=0)
        return logits

    def _explain(self, column: int, part: str, places: Places) -> Explanation:
        """Half of what a pair of cues adds is told of either; what a cue of several words adds, of each as much."""
        words = find_words(part)
        told = np.zeros(len(words))
        for feature, both in self.cues.find([[word for word, _, _ in words]]).items():
            for _, first, end in both:
                told[first:end] += self.weights[feature, column] / len(both) / (end - first)
        spans = [(places[words[at][1]][0], places[words[at][2] - 1][1], float(told[at])) for at in np.flatnonzero(told)]
        where = (places[0][0], places[-1][1]) if places else (0, 0)
        return made_of(spans, {}, float(self.bias[column]), where)


def from_artifact(artifact: Artifact) -> Romanised | None:
    """What a model has learnt of it; those before 2.6 have nothing."""
    if "romanised" not in artifact.arrays:
        return None
    table = np.asarray(artifact.arrays["romanised"], dtype=np.float64)
    return Romanised(find_cues(artifact.manifest["understanding"])[LISTED], table[:-1], table[-1])
