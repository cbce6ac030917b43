"""Reads XML files of any size, one element at a time, also those that are not quite XML.

What other systems export is often not well-formed: bare ampersands, HTML's entities, control characters, broken UTF-8.
These are mended on the way; where a file is broken beyond that, reading goes on with the next element. What a file
declares of its own (entities and attributes, which can grow a small file to gigabytes or read other files) is refused,
and what would have to be kept whole in memory counts as broken: see docs/decisions/0073-bringing-the-past.md.
"""

from __future__ import annotations

import codecs
import html.entities
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO
from xml.parsers import expat

from moderation.past.records import LONGEST_COMMENT, Unreadable, WrongFile

_CHUNK = 256 * 1024
#: Characters that are kept of one element's text: more than fit, so that it can be told that they do not.
_MOST_TEXT = 4 * LONGEST_COMMENT
#: Elements within one that is kept; a comment has about twenty.
_MOST_CHILDREN = 1000
_DECLARED = re.compile(rb"""<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_UTF_8 = frozenset({"utf-8", "utf-8-sig"})
#: What stands for a byte that is no UTF-8; and what that says in Windows-1252, which many old databases hold.
_ESCAPED = re.compile("[\udc80-\udcff]")
_WINDOWS_1252 = {0xDC00 + byte: bytes([byte]).decode("cp1252", "replace") for byte in range(0x80, 0x100)}
#: Characters that XML has no place for.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
#: An ampersand that begins no reference; and one that may, but for the references that XML has, which stay.
_BARE = re.compile(r"&(?![#A-Za-z])")
_AMPERSAND = re.compile(
    r"&(?!(?:amp|lt|gt|quot|apos);)(?:#(?:([0-9]{1,7})|[xX]([0-9a-fA-F]{1,6}));|([A-Za-z][A-Za-z0-9]{1,30});)?"
)
#: A reference or a mark that a chunk may have cut off.
_CUT_OFF = re.compile(r"(?:&[#A-Za-z0-9]{0,32}|\]\]?)\Z")
#: The parser keeps what has not ended yet, such as a tag or a comment, and looks through it again with each chunk.
_MOST_UNENDED = 4 * 1024 * 1024
#: How deep elements may lie within each other. A comment lies four deep.
_DEEPEST = 200
#: Places that are no XML, after which nothing more is read: each takes a parser of its own.
_MOST_FAULTS = 10_000
#: Chunks without any of the elements that an export consists of, such as posts and comments: it is none.
_MOST_WITHOUT = 1024
#: Elements in a row between which no letter stands: each takes three calls, so that a small one is read slowly.
_MOST_EMPTY = 1_000_000
#: A tag that does not end within so many characters is none.
_LONGEST_TAG = 4096
#: The declaration of XML, and what a server may have written before it: empty lines, and warnings of PHP.
_BEFORE = re.compile(r"(?:(?!<rss[\s>]|<disqus[\s>])[\s\S]){0,20000}?<\?xml[^>]{0,200}\?>")
_CDATA, _CDATA_END = "<![CDATA[", "]]>"
_MARK = re.compile(r"(<!\[CDATA\[|\]\]>)")
#: The beginning of a namespace, behind its scheme -> the prefix by which it is called here. Who moves a site to https
#: often has every http in the file replaced.
_NAMESPACES = {"wordpress.org/export/": "wp:", "disqus.com/disqus-internals": "dsq:", "disqus.com": ""}
_PREFIXES = frozenset({"wp", "dsq"})
#: What a file of another system begins with -> what it is.
_KNOWN_ROOTS = {
    "rss": "WordPress' (winnow import wordpress)",
    "disqus": "Disqus' (winnow import disqus)",
    "feed": "Atom, as Blogger exports them, which WordPress reads and exports as its own",
}


@dataclass(slots=True)
class Element:
    """An element with what it holds. Its names have a prefix, such as `wp:comment`, and none for Disqus' and RSS'."""

    parent: str
    name: str
    line: int
    attributes: dict[str, str]
    text: str = ""
    #: Those within it, and the first of each name. Most have none, and each comment has a dozen elements.
    children: list[Element] | None = None
    first: dict[str, Element] | None = None

    def get(self, name: str) -> str | None:
        """The text of the first element within it of this name."""
        child = None if self.first is None else self.first.get(name)
        return None if child is None else child.text

    def child(self, name: str) -> Element | None:
        """The first element within it of this name."""
        return None if self.first is None else self.first.get(name)

    def add(self, child: Element) -> None:
        """Put an element within it, behind those that are there."""
        if self.children is None or self.first is None:
            self.children, self.first = [child], {child.name: child}
        else:
            self.children.append(child)
            self.first.setdefault(child.name, child)


class _NotKept(expat.ExpatError):
    """What would have to be kept whole in memory, and is no export's; the message says what."""


def elements(
    file: BinaryIO,
    root: str,
    wanted: Collection[tuple[str, str]],
    *,
    resume: Mapping[str, Sequence[str]],
    begun: str | None = None,
) -> Iterator[Element | Unreadable]:
    """The elements that are wanted, each by its parent's name and its own, in the order in which they end.

    An element called `begun` is told, empty, as soon as it begins: what follows it belongs to it. Where the file is
    broken that is told, and reading goes on with the next element of a name in `resume`, which says where such stand.

    Raises:
        WrongFile: this is not XML, has another root, ends too soon, is broken in too many places, declares what it
            holds, or holds too much beside the elements in `resume`.
    """
    reading = _Reading(_Builder(root, wanted, begun, resume), resume)
    for text in _mended(_decoded(file)):
        yield from reading.feed(text.encode())
    yield from reading.end()


class _Reading:
    """Feeds a builder, and finds where it can go on after a place that is no XML."""

    def __init__(self, builder: _Builder, resume: Mapping[str, Sequence[str]]) -> None:
        self._builder, self._resume = builder, resume
        names = b"|".join(re.escape(name).encode() for name in resume)
        self._next = re.compile(rb"<(" + names + rb")(?:\s[^<>]*[^<>/])?>")
        self._fault: tuple[int, str] | None = None
        self._faults = 0
        #: Lines of what was fed before, and chunks since an element in `resume` began.
        self._lines = self._without = 0

    def feed(self, data: bytes) -> Iterator[Element | Unreadable]:
        start = 0
        while start < len(data):
            if self._fault is not None:
                match = self._next.search(data, start)
                if match is None:
                    break
                start = match.start()
                yield self._gone_on(self._lines + data.count(b"\n", 0, start), match[1].decode())
            try:
                self._builder.feed(data[start:])
                start = len(data)
            except expat.ExpatError as error:
                start += self._failed(error)
            yield from self._builder.take()
        self._lines += data.count(b"\n")
        self._without = 0 if self._builder.has_met() else self._without + 1
        if self._without > _MOST_WITHOUT:
            size, missing = _MOST_WITHOUT * _CHUNK // 2**20, ", ".join(f"<{name}>" for name in self._resume)
            raise WrongFile(
                f"Up to line {self._lines + 1:,} it goes on for {size} MiB without any of {missing}. "
                "No export does that, so nothing behind this line is read. What stands before it was read."
            )
        if self._builder.empty > _MOST_EMPTY:
            raise WrongFile(
                f"Up to line {self._lines + 1:,} more than {_MOST_EMPTY:,} elements in a row hold no text. No export "
                "does that, so nothing behind this line is read. What stands before it was read."
            )

    def end(self) -> Iterator[Element | Unreadable]:
        if self._fault is None:
            try:
                self._builder.parser.Parse(b"", True)
            except expat.ExpatError as error:
                self._failed(error)
        yield from self._builder.take()
        if self._fault is not None and not self._builder.is_whole:
            number, reason = self._fault
            raise WrongFile(f"Line {number:,} is not XML: {reason}. What stands before it was read.") from None

    def _failed(self, error: expat.ExpatError) -> int:
        """Note what was wrong. Returns how much of what was fed last cannot be read; that is more than nothing."""
        line = self._builder.parser.ErrorLineNumber + self._builder.lines_before
        reason = str(error) if isinstance(error, _NotKept) else expat.errors.messages[error.code]
        if not self._builder.has_begun:
            raise WrongFile(f"Line {line:,} is not XML: {reason}.") from None
        self._fault = line, reason
        self._faults += 1
        return max(1, self._builder.parser.ErrorByteIndex - self._builder.fed_before)

    def _gone_on(self, lines: int, name: str) -> Unreadable:
        assert self._fault is not None
        (line, reason), self._fault = self._fault, None
        if self._faults > _MOST_FAULTS:
            raise WrongFile(
                f"Line {line:,} is not XML: {reason}. The file is broken in more than {_MOST_FAULTS:,} places, so "
                "nothing behind this one is read. Export it again, or have it mended. What stands before it was read."
            )
        self._builder.start_over(self._resume[name], lines)
        why = f"The file is not XML there: {reason}. Reading went on at line {lines + 1:,}."
        return Unreadable(f"Line {line:,}", why)


class _Builder:
    """Builds the wanted elements and forgets all others."""

    def __init__(
        self, root: str, wanted: Collection[tuple[str, str]], begun: str | None, expected: Collection[str]
    ) -> None:
        self._root, self._wanted, self._begun, self._expected = root, frozenset(wanted), begun, frozenset(expected)
        self._has_met = False
        #: How many elements have begun since there was any text.
        self.empty = 0
        self._names: dict[str, str] = {}
        self._namespaces: dict[str, str] = {}
        self._done: list[Element] = []
        self.has_begun = False
        self.start_over((), 0)

    def start_over(self, path: Sequence[str], lines_before: int) -> None:
        """Begin with a new parser, within these elements."""
        self._path = ["", *path]
        #: The open elements that are kept, the outermost first.
        self._open: list[Element] = []
        self._kept = 0
        self.lines_before = lines_before
        self.is_whole = False
        self.parser = expat.ParserCreate("utf-8")
        self.parser.buffer_text = True
        prologue = "".join(f"<{name}>" for name in path).encode()
        self.parser.Parse(prologue, False)
        self._fed, self.fed_before = len(prologue), 0
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._doctype

    def feed(self, data: bytes) -> None:
        self.fed_before = self._fed
        self._fed += len(data)
        self.parser.Parse(data, False)
        if self._fed - self.parser.CurrentByteIndex > _MOST_UNENDED:
            raise _NotKept("a tag or a comment does not end within 4 MiB")

    def take(self) -> list[Element]:
        """The elements that have ended since this was last asked."""
        done, self._done = self._done, []
        return done

    def has_met(self) -> bool:
        """Whether an element that is expected has begun since this was last asked."""
        met, self._has_met = self._has_met, False
        return met

    def _start(self, full_name: str, attributes: dict[str, str]) -> None:
        if attributes:
            attributes = self._with_prefixes(attributes)
        name, parent = self._names.get(full_name) or self._name(full_name), self._path[-1]
        if not self.has_begun:
            self._require_root(name)
        self._path.append(name)
        self.empty += 1
        if len(self._path) > _DEEPEST:
            raise _NotKept(f"more than {_DEEPEST - 1} elements lie within each other")
        if name in self._expected:
            self._has_met = True
        if name == self._begun:
            self._done.append(Element(parent, name, self._line(), {}))
        if self._open:
            element = Element(parent, name, 0, attributes)
            if self._kept < _MOST_CHILDREN:
                self._open[-1].add(element)
            self._kept += 1
            self._open.append(element)
        elif (parent, name) in self._wanted:
            self._kept = 0
            self._open.append(Element(parent, name, self._line(), attributes))

    def _require_root(self, name: str) -> None:
        self.has_begun = True
        if name != self._root:
            what = f"; that is {_KNOWN_ROOTS[name]}" if name in _KNOWN_ROOTS else ""
            raise WrongFile(f"It is no such export: it begins with <{name[:40]}>, not with <{self._root}>{what}.")

    def _end(self, _name: str) -> None:
        self._path.pop()
        self.is_whole = len(self._path) == 1
        if self._open:
            element = self._open.pop()
            if not self._open:
                self._done.append(element)

    def _text(self, text: str) -> None:
        if self.empty and not text.isspace():
            self.empty = 0
        if self._open and len(self._open[-1].text) < _MOST_TEXT:
            self._open[-1].text += text[:_MOST_TEXT]

    def _line(self) -> int:
        return self.parser.CurrentLineNumber + self.lines_before

    def _with_prefixes(self, attributes: dict[str, str]) -> dict[str, str]:
        """Attributes by their names here, without those that declare a namespace, which is noted."""
        for key, value in attributes.items():
            if key.startswith("xmlns"):
                self._namespaces[key[6:]] = value
                self._names.clear()
        return {self._name(key): value for key, value in attributes.items() if not key.startswith("xmlns")}

    def _name(self, full_name: str) -> str:
        """An element's name with the prefix that its namespace has here; its own where nothing declares it."""
        prefix, _, name = full_name.rpartition(":")
        if len(self._names) > _MOST_CHILDREN:
            self._names.clear()
        known = _prefix(prefix, self._namespaces.get(prefix))
        # WordPress writes `comment_author_IP`, and other programs write that in small letters.
        name_read = self._names[full_name] = known + (name.lower() if known == "wp:" else name)
        return name_read

    def _doctype(self, _name: str, _system: str | None, _public: str | None, declares: int) -> None:
        if declares:
            raise WrongFile(
                f"Line {self._line():,} declares entities or attributes, which no export has: such a file may be "
                "made to fill the memory, or to read other files."
            )


def _prefix(written: str, namespace: str | None) -> str:
    if namespace is None or not written:
        return f"{written}:" if written else ""
    if "/excerpt" in namespace:
        return "other:"
    name = namespace.rpartition("://")[2].removeprefix("www.")
    unknown = f"{written}:" if written in _PREFIXES else "other:"
    return next((known for beginning, known in _NAMESPACES.items() if name.startswith(beginning)), unknown)


def _decoded(file: BinaryIO) -> Iterator[str]:
    """The file's text. Bytes that are none in its encoding become Windows-1252's letters, or U+FFFD."""
    head = file.read(_CHUNK)
    declared = _DECLARED.search(head[:1000])
    encoding = next((name for bom, name in _BOMS if head.startswith(bom)), None)
    encoding = encoding or (declared[1].decode() if declared else "utf-8")
    try:
        is_utf_8 = codecs.lookup(encoding).name in _UTF_8
        decoder = codecs.getincrementaldecoder(encoding)("surrogateescape" if is_utf_8 else "replace")
        text = decoder.decode(head)
    except (LookupError, AttributeError, TypeError, ValueError):
        raise WrongFile(f"It says that its encoding is {encoding}, which Winnow does not know.") from None
    while head:
        yield _as_windows_1252(text)
        head = file.read(_CHUNK)
        text = decoder.decode(head, final=not head)
    yield _as_windows_1252(text)


def _as_windows_1252(text: str) -> str:
    return text.translate(_WINDOWS_1252) if _ESCAPED.search(text) else text


def _mended(chunks: Iterator[str]) -> Iterator[str]:
    """The text as XML: without forbidden characters and CDATA, with every ampersand a reference, no tag cut in two.

    What stands in CDATA becomes plain text, so that nothing an author wrote can be taken for an element.
    """
    rest, in_cdata, is_first = "", False, True
    for chunk in chunks:
        text, mended = rest + _FORBIDDEN.sub("", chunk), []
        if is_first:
            text, is_first = _without_declaration(text), False
        parts = _MARK.split(text)
        for part in parts[:-1]:
            if part == _CDATA and not in_cdata:
                in_cdata = True
            elif part == _CDATA_END:
                mended.append("" if in_cdata else "]]&gt;")
                in_cdata = False
            else:
                mended.append(_as_text(part) if in_cdata else _with_references(part))
        text = parts[-1]
        cut = max(0, len(text) - 2 if in_cdata else _cut(text))
        rest = text[cut:]
        mended.append(_as_text(text[:cut]) if in_cdata else _with_references(text[:cut]))
        yield "".join(mended)
    yield _as_text(rest) if in_cdata else _with_references(rest)


def _without_declaration(text: str) -> str:
    """The beginning of a file without its declaration, whose encoding is read by now; its lines keep their numbers."""
    before = _BEFORE.match(text)
    return text if before is None else "\n" * before[0].count("\n") + text[before.end() :]


def _as_text(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _with_references(text: str) -> str:
    return _AMPERSAND.sub(_reference, _BARE.sub("&amp;", text)) if "&" in text else text


def _cut(text: str) -> int:
    """Where a tag, a reference or a mark begins that the chunk cut off; the text's length where none does."""
    tag = text.rfind("<", max(0, len(text) - _LONGEST_TAG))
    if tag >= 0 and ">" not in text[tag:]:
        return tag
    match = _CUT_OFF.search(text, max(0, len(text) - 40))
    return match.start() if match else len(text)


def _reference(match: re.Match[str]) -> str:
    decimal, hexadecimal, name = match.groups()
    if decimal or hexadecimal:
        code = int(decimal) if decimal else int(hexadecimal, 16)
        allowed = code in {9, 10, 13} or 32 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or 0x10000 <= code <= 0x10FFFF
        return match[0] if allowed else ""
    character = html.entities.html5.get(f"{name};") if name else None
    if character is not None:
        return html.escape(character)
    return f"&amp;{match[0][1:]}"
