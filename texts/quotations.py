"""What a text quotes of others: lines after `>`, what stands in quotation marks, and what follows "Ada wrote:".

People who answer an insult often quote it. So a quotation can bring a comment before a person, but never reject it.
Linear in the text's length.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from texts.markup import ELEMENTS
from texts.normalization import as_sent

#: Where a quotation starts and ends.
Span = tuple[int, int]

#: Lines as a reader sees them: of the text, and of the HTML that it may be.
_BREAK = r"(?:\A|[\n\r\u2028\u2029]|</?(?:p|br|div|li)\b[^<>]*>)"
_REST_OF_LINE = r"(?:(?!</?(?:p|br|div|li)\b)[^\n\r\u2028\u2029])*"
#: What a mail reader or a chat puts before each line that it quotes; `AB>`, `<Bob>` and `[10:01] Bob:` say whose it is.
_TIME = r"\[[^\[\]\n]{0,12}\d{1,2}:\d\d[^\[\]\n]{0,8}\]\s"
_SPEAKER = rf"(?:{_TIME})?<(?!/?(?:{ELEMENTS})[\s/>])[^\s<>/!?]{{1,30}}>\s|{_TIME}[^\n:<>]{{1,60}}:\s"
_QUOTED_LINE = re.compile(
    rf"{_BREAK}[^\S\n\r]{{0,8}}((?:[A-Z]{{0,3}}>|{_SPEAKER}|[%:]\s(?=\S)|[＞›❯|│┃▌▎]|»(?![^\n»«]*[»«])|bq\.\s){_REST_OF_LINE})",
    re.IGNORECASE,
)
_MARK = re.compile(
    r"<(/?)(?:blockquote|cite|q)(?:\s[^<>]*)?>|\[(/?)(?:quote|blockquote|cite|q)(?:[=\s][^\[\]]*)?\]", re.IGNORECASE
)
#: How other kinds of markup quote a passage: wikis, LaTeX, Org, AsciiDoc, reStructuredText. What never ends goes on.
_PASSAGE = re.compile(
    r"\{\{(?:[a-z]{0,8}quote|tq)[^{}|]{0,20}\|[^{}]*+\}\}"
    r"|\\begin\{quot(?:e|ation)\}(?:(?!\\end\{quot).)*+"
    r"|^#\+begin_quote(?:(?!^#\+end_quote).)*+"
    r"|^_{4,}[^\S\n]*\n(?:(?!^____).)*+^____"
    r"|(?:\A|(?<=\n))[^\S\n]{0,20}(?:\n|\A)(?:[^\S\n]{1,20}[^\s][^\n]*\n)++[^\S\n]{0,20}\n?[^\S\n]{1,20}(?:--|—)[^\S\n]?\w[^\n]*",
    re.IGNORECASE | re.MULTILINE | re.DOTALL,
)

#: Quotation marks of the world, each with what ends it.
_PAIRS = "“” „“” ‟” «» »« »» ‹› ›‹ 「」 『』 ｢｣ ﹁﹂ ﹃﹄ 〝〞〟 ❝❞ ‚‘’ ＂＂ ””"


def _between(opens: str, closes: str) -> str:
    """What stands between two marks, and within it, once more, between the same."""
    other = f"[^{opens}{closes}]"
    nested = f"|{opens}{other}{{0,300}}+[{closes}]" if opens not in closes else ""
    return f"{opens}(?:{other}{nested}){{1,1500}}+[{closes}]"


#: Each begins with its mark, by which it is found quickly. Signs that are inches, apostrophes or a part of HTML as well
#: are told by where they stand.
_IN_MARKS = re.compile(
    "|".join(
        (
            *(_between(pair[0], pair[1:]) for pair in _PAIRS.split()),
            r'"(?<![\w"=]")(?=\S)[^"\n]{1,1500}+(?<=\S)"(?!\w)',
            r"'(?<![\w'=]')(?=\w)(?:[^'\n]|'(?=\w)){1,500}+'(?!\w)",
            r"‘(?:[^‘’\n]|’(?=\w)){1,1500}+’(?!\w)",
            r"``(?=\S)(?:[^`'\n]|'(?!')){1,1500}+(?:``|'')",
        )
    )
)

#: What is said of who is quoted, in the languages that mail readers and forums know.
_SAYS = (
    "wrote|writes|said|says|replied|commented|schrieb|schreibt|geschrieben|sagte|meinte|a écrit|a dit|"
    "escribió|dijo|ha scritto|scrive|ha detto|escreveu|disse|schreef|geschreven|zei|napisał|napisała|"
    "napisał(a)|pisze|napsal|napsala|napsal(a)|napísal|napísala|napísal(a)|napisao|napisala|je napisao/la|"
    "skrev|skriver|kirjoitti|yazdı|demiş ki|írta|a scris|va escriure|menulis|đã viết|έγραψε|написал|написала|"
    "написал(а)|написав|написав(ла)|пишет|пише|сказал|сказала|написа|کتب|كتب|كتبت|نوشت|כתב|כתבה|ने लिखा|"
    "originally posted by|quote|quote from|quoting|zitat|zitat von|citaat|citation|cita|citazione|cytat|"
    "цитата|alıntı"
)
_SAYS_WITHOUT_SPACES = "写道|寫道|说|說|書きました|書いた|さんの投稿|引用|작성|님이 쓴 글|씀"
_COLON = re.compile(r"[:：](?!//)")
_SAID = re.compile(
    rf"(?<![\w\[/])(?:{'|'.join(sorted(map(re.escape, _SAYS.split('|')), key=len, reverse=True))})(?!\w)"
    rf"|{_SAYS_WITHOUT_SPACES}",
    re.IGNORECASE,
)
#: Headings without a colon: a forum's, and a chat's with a name and a time.
_POSTED = re.compile(
    r"originally posted by [^\n:]{1,80}\n|^[^\s\n][^\n]{0,60}?[ ]{2,4}\d{1,2}:\d\d(?:\s?[ap]m)?[^\S\n]{0,3}\n",
    re.IGNORECASE | re.MULTILINE,
)
#: What may stand before its colon on the line: a name, an address, a time.
_LONGEST_HEADING = 250
_EMPTY_LINE = re.compile(r"\n[^\S\n]*\r?\n")
#: A whole letter below one's own.
_WHOLE_LETTER = re.compile(
    r"^-{2,}[ ]?(?:original message|forwarded message|ursprüngliche nachricht|weitergeleitete nachricht|"
    r"message d'origine|message d’origine|message transféré|mensaje original|messaggio originale|mensagem original|"
    r"oorspronkelijk bericht|исходное сообщение|wiadomość oryginalna)[ ]?-{2,}"
    # a mail reader's block: who it is from, and two more such lines
    r"|^\*{0,2}(?:from|von|de|da|van|od|fra|från|от|发件人|差出人)\*{0,2}\s?[:：][^\n]*\n"
    r"(?:\*{0,2}[^\W\d_]{1,12}\*{0,2}\s?[:：][^\n]*(?:\n|\Z)){2}"
    r"|<div\s[^<>]*(?:gmail_quote|yahoo_quoted|moz-cite|OutlookMessageHeader)",
    re.IGNORECASE | re.MULTILINE,
)


def spans(text: str) -> list[Span]:
    """Where the quotations of a text start and end, in order; they do not overlap."""
    found = sorted(
        [*_marked(text), *_lines(text), *_in_marks(text), *_below_headings(text), *_letters(text), *_passages(text)]
    )
    joined: list[Span] = []
    for start, end in found:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def own_words(text: str) -> str:
    """A text without its quotations: what its author says. Itself, where it quotes nobody."""
    read = as_sent(text)
    quoted = spans(read)
    pieces, done = [], 0
    for start, end in quoted:
        pieces.append(read[done:start])
        done = end
    return "\n".join([*pieces, read[done:]]) if quoted else text


def _holds(text: str, *signs: str) -> bool:
    """Whether a text holds one of the signs without which an expression finds nothing. This is quicker to see."""
    return any(sign in text for sign in signs)


def _lines(text: str) -> Iterator[Span]:
    if not text.isascii() or _holds(text.lower(), ">", "|", "%", ":", "bq."):
        yield from (line.span(1) for line in _QUOTED_LINE.finditer(text))


def _in_marks(text: str) -> Iterator[Span]:
    return (part.span() for part in _IN_MARKS.finditer(text))


def _below_headings(text: str) -> Iterator[Span]:
    """What "Ada wrote:" begins, with that line, up to the next empty line."""
    done = 0
    for start, ends in sorted(_headings(text)):
        if ends > done:
            empty = _EMPTY_LINE.search(text, ends)
            done = empty.start() if empty is not None else len(text)
            yield start, done


def _headings(text: str) -> Iterator[Span]:
    """Where their lines start, and where they end."""
    line = done = 0
    for colon in _COLON.finditer(text):
        line = text.rfind("\n", done, colon.start()) + 1 or line
        begins = max(line, colon.start() - _LONGEST_HEADING)
        if _SAID.search(text, max(begins, done), colon.start()):
            yield begins, colon.end()
        done = colon.end()
    if "\n" in text and _holds(text.lower(), ":", "posted by"):
        yield from (heading.span() for heading in _POSTED.finditer(text))


def _letters(text: str) -> Iterator[Span]:
    heading = _WHOLE_LETTER.search(text) if _holds(text, "--", ":", "：", "<") else None
    if heading is not None:
        yield heading.start(), len(text)


def _passages(text: str) -> Iterator[Span]:
    if _holds(text, "{{", "\\", "#+", "____", "--", "—"):
        yield from (passage.span() for passage in _PASSAGE.finditer(text))


def _marked(text: str) -> list[Span]:
    """What stands between marks, the outermost of each; one that is never closed goes to the end."""
    if "<" not in text and "[" not in text:
        return []
    marked, depth, began = [], 0, 0
    for mark in _MARK.finditer(text):
        if "/" not in (mark[1] or mark[2] or ""):
            began = began if depth else mark.start()
            depth += 1
        elif depth:
            depth -= 1
            if not depth:
                marked.append((began, mark.end()))
    return [*marked, (began, len(text))] if depth else marked
