"""Which of the two readers a comment needs: the fast one reads each, the one that understands only where it matters.

The figures behind the rule are in docs/decisions/0071.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from models.labels import ABUSE_COLUMNS
from models.languages import FIRST_LEARNT
from models.reading.letters import spell
from models.reading.listed import WordList

#: `always`: both read every comment. `unsure`: the second reads what the rule below says. `fast`: the first alone.
READERS = ("always", "unsure", "fast")
#: The languages that the fast reader has learnt; Hindi in Latin letters is spelt, and insults, as Urdu is.
READ_FAST = FIRST_LEARNT
#: Of these, the one that the encoder knows, too.
_BOTH_KNOW = "en"
#: A comment of which the fast reader is surer than this that it is harmless stays harmless with both.
UNSURE_FROM = 0.005
#: Characters. A longer text costs the reader that understands seconds, and is not shown to it.
LONGEST = 20_000
#: Characters of an English comment that is read by both. Of a longer one the whole says little of an insult within.
LONGEST_HELPED = 1000
#: How loudly a word asks for what a text is about: one that says it, and one that may.
SAYS, MAY_SAY = 2, 1
#: From which sum on a text is read for that, and a long one, which costs more and holds more words.
ASKED_FROM, LONG_ASKED_FROM = 2, 6
_NO_WORDS = WordList(())


def choose_asked(
    reader: str,
    texts: Sequence[str],
    languages: Sequence[str],
    scores: NDArray[np.float64],
    insults: WordList = _NO_WORDS,
) -> NDArray[np.bool_]:
    """Which comments the reader that understands is asked for, shape (n,).

    `languages` of the texts as `Classifier.speech` tells them; `scores`, shape (n, n_labels), are the fast reader's;
    `insults` are English.
    """
    if reader == "fast":
        return np.zeros(len(languages), bool)
    least = UNSURE_FROM if reader == "unsure" else -1.0
    unsure = np.any(scores[:, ABUSE_COLUMNS] > least, axis=1)
    asked = [
        is_unsure and _is_helped(text, language, insults) if language in READ_FAST else len(text) <= LONGEST
        for text, language, is_unsure in zip(texts, languages, unsure.tolist(), strict=True)
    ]
    return np.array(asked, bool)


def asking(words: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """How loudly each word asks, from an artifact's lists of those that say it and of those that may, if it has any."""
    return {**dict.fromkeys(words.get("may_say", ()), MAY_SAY), **dict.fromkeys(words.get("say", ()), SAYS)}


def choose_about(
    texts: Sequence[str], languages: Sequence[str], asking: NDArray[np.intp], chosen: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Which other comments the reader that understands is asked for only to say what they are about, shape (n,).

    `asking` says how loudly each one's words ask; `chosen` are read by that reader anyway.
    """
    about = [
        language in READ_FAST and loud >= (LONG_ASKED_FROM if len(text) > LONGEST_HELPED else ASKED_FROM)
        for text, language, loud in zip(texts, languages, asking.tolist(), strict=True)
    ]
    return np.array(about, bool) & ~chosen


def _is_helped(text: str, language: str, insults: WordList) -> bool:
    """Whether both readers read a text: the encoder does not know what pictures say, and one word is no sentence.

    A word that it has been told to be an insult is enough.
    """
    if language != _BOTH_KNOW or len(text) > LONGEST_HELPED:
        return False
    one_word = text.isascii() and text.strip(" \n.!?").isalpha()
    return any(map(str.isalpha, text)) and not (one_word and not insults.find([spell(text.strip(" \n.!?"))]))
