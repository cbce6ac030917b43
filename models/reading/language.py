"""Tell, cheaply, which language a comment is in: whether the classifier can judge it at all."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import log10

from texts.normalization import normalize

_SCRIPTS = [
    ("ru", "Ѐ-ԯ"), ("el", "Ͱ-Ͽἀ-῿"), ("ar", "؀-ۿݐ-ݿ"), ("he", "֐-׿"),
    ("hi", "ऀ-ॿ"), ("bn", "ঀ-৿"), ("ta", "஀-௿"), ("th", "฀-๿"), ("ja", "぀-ヿ"),
    ("ko", "가-힯ᄀ-ᇿ"), ("zh", "一-鿿㐀-䶿"), ("hy", "԰-֏"), ("ka", "Ⴀ-ჿ"),
]  # fmt: skip
_SCRIPT_PATTERNS = [(code, re.compile(f"[{letters}]")) for code, letters in _SCRIPTS]
_COMMON = {
    "en": "the and is are you to of in that it for this was not with have be on as but they i a your what my so we he "
    "at no do if about just like an or me can will all their there from by who why how his her him she has been would "
    "one out up more when don't it's i'm get",
    "ur-Latn": "hai ka ki ke ko se nahi kya aur ho ye tu mein main hain bhi yeh koi apni apna tera teri mere kar raha "
    "rahi tum ap aap sab wo woh ne par phir jo bhai kr ha hy hi h k or ma na is nhi ni pe to "
    "bohat bahut acha achi mujhe",
    "de": "der die das und ist nicht ich du ein eine zu den mit es sie auf für dass auch sich wie wir aber oder wer "
    "hat bin bist sind war wird kann wann warum schon noch nur sehr gut kein keine dein mein von vom beim doch mal "
    "danke bitte heute immer wieder alles jemand",
    "fr": "le la les et est pas je tu un une de des que qui pour dans ce vous nous sur avec mais il elle c'est "
    "merci beaucoup cet cette très bien bon bonne ça mon ton son suis es j'ai j'aime quel quelle être était encore "
    "aussi tout tous rien trop jamais toujours",
    "es": "el la los las y es no que de un una por para con se su lo como pero muy más está te mi gracias muchas mucho "
    "qué quién eres soy estoy esto eso este esta bien buen bueno hola yo ella cuando donde todo todos nada siempre",
    "pt": "o os as e é não que de um uma por para com se eu você mas muito mais está ele ela do da isso quem foi bom "
    "boa obrigado são sou meu minha tudo nada sempre também já",
    "it": "il lo la gli e è non che di un una per con si sono mi ma come più questo del della grazie mille molto bello "
    "chi ha sei hai questa quello sempre anche tutto tutti niente perché cosa era ottimo buono",
    "nl": "de het een en is niet ik je dat van op te met voor zijn maar ook er wat aan dit heel goed wie heeft jij ben "
    "bent was weer nog geen jullie deze bedankt leuk",
    "pl": "i w nie się na to jest że do co jak ale za tak po czy tym kto jesteś bardzo dobry mi już tylko dziękuję",
    "tr": "bir ve bu da de için ne çok ama ben sen var yok gibi daha mi güzel teşekkürler iyi olmuş kim sana bana "
    "değil evet hayır şey her",
    "id": "yang dan di ini itu tidak ada saya untuk dengan aku kamu ke dari juga nya siapa kau terima kasih sekali",
    "sv": "och att det är inte jag en ett som på för med den har till här vem mycket bra vad du också",
}  # fmt: skip
_WORD_LANGUAGES: dict[str, list[str]] = {}
for _code, _words in _COMMON.items():
    for _word in _words.split():
        for _spelling in {_word, normalize(_word)}:
            _WORD_LANGUAGES.setdefault(_spelling, []).append(_code)
_LATIN = re.compile("[a-zß-öø-ɏ]")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_JUDGED = frozenset({"en", "ur-Latn", "und"})
_LOOKED_AT = 2000  # characters
_FOREIGN_LETTER = re.compile("[¿¡ß-öø-ɏḀ-ỿ]")
#: In an address or a piece of markup, but in no word.
_NO_PROSE = re.compile(r"://|www\.|\w[./@:]\w|[\[\]{}|=]")
_DRAWN_OUT = re.compile(r"(.)\1{2,}")
# The mean of log10(1 + training comments that hold the word) over a text's words; English ones lie near 3.
_STRANGE = 1.2
_STRANGE_PAIR = 0.5  # of two words
_RATHER_STRANGE = 2.2  # and no common English word, but a foreign word or letter


def detect(text: str) -> str:
    """A language code, or "und" where too little speaks for any one language."""
    text = text[:_LOOKED_AT]
    own = "" if text.isascii() else _own_script(_WORD.findall(text.lower()))
    if own:
        return own
    words = _WORD.findall(normalize(text).lower())
    votes: dict[str, float] = {}
    for word in words:
        languages = _WORD_LANGUAGES.get(word.replace("’", "'"), ())
        for code in languages:
            votes[code] = votes.get(code, 0.0) + 1.0 / len(languages)
    if not votes:
        return "und"
    best = max(votes, key=lambda code: votes[code])
    enough = votes[best] >= 2 and votes[best] >= 0.15 * len(words) and votes[best] > 1.5 * votes.get("en", 0.0)
    if best == "en" or not enough:
        return "en" if votes.get("en") else "und"
    return best


def _own_script(words: list[str]) -> str:
    """The language of words without a Latin letter, where they are most of the text; mixed words are disguised ones."""
    foreign = "".join(word for word in words if not _LATIN.search(word))
    counts = {code: len(pattern.findall(foreign)) for code, pattern in _SCRIPT_PATTERNS}
    counts["ja"] += counts["zh"] if counts["ja"] else 0
    best = max(counts, key=lambda code: counts[code])
    return best if counts[best] * 2 > sum(map(len, words)) else ""


def is_judgeable(text: str, known: Mapping[str, int]) -> bool:
    """Whether the classifier has learnt the language of a text. What has no words, it can judge.

    `known` says how many training comments hold each word. A short comment has few common words of any language; but in
    one that was not learnt, most words were hardly ever met.
    """
    text = text[:_LOOKED_AT]
    if detect(text) not in _JUDGED:
        return False
    words = _plain_words(text)
    if len(words) < 2:
        return True
    languages = [_WORD_LANGUAGES.get(word, []) for word in words if len(word) > 1]
    urdu = sum("ur-Latn" in found for found in languages)
    if urdu > sum(bool(found) and not {"ur-Latn", "en"}.intersection(found) for found in languages):
        return True
    familiar = sum(log10(1 + _times_met(word, known)) for word in words) / len(words)
    if familiar < (_STRANGE if len(words) > 2 else _STRANGE_PAIR):
        return False
    speaks_otherwise = any(languages) or _FOREIGN_LETTER.search(text.lower())
    return familiar >= _RATHER_STRANGE or not speaks_otherwise or ["en"] in languages


def _plain_words(text: str) -> list[str]:
    """The different words of a text, without addresses and markup."""
    prose = " ".join(piece for piece in normalize(text).lower().split() if not _NO_PROSE.search(piece))
    return list(dict.fromkeys(_WORD.findall(prose.replace("’", "'"))))


def _times_met(word: str, known: Mapping[str, int]) -> int:
    word = word.replace("'", "")
    drawn_out = _DRAWN_OUT.search(word)  # "loooove"
    return max(known.get(_DRAWN_OUT.sub(once, word), 0) for once in ((r"\1", r"\1\1") if drawn_out else (r"\1",)))
