"""HTML as a reader reads it: the words between the tags. Linear in the text's length, however broken the HTML is."""

from __future__ import annotations

import html
import re

#: A tag, a comment or a declaration ends with the next `>`, and never holds a `<`: so no text is looked at twice.
_TAG = re.compile(r"<(?:/?([A-Za-z][A-Za-z0-9-]*+)|[!?/])[^<>]*+>")
#: The tags that a browser knows, for use in an expression. "<sigh>" is not one: on a page that shows mark-up as text,
#: readers see it.
ELEMENTS = (
    "a|abbr|acronym|address|applet|area|article|aside|audio|b|base|basefont|bdi|bdo|bgsound|big|blink|"
    "blockquote|body|br|button|canvas|caption|center|cite|code|col|colgroup|data|datalist|dd|del|details|"
    "dfn|dialog|dir|div|dl|dt|em|embed|fieldset|figcaption|figure|font|footer|form|frame|frameset|h1|h2|"
    "h3|h4|h5|h6|head|header|hgroup|hr|html|i|iframe|image|img|input|ins|kbd|label|legend|li|link|main|"
    "map|mark|marquee|menu|menuitem|meta|meter|nav|nobr|noembed|noframes|noscript|o:p|object|ol|optgroup|"
    "option|output|p|param|picture|plaintext|portal|pre|progress|q|rp|rt|ruby|s|samp|script|search|"
    "section|select|slot|small|source|span|strike|strong|style|sub|summary|sup|svg|table|tbody|td|"
    "template|textarea|tfoot|th|thead|time|title|tr|track|tt|u|ul|var|video|wbr|xmp"
)
#: Those of them at which a reader sees a gap. The letters around any other stand side by side.
PARTING = (
    "address|article|aside|blockquote|body|br|caption|center|col|colgroup|dd|details|dialog|dir|div|dl|dt|fieldset|"
    "figcaption|figure|footer|form|frame|frameset|h[1-6]|head|header|hgroup|hr|html|iframe|legend|li|main|marquee|menu|"
    "menuitem|nav|noframes|o:p|ol|optgroup|option|p|plaintext|pre|rp|rt|section|select|summary|table|tbody|td|textarea|"
    "tfoot|th|thead|title|tr|ul|video|xmp"
)
_INLINE = (
    "abbr|acronym|anchor|b|bg|bgcolor|colou?r|del|em|email|face|font|glow|highlight|i|ins|mark|mention|s|shadow|size|"
    "spoiler|strike|strong|style|sub|sup|tt|u|url|user"
)
_END = r"(?:[=\s][^\[\]]*+)?\]"
#: A tag of BBCode, for use in an expression, and one around which letters stand side by side. One that tells an address
#: is no such.
BBCODE = rf"\[/?(?:{_INLINE}|center|code|h[1-6]|img|indent|justify|left|list|quote|right){_END}"
BBCODE_IN_A_WORD = rf"\[(?!(?:url|email)(?:\]|=[\s\"']?(?:https?:|www\.|//)))/?(?:{_INLINE}){_END}"
#: A tag that only says how letters look.
BBCODE_OF_LOOKS = (
    r"\[/?(?P<looks>b|bg|bgcolor|big|center|colou?r|face|font|glow|highlight|i|indent|ins|justify|left|right|s|shadow|size|small|"
    rf"spoiler|strike|strong|style|sub|sup|tt|u){_END}"
)
_KNOWN_TAG = re.compile(rf"<(?:/?(?:{ELEMENTS})(?=[\s/>])|[!?/])[^<>]*+>", re.IGNORECASE)
_HREF = re.compile(r"""\shref\s{0,20}=\s{0,20}(?:"([^"]*)"|'([^']*)'|([^\s"'<>]+))""", re.IGNORECASE)
#: Entities for numbers beyond the last character; Python refuses to read the longest of them.
_NO_CHARACTER = re.compile(r"&#(?:[0-9]{8,}|[xX][0-9A-Fa-f]{7,});?")
#: The zeros before a number, of which a browser reads any.
_ZEROS = re.compile(r"&#(?:[xX]0+(?=[0-9a-fA-F])|0+(?=[0-9]))")
#: Tags at which a reader sees a new line.
_BREAKS = frozenset({"br", "div", "p", "li", "ul", "ol", "blockquote", "pre", "tr", "hr", "h1", "h2", "h3", "h4"})


def unescape(text: str) -> str:
    """`text` with its entities read, as `html.unescape` does; a number that is no character becomes U+FFFD."""
    if "&" not in text:
        return text
    return html.unescape(_NO_CHARACTER.sub("\ufffd", _ZEROS.sub(lambda number: number[0].rstrip("0"), text)))


def without_tags(text: str, *, between: str = " ") -> str:
    """`text` with `between` in place of each tag. Its entities stay as they are."""
    return _TAG.sub(between, text) if "<" in text else text


def without_known_tags(text: str) -> str:
    """`text` without the tags that a browser knows."""
    return _KNOWN_TAG.sub("", text) if "<" in text else text


def words_of(text: str) -> str:
    """The words of a page of this HTML: a new line at each block, and the address of each link beside it."""
    pieces: list[str] = []
    last_end = 0
    for tag in _TAG.finditer(text):
        pieces.append(text[last_end : tag.start()])
        last_end = tag.end()
        name = (tag[1] or "").lower()
        if name in _BREAKS:
            pieces.append("\n")
        target = _HREF.search(tag[0]) if name == "a" else None
        if target is not None:
            pieces.append(f" {target[1] or target[2] or target[3] or ''} ")
    return unescape("".join([*pieces, text[last_end:]])).strip()
