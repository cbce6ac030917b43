"""The reader that understands: a text's meaning, whatever its language, and the language's own words and letters.

A text's logit on a label is that of the whole and of its worst sentence together (`pooling.py`). A sentence's logit is
a linear map of its vector (`reading/encoder.py`), the same for all languages, and what its letter sequences and listed
words add in languages of which something was learnt; then a language's own scale and offset, so that 1 / (1 + e^-logit)
is the probability at natural rates.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.artifact import Artifact, ArtifactError
from models.labels import ABUSE_COLUMNS, CORE_COLUMNS, LABELS, SUBJECT_COLUMNS, SUBJECT_LABELS
from models.reading.arabic import Arabic
from models.reading.cues import Cues
from models.reading.cyrillic import Cyrillic
from models.reading.disguises import Disguises
from models.reading.encoder import Encoder, Sums
from models.reading.encoder_weights import DIGEST
from models.reading.latin import ARABIC, READ_AS_NATIVE, RUSSIAN
from models.reading.letters import LetterIndex, Places, spell_words
from models.reading.listed import LEAST_INSIDE_OF_INSULTS, WordList, without_accents
from models.reading.native import Native
from models.reading.sentences import find_parts
from models.remembered import Remembered
from models.scoring.pooling import pool, pool_subjects
from models.scoring.terms import expand

#: What a listed word adds to the logit of toxicity, and how many different ones count. Chosen on development sets.
WORD_WEIGHT, MOST_WORDS = 2.0, 2
#: What an insult adds beside where nothing else is said; with more words around it, its share of the letters of this.
INSULT_WEIGHT = 2.5
#: What it adds where it is all that is said: less with other words around it, and nothing where it is but half.
ALONE_WEIGHT = 1.5
#: How much of what letters and listed words say of toxicity counts for another label. By judgement: a bad word is an
#: insult or profane more often than a threat.
_SHARES = {"toxicity": 1.0, "insult": 0.8, "profanity": 0.8, "severe_toxicity": 0.5, "identity_attack": 0.5}
BESIDE = np.array([_SHARES.get(label, 0.3 if label == "threat" else 0.0) for label in LABELS])
#: The most that implicit abuse alone is told with: far enough below the line from which a comment is rejected unseen.
SUREST = 0.97
_SUREST_LOGIT = float(np.log(SUREST / (1.0 - SUREST)))
#: From this logit of a window's vector alone on, cues are looked for; below it they would hardly lift it to a line.
_CUES_FROM = -4.5
#: What the logits of abuse of Arabic in Latin letters lose without a listed word: some words are read as others.
MISREAD_LOSES = 0.9
#: Of some languages the encoder takes many a harmless scrap for abuse ("Ne dersin?"): there the logits of abuse of a
#: sentence beside others of fewer words than this, none of them listed, are lowered by so much.
_SCRAP, SCRAP_LOSES = 5, 2.0
#: Texts that are read together, which bounds the memory of many.
AT_ONCE = 256
_NO_LISTS: Mapping[str, Sequence[str]] = MappingProxyType({})
#: The letters of the words that are read in place of those in Latin letters; how rare one is that only lists have.
_RUSSIAN_LETTERS, _ARABIC_LETTERS = "а-яё", "\u0621-\u063a\u0641-\u064a"
_RARITY_OF_LISTED = 10.5
#: Letters of a word that may tell Russian in Latin letters.
_LEAST_OF_RUSSIAN = 4
_NOT_RUSSIAN = re.compile(r"(.)\1\1|([aeou])\2|[wq]")
#: The language that stands for all of which nothing was learnt.
ANY = "any"

Logits = NDArray[np.float64]
#: The words of each sentence.
Sentences = Sequence[Sequence[str]]


@dataclass(frozen=True)
class LetterWeights:
    """The weights of a language's letter sequences, as they are stored: mapped, and shared by all processes."""

    steps: NDArray[np.int8]
    scale: np.float32

    def at(self, places: Places) -> NDArray[np.float32]:
        """Those at some places of the table."""
        return expand(self.steps.take(places)) * self.scale


@dataclass(frozen=True)
class Tongue:
    """What was learnt of one language.

    Attributes
    ----------
    letters : the weights of letter sequences, None where no comments of the language were learnt from
    words : its listed words
    insults : those of them that are abuse where nothing else is said
    slope, offset : shape (n_labels,), the language's scale
    plain : it is read without accents
    cues : what tells implicit abuse beside its meaning
    wary : a few words beside other sentences decide less (`SCRAP_LOSES`)
    native : reads it in its own letters, where it is written in Latin ones
    misread : some of its words may be read as others (`MISREAD_LOSES`)
    """

    letters: LetterWeights | None
    words: WordList
    insults: WordList
    slope: Logits
    offset: Logits
    plain: bool
    cues: Cues | None = None
    wary: bool = False
    native: Native | None = None
    misread: bool = False


@dataclass(frozen=True)
class Read:
    """Texts, cut and counted: of each window (a text's whole, then its parts) what the head sees of it."""

    vectors: NDArray[np.float32]
    beside: NDArray[np.float64]
    first: NDArray[np.intp]
    said: Sequence[tuple[Tongue, Sentences]]
    unsure: Logits  # what each one's logits of abuse lose, because it may say something else, shape (n_windows,)

    def logits(self, reader: Understanding) -> Logits:
        """The windows' logits before a language's scale, shape (n_windows, n_labels)."""
        return np.asarray(self.meant(reader) + self.beside[:, None] * BESIDE)

    def meant(self, reader: Understanding) -> Logits:
        """The same, of the vectors alone."""
        return np.asarray(self.vectors.astype(np.float64) @ reader.head + reader.bias)

    def implied(self, implicit: Understanding) -> tuple[Logits, list[int]]:
        """The same of the heads of implicit abuse, with what cues add, and the windows in which it was looked."""
        logits = self.meant(implicit)
        if implicit.cue_weights is None:
            return logits, []
        likely = (logits[:, implicit.told_by_cues] >= _CUES_FROM).any(axis=1)
        looked: list[int] = []
        for window in np.flatnonzero(likely).tolist():
            tongue, sentences = self.said[window]
            if tongue.cues is not None:
                looked.append(window)
                logits[window] += implicit.cue_weights[list(tongue.cues.features(sentences))].sum(axis=0)
        return logits, looked


@dataclass(frozen=True)
class Understanding:
    """Scores texts of any language. Any number of threads may use one."""

    encoder: Encoder
    head: Logits
    bias: Logits
    tongues: dict[str, Tongue]
    index: LetterIndex
    insults: Mapping[str, WordList]
    #: As this one, with the heads that tell implicit abuse, and no words beside; models before 2.4 have none.
    implicit: Understanding | None = None
    #: Of that one: what each cue adds, shape (n_features, n_labels); models before 2.5 have none.
    cue_weights: Logits | None = None

    @cached_property
    def told_by_cues(self) -> NDArray[np.intp]:
        """The columns of the labels that cues tell."""
        return np.flatnonzero([] if self.cue_weights is None else self.cue_weights.any(axis=0))

    @cached_property
    def disguises(self) -> Disguises:
        """What is known of hidden words: those that are listed in any language that this reader reads alone."""
        lists = (its for code, one in self.tongues.items() if code != "en" for its in (one.insults, one.words))
        return Disguises(entry for its in lists for entry in its.entries())

    @cached_property
    def is_russian(self) -> Callable[[str], bool]:
        """Tells whether a word in Latin letters is Russian, and no usual one of a language that the encoder knows."""
        return Remembered(self._may_be_russian).__getitem__

    def _may_be_russian(self, word: str) -> bool:
        native = self.tongue(RUSSIAN).native
        may_be = len(word) >= _LEAST_OF_RUSSIAN and word.isascii() and word.isalpha() and not _NOT_RUSSIAN.search(word)
        return may_be and native is not None and not self.encoder.is_whole(word) and native.knows(word)

    @cached_property
    def at_empty(self) -> tuple[NDArray[np.float32], Logits]:
        """What the last layers start from where a text has no pieces, and its vector."""
        gathered = self.encoder.gather(self.encoder.sum_runs([[[]]]))
        return gathered, self.encoder.vectors(gathered)[0].astype(np.float64)

    def tongue(self, language: str) -> Tongue:
        """What was learnt of a language; for "pt-BR" that of "pt"."""
        return self.tongues.get(language) or self.tongues.get(language.split("-", maxsplit=1)[0]) or self.tongues[ANY]

    def logits(self, texts: Sequence[str], languages: Sequence[str]) -> tuple[Logits, Logits]:
        """The logit of each text, and what its implicit abuse alone comes to, each of shape (n_texts, n_labels).

        Of the latter minus infinity, where nothing is told.
        """
        tongues = [self.tongue(language) for language in languages]
        steps = range(0, len(texts), AT_ONCE)
        parts = [self._logits(texts[at : at + AT_ONCE], tongues[at : at + AT_ONCE]) for at in steps]
        logits, implicit = zip(*parts, strict=True)
        return np.concatenate(logits), np.concatenate(implicit)

    def _logits(self, texts: Sequence[str], tongues: Sequence[Tongue]) -> tuple[Logits, Logits]:
        read = self.read(texts, tongues)
        sizes = np.diff(np.append(read.first, len(read.beside)))
        slope, offset = (np.stack([getattr(tongue, name) for tongue in tongues]) for name in ("slope", "offset"))
        scaled = read.logits(self) * slope.repeat(sizes, axis=0) + offset.repeat(sizes, axis=0)
        scaled[:, ABUSE_COLUMNS] -= read.unsure[:, None]
        of_core = pool(scaled[:, CORE_COLUMNS], read.first)
        logits = np.column_stack([of_core, pool_subjects(scaled[:, SUBJECT_COLUMNS], read.first)])
        if self.implicit is None:
            return logits, np.full_like(logits, -np.inf)
        return logits, surest(pool(read.implied(self.implicit)[0], read.first))

    def read(self, texts: Sequence[str], tongues: Sequence[Tongue]) -> Read:
        """The windows of texts: their vectors, and what their letters and listed words say."""
        pairs = zip(texts, tongues, strict=True)
        parts = [
            find_parts(text, plain=tongue.plain, disguises=self.disguises, native=tongue.native)
            for text, tongue in pairs
        ]
        numbers = iter(self.encoder.find_pieces([part for of_text in parts for part in of_text]))
        return self.windows(parts, self.encoder.sum_runs([[next(numbers) for _ in of] for of in parts]), tongues)

    def windows(self, parts: Sequence[Sequence[str]], sums: Sums, tongues: Sequence[Tongue]) -> Read:
        """The windows of texts whose parts are read: `sums` are those of all parts in a row."""
        sizes = np.array([len(of_text) for of_text in parts])
        starts = sizes.cumsum() - sizes
        wholes = sums.joined(starts)
        gathered_wholes, gathered = self.encoder.gather(wholes), self.encoder.gather(sums)
        beside: list[float] = []
        unsure: list[float] = []
        said: list[tuple[Tongue, Sentences]] = []
        rows, first = [], []
        for number, (start, size, tongue) in enumerate(zip(starts, sizes, tongues, strict=True)):
            first.append(len(beside))
            words = [spell_words(part) for part in parts[number]]
            of_windows = [words, *([of_part] for of_part in words if size > 1)]
            beside += [self.weigh_words(list(chain.from_iterable(its)), tongue) for its in of_windows]
            said += [(tongue, its) for its in of_windows]
            unsure += [_loses(of_windows[0], tongue, whole=True), *(_loses(its, tongue) for its in of_windows[1:])]
            rows.append(gathered_wholes[number : number + 1])
            if size > 1:
                rows.append(gathered[start : start + size])
        vectors = self.encoder.vectors(np.concatenate(rows))
        return Read(vectors, np.array(beside), np.array(first), said, np.array(unsure))

    def weigh_words(self, words: Sequence[str], tongue: Tongue) -> float:
        """What words add to the logit of toxicity."""
        weight = weigh_listed(words, tongue.words, tongue.insults)
        if tongue.letters is not None and words:
            places = self.index.distinct(words)
            weight += float(tongue.letters.at(places).sum(dtype=np.float64) / np.sqrt(len(places)))
        return weight


def _loses(sentences: Sentences, tongue: Tongue, *, whole: bool = False) -> float:
    """What the logits of abuse of a window lose: a text's `whole`, or a sentence beside others that says too little."""
    is_scrap = tongue.wary and not whole and sum(word[0].isalpha() for word in sentences[0]) < _SCRAP
    if not (is_scrap or tongue.misread) or any(tongue.words.find(words) for words in sentences):
        return 0.0
    return SCRAP_LOSES if is_scrap else MISREAD_LOSES


def surest(meant: Logits) -> Logits:
    """Pooled logits of implicit abuse, none surer than it may be told with."""
    return np.minimum(meant, _SUREST_LOGIT)


def find_cues(facts: Mapping[str, Any]) -> dict[str, Cues]:
    """The cues of each language, from what an artifact says; models before 2.5 have none."""
    cues = facts.get("cues", {"slots": [], "listed": {}})
    return {code: Cues(cues["slots"], listed) for code, listed in cues["listed"].items()}


def find_insults(facts: Mapping[str, Any], plain: Mapping[str, Sequence[str]] = _NO_LISTS) -> Mapping[str, WordList]:
    """The insults of each language, of any language, from what an artifact says; models before 2.3 have none.

    `plain` are how some are written beside.
    """
    lists: defaultdict[str, WordList] = defaultdict(lambda: WordList(()))
    for code, words in facts.get("insults", {}).items():
        lists[code] = WordList(words, LEAST_INSIDE_OF_INSULTS, plain.get(code, ()))
    return lists


def weigh_listed(words: Sequence[str], listed: WordList, insults: WordList) -> float:
    """What the listed words among some add to the logit of toxicity."""
    entries = {entry for entry, _, _ in listed.find(words)}
    if not entries:
        return 0.0
    return WORD_WEIGHT * min(len(entries), MOST_WORDS) + sum(weigh_insults(words, insults))


def weigh_insults(words: Sequence[str], insults: WordList) -> list[float]:
    """What each word adds that belongs to an insult, by its part of all letters."""
    letters = sum(len(word) for word in words if word[0].isalpha())  # signs are words, too
    covered = zip(words, insults.covered(words), strict=True)
    shares = [size / letters if word[0].isalpha() else 0.0 for word, size in covered]
    together = sum(shares)
    weight = INSULT_WEIGHT + (ALONE_WEIGHT * max(0.0, 2 * together - 1) / together if together else 0.0)
    return [weight * share for share in shares]


def from_artifact(artifact: Artifact, encoder: Encoder) -> Understanding:
    """The reader from a model that was read or just trained."""
    arrays, facts = artifact.arrays, artifact.manifest["understanding"]
    if facts["encoder"] != DIGEST:
        raise ArtifactError("The model was made for another sentence encoder. Train it again with `winnow train`.")
    plain = _without_accents(facts, encoder)
    insult_lists, cues = find_insults(facts, plain), find_cues(facts)
    tongues, letters = {}, np.asarray(arrays["letters"])
    subjects = arrays.get("subjects", np.zeros((len(arrays["head"]), len(SUBJECT_LABELS))))
    lines = arrays.get("subject_lines", np.full((len(facts["tongues"]), len(SUBJECT_LABELS)), -np.inf))
    unscaled = np.ones(len(SUBJECT_LABELS))
    for row, code in enumerate(facts["tongues"]):
        steps = facts["letters"].get(code)
        weights = None if steps is None else LetterWeights(letters[steps], arrays["letters_scale"][steps])
        of_subjects = np.stack([unscaled, lines[row]])
        scale = np.asarray(np.column_stack([arrays["tongues"][row], of_subjects]), dtype=np.float64)
        listed = WordList(facts["listed"].get(code, ()), alone=plain.get(code, ()))
        its, wary = insult_lists[code], code in facts.get("wary", ())
        tongues[code] = Tongue(weights, listed, its, scale[0], scale[1], code == "en", cues.get(code), wary)
    for code in insult_lists.keys() - tongues.keys():  # in Latin letters for want of others: nothing but these is known
        its, any_scale = insult_lists[code], tongues[ANY]
        tongues[code] = Tongue(None, its, its, any_scale.slope, any_scale.offset, plain=False)
    for code, own in READ_AS_NATIVE.items():
        if own in tongues:
            native = _native(code, tongues[own], facts.get("cues", {}).get("listed", {}).get(own, {}), encoder)
            tongues[code] = replace(tongues[own], native=native, misread=code == ARABIC)
    head = np.asarray(np.column_stack([arrays["head"], subjects]), dtype=np.float64)
    index = LetterIndex(arrays["letters"].shape[1])
    reader = Understanding(encoder, head[:-1], head[-1], tongues, index, insult_lists)
    if "implicit" not in arrays:
        return reader
    implicit = _of_vectors_alone(reader, np.asarray(arrays["implicit"], dtype=np.float64))
    if "cues" in arrays:
        implicit = replace(implicit, cue_weights=np.asarray(arrays["cues"], dtype=np.float64))
    return replace(reader, implicit=implicit)


def _without_accents(facts: Mapping[str, Any], encoder: Encoder) -> dict[str, list[str]]:
    """How each language's insults are written without accents, where these are none of its own; English is read so."""
    forms: dict[str, list[str]] = {}
    for code, its in facts.get("insults", {}).items():
        if code in facts["tongues"] and code != "en":
            own = frozenset(its)
            forms[code] = [form for form in without_accents(its, encoder.is_whole) if form not in own]
    return forms


def _native(code: str, tongue: Tongue, cues: Mapping[str, str], encoder: Encoder) -> Native:
    """What reads a language in its own letters: with the encoder's words, and those of lists, in these letters."""
    letters = _RUSSIAN_LETTERS if code == RUSSIAN else _ARABIC_LETTERS
    entries = [word for its in (tongue.words, tongue.insults) for entry in its.entries() for word in entry.split()]

    def lexicon() -> Mapping[str, float]:
        of_cues = [word for its in cues.values() for entry in its.split(",") for word in entry.replace("*", "").split()]
        listed = filter(re.compile(f"[{letters}]{{2,}}").fullmatch, [*entries, *of_cues])
        found = encoder.whole_words(letters)
        return found | {word: min(found.get(word, np.inf), _RARITY_OF_LISTED) for word in listed}

    def kept() -> frozenset[str]:
        return frozenset(filter(str.isascii, entries))

    return (Cyrillic if code == RUSSIAN else Arabic)(lexicon, kept)


def _of_vectors_alone(reader: Understanding, head: Logits) -> Understanding:
    """A reader with another head, whose logits need no scale, and to which no word counts beside its meaning."""
    none = WordList(())
    neutral = Tongue(None, none, none, slope=np.ones(len(LABELS)), offset=np.zeros(len(LABELS)), plain=False)
    return Understanding(reader.encoder, head[:-1], head[-1], {ANY: neutral}, reader.index, {})
