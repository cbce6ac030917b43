"""Tell which language a comment is in.

English and what is written in Latin letters for want of others are told by words of our own; all else by py3langid.
Why, and how well: docs/decisions/0070-languages.md.
"""

from __future__ import annotations

import hashlib
import os
import re
import string
import threading
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping, Sequence, Set
from functools import cache
from math import inf, log10
from types import MappingProxyType

import numpy as np
from py3langid.langid import MODEL_DIR, MODEL_FILE
from py3langid.modelio import load_model

from models.languages import FOREIGN, GRADES, UNTOLD, is_judged
from models.reading.latin import IN_LATIN, ROMANISED, RUSSIAN, detect_romanised, speaks_for, speaks_for_any
from models.reading.letters import find_words, spell_words
from models.reading.listed import WordList
from models.reading.ngrams import Identifier, beginnings
from models.reading.sentences import find_glued, without_odd_capitals
from models.unpacked import Tables, unpacked
from texts import markup
from texts.edits import edited, kinds, outline
from texts.normalization import folded, without_markup

#: Characters of a text.
LOOKED_AT = 2000
#: Of these, what the library is asked about: more tells it nothing new.
_ASKED_ABOUT = 400
#: Script -> its letters, and the languages that are written in it; the rarer ones, after the bar, need to be likelier.
_SCRIPTS = {
    "Latin": ("A-Za-zªºÀ-ÖØ-öø-ɏḀ-ỿ", "en de pt pl fr es it tr ro da nl id cs sv fi hu vi | af az ca cy et eu ga gl "
              "ha hr is lt lv mt no sk sl so sq sw tl uz yo zu"),
    "Cyrillic": ("Ѐ-ԯ", "ru uk | ba be bg kk ky mk mn sr tg tt"),
    "Arabic": ("\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff\ufb50-\ufdff\ufe70-\ufefe", "ar fa ur | ps ug"),
    "Devanagari": ("ऀ-ॿ", "hi | mr ne sa"),
    "Bengali": ("ঀ-৿", "bn | as"),
    "Hangul": ("가-힯ᄀ-ᇿㄱ-ㆎ", "ko"), "Han": ("一-鿿㐀-䶿\uf900-\ufaff", "zh"), "Kana": ("ぁ-ヿｦ-ﾝ", "ja"),
    "Thai": ("฀-๿", "th"), "Ethiopic": ("ሀ-፿", "am"), "Tibetan": ("ༀ-࿿", "bo"),
    "Greek": ("Ͱ-Ͽἀ-῿", "el"), "Hebrew": ("֐-׿", "he"), "Armenian": ("԰-֏", "hy"), "Georgian": ("Ⴀ-ჿ", "ka"),
    "Tamil": ("஀-௿", "ta"), "Telugu": ("ఀ-౿", "te"), "Kannada": ("ಀ-೿", "kn"), "Malayalam": ("ഀ-ൿ", "ml"),
    "Gujarati": ("઀-૿", "gu"), "Gurmukhi": ("਀-੿", "pa"), "Oriya": ("଀-୿", "or"), "Sinhala": ("඀-෿", "si"),
    "Lao": ("຀-໿", "lo"), "Khmer": ("ក-៿", "km"), "Burmese": ("က-႟", "my"),
}  # fmt: skip
_OF_SCRIPT = {name: re.compile(f"[{letters}]") for name, (letters, _) in _SCRIPTS.items()}
#: A letter of these says as much as several others do.
_DENSE = {"Han": 3, "Kana": 2, "Hangul": 2}
#: What no text is taken for that has one of these words.
_RARER = frozenset(_SCRIPTS["Latin"][1].partition("|")[2].split())
_OTHER = "Other"
#: The letters that Arabic lacks; without any of them a few words are Arabic.
_WITH_ARABIC_LETTERS, _PERSIAN_OR_URDU = frozenset({"fa", "ur", "ps", "ug"}), re.compile("[پچژگکیٹڈڑےںہھ]")
#: The letters that Russian lacks; without any of them, Ukrainian must be so much likelier.
_UKRAINIAN, _UKRAINIAN_LEAD = re.compile("[іїєґ]"), 4.0
#: The languages that are told by their script; insults tell those in Latin letters.
_OWN_SCRIPTS = frozenset(
    code for name, (_, its) in _SCRIPTS.items() if name != "Latin" for code in its.replace("|", " ").split()
)
_LATIN = re.compile("[a-zß-öø-ʯᴀ-ᶿḀ-ỿⱠ-Ɀ꜠-ꟿꬰ-ꭤ]")
#: Scripts without gaps between words have Latin ones in their midst.
_UNSPACED = "".join(_SCRIPTS[name][0] for name in ("Han", "Kana", "Hangul", "Thai", "Lao", "Khmer", "Burmese"))
_GAPLESS = re.compile(f"[{_UNSPACED}]+")
_PIECE = re.compile(rf"[{_UNSPACED}]+|(?:(?![{_UNSPACED}])[^\W\d_])+")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
#: In an address or a piece of markup, but in no word.
_NO_PROSE = re.compile(r"://|www\.|\w[./@:]\w|[\[\]{}|=]|@\w")
#: Of its characters in ASCII: what is in words, between two of them, before one, and anywhere.
_IN_ADDRESSES = kinds({"a": f"{string.ascii_letters}{string.digits}_", ".": "./:", "@": "@", "[": "[]{}|="})
_OUTLINED_FROM = 50  # characters
#: Of ASCII: its letters as small ones, and what joins them to words, with all else as blanks.
_AS_WORDS = kinds({letter: letter + letter.upper() for letter in string.ascii_lowercase} | {"'": "'"})
_BBCODE = re.compile(markup.BBCODE, re.IGNORECASE)
_DRAWN_OUT = re.compile(r"(.)\1{2,}")
# The mean of log10(1 + training comments that hold the word) over a text's words; English ones lie near 3.
_ENGLISH = 3.0  # no text in another language came near it
_UNFAMILIAR = 1.6  # and the library has no other language for it either
#: How much likelier the library must find another language than English: more, the more familiar the words are. A few
#: words may be a name, so that the language must be much likelier than English, and likelier than any other, too.
_LIKELIER, _USUAL, _A_FAMILIAR_WORD = 5.0, 2.2, 4.0
_FEW, _LIKELIER_OF_FEW, _LEAD_OF_FEW = 3, 8.0, 2.0
#: So few words are in no language that nobody judges: most are names, and dishes.
_VERY_FEW = 2
#: Where half of three words or more were never met in English ("Te voy a matar"), less will do, if no third language is
#: as likely.
_STRANGE, _LIKELIER_OF_STRANGE = 0.5, 2.0
#: Among so many characters and words at most an insult tells the language, unless English comments hold it so often.
_SHORT, _FEW_WORDS, MET_IN_ENGLISH = 100, 5, 20
_ABBREVIATED = 3  # letters
#: Insults that are a usual word of another language, where more is said than they.
_USUAL_IN = {"suka": "id"}
#: Of harmless scraps of one to three words, 6 % are above a line when read as Turkish; in the others at most 3 %.
_NOT_GUESSED = frozenset({"tr"})
#: So many words, and such a part of them, are Russian ones in Latin letters, where the text is: where the library takes
#: it for a language that it takes Russian for, and for another.
_RUSSIAN, _SURELY_RUSSIAN = (2, 0.25), (3, 0.5)
_LIKE_RUSSIAN = frozenset(
    {"cs", "id", "sv", "hu", "fi", "hr", "sk", "sl", "bs", "sr", "lt", "lv", "et", "sq", "eu", "mt", "tr"}
)
_LOADING = threading.Lock()
# A process that is split off meanwhile would wait for ever.
os.register_at_fork(before=_LOADING.acquire, after_in_parent=_LOADING.release, after_in_child=_LOADING.release)
#: How much likelier one of the rarer languages must be than the others.
_RARE = 14.0


def detect(
    text: str,
    known: Mapping[str, int],
    strong: Set[str] = frozenset(),
    insults: Mapping[str, WordList] = MappingProxyType({}),
    is_russian: Callable[[str], bool] | None = None,
) -> str:
    """The code of the language of a text, as `normalization.visible` shows it; `models.languages` has the codes.

    `known` says how many English comments hold each word, of those that were learnt from; a text of nothing
    but `strong` words is English. A text of a few words is in the language of an insult among them; `is_russian` says
    whether a word in Latin letters is one of Russian and of no other usual language. "und": there are no words, or too
    few to be sure of. "mis": most words are in a script of which nothing is known.
    """
    text = _plainly_written(text[:LOOKED_AT])
    told = _detect(text, known, strong, is_russian)
    if told == "zh" and len(text) <= _SHORT and insults:
        return _by_kanji(text, insults)
    if not insults or told in _OWN_SCRIPTS or told in ROMANISED:
        return told
    found = _by_insults(text, told, known, insults)
    return IN_LATIN.get(found, found)


def _plainly_written(text: str) -> str:
    """A text without capitals and pictures that part what belongs together, or join what does not."""
    return without_odd_capitals(edited(text, find_glued(text)))


def likeliest(text: str) -> str:
    """The likeliest language of a text in Latin letters of which none can be told, of the usual ones.

    English where it has no words, where one may be romanised, or where its words would be read too harshly.
    """
    text = text[:LOOKED_AT]
    words = _plain_words(text)
    if not words or speaks_for_any(words):
        return "en"
    best = next(code for code in _scores(_prose(text), "Latin") if code not in _RARER)
    return "en" if best in _NOT_GUESSED else best


def _by_insults(text: str, told: str, known: Mapping[str, int], insults: Mapping[str, WordList]) -> str:
    """The language of the insult in a text of few words, where it is another than what was told."""
    if len(text) > _SHORT:
        return told
    prose = _prose(text)
    words = [prose[a:b] if _is_abbreviated(prose[a:b]) else spelt for spelt, a, b in find_words(prose)]
    if sum(map(str.isalpha, words)) > _FEW_WORDS or not _foreign(words, known):
        return told
    if told in insults and insults[told].find(words):
        return told
    found = {code: its.find(words) for code, its in insults.items()}
    codes = [code for code, its in found.items() if any(_foreign(words[a:b], known) for _, a, b in its)]
    if not codes:
        return told
    entries = {entry for code in codes for entry, _, _ in found[code]}
    usual = _USUAL_IN.get(*entries) if len(words) > len(entries) == 1 else None
    return usual if usual and (usual == told or len(words) <= _FEW) else likelier_of(prose, codes)


def _by_kanji(text: str, insults: Mapping[str, WordList]) -> str:
    """Japanese, where a short text of Chinese signs is an insult there and none in Chinese."""
    words = spell_words(text)
    is_japanese = "ja" in insults and insults["ja"].find(words) and not ("zh" in insults and insults["zh"].find(words))
    return "ja" if is_japanese else "zh"


def _is_abbreviated(word: str) -> bool:
    """Whether a word is short and in capitals, as names of parties and firms are: it tells no language as an insult."""
    return len(word) <= _ABBREVIATED and word.isascii() and word.isupper()


def likelier_of(text: str, codes: Sequence[str]) -> str:
    """The likeliest language of a text among some."""
    if len(codes) == 1:
        return codes[0]
    scores = _scores(text, "Latin")
    return max(codes, key=lambda code: scores.get(code, -inf))


def _foreign(words: Sequence[str], known: Mapping[str, int]) -> bool:
    """Whether one of some words is none of English."""
    return any(known.get(word, 0) < MET_IN_ENGLISH for word in words if word.isalpha())


def _detect(text: str, known: Mapping[str, int], strong: Set[str], is_russian: Callable[[str], bool] | None) -> str:
    if not text.isascii():
        own = _own_script(text)
        if own:
            return own
    words = _plain_words(text)
    if all(map(strong.__contains__, words)):
        return "en" if words else UNTOLD
    romanised, speaks = detect_romanised(words, text)
    return romanised or _by_library(words, text, known, is_russian, speaks=speaks)


def _by_library(
    words: Sequence[str],
    text: str,
    known: Mapping[str, int],
    is_russian: Callable[[str], bool] | None,
    *,
    speaks: bool,
) -> str:
    """English by its familiar words, or what the library finds; `speaks`: some word speaks for a romanised language."""
    met = [known.get(word) or _times_met(word, known) for word in words]
    familiar = sum(log10(1 + times) for times in met) / len(words)
    if familiar >= _ENGLISH:
        return "en"
    # A word said 200 times tells as much as said once.
    scores = _scores(words[0] if len(words) == 1 else _prose(text), "Latin")
    best, second, *_ = scores  # the likeliest comes first
    if is_russian and _is_russian(words, met, best, is_russian):
        return RUSSIAN
    likelier = scores[best] - scores["en"]
    needed = max(_LIKELIER, _LIKELIER + _A_FAMILIAR_WORD * (familiar - _USUAL))
    leads = scores[best] - scores[second] >= _LEAD_OF_FEW
    latin = [times for word, times in zip(words, met, strict=True) if _LATIN.search(word)]
    strange = len(latin) >= _FEW and latin.count(0) >= _STRANGE * len(latin)
    if strange and leads and best not in _RARER:
        needed = _LIKELIER_OF_STRANGE
    elif len(words) <= _FEW:
        needed = max(needed, _LIKELIER_OF_FEW) if leads else inf
    if likelier > needed:
        unsure = (speaks and best in _RARER) or (len(words) <= _VERY_FEW and not is_judged(GRADES[best]))
        return UNTOLD if unsure else best
    return "en" if familiar >= _UNFAMILIAR else UNTOLD


def _is_russian(words: Sequence[str], met: Sequence[int], best: str, is_word: Callable[[str], bool]) -> bool:
    """Whether enough of some words are Russian ones in Latin letters."""
    strange = [word for word, times in zip(words, met, strict=True) if times < MET_IN_ENGLISH]
    russian = sum(speaks_for(word, RUSSIAN) or is_word(word) for word in strange)
    least, share = _RUSSIAN if best in _LIKE_RUSSIAN else _SURELY_RUSSIAN
    return russian >= least and russian >= share * len(words)


def prepare() -> None:
    """Begin to load the library's model, which takes most of a second, before a comment has to wait for it."""
    threading.Thread(target=_identifier, name="language model", daemon=True).start()


def _own_script(text: str) -> str:
    """The language of the words without a Latin letter, where they are a third of the text; mixed words are disguised.

    "" where they are fewer.
    """
    text = _prose(without_markup(unicodedata.normalize("NFKC", text)))
    words = _PIECE.findall(text.lower())
    # Marks and dots of a script are no letters of it: they stand on and between Latin ones, too.
    letters = "".join(filter(str.isalpha, "".join(word for word in words if not _LATIN.search(word))))
    if not letters:
        return ""
    counts = Counter({name: len(found.findall(letters)) for name, found in _OF_SCRIPT.items()})
    counts[_OTHER] = len(letters) - counts.total()
    weight = sum(count * _DENSE.get(name, 1) for name, count in counts.items())
    if weight * 2 < sum(map(len, words)) - len(letters):
        return ""
    script = counts.most_common(1)[0][0]
    if script == _OTHER:
        return FOREIGN
    languages = _SCRIPTS["Kana" if script == "Han" and counts["Kana"] else script][1].split()
    if len(languages) == 1:
        return languages[0]
    ranked = _scores(" ".join(piece for piece in text.split() if not _LATIN.search(piece.lower())), script)
    best = next(iter(ranked))
    return _without_own_letters(best, ranked, letters, few=len(words) <= _FEW)


def _without_own_letters(best: str, ranked: Mapping[str, float], letters: str, *, few: bool) -> str:
    """The likeliest language of a script, or the usual one where a text has none of the other's own letters."""
    if best in _WITH_ARABIC_LETTERS and few and not _PERSIAN_OR_URDU.search(letters):
        return "ar"
    if best == "uk" and ranked["uk"] - ranked["ru"] < _UKRAINIAN_LEAD and not _UKRAINIAN.search(letters):
        return "ru"  # a few words of the one are often words of the other, too
    return best


def _identifier() -> Identifier:
    with _LOADING:
        return _load()


@cache
def _load() -> Identifier:
    """The library's model, for our languages only, shared by all processes."""
    several = [languages.partition("|") for _, languages in _SCRIPTS.values() if " " in languages]
    usual, rare = (" ".join(parts).split() for parts in zip(*((one[0], one[2]) for one in several), strict=True))
    codes = [*usual, *rare]
    of_this = hashlib.sha256((MODEL_DIR / MODEL_FILE).read_bytes() + " ".join(codes).encode()).hexdigest()[:16]
    names = [f"language-{of_this}-{part}" for part in ("weights", "priors", "edges", "features")]

    def unpack() -> Tables:
        weights, priors, classes, moves, rows, outputs = load_model(MODEL_DIR / MODEL_FILE)
        columns = [classes.index(code) for code in codes]
        found = beginnings(np.asarray(moves), np.asarray(rows), np.array(outputs, np.int32))
        return dict(zip(names, (np.ascontiguousarray(weights[:, columns]), priors[columns], *found), strict=True))

    def are_whole(tables: Tables) -> bool:
        weights, priors, edges, features = tables.values()
        return weights.shape[1] == len(priors) == len(codes) and len(edges) == len(features)

    weights, priors, edges, features = unpacked(names, unpack, are_whole).values()
    handicap = np.array([0.0] * len(usual) + [_RARE] * len(rare), dtype=np.float32)
    return Identifier(weights, priors - handicap, codes, edges, features)


def _scores(text: str, script: str) -> dict[str, float]:
    """How likely each language is that is written in a script, the likeliest first."""
    languages = _SCRIPTS[script][1].split()
    return {code: score for code, score in _identifier().rank(text[:_ASKED_ABOUT]) if code in languages}


def _prose(text: str) -> str:
    """A text without its addresses, its markup, and the names that it calls."""
    if "[" in text and "](" not in text and not _BBCODE.search(text):  # nor is it Markdown
        text = text.replace("[", " ").replace("]", " ")
    if _is_prose(text):
        return text
    # Where no gaps are between words, an address has words on both sides.
    words = (one if one.isalpha() or _is_prose(one) else "".join(_GAPLESS.findall(one)) for one in text.split())
    return " ".join(words)


def _is_prose(text: str) -> bool:
    if len(text) < _OUTLINED_FROM or not text.isascii():
        return not _NO_PROSE.search(text)
    outlined = outline(text, _IN_ADDRESSES)  # the same in a quarter of the time
    return not (b"[" in outlined or b"a.a" in outlined or b"@a" in outlined or "://" in text or "www." in text)


def _plain_words(text: str) -> list[str]:
    """The different words of a text, as a reader sees them, without addresses and markup."""
    prose = _prose(folded(text))
    if prose.isascii():
        written = outline(f" {prose} ", _AS_WORDS)
        if not (b" '" in written or b"' " in written or b"''" in written):  # nothing but what joins letters
            return list(dict.fromkeys(written.decode().split()))  # the same in a third of the time
    return list(dict.fromkeys(_WORD.findall(prose.lower().replace("’", "'"))))


def _times_met(word: str, known: Mapping[str, int]) -> int:
    word = word.replace("'", "")
    met = known.get(word, 0)
    if met or not _DRAWN_OUT.search(word):
        return met
    return max(known.get(_DRAWN_OUT.sub(once, word), 0) for once in (r"\1", r"\1\1"))  # "loooove"
