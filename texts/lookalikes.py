"""Letters and signs that look like Latin letters: which ones, and what they are read as."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from texts.edits import Edit

#: Where Unicode keeps Latin letters that are none of ASCII.
_LATIN = ((0x00C0, 0x02B0), (0x1D00, 0x1DC0), (0x1E00, 0x1F00), (0x2C60, 0x2C80), (0xA720, 0xA800), (0xAB30, 0xAB70))
#: "LATIN SMALL LETTER K WITH HOOK", "LATIN LETTER SMALL CAPITAL K", "LATIN SMALL LETTER TURNED K": all show a k.
_OF_A_LETTER = re.compile(r"LATIN (?:[A-Z]+ )*LETTER (?:(?!HALF)[A-Z]+ )*([A-Z])(?: BAR| WITH .+)?")


def _latin() -> Iterator[tuple[str, str]]:
    for character in (chr(code) for first, end in _LATIN for code in range(first, end)):
        if named := _OF_A_LETTER.fullmatch(unicodedata.name(character, "")):
            yield character.lower(), named[1].lower()


#: Letters of scripts in which hardly anybody writes comments: Canadian syllabics, Carian, Cherokee, Coptic, Deseret,
#: Elbasan, Gothic, Lisu, Lycian, Old Italic, Osage, Runes, Warang Citi. NFKC knows nothing of them.
_LETTERS_OF_RARE_SCRIPTS = """
a Ꭺꓮꓯᗅᗩᐱⲁ𐌀𐌰𐊠  b ᏴᏏꓐᗷᑲᖯⲃ𐌁𐌱𐊡𐊂  c Ꮯꓚꓛᑕⲥ𐌂𐊢𐐽𐔜𑣩  d ᎠᏧꓓꓒᗪᗞᑯⲇ𐌃𐌳  e Ꭼꓰꓱᗴᕮⲉ𐌄𐌴𐊆𑢦𑢮  f ꓝꓞᖴ𐌅𐌚𐍆𐊥𐊇𐔥𑣂𑢢
g ᏀᏳᎶꓖꓨᘜⳋ𐌲  h ᎻᏂꓧᕼⲏ𐌇𐌷𐋏  i ᏆᎥꓲⲓ𐌉𐌹𐌠𐊊ᛁ𑣃  j Ꭻꓙꓩᒍ𐌾  k Ꮶꓗꓘⲕ𐌊𐌺𐔘ᛕ  l Ꮮꓡꓶᒪⳑ𐌋𐌻𐑃𐔦𑢣𑢲  m Ꮇꓟᗰⲙ𐌌𐌼𐌑𐊰ᛖ
n ꓠꓵᑎⲛ𐌍𐌽𐔓  o ᎾᎤꓳᗝⲟ𐌏𐍉𐊫𐊒𐐬𐓪𐔖𑣈𑣗𑣠𑢵  p Ꮲꓑᑭⲣⲡ𐌐𐍀𐊕  q ᑫ𐌒𐌵  r ᎡᏒꓣꓤᖇⲅ𐌓𐍂𐒴  s ᏕᏚꓢᔕⲋ𐌔𐍃𐊖𐑈𑣁  t Ꭲꓔꓕⲧ𐌕𐍄𐊱𐊗𑢼
u Ꮜꓴᑌⳙ𐌖𐌿𐐳𐓶𑢸𑣘  v Ꮩꓦꓥᐯ𐔝𑢠𑣀  w ᎳᏔꓪᗯⲱ𐍅𑣦𑣯  x ꓫ᙭ᕁⲭ𐌗𐌢𐍇𐊴𐊐𐔧ᚷ𑣬  y ᎩᎽꓬⲩ𐊲𑢤𑣜  z Ꮓꓜᘔⲍ𐌶𑢩𑣄𑣥
"""
_PAIRS = re.findall(r"(\w) (\S+)", _LETTERS_OF_RARE_SCRIPTS)
#: Letters, in lower case, that no living orthography needs: phonetic ones, small capitals, those of rare scripts.
RARE = {like for like in dict(_latin()) if like >= "\u0250" and not unicodedata.decomposition(like)} - set("əɓɗɖɛɔ")
RARE |= {like.lower() for _, likes in _PAIRS for like in likes}

#: Character in lower case -> what it is read as. NFKC already folds full-width, mathematical and circled letters.
LOOKALIKES: dict[str, str] = dict(_latin()) | {like.lower(): plain for plain, likes in _PAIRS for like in likes} | {
    # Cyrillic
    "а": "a", "в": "b", "е": "e", "ё": "e", "к": "k", "м": "m", "н": "h", "о": "o", "р": "p", "с": "c", "т": "t",
    "у": "y", "х": "x", "ѕ": "s", "і": "i", "ї": "i", "ј": "j", "һ": "h", "ԁ": "d", "ԛ": "q", "ԝ": "w",
    "ӏ": "l", "ь": "b", "п": "n", "г": "r", "и": "u", "з": "3", "ү": "y",
    # Greek
    "α": "a", "β": "b", "γ": "y", "δ": "d", "ε": "e", "η": "n", "ι": "i", "κ": "k", "μ": "u", "ν": "v", "ο": "o",
    "ρ": "p", "σ": "o", "ς": "s", "τ": "t", "υ": "u", "χ": "x", "ω": "w", "ζ": "z",
    # Latin letters that are called something else
    "ð": "d", "ɑ": "a", "ß": "ss", "æ": "ae", "œ": "oe", "ʃ": "s", "ɩ": "i", "ĸ": "k", "ŋ": "n", "ʊ": "u", "ꞟ": "u",
    "ƨ": "s", "ƽ": "s", "ʋ": "v", "ɯ": "w", "ɔ": "c", "ə": "e",
    # Armenian letters that fraud kits use
    "ս": "u", "օ": "o", "հ": "h", "ո": "n", "ց": "g", "զ": "q", "ա": "w",
    # Typography
    "‘": "'", "’": "'", "‚": ",", "“": '"', "”": '"', "„": '"', "–": "-", "—": "-", "‐": "-", "‑": "-", "−": "-",
    "∗": "*", "٭": "*", "⁎": "*", "•": "*", "·": ".", "‧": ".", "∙": ".", "․": ".", "▪": "*", "●": "*", "⭐": "*",
    "¡": "!", "€": "e", "£": "l", "¢": "c", "¥": "y", "₩": "w", "⓪": "0", "®": "r", "©": "c",
    "⭕": "o", "❌": "x", "✖": "x", "✝": "t",
    # A gesture that is an insult, in words that score as an insult
    "🖕": " up your ass ",
}  # fmt: skip

#: Letters of scripts in which many do write: they count as Latin ones only in a word of two scripts.
_ELSEWHERE = {
    # Cyrillic, Greek, Armenian
    "ц": "u", "ө": "o", "ғ": "f", "қ": "k", "ӄ": "k", "ҝ": "k", "ҡ": "k", "ң": "n", "ӈ": "h", "ҫ": "c", "ԍ": "g",
    "ҳ": "x", "ҽ": "e", "ҿ": "e", "ѵ": "v", "ѡ": "w", "ш": "w", "щ": "w", "я": "r", "э": "e", "є": "e", "ђ": "h",
    "ћ": "h", "џ": "u", "ҭ": "t", "ς": "c", "Շ": "t", "չ": "z", "ֆ": "f", "ք": "f", "ռ": "n", "գ": "q",
    # Hebrew, Arabic, Thai, Georgian, Tifinagh
    "ו": "i", "ס": "o", "ט": "t", "ן": "j", "ק": "p", "ש": "w", "א": "x", "ץ": "y", "ח": "n", "ת": "n",
    "ا": "i", "ہ": "o", "ه": "o", "ﻮ": "g",
    "ค": "a", "๒": "b", "๔": "d", "เ": "i", "๓": "m", "ภ": "n", "๏": "o", "๐": "o", "ร": "s", "ย": "u", "ฬ": "w",
    "ი": "o", "ყ": "y", "ხ": "b", "ჿ": "o", "ⵔ": "o", "ⵙ": "o", "ⵏ": "i", "ⵊ": "i", "ⵜ": "t", "ⵝ": "x", "ⴸ": "v",
}  # fmt: skip
_ELSEWHERE |= {
    like.upper(): plain.upper()
    for like, plain in _ELSEWHERE.items()
    if like != like.upper() and like.upper().lower() == like
}
#: Signs that stand for letters in a word that has no number; beside one they are what they are.
_SIGNS = {
    "₮": "t", "₴": "s", "₱": "p", "₭": "k", "₦": "n", "₲": "g", "₳": "a", "₵": "c", "₿": "b", "฿": "b", "₫": "d",
    "₤": "l", "₣": "f", "₥": "m", "₹": "r", "₽": "p", "₡": "c", "†": "t", "‡": "t", "§": "s", "¤": "o", "∂": "d",
    "◯": "o", "○": "o", "∪": "u", "⛎": "u", "℘": "p", "∩": "n", "∆": "a", "Ɇ": "e",
}  # fmt: skip
_ANY_ELSEWHERE = re.compile(f"[{''.join(_ELSEWHERE)}{''.join(_SIGNS)}\u0640]")
#: What stands between the signs of ASCII that part words.
_WORD = re.compile(r"[^\s!-/:-@\[-`{-~]+")


def mixed_words(text: str) -> list[Edit]:
    """The letters that look like Latin ones in words of two scripts, where every letter of the word does.

    So do some signs in words of Latin letters, among which a stroke that lengthens Arabic words says nothing.
    """
    if text.isascii() or not _ANY_ELSEWHERE.search(text):
        return []
    edits: list[Edit] = []
    for word in _WORD.finditer(text):
        if _is_signed(word[0]):
            edits += [
                (at, at + 1, _SIGNS.get(sign, ""))
                for at, sign in enumerate(word[0], word.start())
                if sign in _SIGNS or sign == _TATWEEL
            ]
            continue
        replacements = [(at, like) for at, like in enumerate(word[0], word.start()) if like in _ELSEWHERE]
        if (
            replacements
            and len({_script(one) for one in word[0] if one.isalpha()}) > 1
            and all(map(_looks_latin, word[0]))
        ):
            edits += [(at, at + 1, _ELSEWHERE[like]) for at, like in replacements]
    return edits


_TATWEEL = "\u0640"


def _is_signed(word: str) -> bool:
    """Whether a word has signs that stand for letters, other letters that look Latin, and no number."""
    letters = [letter for letter in word if letter.isalnum() and letter not in _SIGNS and letter != _TATWEEL]
    has_signs = _TATWEEL in word or not _SIGNS.keys().isdisjoint(word)
    return has_signs and bool(letters) and all(letter.isalpha() and _looks_latin(letter) for letter in letters)


def is_of_rare_letters(word: str) -> bool:
    """Whether a word has letters of `RARE` and, like a disguise, only letters that look Latin."""
    return not RARE.isdisjoint(word.lower()) and all(map(_looks_latin, word))


#: Letters of other scripts that nobody tells from Latin ones: a word of these alone passes for a Latin word.
_TWINS = frozenset("асԁеһіјӏорԛѕԝхуѵονρօսց")


def is_false_host(host: str) -> bool:
    """Whether a host's name passes for one in Latin letters and is not: `pаypal.com` with a Cyrillic a.

    As browsers have it, that is a part of two scripts, or under an ending in Latin letters one that is all twins.
    """
    labels = [_decoded(label) for label in host.lower().split(".")]
    return labels[-1].isascii() and any(map(_passes_for_latin, labels))


#: Latin letters that nobody tells from Cyrillic ones, in either case, and the Cyrillic ones.
_OF_CYRILLIC = dict(zip("aceopxyijskABEKMHOPCTXYIJS", "асеорхуіјѕкАВЕКМНОРСТХУІЈЅ", strict=True))
_CYRILLIC = re.compile("[\u0400-\u052f]")


def in_cyrillic(word: str) -> str | None:
    """A word of Cyrillic letters and Latin ones that pass for them, in Cyrillic ones; None for a Latin one in disguise.

    It is Cyrillic where some letter passes for no Latin one, else if most of them are.
    """
    own = _CYRILLIC.findall(word)
    if not own or any(letter not in _OF_CYRILLIC and not _CYRILLIC.match(letter) for letter in word):
        return None
    if _TWIN_LETTERS.issuperset(own) and 2 * len(own) <= len(word):
        return None
    return "".join(_OF_CYRILLIC.get(letter, letter) for letter in word)


_TWIN_LETTERS = frozenset(_OF_CYRILLIC.values())


def _passes_for_latin(label: str) -> bool:
    letters = [letter for letter in label if letter.isalpha()]
    foreign = [letter for letter in letters if _script(letter) != "LATIN"]
    if not foreign or not all(map(_looks_latin, letters)):
        return False
    return len(foreign) < len(letters) or _TWINS.issuperset(foreign)


def _decoded(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        return label[4:].encode("ascii").decode("punycode")
    except (UnicodeError, ValueError, OverflowError):
        return label


def _script(letter: str) -> str:
    return unicodedata.name(letter, "").partition(" ")[0]


def _looks_latin(character: str) -> bool:
    base = unicodedata.normalize("NFKD", character)[0].lower()
    return not character.isalpha() or base.isascii() or base in LOOKALIKES or character in _ELSEWHERE
