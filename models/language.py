"""Tell, cheaply, which language a comment is in: whether the classifier can judge it at all."""

from __future__ import annotations

import re

from models.normalization import normalize

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
    "rahi tum ap aap sab wo woh ne par phir jo bhai kr ha hy "
    "bohat bahut acha achi mujhe",
    "de": "der die das und ist nicht ich du ein eine zu den mit es sie auf für dass auch sich wie wir aber oder",
    "fr": "le la les et est pas je tu un une de des que qui pour dans ce vous nous sur avec mais il elle c'est "
    "merci beaucoup cet cette très bien",
    "es": "el la los las y es no que de un una por para con se su lo como pero muy más está te mi gracias muchas mucho",
    "pt": "o os as e é não que de um uma por para com se eu você mas muito mais está ele ela do da",
    "it": "il lo la gli e è non che di un una per con si sono mi ma come più questo del della grazie mille molto bello",
    "nl": "de het een en is niet ik je dat van op te met voor zijn maar ook er wat aan",
    "pl": "i w nie się na to jest że do co jak ale za tak po czy tym",
    "tr": "bir ve bu da de için ne çok ama ben sen var yok gibi daha mi güzel teşekkürler iyi olmuş",
    "id": "yang dan di ini itu tidak ada saya untuk dengan aku kamu ke dari juga nya",
    "sv": "och att det är inte jag en ett som på för med den har till",
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


def is_judgeable(text: str) -> bool:
    """Whether the classifier has learnt the language of a text. What has no words, it can judge."""
    return detect(text) in _JUDGED
