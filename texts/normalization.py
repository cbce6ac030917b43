"""Undoes disguises: markup, escapes, look-alike letters and invisible characters that hide a word from a program.

Every rule works on one character, one escape, one tag or one gap, so that a place in the normalised text can be
traced back to the place in the original that a moderator sees.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import islice

from texts import codes, edits, escapes, lookalikes, mail, markup, mojibake, visibility
from texts.edits import Edit, kinds, outline
from texts.folding import CharacterTable, normalized

#: Characters that show as a gap but are no space for Unicode.
_GAPS = frozenset("\x0b\x0c\x1c\x1d\x1e\x1f\x85\u2800")
#: Control characters of ASCII that show nothing, not even a gap.
_CONTROL = re.compile("[\\x00-\\x08\\x0e-\\x1b\\x7f]")
_IN_A_WORD = r"(?<=[\w>\])])"
_HIDDEN = re.compile(
    rf"(?P<gap></?(?:{markup.PARTING})(?=[\s/>])[^<>]*+>)"
    rf"|</?(?!bdo)(?:{markup.ELEMENTS})(?=[\s/>])[^<>]*+>"
    rf"|{_IN_A_WORD}<(?!/?bdo[\s/>])(?P<unknown>(?:/?[a-z][a-z0-9-]*+(?=[\s/>])|[!?/])[^<>]*+)>(?=[\w<])(?P<after>\w*+)"
    rf"|{_IN_A_WORD}(?:{markup.BBCODE_IN_A_WORD}|\[\]\([^()\n]*+\))(?=[\w<\[])"
    rf"|{markup.BBCODE_OF_LOOKS}"
    r"|!\[(?P<picture>[^\[\]\n]{0,300})\]\([^()\s]{0,2000}(?:\s\"[^\"\n]{0,300}\")?\)",  # in Markdown: its words
    re.IGNORECASE,
)
#: What a browser may show from right to left; many sites take the tag away, and show it as it stands.
_EITHER_WAY = re.compile(r"<bdo(?=[\s/>])([^<>]*+)>([^<]*+)|</bdo(?=[\s/>])[^<>]*+>", re.IGNORECASE)
#: Single letters, one below the other or far apart, and what is between them.
_BREAKS = "\n\r\x0b\x0c\x85\u2028\u2029"
_COLUMN = re.compile(rf"(?<!\S)[^\W_](?:(?:\s{{4,}}+|[^\S{_BREAKS}]*+[{_BREAKS}]\s*+)[^\W_](?!\S)){{2,}}")
_GAP = re.compile(r"\s+")
_BREAK = re.compile(rf"\r\n|[{_BREAKS}]")
#: Single letters with the same signs between any two of them, as in "y * o * u" or "**y****o****u**".
_SIGN = r"[!-/:-@\[-`{-~\s\u00a1-\u00bf\u2000-\u2bff\u3000-\u303f\U0001f300-\U0001faff]"  # no vowel sign of a script
_SPELT_WITH_SIGNS = re.compile(rf"(?<![^\W_])[^\W_](?P<signs>{_SIGN}{{2,10}}?)[^\W_](?:(?P=signs)[^\W_](?![^\W_]))++")
_OF_TAGS = frozenset("bipqsu")
#: Where one of these letters between two others shows; only of ASCII, since its signs beyond that are many.
_ALONE, _IN_SIGNS = b"  a  ", kinds({"a": f"{string.ascii_letters}{string.digits}"})
#: Attributes of tags that a browser shows, at once or by and by; and two words, as somebody would write them there.
_SEEN = re.compile(
    r"\s(?:alt|title|value|label|placeholder|aria-label|summary)\s{0,9}=\s{0,9}(?:\"([^\"]*)\"|'([^']*)')",
    re.IGNORECASE,
)
_PICTURED = re.compile(r"<(?:ima?ge?|input|area)\b", re.IGNORECASE)
_TWO_WORDS = re.compile(r"[^\W\d_][,;]?\s+[^\W\d_]{2}")  # a word's last letter is enough: from each, one step
_NO_WORDS = re.compile(r"\s*(?:\[|/?wp:|more\b)", re.IGNORECASE)
_CLOSING = re.compile(r"\[/(\w{1,12})\]")
_REST_OF_WORD = re.compile(r"\w*")
#: Letters after this sign are shown from right to left, up to the next such sign or the line's end.
_REVERSED = re.compile("\u202e([^\u202a-\u202e\n]+)")
#: Characters that NFKC reads as a word or a sentence, and how many of them are read so.
_WORDS = re.compile("[\u3300-\u3357\ufdf0-\ufdfc]")
_MOST_WORDS = 100
#: Texts that are kept as read, since one is read for its words, its language and its sentences; and their length.
_MOST_KEPT, _LONGEST_KEPT = 512, 4000
_TARGET = re.compile(r"<a\s[^<>]*?href\s*=\s*[\"']?((?:https?:)?//[^\s\"'<>]+|www\.[^\s\"'<>]+)", re.IGNORECASE)
_TIME_AND_END = re.compile(r"\s{0,3}\d{1,2}(?::\d\d){1,2}\s{0,3}</a>", re.IGNORECASE)


def _enclosed_letter(character: str) -> str:
    """The letter of "NEGATIVE SQUARED LATIN CAPITAL LETTER A" and similar signs, which NFKC does not fold."""
    name = unicodedata.name(character, "")
    if "LATIN CAPITAL LETTER " in name or "LATIN SMALL LETTER " in name or "REGIONAL INDICATOR SYMBOL" in name:
        letter = name.rsplit(" ", 1)[1]
        if len(letter) == 1:
            return letter if "CAPITAL" in name else letter.lower()
    return ""


def fold_character(character: str) -> str:
    """How one character is read: as zero, one or a few characters."""
    if character in "\n\t\r":
        return character
    if character in _GAPS:
        return " "
    if ord(character) in escapes.OF_WINDOWS:
        return fold_character(escapes.OF_WINDOWS[ord(character)])
    category = unicodedata.category(character)
    if not visibility.is_drawn(character):
        return "\n" if character in "\u2028\u2029" else " " if category == "Zs" else ""
    decomposed = unicodedata.normalize("NFKD", character)
    folded = "".join(_fold_base(part) for part in decomposed if unicodedata.category(part) not in {"Mn", "Me", "Cf"})
    if folded == character and category == "So":
        return _enclosed_letter(character) or character
    return folded


def _fold_base(character: str) -> str:
    lowered = character.lower()
    plain = lookalikes.LOOKALIKES.get(lowered)
    if plain is None:
        return character
    return plain.upper() if lowered != character else plain


_FOLDING = CharacterTable(fold_character)


#: Forms of a letter for Unicode, beside its own one: `ｋ`, `𝐤`, `ⓚ`, and those of Arabic letters at a word's ends.
_FORMS = re.compile("<(?:font|wide|narrow|circle|square|super|isolated|initial|medial|final)>")
_NO_FORMS = frozenset("ªº")  # of "1º"
_TATWEEL = "\u0640"  # it lengthens an Arabic word, and is no letter of it
_NARROW_MARKS = frozenset("\uff9e\uff9f")  # they belong to the narrow kana before them: "ﾊﾞｶ" is "バカ"


def _show_character(character: str) -> str:
    """A character as it is, marks above and below letters too; "" or a gap for one that shows nothing.

    One that is a letter in another form is that letter.
    """
    if unicodedata.category(character) in {"Mn", "Me"} or character in "\n\t\r":
        return character
    if not visibility.is_drawn(character):
        return fold_character(character)
    if character == _TATWEEL:
        return ""
    if character in _NARROW_MARKS:
        return unicodedata.normalize("NFKC", character)
    if character not in _NO_FORMS and _FORMS.match(unicodedata.decomposition(character)):
        letters = unicodedata.normalize("NFKC", character)
        return character if "\u1100" <= letters[0] <= "\u11ff" or not letters.isalpha() else letters
    name = unicodedata.name(character, "")
    return _enclosed_letter(character) if name.startswith(("NEGATIVE SQ", "NEGATIVE C", "SQUARED L")) else character


_VISIBLE = CharacterTable(_show_character)
_WORD = re.compile(r"[^\W\d_]+")
_LATIN, _ALIKE = re.compile("[a-zA-Z]"), re.compile("[\u0370-\u052f]")
#: Marks of no script of their own: they spell a letter together with it, or are strewn over it, or choose its form.
_STREWN = (
    "\u0300-\u036f\u0488\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f\U000e0100-\U000e01ef"
)
_MARKED = re.compile(
    rf"(?P<letter>[^\W\d_])[{_STREWN}]+|(?<=[\u0900-\u0eff])(?P<strewn>[{_STREWN}]+)"  # vowels of India are marks, too
    "|[\u1100-\u115e][\u1161-\u11a7][\u11a8-\u11ff]?|[\u3046-\u30ff][\u3099\u309a]|[\u0621-\u064a][\u0653-\u0655]"
)


#: Most texts have none of these, and are not gone through letter by letter.
_ANY_MARK = re.compile(f"[{_STREWN}\u1100-\u115e\u3099\u309a\u0653-\u0655]")


def _marked_letters(text: str) -> list[Edit]:
    """Letters with marks of their own: as the one letter that they are together, or without what is only strewn."""
    if not _ANY_MARK.search(text):
        return []
    edits: list[Edit] = []
    for match in _MARKED.finditer(text):
        together = "" if match["strewn"] else normalized("NFC", match[0])
        edits.append((*match.span(), together if len(together) == 1 else match["letter"] or together))
    return edits


def _disguised_words(text: str) -> list[Edit]:
    """The letters of words in two scripts, as Latin and Cyrillic or Greek, or of letters that hardly anybody writes."""
    mixed = bool(_LATIN.search(text) and _ALIKE.search(text))
    if not mixed and lookalikes.RARE.isdisjoint(text.lower()):
        return []
    edits: list[Edit] = []
    for word in _WORD.finditer(text):
        if _is_disguised(word[0]):
            read_as = lookalikes.in_cyrillic(word[0])
            letters = map(_FOLDING.__getitem__, map(ord, word[0])) if read_as is None else read_as
            edits += [(at, at + 1, letter) for at, letter in enumerate(letters, word.start())]
    return edits


def _is_disguised(word: str) -> bool:
    return bool(_LATIN.search(word) and _ALIKE.search(word)) or lookalikes.is_of_rare_letters(word)


def _comments(text: str) -> list[Edit]:
    """HTML's comments. Some sites show them as they stand, so their words are read after the word that they are in."""
    edits: list[Edit] = []
    waiting = ""
    start = text.find("<!--")
    while start >= 0 and (close := text.find("-->", start + 2)) >= 0:  # "<!-->" is a comment as well
        rest = _REST_OF_WORD.match(text, close + 3)
        assert rest is not None
        within = text[start + 4 : close]
        if _TWO_WORDS.search(within) and not _NO_WORDS.match(within):
            waiting += f" {within}"
        edits.append((start, rest.end(), rest[0]))
        start = text.find("<!--", rest.end())
        if waiting and start != rest.end():
            edits[-1], waiting = _followed(edits[-1], waiting), ""
    if waiting:
        edits[-1] = _followed(edits[-1], waiting)
    return edits


def _hidden_markup(text: str) -> list[Edit]:
    """The tags and pictures of a text, and how they are read."""
    if "<" not in text and "[" not in text:
        return []
    edits: list[Edit] = []
    waiting = ""
    closed = {tag[1].lower() for tag in _CLOSING.finditer(text)}
    for match in _HIDDEN.finditer(text):
        start, end = match.span()
        if match["looks"] is not None and match["looks"].lower() not in closed:
            continue
        read_as = _shown(text, match)
        if match["unknown"] is not None:  # it may be seen, so it is read after its word
            if text[start - 1] == ">" and (not edits or edits[-1][1] != start):
                continue
            waiting += f" {match['unknown'].strip('/')}"
        elif (seen := _seen(match)) or waiting:
            rest = _REST_OF_WORD.match(text, end)
            assert rest is not None
            end, read_as, waiting = rest.end(), read_as + rest[0], f"{waiting} {seen}".rstrip()
        edits.append((start, end, read_as))
        if waiting and not text.startswith("<", end):
            edits[-1], waiting = _followed(edits[-1], waiting), ""
    if waiting:
        edits[-1] = _followed(edits[-1], waiting)
    return edits


def _followed(edit: Edit, words: str) -> Edit:
    """An edit after which these words are read."""
    start, end, read_as = edit
    return start, end, f"{read_as}{words} "


def _seen(match: re.Match[str]) -> str:
    """The words in the attributes of a tag that a reader may see."""
    if not match[0].startswith("<") or "=" not in match[0]:
        return ""
    seen = " ".join(double or single for double, single in _SEEN.findall(match[0])).strip()
    return seen if _PICTURED.match(match[0]) or _TWO_WORDS.search(seen) else ""


def _shown(text: str, match: re.Match[str]) -> str:
    """What is read in place of mark-up."""
    if match["gap"] is not None:
        return " "
    if match["picture"] is not None:
        return f" {match['picture']} "
    return match["after"] or _target(text, match)


def _either_way(text: str) -> list[Edit]:
    edits = []
    for match in _EITHER_WAY.finditer(text) if "<" in text else ():
        attributes, content = match.groups(default="")
        read_as = f"{content} {content[::-1]} " if "rtl" in attributes.lower() else content
        edits.append((match.start(), match.end(), read_as))
    return edits


def _columns(text: str) -> list[Edit]:
    """The gaps between letters that are written one below the other, or far apart: the wider ones part words."""
    edits: list[Edit] = []
    if text.isprintable() and "    " not in text:  # on one line, and with narrow gaps
        return edits
    if list(map(len, text.split())).count(1) < 3:
        return edits
    for run in _COLUMN.finditer(text):
        gaps = [(gap.span(), len(_BREAK.findall(gap[0])) or len(gap[0])) for gap in _GAP.finditer(text, *run.span())]
        narrow = min(width for _, width in gaps)
        if not "".join(run[0].split()).isdigit():
            edits += [(*span, "" if width == narrow else " ") for span, width in gaps]
    return edits


def _spelt_with_signs(text: str) -> list[Edit]:
    """The signs between letters that are written one by one. A token of the classifier's has shorter ones."""
    edits: list[Edit] = []
    if text.isascii() and _ALONE not in outline(text, _IN_SIGNS):  # so it is with most comments
        return edits
    for run in _SPELT_WITH_SIGNS.finditer(text):
        signs = run["signs"]
        letters = run[0].replace(signs, "")
        tags = signs in {"][", "><"} and ("[/" in text or "</" in text or set(letters.lower()) <= _OF_TAGS)
        if tags or signs.isspace() or letters.isdigit():
            continue
        edits += [(at, at + len(signs), "") for at in range(run.start() + 1, run.end() - 1, len(signs) + 1)]
    return edits


def _reversed_letters(text: str) -> list[Edit]:
    if "\u202e" not in text:
        return []
    return [(run.start(), run.end(), run[1][::-1]) for run in _REVERSED.finditer(text)]


def _surplus(text: str) -> list[Edit]:
    """The characters for words that come after the first hundred, because each would cost what a sentence costs."""
    if text.isascii():
        return []
    return [(one.start(), one.end(), " ") for one in islice(_WORDS.finditer(text), _MOST_WORDS, None)]


def _controls(text: str) -> list[Edit]:
    """The control characters of ASCII, which show nothing. A text with others is folded letter by letter."""
    if text.isprintable():
        return []
    return [(one.start(), one.end(), "") for one in _CONTROL.finditer(text)]


#: What is undone, in this order. Each step reads what the one before it left.
_TRANSPORT = (
    mail.mail,
    *[escapes.escapes] * escapes.MOST_TIMES,
    *[mojibake.mojibake] * mojibake.MOST_TIMES,
)
_STEPS = (
    *_TRANSPORT,
    _controls,
    escapes.blanks,
    codes.codes,
    codes.turned,
    _reversed_letters,
    _spelt_with_signs,
    _comments,
    _hidden_markup,
    _either_way,
    _columns,
    lookalikes.mixed_words,
    _surplus,
)
#: The steps that find something in a text of ASCII without these signs, as most comments are.
_SIGNS = bytes(code for code in range(0x80) if chr(code) in "=&%\\<[+" or _CONTROL.match(chr(code)))
_PLAIN_STEPS = (codes.codes, _spelt_with_signs, _columns)
#: What is undone where letters keep their scripts and accents.
_LETTERS = (_marked_letters, _disguised_words)


def _target(text: str, tag: re.Match[str]) -> str:
    """The address of a link, because its words do not show it. Nothing for a link to a time in a film ("2:19")."""
    target = _TARGET.match(tag.group())
    return f" {target.group(1)} " if target and not _TIME_AND_END.match(text, tag.end()) else ""


def normalize(text: str) -> str:
    """The text as a reader sees it: without markup, escapes, disguises and invisible characters.

    Case, digits and punctuation stay. Linear in the text's length.
    """
    return folded(without_markup(text))


def folded(text: str) -> str:
    """Each letter as it is read: `normalize` without what it undoes of markup and escapes."""
    return text if text.isascii() else text.translate(_FOLDING)


def without_markup(text: str) -> str:
    """`text` with its tags, pictures and escapes read: those within a word are gone, others part words."""
    return _read_lately(text) if len(text) <= _LONGEST_KEPT else edits.read(text, _steps(text))


@lru_cache(_MOST_KEPT)
def _read_lately(text: str) -> str:
    return edits.read(text, _steps(text))


def _steps(text: str) -> Sequence[edits.Step]:
    """Those of `_STEPS` that may find something in a text."""
    plain = text.isascii() and len(text.encode().translate(None, _SIGNS)) == len(text)
    return _PLAIN_STEPS if plain else _STEPS


def hides(text: str) -> bool:
    """Whether anything is undone in a text, beside letters that are folded."""
    return any(find(text) for find in _steps(text))


def as_sent(text: str) -> str:
    """`text` with nothing undone but what clients and gateways did to it on its way."""
    return edits.read(text, _TRANSPORT)


def visible(text: str) -> str:
    """The text in its own letters, accents and all: without markup, escapes and invisible characters.

    A word of both Latin letters and look-alikes is disguised, and read as `normalize` reads it. Linear in the length.
    """
    text = without_markup(text)
    return text if text.isascii() else edits.read(text.translate(_VISIBLE), _LETTERS)


def visible_with_offsets(text: str) -> tuple[str, list[int], list[int]]:
    """`visible(text)` and, for each of its characters, where it starts and ends in the original text."""
    text, starts, ends = _plain_with_offsets(text)
    if text.isascii():
        return text, starts, ends
    return _stepped(*_spread([_VISIBLE[ord(character)] for character in text], starts, ends), _LETTERS)


def normalize_with_offsets(text: str) -> tuple[str, list[int], list[int]]:
    """`normalize(text)` and, for each of its characters, where it starts and ends in the original text."""
    text, starts, ends = _plain_with_offsets(text)
    if text.isascii():
        return text, starts, ends
    return _spread([_FOLDING[ord(character)] for character in text], starts, ends)


def _plain_with_offsets(text: str) -> tuple[str, list[int], list[int]]:
    """`without_markup(text)` with places."""
    return _stepped(text, list(range(len(text))), list(range(1, len(text) + 1)), _steps(text))


def _stepped(
    text: str, starts: list[int], ends: list[int], steps: Iterable[edits.Step]
) -> tuple[str, list[int], list[int]]:
    """`text` after each of the steps, with the places of its characters."""
    for find in steps:
        if found := find(text):
            starts, ends = edits.moved(starts, found, 0), edits.moved(ends, found, -1)
            text = edits.edited(text, found)
    return text, starts, ends


def _spread(pieces: list[str], starts: list[int], ends: list[int]) -> tuple[str, list[int], list[int]]:
    """The pieces as one text; each of their letters has its piece's place."""
    starts = [start for piece, start in zip(pieces, starts, strict=True) for _ in piece]
    ends = [end for piece, end in zip(pieces, ends, strict=True) for _ in piece]
    return "".join(pieces), starts, ends
