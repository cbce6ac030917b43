"""Reads XML files of any size, one element at a time, also those that are not quite XML.

What other systems export is often not well-formed: bare ampersands, HTML's entities, control characters, broken UTF-8.
These are mended on the way. What a file declares of its own (entities, which can grow a small file to gigabytes or read
other files) is refused: see docs/decisions/0073-bringing-the-past.md.
"""

from __future__ import annotations

import codecs
import html.entities
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO
from xml.parsers import expat

from moderation.past.records import LONGEST_COMMENT, WrongFile

_CHUNK = 256 * 1024
#: Characters that are kept of one element's text: more than fit, so that it can be told that they do not.
_MOST_TEXT = 4 * LONGEST_COMMENT
#: Elements within one that is kept; a comment has about twenty.
_MOST_CHILDREN = 1000
_DECLARED = re.compile(rb"""<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
#: Characters that XML has no place for.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_AMPERSAND = re.compile(r"&(?:#(?:([0-9]{1,7})|[xX]([0-9a-fA-F]{1,6}));|([A-Za-z][A-Za-z0-9]{1,30});)?")
#: A reference that a chunk may have cut off.
_CUT_OFF = re.compile(r"(?:&[#A-Za-z0-9]{0,32}|<(?:!(?:\[(?:C(?:D(?:A(?:T(?:A)?)?)?)?)?)?)?)\Z")
_OF_XML = frozenset({"amp", "lt", "gt", "quot", "apos"})
_CDATA, _CDATA_END = "<![CDATA[", "]]>"
_MARK = re.compile(r"(<!\[CDATA\[|\]\]>)")
#: The beginning of a namespace -> the prefix by which it is called here.
_NAMESPACES = {
    "http://wordpress.org/export/": "wp:",
    "http://disqus.com/disqus-internals": "dsq:",
    "http://disqus.com": "",
}


@dataclass(slots=True)
class Element:
    """An element with what it holds. Its names have a prefix, such as `wp:comment`, and none for Disqus' and RSS'."""

    parent: str
    name: str
    line: int
    attributes: dict[str, str]
    text: str = ""
    children: list[Element] = field(default_factory=list)
    #: The first of its children of each name.
    first: dict[str, Element] = field(default_factory=dict)

    def get(self, name: str) -> str | None:
        """The text of the first element within it of this name."""
        child = self.child(name)
        return None if child is None else child.text

    def child(self, name: str) -> Element | None:
        """The first element within it of this name."""
        return self.first.get(name)


def elements(file: BinaryIO, wanted: Collection[tuple[str, str]], *, begun: str | None = None) -> Iterator[Element]:
    """The elements that are wanted, each by its parent's name and its own, in the order in which they end.

    An element called `begun` is told, empty, as soon as it begins: what follows it belongs to it.

    Raises:
        WrongFile: this is not XML, ends too soon, or declares entities.
    """
    builder = _Builder(wanted, begun)
    try:
        for text in _mended(_decoded(file)):
            builder.parser.Parse(text.encode(), False)
            yield from builder.take()
        builder.parser.Parse(b"", True)
    except expat.ExpatError as error:
        yield from builder.take()
        reason = expat.errors.messages[error.code]
        raise WrongFile(f"Line {error.lineno:,} is not XML: {reason}. What stands before it was read.") from None
    yield from builder.take()


class _Builder:
    """Builds the wanted elements and forgets all others."""

    def __init__(self, wanted: Collection[tuple[str, str]], begun: str | None) -> None:
        self.parser = expat.ParserCreate("utf-8", " ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.EntityDeclHandler = self._refuse
        self.parser.ExternalEntityRefHandler = self._refuse
        self._wanted, self._begun = frozenset(wanted), begun
        self._names: dict[str, str] = {}
        self._path: list[str] = [""]
        #: The open elements that are kept, the outermost first.
        self._open: list[Element] = []
        self._kept = 0
        self._done: list[Element] = []

    def take(self) -> list[Element]:
        """The elements that have ended since this was last asked."""
        done, self._done = self._done, []
        return done

    def _start(self, full_name: str, attributes: dict[str, str]) -> None:
        name, parent = self._name(full_name), self._path[-1]
        self._path.append(name)
        if name == self._begun:
            self._done.append(Element(parent, name, self.parser.CurrentLineNumber, {}))
        if self._open or (parent, name) in self._wanted:
            named = {self._name(key): value for key, value in attributes.items()} if attributes else {}
            element = Element(parent, name, self.parser.CurrentLineNumber, named)
            if self._open and self._kept < _MOST_CHILDREN:
                self._open[-1].children.append(element)
                self._open[-1].first.setdefault(name, element)
            self._kept = self._kept + 1 if self._open else 0
            self._open.append(element)

    def _end(self, _name: str) -> None:
        self._path.pop()
        if self._open:
            element = self._open.pop()
            if not self._open:
                self._done.append(element)

    def _text(self, text: str) -> None:
        if self._open and len(self._open[-1].text) < _MOST_TEXT:
            self._open[-1].text += text[:_MOST_TEXT]

    def _name(self, full_name: str) -> str:
        name = self._names.get(full_name)
        if name is None:
            name = self._names[full_name] = _prefixed(full_name)
        return name

    def _refuse(self, *_: object) -> int:
        raise WrongFile(
            f"Line {self.parser.CurrentLineNumber:,} declares an entity, which no export has: such a file may be "
            "made to fill the memory, or to read other files."
        )


def _prefixed(full_name: str) -> str:
    namespace, _, name = full_name.rpartition(" ")
    if not namespace:
        return name
    if "/excerpt" in namespace:
        return f"other:{name}"
    prefixes = (prefix for beginning, prefix in _NAMESPACES.items() if namespace.startswith(beginning))
    return next(prefixes, "other:") + name


def _decoded(file: BinaryIO) -> Iterator[str]:
    """The file's text. Bytes that are none in its encoding become U+FFFD."""
    head = file.read(_CHUNK)
    declared = _DECLARED.search(head[:1000])
    encoding = next((name for bom, name in _BOMS if head.startswith(bom)), None)
    encoding = encoding or (declared[1].decode() if declared else "utf-8")
    try:
        decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
        text = decoder.decode(head)
    except (LookupError, AttributeError, TypeError, ValueError):
        raise WrongFile(f"It says that its encoding is {encoding}, which Winnow does not know.") from None
    while head:
        yield text
        head = file.read(_CHUNK)
        text = decoder.decode(head, final=not head)
    yield text


def _mended(chunks: Iterator[str]) -> Iterator[str]:
    """The text as XML: without forbidden characters, and with every ampersand outside of CDATA a reference."""
    rest, in_cdata = "", False
    for chunk in chunks:
        text, mended = rest + _FORBIDDEN.sub("", chunk), []
        parts = _MARK.split(text)
        for part in parts[:-1]:
            mended.append(part if in_cdata else _with_references(part))
            if part == (_CDATA_END if in_cdata else _CDATA):
                in_cdata = not in_cdata
        text = parts[-1]
        cut = len(text) - 2 if in_cdata else _cut(text)
        rest = text[max(0, cut) :]
        mended.append(text[: max(0, cut)] if in_cdata else _with_references(text[:cut]))
        yield "".join(mended)
    yield rest if in_cdata else _with_references(rest)


def _with_references(text: str) -> str:
    return _AMPERSAND.sub(_reference, text) if "&" in text else text


def _cut(text: str) -> int:
    """Where a reference or a mark begins that the chunk cut off; the text's length where none does."""
    match = _CUT_OFF.search(text, max(0, len(text) - 40))
    return match.start() if match else len(text)


def _reference(match: re.Match[str]) -> str:
    decimal, hexadecimal, name = match.groups()
    if decimal or hexadecimal:
        code = int(decimal) if decimal else int(hexadecimal, 16)
        allowed = code in {9, 10, 13} or 32 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or 0x10000 <= code <= 0x10FFFF
        return match[0] if allowed else ""
    if name in _OF_XML:
        return match[0]
    character = html.entities.html5.get(f"{name};") if name else None
    if character is not None:
        return html.escape(character)
    return f"&amp;{match[0][1:]}"
