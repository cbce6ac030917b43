"""What is read of other systems' files: each real form once, the odd ones that exports have, and hostile ones."""

from __future__ import annotations

import gzip
import io
import json
import os
import sqlite3
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, cast

import pytest

from moderation.past import coral, disqus, isso, own_lines, remark42, wordpress, xml_files
from moderation.past.records import Archive, LeftOut, PastComment, Unreadable, WrongFile

WXR = """<?xml version="1.0" encoding="{encoding}" ?>
<rss version="2.0" xmlns:excerpt="http://wordpress.org/export/{version}/excerpt/"
 xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:wp="http://wordpress.org/export/{version}/">
<channel><title>A blog</title><link>https://blog.example</link>{items}</channel></rss>"""
DISQUS = """<?xml version="1.0" encoding="utf-8"?>
<disqus xmlns="http://disqus.com" xmlns:dsq="http://disqus.com/disqus-internals">{body}</disqus>"""


def wxr_comment(number: int = 7, content: str = "<![CDATA[Well said.]]>", more: str = "", **changes: str) -> str:
    """A comment as WordPress writes it; a change of "" leaves the element out."""
    fields = {
        "comment_id": str(number),
        "comment_author": "<![CDATA[Ada]]>",
        "comment_author_email": "<![CDATA[ada@example.org]]>",
        "comment_author_url": "https://ada.example/",
        "comment_author_IP": "<![CDATA[198.51.100.7]]>",
        "comment_date": "<![CDATA[2019-05-04 14:00:00]]>",
        "comment_date_gmt": "<![CDATA[2019-05-04 12:00:00]]>",
        "comment_content": content,
        "comment_approved": "<![CDATA[1]]>",
        "comment_type": "<![CDATA[comment]]>",
        "comment_parent": "0",
        "comment_user_id": "0",
    } | changes
    return "<wp:comment>" + "".join(f"<wp:{n}>{v}</wp:{n}>" for n, v in fields.items() if v) + more + "</wp:comment>"


def item(*comments: str, link: str = "https://blog.example/2019/bridge/") -> str:
    return f"<item><title>A post</title><link>{link}</link><wp:post_id>18</wp:post_id>{''.join(comments)}</item>"


def post(number: int = 4, message: str = "<![CDATA[<p>Well said.</p>]]>", more: str = "") -> str:
    return f"""<post dsq:id="{number}"><id>wp_id={number}</id><message>{message}</message>
    <createdAt>2019-05-04T12:00:00Z</createdAt><author><name>Ada</name><isAnonymous>false</isAnonymous>
    <username>ada</username></author><thread dsq:id="2"/>{more}</post>"""


THREAD = '<thread dsq:id="2"><id>18</id><link>https://blog.example/2019/bridge/</link><title>A post</title></thread>'


@pytest.fixture
def wxr(tmp_path: Path) -> Callable[..., list[Any]]:
    def read(*items: str, encoding: str = "UTF-8", version: str = "1.2") -> list[Any]:
        text = WXR.format(items="".join(items), encoding=encoding, version=version)
        return read_bytes(tmp_path, wordpress.open_archive, text.encode(encoding, "surrogateescape"))

    return read


def read_bytes(folder: Path, opener: Callable[[Path], Archive], content: bytes, name: str = "file") -> list[Any]:
    path = folder / name
    path.write_bytes(content)
    return list(opener(path).comments)


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2"])
def test_a_wordpress_comment_in_full(wxr: Callable[..., list[Any]], version: str) -> None:
    [first, answer] = wxr(
        item(wxr_comment(), wxr_comment(8, comment_parent="7", comment_user_id="3", comment_approved="0")),
        version=version,
    )
    assert (first.key, first.parent_key, first.thread) == ("7", None, "/2019/bridge/")
    assert (first.name, first.email, first.url, first.ip) == (
        "Ada",
        "ada@example.org",
        "https://ada.example/",
        "198.51.100.7",
    )
    assert first.created_at == datetime(2019, 5, 4, 12, tzinfo=UTC)
    assert (first.status, first.user_id, first.email_was_typed) == ("published", None, True)
    assert (answer.status, answer.parent_key, answer.user_id, answer.email_was_typed) == ("flagged", "7", "3", False)


ODD_WORDPRESS = {
    "a bare ampersand in an address": (wxr_comment(comment_author_url="https://a.example/?x=1&y=2"), "Well said."),
    "an entity of HTML": (wxr_comment(content="5&nbsp;&euro; &amp; more &unknown;"), "5\xa0€ & more &unknown;"),
    "an ampersand in CDATA stays": (wxr_comment(content="<![CDATA[Tom & Jerry &amp; co]]>"), "Tom & Jerry &amp; co"),
    "CDATA that was cut in two": (wxr_comment(content="<![CDATA[a]]]]><![CDATA[>b]]>"), "a]]>b"),
    "a control character": (wxr_comment(content="<![CDATA[Well\x08 \x0bsaid.]]>"), "Well said."),
    "a reference to none": (wxr_comment(content="Well&#8; said."), "Well said."),
    "bytes that are no UTF-8": (wxr_comment(content="<![CDATA[caf\udce9]]>"), "café"),
    "letters of Windows-1252": (wxr_comment(content="<![CDATA[\udc93na\udcefve\udc94 \udc80 5 ü]]>"), "“naïve” € 5 ü"),
    "a letter that was cut off": (wxr_comment(content="<![CDATA[\udce4\udcbd ü]]>"), "ä½ ü"),
    "bytes that say nothing": (wxr_comment(content="<![CDATA[a\udc81\udc9db]]>"), "a\ufffd\ufffdb"),
    "no date in UTC": (wxr_comment(comment_date_gmt="0000-00-00 00:00:00"), "Well said."),
    "nobody's name": (wxr_comment(comment_author="<![CDATA[ ]]>"), "Well said."),
    "an address of two": (wxr_comment(comment_author_IP="10.0.0.1, 198.51.100.7"), "Well said."),
    "no type": (wxr_comment(comment_type=""), "Well said."),
    "no state": (wxr_comment(comment_approved=""), "Well said."),
    "CDATA within CDATA": (wxr_comment(content="<![CDATA[a <![CDATA[ b ]]> c]]>"), "a <![CDATA[ b  c]]>"),
    "other letters of a name": (wxr_comment(comment_author_IP="").replace("_id", "_ID"), "Well said."),
    "elements within CDATA": (wxr_comment(content="<![CDATA[a <wp:comment> b </item>]]>"), "a <wp:comment> b </item>"),
}


@pytest.mark.parametrize(("comment", "text"), ODD_WORDPRESS.values(), ids=ODD_WORDPRESS)
def test_odd_comments_of_wordpress_are_read(wxr: Callable[..., list[Any]], comment: str, text: str) -> None:
    [odd, after] = wxr(item(comment, wxr_comment(9)))
    assert isinstance(odd, PastComment), odd
    assert odd.comment == text
    assert after.key == "9"


BAD_WORDPRESS = {
    "no text": (wxr_comment(content="<![CDATA[ &nbsp; ]]>"), "no text"),
    "no date": (wxr_comment(comment_date="", comment_date_gmt=""), "no date"),
    "another date": (wxr_comment(comment_date_gmt="yesterday"), "'yesterday'"),
    "the future": (wxr_comment(comment_date_gmt="2199-01-01 00:00:00"), "future"),
    "no id": (wxr_comment(comment_id=""), "no id"),
    "another state": (wxr_comment(comment_approved="maybe"), "'maybe'"),
    "too long": (wxr_comment(content="x" * 65_536), "65,536 characters"),
}


@pytest.mark.parametrize(("comment", "why"), BAD_WORDPRESS.values(), ids=BAD_WORDPRESS)
def test_what_cannot_be_read_is_named_and_loses_nothing_else(
    wxr: Callable[..., list[Any]], comment: str, why: str
) -> None:
    [before, bad, after] = wxr(item(wxr_comment(1), comment, wxr_comment(9)))
    assert (before.key, after.key) == ("1", "9")
    assert isinstance(bad, Unreadable)
    assert bad.place.startswith("Line 4")
    assert why in bad.why


NOT_FOR_READERS = [
    *("pingback", "trackback", "order_note", " webhook_delivery ", "action_log"),
    *("note", "edd_payment_note", "editorial-comment", "sensei_lesson_status"),  # for colleagues, and of plugins
]


@pytest.mark.parametrize("kind", NOT_FOR_READERS)
def test_what_nobody_wrote_for_readers_is_only_counted(wxr: Callable[..., list[Any]], kind: str) -> None:
    [left_out, comment] = wxr(item(wxr_comment(1, comment_type=kind), wxr_comment(2)))
    assert left_out == LeftOut("are no readers' words (pingbacks, trackbacks, notes)")
    assert comment.key == "2"


@pytest.mark.parametrize("kind", ["comment", "review", "footnotes", "a notebook"])
def test_what_a_reader_wrote_is_brought_whatever_it_is_called(wxr: Callable[..., list[Any]], kind: str) -> None:
    [comment] = wxr(item(wxr_comment(comment_type=kind)))
    assert isinstance(comment, PastComment)


@pytest.mark.parametrize(
    ("approved", "more", "status", "examples"),
    [
        ("1", "", "published", {}),
        ("trash", "", "rejected", {}),
        ("spam", "", "rejected", {"spam": 1.0}),
        ("1", "false", "published", {"spam": 0.0}),
        ("trash", "true", "rejected", {"spam": 1.0}),
        ("spam", "false", "rejected", {"spam": 0.0}),
    ],
)
def test_what_people_said_in_wordpress_becomes_an_example(
    wxr: Callable[..., list[Any]], approved: str, more: str, status: str, examples: dict[str, float]
) -> None:
    key = "<wp:meta_key>akismet_user_result</wp:meta_key>"
    meta = f"<wp:commentmeta>{key}<wp:meta_value>{more}</wp:meta_value></wp:commentmeta>" if more else ""
    [comment] = wxr(item(wxr_comment(comment_approved=approved, more=meta)))
    assert (comment.status, comment.examples) == (status, examples)
    assert comment.label == ("spam" if approved == "spam" else None)


@pytest.mark.parametrize(
    ("key", "value", "examples"),
    [
        (" akismet_user_result ", "\n true ", {"spam": 1.0}),
        ("akismet_user_result", "maybe", {}),
        ("akismet_result", "true", {}),  # Akismet's own guess is nobody's word
        ("rating", "true", {}),
    ],
)
def test_only_a_persons_word_in_wordpress_is_an_example(
    wxr: Callable[..., list[Any]], key: str, value: str, examples: dict[str, float]
) -> None:
    meta = f"<wp:commentmeta><wp:meta_key>{key}</wp:meta_key><wp:meta_value>{value}</wp:meta_value></wp:commentmeta>"
    [comment] = wxr(item(wxr_comment(more=meta)))
    assert comment.examples == examples


@pytest.mark.parametrize(
    ("link", "post", "thread"),
    [
        ("<link>https://blog.example/2019/bridge/</link>", "<wp:post_id>18</wp:post_id>", "/2019/bridge/"),
        # A draft has no address; its comments are together all the same.
        ("", "<wp:post_id>18</wp:post_id>", "?p=18"),
        ("<link></link>", "<wp:post_id>18</wp:post_id>", "?p=18"),
        ("", "", None),
    ],
)
def test_comments_of_wordpress_stand_on_the_page_of_their_post(
    wxr: Callable[..., list[Any]], link: str, post: str, thread: str | None
) -> None:
    before = item(wxr_comment(1), link="https://blog.example/before/")
    [first, second] = wxr(before, f"<item>{link}{post}{wxr_comment(2)}</item>")
    assert (first.thread, second.thread) == ("/before/", thread)


@pytest.mark.parametrize("encoding", ["utf-8", "iso-8859-1", "windows-1252", "utf-16"])
def test_every_declared_encoding_is_read(wxr: Callable[..., list[Any]], encoding: str) -> None:
    [comment] = wxr(item(wxr_comment(content="<![CDATA[Grüße & Küsse]]>")), encoding=encoding)
    assert comment.comment == "Grüße & Küsse"


@pytest.mark.parametrize("size", range(1, 12))
def test_where_the_reading_is_cut_makes_no_difference(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(xml_files, "_CHUNK", size)
    inside = "a &amp; b &euro; &x; <![CDATA[c & d ]] &lt; ]]> &#8;&#233; <![CDATA[]]>e"
    file = io.BytesIO(f"<r><p>{inside}</p></r>".encode())
    [element] = xml_files.elements(file, "r", [("r", "p")], resume={"p": ("r",)})
    assert isinstance(element, xml_files.Element)
    assert element.text == "a & b € &x; c & d ]] &lt;  é e"


HOSTILE = {
    "a billion laughs": '<!DOCTYPE r [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><r><p>&b;</p></r>',
    "a file of this machine": '<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]><r><p>&a;</p></r>',
    "a parameter": '<!DOCTYPE r [<!ENTITY % a SYSTEM "http://192.0.2.1/x"> %a;]><r><p>x</p></r>',
    "an attribute of every element": f'<!DOCTYPE r [<!ATTLIST p a CDATA "{"x" * 9999}">]><r>{"<p/>" * 99}</r>',
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_file_that_declares_what_it_holds_is_refused(text: str) -> None:
    with pytest.raises(WrongFile, match="declares entities or attributes"):
        list(xml_files.elements(io.BytesIO(text.encode()), "r", [("r", "p")], resume={"p": ("r",)}))


@pytest.mark.parametrize(
    "filling", ["<a>" * 4, "<!-- x", '<a b="x', "<?x y"], ids=["depth", "comment", "attribute", "instruction"]
)
def test_what_would_fill_the_memory_is_not_kept(filling: str) -> None:
    def file() -> Iterator[bytes]:
        yield b"<r><p>before</p>" + filling.encode()
        yield from [b"<a>" * 100_000 if filling.endswith("<a>") else b"x" * 300_000] * 100
        yield b"<p>after</p></r>"

    class File(io.RawIOBase):
        parts = file()

        def read(self, _size: int = -1) -> bytes:
            return next(self.parts, b"")

    tracemalloc.start()
    try:
        [before, fault, after] = xml_files.elements(cast("BinaryIO", File()), "r", [("r", "p")], resume={"p": ("r",)})
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert isinstance(fault, Unreadable)
    assert [part.text for part in (before, after) if isinstance(part, xml_files.Element)] == ["before", "after"]
    assert most < 20 * 2**20, f"of 30 MB it kept {most:,} bytes"


@pytest.mark.parametrize(
    "begun", ["<r>", "<r><p>read</p>", "<r><p>read</p><p></q>"], ids=["no element", "one", "a fault"]
)
@pytest.mark.parametrize(
    "endless",
    ["\n", " ", "\0", "&amp;", "&", "&x;", "x", "]]>", "<!-- -->", "<?a b?>", "<![CDATA[]]>", "<a/>", "<a></a>"],
)
def test_a_file_that_goes_on_without_an_end_is_left_there(
    monkeypatch: pytest.MonkeyPatch, begun: str, endless: str
) -> None:
    monkeypatch.setattr(xml_files, "_CHUNK", 100)
    monkeypatch.setattr(xml_files, "_MOST_WITHOUT", 20)
    file = io.BytesIO(begun.encode() + endless.encode() * 10_000)
    parts = xml_files.elements(file, "r", [("r", "p")], resume={"p": ("r",)})
    assert [part.text for part in islice(parts, begun.count("read")) if isinstance(part, xml_files.Element)] == (
        ["read"] * begun.count("read")
    )
    with pytest.raises(
        WrongFile, match=r"^Up to line [0-9,]+ it goes on for 0 MiB without any of <p>\..*before it was read"
    ):
        list(parts)
    assert file.tell() < 2_300


@pytest.mark.parametrize("empty", ["<p/>", "<p></p>", "<p>\n<a/></p>", "<a/>", '<a b="c"/>'])
def test_elements_without_any_text_end_a_file_after_very_many(monkeypatch: pytest.MonkeyPatch, empty: str) -> None:
    monkeypatch.setattr(xml_files, "_CHUNK", 100)
    monkeypatch.setattr(xml_files, "_MOST_EMPTY", 100)
    file = io.BytesIO(b"<r>" + (empty.encode() * 40 + b"<p>read</p>") * 2 + empty.encode() * 10_000)
    parts = xml_files.elements(file, "r", [("r", "p")], resume={"p": ("r",)})
    texts: list[str] = []
    with pytest.raises(WrongFile, match=r"more than 100 elements in a row hold no text.*before it was read"):
        texts.extend(part.text for part in parts if isinstance(part, xml_files.Element))
    assert [text for text in texts if text.strip()] == ["read", "read"]
    assert file.tell() < 4_000


def test_a_file_with_much_between_its_elements_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml_files, "_CHUNK", 100)
    monkeypatch.setattr(xml_files, "_MOST_WITHOUT", 20)
    text = f"<r>{('<p>read</p>' + ' ' * 1_700) * 6}</r>"
    parts = xml_files.elements(io.BytesIO(text.encode()), "r", [("r", "p")], resume={"p": ("r",)})
    assert [part.text for part in parts if isinstance(part, xml_files.Element)] == ["read"] * 6


def test_what_stands_before_a_fault_is_read(tmp_path: Path) -> None:
    whole = WXR.format(items=item(wxr_comment(1)), encoding="UTF-8", version="1.2")
    (tmp_path / "file").write_text(whole[: whole.index("</channel>")])
    comments = wordpress.open_archive(tmp_path / "file").comments
    assert isinstance(next(comments), PastComment)
    with pytest.raises(WrongFile, match=r"Line 4 is not XML"):
        next(comments)


def test_a_file_that_is_broken_in_very_many_places_is_read_up_to_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml_files, "_MOST_FAULTS", 3)
    text = "<r>\n" + "<p>read</p><p></q>\n" * 5 + "</r>"
    parts = xml_files.elements(io.BytesIO(text.encode()), "r", [("r", "p")], resume={"p": ("r",)})
    read = ["fault" if isinstance(part, Unreadable) else part.text for part in islice(parts, 7)]
    assert read == ["read", "fault"] * 3 + ["read"]
    with pytest.raises(WrongFile, match=r"Line 5 is not XML.*broken in more than 3 places.*before it was read"):
        next(parts)


BROKEN = {
    "a tag that is not closed": (item("<b>", wxr_comment(2)), ["1", "9"]),
    "a comment that breaks off": (item(wxr_comment(2)[:90]), ["1", "9"]),
    "within a post": (item("</oops>", wxr_comment(2)), ["1", "2", "9"]),
    "another file behind it": (f"</channel></rss>{WXR.format(items='', encoding='utf-8', version='1.2')}", ["1"]),
}


@pytest.mark.parametrize(("broken", "keys"), BROKEN.values(), ids=BROKEN)
def test_reading_goes_on_behind_what_is_broken(wxr: Callable[..., list[Any]], broken: str, keys: list[str]) -> None:
    after = "" if keys == ["1"] else item(wxr_comment(9), link="https://blog.example/after/")
    read = wxr(item(wxr_comment(1)), broken, after)
    assert [comment.key for comment in read if isinstance(comment, PastComment)] == keys
    told = [fault for fault in read if isinstance(fault, Unreadable)]
    assert len(told) == (0 if keys == ["1"] else 1)
    assert all(fault.place.startswith("Line ") and "Reading went on at line" in fault.why for fault in told)
    assert [comment.thread for comment in read if getattr(comment, "key", "") == "9"] == ["/after/"] * (len(keys) > 1)


@pytest.mark.parametrize(
    "before", ["\n\n", "<br />\n<b>Warning</b>: x in y.php\n", "\ufeff"], ids=["lines", "PHP", "BOM"]
)
def test_what_a_server_wrote_before_the_declaration_is_passed_over(tmp_path: Path, before: str) -> None:
    whole = WXR.format(items=item(wxr_comment(1, content="")), encoding="UTF-8", version="1.2")
    [comment] = read_bytes(tmp_path, wordpress.open_archive, (before + whole).encode())
    assert comment.place.startswith(f"Line {4 + before.count(chr(10))} "), "its lines keep their numbers"


def test_a_prefix_that_nothing_declares_is_understood(tmp_path: Path) -> None:
    text = f"<rss><channel>{item(wxr_comment(1))}</channel></rss>"
    [comment] = read_bytes(tmp_path, wordpress.open_archive, text.encode())
    assert comment.key == "1"


NAMESPACES = [
    "https://wordpress.org/export/1.2/",
    "http://www.wordpress.org/export/1.1/",
    "https://wordpress.org",
    "urn:wp",
]


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_a_namespace_that_somebody_rewrote_is_understood(tmp_path: Path, namespace: str) -> None:
    """As where a whole file was moved from http to https."""
    begin = f'<rss xmlns:wp="{namespace}" xmlns:excerpt="{namespace}excerpt/" xmlns:other="urn:other"><channel>'
    text = f"{begin}{item(wxr_comment(1, more='<other:comment_author>Eve</other:comment_author>'))}</channel></rss>"
    [comment] = read_bytes(tmp_path, wordpress.open_archive, text.encode())
    assert (comment.key, comment.name, comment.ip) == ("1", "Ada", "198.51.100.7")
    if "wordpress.org/" in namespace:  # by any other prefix, too
        [comment] = read_bytes(tmp_path, wordpress.open_archive, text.replace("wp", "w").encode())
        assert comment.key == "1"
    posts = DISQUS.format(body=THREAD + post()).replace("http://disqus.com", "https://disqus.com")
    [comment] = read_bytes(tmp_path, disqus.open_archive, posts.encode())
    assert (comment.key, comment.thread) == ("4", "/2019/bridge/")


@pytest.mark.parametrize(
    ("opener", "text", "why"),
    [
        (wordpress.open_archive, DISQUS.format(body=""), "winnow import disqus"),
        (disqus.open_archive, WXR.format(items="", encoding="utf-8", version="1.2"), "winnow import wordpress"),
        (wordpress.open_archive, '<feed xmlns="http://www.w3.org/2005/Atom"/>', "as Blogger exports them"),
        (wordpress.open_archive, "<html><body>Please log in</body></html>", "begins with <html>"),
        (wordpress.open_archive, "PK\x03\x04 and more", "ZIP"),
    ],
    ids=["disqus", "wordpress", "Blogger", "a web page", "a ZIP archive"],
)
def test_another_file_is_told_from_an_empty_one(
    tmp_path: Path, opener: Callable[[Path], Archive], text: str, why: str
) -> None:
    with pytest.raises(WrongFile, match=why):
        read_bytes(tmp_path, opener, text.encode())


@pytest.mark.parametrize("kept", [1.0, 0.5], ids=["whole", "cut off"])
def test_a_compressed_file_is_read_as_it_is(tmp_path: Path, kept: float) -> None:
    packed = gzip.compress(DISQUS.format(body=THREAD + "".join(map(post, range(1, 2000)))).encode())
    (tmp_path / "file").write_bytes(packed[: int(len(packed) * kept)])
    if kept == 1.0:
        read: list[Any] = list(disqus.open_archive(tmp_path / "file").comments)
        assert len(read) == 1999
        assert read[0].thread == "/2019/bridge/"
    else:
        with pytest.raises(WrongFile, match="compressed, and broken"):
            list(disqus.open_archive(tmp_path / "file").comments)


def test_disqus_posts_before_a_fault_are_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_text(DISQUS.format(body=THREAD + post(4) + "<post dsq:id=5><id/></post>"))
    comments = disqus.open_archive(tmp_path / "file").comments
    assert isinstance(next(comments), PastComment)
    with pytest.raises(WrongFile, match="Line 4 is not XML"):
        next(comments)


def test_disqus_posts_with_the_page_of_their_thread_wherever_it_stands(tmp_path: Path) -> None:
    orphan = post(9).replace('<thread dsq:id="2"/>', '<thread dsq:id="1337"/>')
    body = post(4) + THREAD + post(5, more='<parent dsq:id="4"/>') + '<thread dsq:id="3"><id/></thread>' + orphan
    [first, answer, lost] = read_bytes(tmp_path, disqus.open_archive, DISQUS.format(body=body).encode())
    assert (first.key, first.thread, first.comment) == ("4", "/2019/bridge/", "<p>Well said.</p>")
    assert (first.user_id, first.name) == ("disqus:ada", "Ada")
    assert (answer.parent_key, lost.thread) == ("4", None)


def test_the_pages_of_disqus_threads_are_not_kept_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml_files, "_CHUNK", 16 * 1024)
    link = "https://blog.example/" + "bridge" * 75
    threads = (f'<thread dsq:id="{number}"><link>{link}{number}</link></thread>' for number in range(2_000))
    (tmp_path / "file").write_text(DISQUS.format(body="".join(threads) + post(4)))
    tracemalloc.start()
    try:
        [comment] = disqus.open_archive(tmp_path / "file").comments
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert isinstance(comment, PastComment)
    assert (comment.thread or "").endswith("bridge2")
    assert most < 600_000, f"of 1 MB it kept {most:,} bytes"


#: A post's author and what stands beside -> what is known of who wrote it.
DISQUS_AUTHORS: dict[str, tuple[str, dict[str, Any]]] = {
    "an account": (
        "<author><name>Ada</name><email>ada@example.org</email><link>https://ada.example/</link>"
        "<isAnonymous>false</isAnonymous><username>ada</username></author><ipAddress>198.51.100.7</ipAddress>",
        {
            "name": "Ada",
            "email": "ada@example.org",
            "url": "https://ada.example/",
            "ip": "198.51.100.7",
            "user_id": "disqus:ada",
            "email_was_typed": False,
        },
    ),
    # A guest's address was only typed, and a guest's user name is nobody's.
    "a guest": (
        "<author><name>Ada</name><email>ada@example.org</email><isAnonymous>true</isAnonymous>"
        "<username>ada</username></author>",
        {"name": "Ada", "email": "ada@example.org", "ip": None, "user_id": None, "email_was_typed": True},
    ),
    "a guest without an address": (
        "<author><name>Ada</name><isAnonymous>true</isAnonymous></author>",
        {"name": "Ada", "email": None, "user_id": None, "email_was_typed": False},
    ),
    "nobody": ("", {"name": "Anonymous", "email": None, "url": None, "user_id": None, "email_was_typed": False}),
    "what is no address": (
        "<author><name/><email>ada</email><link>javascript:1</link><username>ada</username></author>"
        "<ipAddress>0.0.0.0</ipAddress>",
        {"name": "Anonymous", "email": None, "url": None, "ip": None, "user_id": "disqus:ada"},
    ),
}


@pytest.mark.parametrize(("author", "known"), DISQUS_AUTHORS.values(), ids=DISQUS_AUTHORS)
def test_who_wrote_a_disqus_post(tmp_path: Path, author: str, known: dict[str, Any]) -> None:
    written = (
        f'<post dsq:id="4"><message>Well said.</message><createdAt>2019-05-04T12:00:00Z</createdAt>{author}'
        '<thread dsq:id="2"/></post>'
    )
    [comment] = read_bytes(tmp_path, disqus.open_archive, DISQUS.format(body=THREAD + written).encode())
    assert {name: getattr(comment, name) for name in known} == known
    assert (comment.label, comment.decided_at) == (None, None)


def test_a_disqus_thread_without_an_address_is_called_by_its_identifier(tmp_path: Path) -> None:
    thread = '<thread dsq:id="2"><id>bridge of 2019</id></thread><thread><id>nobody points here</id></thread>'
    orphan = post(5).replace('<thread dsq:id="2"/>', "")
    [first, second] = read_bytes(tmp_path, disqus.open_archive, DISQUS.format(body=thread + post(4) + orphan).encode())
    assert (first.thread, second.thread) == ("bridge of 2019", None)


def test_a_broken_thread_of_disqus_costs_its_own_page_only(tmp_path: Path) -> None:
    body = THREAD + '<thread dsq:id="3"><id>x</thread>' + post(4) + post(5)
    read = read_bytes(tmp_path, disqus.open_archive, DISQUS.format(body=body).encode())
    assert [comment.thread for comment in read if isinstance(comment, PastComment)] == ["/2019/bridge/"] * 2
    assert [part.place[:5] for part in read if isinstance(part, Unreadable)] == ["Line "]


def test_a_disqus_post_that_cannot_be_read_is_named_by_its_id(tmp_path: Path) -> None:
    long = "9" * 50
    nameless = post(6, message="").replace(' dsq:id="6"', "", 1)
    bodies = post(5, message="") + post(7, message="").replace('"7"', f'"{long}"', 1) + nameless
    faults = read_bytes(tmp_path, disqus.open_archive, DISQUS.format(body=bodies).encode())
    assert [part.place for part in faults] == ["Line 2 (post 5)", f"Line 4 (post {'9' * 40})", "Line 6"]


@pytest.mark.parametrize(
    ("more", "status", "examples"),
    [
        ("<isDeleted>false</isDeleted><isSpam>false</isSpam>", "published", {}),
        ("<isDeleted>false</isDeleted><isSpam>true</isSpam>", "rejected", {"spam": 1.0}),
        ("<isDeleted>true</isDeleted><isSpam>true</isSpam>", "erased", {}),
        ("<isApproved>false</isApproved>", "flagged", {}),
    ],
)
def test_what_became_of_a_disqus_post(tmp_path: Path, more: str, status: str, examples: dict[str, float]) -> None:
    [comment] = read_bytes(tmp_path, disqus.open_archive, DISQUS.format(body=THREAD + post(more=more)).encode())
    assert (comment.status, comment.examples) == (status, examples)
    assert comment.label == ("spam" if status == "rejected" else None)
    assert (comment.comment == "") == (status == "erased"), "its author may have deleted it"


def test_isso_s_database(tmp_path: Path) -> None:
    path = tmp_path / "comments.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE threads (id INTEGER PRIMARY KEY, uri VARCHAR(256) UNIQUE, title VARCHAR(256))")
        connection.execute(
            "CREATE TABLE comments (tid REFERENCES threads(id), id INTEGER PRIMARY KEY, parent INTEGER,"
            " created FLOAT NOT NULL, modified FLOAT, mode INTEGER, remote_addr VARCHAR, text VARCHAR NOT NULL,"
            " author VARCHAR, email VARCHAR, website VARCHAR, likes INTEGER, dislikes INTEGER, voters BLOB NOT NULL,"
            " notification INTEGER DEFAULT 0)"
        )
        connection.execute("INSERT INTO threads VALUES (1, '/2019/bridge/', 'A post')")
        for number, parent, mode, text in [(1, None, 1, "Yes."), (2, 1, 2, "No."), (3, None, 4, ""), (4, None, 8, "x")]:
            row = (1, number, parent, 1556971200.5, None, mode, "198.51.100.0", text, "Ada", "a@example.org", None)
            connection.execute(f"INSERT INTO comments VALUES ({', '.join('?' * 11)}, 0, 0, '', 0)", row)
        connection.commit()
    read: list[Any] = list(isso.open_archive(path).comments)
    [first, answer, gone, odd] = read
    assert (first.key, first.status, first.thread, first.ip) == ("1", "published", "/2019/bridge/", None)
    assert first.created_at == datetime(2019, 5, 4, 12, 0, 0, 500_000, tzinfo=UTC)
    assert (answer.parent_key, answer.status) == ("1", "flagged")
    assert (gone.status, gone.comment, gone.email) == ("erased", "", None)
    assert isinstance(odd, Unreadable)
    (tmp_path / "other").write_text("this is no database, however long it may be" * 50)
    with pytest.raises(WrongFile, match="no database of Isso"):
        isso.open_archive(tmp_path / "other")


_COLUMNS = "(id, tid, parent, created, mode, text, author, email, website)"
_ENDLESS = "WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n)"
HOSTILE_DATABASES = {
    "a view without an end": (
        f"CREATE VIEW comments AS {_ENDLESS} SELECT id, 1 tid, 0 parent, 1.0 created, 1 mode, 't' text, 'a' author,"
        " '' email, '' website FROM n",
    ),
    "a text that fills the memory": (
        f"CREATE TABLE comments {_COLUMNS}",
        "INSERT INTO comments VALUES (1, 1, 0, 1e9, 1, zeroblob(9000000), 'a', '', '')",
    ),
    "a text that is computed": (
        "CREATE TABLE comments (id, tid, parent, created, mode, author, email, website, text AS (hex(zeroblob(9e7))))",
        "INSERT INTO comments VALUES (1, 1, 0, 1e9, 1, 'a', '', '')",
    ),
    "no threads": (f"CREATE TABLE comments {_COLUMNS}", "DROP TABLE threads"),
}


@pytest.mark.parametrize("statements", HOSTILE_DATABASES.values(), ids=HOSTILE_DATABASES)
def test_a_database_that_is_made_to_fill_the_memory_is_refused(tmp_path: Path, statements: tuple[str, ...]) -> None:
    path = tmp_path / "comments.db"
    with closing(sqlite3.connect(path)) as connection:
        for statement in ("CREATE TABLE threads (id, uri, title)", *statements):
            connection.execute(statement)
        connection.commit()
    with pytest.raises(WrongFile, match="no database of Isso"):
        isso.open_archive(path)


def test_threads_of_isso_that_all_have_one_id_are_one_page(tmp_path: Path) -> None:
    path = tmp_path / "comments.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE threads (id, uri, title)")
        connection.execute(f"CREATE TABLE comments {_COLUMNS}")
        connection.executemany("INSERT INTO threads VALUES (1, ?, '')", [(f"/{number}",) for number in range(100)])
        row = (1, 1, None, 1556971200.5, 1, "Well said.", "Ada", None, None)
        connection.executemany("INSERT INTO comments VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", [row] * 3)
        connection.commit()
    read: list[Any] = list(isso.open_archive(path).comments)
    assert [comment.thread for comment in read] == ["/99"] * 3


def test_what_no_column_of_isso_holds_costs_its_comment_only(tmp_path: Path) -> None:
    path = tmp_path / "comments.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE threads (id, uri, title)")
        connection.execute(f"CREATE TABLE comments {_COLUMNS}")
        odd: list[Any] = [None, b"\xff\x00", "x", 1e300]
        rows: list[list[Any]] = [[1, 1, None, 1556971200.5, 1, "Well said.", "Ada", None, None]]
        rows += [[*row[:at], value, *row[at + 1 :]] for row in rows for at in (0, 3, 4) for value in odd]
        connection.executemany("INSERT INTO comments VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
        connection.commit()
    read = list(isso.open_archive(path).comments)
    assert len(read) == 13
    unreadable = [part.why for part in read if isinstance(part, Unreadable)]
    assert len(unreadable) == 8, "any id that can be written will do, but no other date or mode"


def test_a_pipe_is_told(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(WrongFile, match="no file on a disk"):
        wordpress.open_archive(pipe)
    with pytest.raises(WrongFile, match="unable to open database file"):
        isso.open_archive(Path("/dev/null/none"))


def coral_comment(**changes: Any) -> dict[str, Any]:
    return {
        "_id": {"$oid": "5f0f"},
        "tenantID": "t",
        "id": "c-1",
        "authorID": "u-1",
        "storyID": "s-1",
        "status": "APPROVED",
        "revisions": [{"id": "r-0", "body": "Old."}, {"id": "r-1", "body": "<div>Well said.</div>"}],
        "createdAt": {"$date": "2019-05-04T12:00:00.5Z"},
    } | changes


TALK = {
    "id": "c-1",
    "author_id": "u-1",
    "asset_id": "s-1",
    "status": "REJECTED",
    "status_history": [{"assigned_by": "m-1", "type": "REJECTED", "created_at": {"$date": "2019-05-05T00:00:00Z"}}],
    "body_history": [{"body": "Well said."}],
    "created_at": {"$date": {"$numberLong": "1556971200500"}},
}
MODERATED = {"commentID": "c-1", "status": "APPROVED", "moderatorID": "m-1", "createdAt": {"$date": 1557014400000}}
BEFORE = {"id": "c-0", "revisions": [{"body": "Before."}], "createdAt": {"$date": "2019-01-01T00:00:00Z"}}


@pytest.mark.parametrize("layout", ["lines", "an array", "one line", "pretty"])
@pytest.mark.parametrize("document", [coral_comment(), TALK], ids=["coral", "talk"])
def test_coral_s_comments_with_users_stories_and_decisions(
    tmp_path: Path, document: dict[str, Any], layout: str
) -> None:
    beside = {
        "users.json": {"id": "u-1", "username": "Ada", "email": "ada@example.org"},
        "stories.json": {"id": "s-1", "url": "https://news.example/2019/bridge?x=1"},
        "commentModerationActions.json": MODERATED,
    }
    for name, other in beside.items():
        (tmp_path / name).write_text(json.dumps(other))
    lines = [json.dumps(BEFORE), json.dumps(document)]
    text = {
        "lines": "\n".join(lines) + "\n",
        "an array": "[" + ",\n".join(lines) + "]\n",
        "one line": "[" + ",".join(lines) + "]",
        "pretty": "[\n" + ",\n".join(json.dumps(json.loads(line), indent=4) for line in lines) + "\n]\n",
    }[layout]
    [_, comment] = read_bytes(tmp_path, coral.open_archive, text.encode(), "comments.json")
    assert (comment.name, comment.email, comment.user_id) == ("Ada", "ada@example.org", "u-1")
    assert (comment.thread, "Well said." in comment.comment) == ("/2019/bridge?x=1", True)
    assert comment.created_at == datetime(2019, 5, 4, 12, 0, 0, 500_000, tzinfo=UTC)
    assert comment.decided_at == datetime(2019, 5, 5, tzinfo=UTC)
    rejected = document["status"] == "REJECTED"
    assert (comment.status, comment.examples) == (
        "rejected" if rejected else "published",
        {"toxicity": 1.0 if rejected else 0.0},
    )


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{", "no JSON"),
        ("7", "no JSON object"),
        ('{"a":' * 50_000, "nested too deeply"),
        (json.dumps(coral_comment(status="ODD")), "'ODD'"),
        (json.dumps(coral_comment(revisions=[])), "no text"),
        (json.dumps(coral_comment(createdAt={"$date": {}})), "no date"),
    ],
    ids=["cut off", "a number", "deep", "another status", "no text", "no date"],
)
def test_a_bad_line_of_coral_is_named(tmp_path: Path, line: str, why: str) -> None:
    [bad, good] = read_bytes(tmp_path, coral.open_archive, f"{line}\n{json.dumps(coral_comment())}\n".encode())
    assert (bad.place, why in bad.why) == ("Line 1", True), bad
    assert isinstance(good, PastComment)
    assert good.examples == {}, "without the moderators' actions nobody knows who approved it"


REVISION = {"commentID": "c-1", "commentRevisionID": "r-1", "moderatorID": "m-1", "status": "REJECTED"}
EARLY, LATE = {"createdAt": "2019-05-05T00:00:00Z"}, {"createdAt": "2019-05-05T00:00:00.5Z"}
SPAM = {"rejectionReason": {"code": "SPAM"}}
ACTIONS: dict[str, tuple[list[dict[str, Any]], dict[str, float]]] = {
    "a person": ([REVISION | EARLY], {"toxicity": 1.0}),
    "nobody": ([], {}),
    "Coral itself": ([REVISION | EARLY | {"moderatorID": None}], {}),
    "as spam": ([REVISION | EARLY | SPAM], {"spam": 1.0}),
    "as harassment": ([REVISION | EARLY | {"rejectionReason": {"code": "HARASSMENT_BULLYING"}}], {"toxicity": 1.0}),
    "off topic": ([REVISION | EARLY | {"rejectionReason": {"code": "IRRELEVANT_CONTENT"}}], {}),
    "of an earlier text": ([REVISION | EARLY | {"commentRevisionID": "r-0"}], {}),
    "changed since": ([REVISION | EARLY | {"status": "APPROVED"}, REVISION | LATE | SPAM], {"spam": 1.0}),
    "in another order": ([REVISION | LATE | SPAM, REVISION | EARLY | {"status": "APPROVED"}], {"spam": 1.0}),
    "and then Coral": ([REVISION | LATE | {"moderatorID": None}, REVISION | EARLY], {}),
}


@pytest.mark.parametrize("name", ["commentModerationActions.json", "archivedCommentModerationActions.json"])
@pytest.mark.parametrize(("actions", "examples"), ACTIONS.values(), ids=ACTIONS)
def test_who_rejected_a_comment_in_coral_and_why(
    tmp_path: Path, name: str, actions: list[dict[str, Any]], examples: dict[str, float]
) -> None:
    (tmp_path / f"{name}.gz").write_bytes(gzip.compress("\n".join(map(json.dumps, actions)).encode()))
    text = json.dumps(coral_comment(status="REJECTED"))
    [comment] = read_bytes(tmp_path, coral.open_archive, text.encode(), "comments.json")
    assert (comment.status, comment.examples) == ("rejected", examples)
    assert (comment.decided_at is not None) == any(action["moderatorID"] for action in actions) or not examples


#: What stands in Coral's `users.json` for the author -> the name and the address that are brought.
CORAL_USERS: dict[str, tuple[dict[str, Any], tuple[str, str | None]]] = {
    "in full": ({"username": "ada", "email": "ada@example.org"}, ("ada", "ada@example.org")),
    "with a name to show": ({"username": "ada", "metadata": {"displayName": "Ada L."}}, ("Ada L.", None)),
    "without one": ({"username": "ada", "metadata": {"displayName": ""}}, ("ada", None)),
    "with odd metadata": ({"username": "ada", "metadata": "Ada"}, ("ada", None)),
    "nameless": ({"metadata": None}, ("Anonymous", None)),
    # Talk 4 has an address as the id of a profile, and only one kind of profile has one.
    "of Talk": (
        {
            "username": "ada",
            "profiles": [{"provider": "google", "id": "117@google"}, {"provider": "local", "id": "ada@example.org"}],
        },
        ("ada", "ada@example.org"),
    ),
    "of Talk by another service": (
        {"username": "ada", "profiles": [{"provider": "google", "id": "117@g"}]},
        ("ada", None),
    ),
    "of Talk, and spoilt": ({"username": "ada", "profiles": ["local", 7, None]}, ("ada", None)),
    "of Talk, without profiles": (
        {"username": "ada", "profiles": {"provider": "local", "id": "a@b.example"}},
        ("ada", None),
    ),
}


@pytest.mark.parametrize(("user", "known"), CORAL_USERS.values(), ids=CORAL_USERS)
def test_who_wrote_a_comment_in_coral(tmp_path: Path, user: dict[str, Any], known: tuple[str, str | None]) -> None:
    others = [{"id": "u-0", "username": "Eve"}, {"id": "u-1"} | user, {"username": "nobody"}]
    (tmp_path / "users.json").write_text("\n".join(map(json.dumps, others)))
    [comment] = read_bytes(tmp_path, coral.open_archive, json.dumps(coral_comment()).encode(), "comments.json")
    assert (comment.name, comment.email) == known
    assert (comment.user_id, comment.email_was_typed) == ("u-1", False)


@pytest.mark.parametrize(
    ("name", "spoilt"),
    [
        ("users.json", {"username": "nobody"}),
        ("users.json", {"id": 7, "username": "nobody"}),
        ("stories.json", {"url": "https://news.example/"}),
        ("assets.json", {"id": None, "url": "https://news.example/"}),
        ("commentModerationActions.json", {"status": "APPROVED", "moderatorID": "m-1"}),
        ("archivedCommentModerationActions.json", {"commentID": 7, "status": "APPROVED", "moderatorID": "m-1"}),
    ],
)
def test_what_stands_beside_the_comments_of_coral_without_an_id_costs_no_comment(
    tmp_path: Path, name: str, spoilt: dict[str, Any]
) -> None:
    (tmp_path / name).write_text(f"{json.dumps(spoilt)}\nno JSON\n7\n")
    [comment] = read_bytes(tmp_path, coral.open_archive, json.dumps(coral_comment()).encode(), "comments.json")
    assert (comment.name, comment.thread, comment.examples) == ("Anonymous", None, {})


@pytest.mark.parametrize(
    ("changes", "known"),
    [
        ({"parentID": "c-0"}, {"parent_key": "c-0"}),
        ({"parent_id": "c-0"}, {"parent_key": "c-0"}),  # Talk
        ({"parentID": None, "parent_id": "c-0"}, {"parent_key": "c-0"}),
        ({"parentID": 7}, {"parent_key": None}),
        ({"authorID": None}, {"user_id": None, "name": "Anonymous"}),
        ({"authorID": "x" * 300}, {"user_id": "x" * 200}),
        ({"status": None}, {"status": "published", "why": "It was published in Coral."}),
        ({"status": "NONE"}, {"status": "published", "why": "It was published in Coral."}),
        ({"status": "PREMOD"}, {"status": "flagged", "why": "It waited for a moderator in Coral."}),
        ({"status": "SYSTEM_WITHHELD"}, {"status": "flagged"}),
        ({"status": "REJECTED"}, {"status": "rejected", "examples": {}}),
        ({"deletedAt": "2019-05-05T00:00:00Z"}, {"status": "erased", "comment": "", "name": ""}),
        ({"deletedAt": {"$undefined": True}}, {"status": "published"}),
        ({"deletedAt": None}, {"status": "published"}),
        ({"parentID": {"$undefined": True}, "ancestorIDs": ["c-0"]}, {"parent_key": None}),
        # What readers reported waits, as long as nobody has decided on it.
        ({"status": "NONE", "actionCounts": {"FLAG": 2}}, {"status": "published", "waits": True}),
        ({"status": "NONE", "actionCounts": {"FLAG": 2}}, {"why": "It was published in Coral, and reported."}),
        ({"status": "NONE", "actionCounts": {"FLAG": {"$numberInt": "2"}}}, {"waits": True}),
        ({"status": "NONE", "action_counts": {"flag": 1}}, {"waits": True}),  # Talk
        ({"status": "NONE", "actionCounts": {"FLAG": {"$numberInt": "0"}}}, {"waits": False}),
        ({"status": "NONE", "actionCounts": {"REACTION": 5}}, {"waits": False}),
        ({"status": "NONE", "actionCounts": {"FLAG": "many"}}, {"waits": False}),
        ({"status": "NONE", "actionCounts": [2]}, {"waits": False}),
        ({"status": "APPROVED", "actionCounts": {"FLAG": 2}}, {"status": "published", "waits": False}),
        ({"status": "REJECTED", "actionCounts": {"FLAG": 2}}, {"status": "rejected", "waits": False}),
        ({"status": "NONE", "actionCounts": {"FLAG": 2}, "deletedAt": "2019-05-05T00:00:00Z"}, {"waits": False}),
        ({"rating": 4, "revisions": [{"body": "Well said."}]}, {"comment": "Well said."}),
        ({"rating": 4, "revisions": [], "deletedAt": "2019-05-05T00:00:00Z"}, {"status": "erased"}),
        ({"deleted_at": "2019-05-05T00:00:00Z"}, {"status": "erased"}),
        ({"storyID": "s-9"}, {"thread": None}),
        # The latest text that is one.
        ({"revisions": [], "body": "Said plainly."}, {"comment": "Said plainly."}),
        ({"revisions": ["odd"], "body_history": [{"body": "Said before."}]}, {"comment": "Said before."}),
        ({"revisions": None, "body_history": None, "body": "Said plainly."}, {"comment": "Said plainly."}),
    ],
)
def test_what_coral_says_of_a_comment(tmp_path: Path, changes: dict[str, Any], known: dict[str, Any]) -> None:
    line = json.dumps(coral_comment(**changes))
    [comment] = read_bytes(tmp_path, coral.open_archive, line.encode(), "comments.json")
    assert {name: getattr(comment, name) for name in known} == known


@pytest.mark.parametrize("body", ["", None])
def test_a_rating_of_coral_without_a_text_is_nobodys_comment(tmp_path: Path, body: str | None) -> None:
    lines = [coral_comment(rating=4, revisions=[{"body": body}]), coral_comment(revisions=[{"body": body}])]
    [rating, empty] = read_bytes(tmp_path, coral.open_archive, "\n".join(map(json.dumps, lines)).encode())
    assert rating == LeftOut("are ratings without a text")
    assert (empty.place, "no text" in empty.why) == ("Line 2", True)


@pytest.mark.parametrize(
    ("last", "decided"),
    [
        # Talk notes who gave the status; only a person's counts, and only if it is the status that it has.
        ({"assigned_by": "m-1", "type": "REJECTED"}, True),
        ({"assigned_by": None, "type": "REJECTED"}, False),
        ({"assigned_by": "m-1", "type": "ACCEPTED"}, False),
        ("REJECTED", False),
    ],
)
def test_a_status_of_talk_is_a_persons_where_one_gave_it(tmp_path: Path, last: Any, decided: bool) -> None:
    history = [last if isinstance(last, str) else last | {"created_at": "2019-05-05T00:00:00Z"}]
    line = json.dumps(TALK | {"status_history": history})
    [comment] = read_bytes(tmp_path, coral.open_archive, line.encode(), "comments.json")
    assert (comment.decided_at is not None, bool(comment.examples)) == (decided, decided)


@pytest.mark.parametrize(
    ("written", "counts"),
    [
        ("2019-05-04T23:59:59Z", True),
        ("2019-05-05T00:00:00Z", True),
        ("2019-05-05T00:00:01Z", False),  # the decision was about another text
        ("nonsense", True),
        (None, True),
    ],
)
def test_a_decision_of_talk_is_about_the_text_of_its_moment(tmp_path: Path, written: str | None, counts: bool) -> None:
    history = [{"body": "Well said.", "created_at": written}]
    line = json.dumps(TALK | {"body_history": history})
    [comment] = read_bytes(tmp_path, coral.open_archive, line.encode(), "comments.json")
    assert bool(comment.examples) is counts


def test_a_text_that_was_changed_after_a_decision_of_talk_is_no_example(tmp_path: Path) -> None:
    changed = {"body": "Now it is another text.", "created_at": "2019-05-06T00:00:00Z"}
    text = json.dumps(TALK | {"body_history": [{"body": "Well said."}, changed]})
    [comment] = read_bytes(tmp_path, coral.open_archive, text.encode())
    assert (comment.comment, comment.examples, comment.decided_at) == (changed["body"], {}, None)


#: Each way in which MongoDB's tools and Coral's own have written a date, from 2.4 to today.
DATES: dict[str, Any] = {
    "mongoexport": {"$date": "2019-05-04T12:00:00.5Z"},
    "mongoexport 2": {"$date": "2019-05-04T14:00:00.500+0200"},
    "milliseconds": {"$date": 1556971200500},
    "canonical": {"$date": {"$numberLong": "1556971200500"}},
    "utilities/download": "2019-05-04T12:00:00.500Z",
}


@pytest.mark.parametrize("date", DATES.values(), ids=DATES)
@pytest.mark.parametrize("gone", [False, True])
def test_dates_of_coral_in_each_form(tmp_path: Path, date: Any, gone: bool) -> None:
    document = coral_comment(createdAt=date, **({"deletedAt": date, "revisions": [], "authorID": None} if gone else {}))
    [comment] = read_bytes(tmp_path, coral.open_archive, json.dumps(document).encode())
    assert comment.created_at == datetime(2019, 5, 4, 12, 0, 0, 500_000, tzinfo=UTC)
    assert comment.status == ("erased" if gone else "published")


@pytest.mark.parametrize(
    ("body", "text"), [("", "https://gif.example/1"), ("See https://gif.example/1", "See https://gif.example/1")]
)
def test_a_comment_that_is_a_picture_is_brought_as_its_address(tmp_path: Path, body: str, text: str) -> None:
    revision = {"body": body, "media": {"type": "giphy", "url": "https://gif.example/1"}}
    line = json.dumps(coral_comment(revisions=[revision]))
    [comment] = read_bytes(tmp_path, coral.open_archive, line.encode())
    assert comment.comment.strip() == text


OTHER_FORMS = {
    "BSON": (b"\x7b\x01\x00\x00\x07_id\x00" + bytes(12) + b"\x02id\x00", "bsondump"),
    "an archive": (b"\x6d\xe2\x99\x81\x60\x00\x00\x00", "archive of mongodump"),
    "the shell": (b'[\n  {\n    _id: ObjectId("5f0f"),\n    id: "c-1"', "MongoDB's shell"),
    "a person's download": (
        b"Comment ID,Published Timestamp,Article URL,Comment URL,Comment Text,Media\n",
        "one person",
    ),
    "CSV": (b"_id,id,status,revisions.0.body\n1,c-1,NONE,Well said.\n", "CSV"),
    "PowerShell": (json.dumps({"id": "c-1"}).encode("utf-16"), "UTF-16"),
    "ZIP": (b"PK\x03\x04\x14\x00", "ZIP"),
}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(("beginning", "why"), OTHER_FORMS.values(), ids=OTHER_FORMS)
def test_what_other_tools_made_of_coral_s_database_is_told(
    tmp_path: Path, beginning: bytes, why: str, packed: bool
) -> None:
    if packed and why == "ZIP":
        return
    with pytest.raises(WrongFile, match=why):
        read_bytes(tmp_path, coral.open_archive, gzip.compress(beginning) if packed else beginning)


REMARK42: list[dict[str, Any]] = [
    {"version": 1, "users": [{"id": "github_1", "verified": True}], "posts": None},
    {
        "id": "efbc17f1",
        "pid": "",
        "text": "<p>Well said.</p>",
        "user": {"name": "Ada", "id": "github_1", "picture": "", "ip": "293ec5b0cf154855", "admin": False},
        "locator": {"site": "blog", "url": "https://blog.example/2019/bridge/"},
        "score": 0,
        "votes": {},
        "time": "2019-05-04T06:00:00.500000123-06:00",
    },
    {
        "id": "f863bd79",
        "pid": "efbc17f1",
        "text": "Yes.",
        "user": {"name": "Ada", "id": "anonymous_1"},
        "time": "2019-05-04T12:01:00Z",
    },
    {"id": "0a", "pid": "", "text": "", "user": {"name": "deleted", "id": "deleted"}, "time": "2019-05-04T12:02:00Z"},
    {"id": "0b", "pid": "", "text": "x", "user": None, "locator": 7, "time": "yesterday"},
]


@pytest.mark.parametrize(
    ("changes", "known"),
    [
        ({}, {"status": "published", "why": "It was published in Remark42.", "email": None, "url": None}),
        ({"delete": True}, {"status": "erased", "why": "It was deleted in Remark42."}),
        ({"delete": "true"}, {"status": "published"}),  # only what Remark42 itself writes
        ({"user": {"id": "x" * 300, "name": "Ada"}}, {"user_id": f"remark42:{'x' * 190}"}),
        ({"user": {"id": "", "name": ""}}, {"user_id": None, "name": "Anonymous"}),
        ({"user": None}, {"user_id": None, "name": "Anonymous"}),
        ({"locator": {"url": ""}}, {"thread": None}),
        ({"locator": None}, {"thread": None}),
        ({"pid": "p" * 300}, {"parent_key": "p" * 180}),
        ({"pid": 7}, {"parent_key": None}),
    ],
)
def test_what_remark42_says_of_a_comment(tmp_path: Path, changes: dict[str, Any], known: dict[str, Any]) -> None:
    text = "\n".join(map(json.dumps, [REMARK42[0], REMARK42[1] | changes]))
    [comment] = read_bytes(tmp_path, remark42.open_archive, text.encode())
    assert {name: getattr(comment, name) for name in known} == known


def test_a_backup_of_before_remark42_counted_versions_is_read_and_a_broken_line_is_named(tmp_path: Path) -> None:
    text = "\n".join(['{"users": []}', json.dumps(REMARK42[1]), "{", json.dumps(REMARK42[2])])
    [first, bad, second] = read_bytes(tmp_path, remark42.open_archive, text.encode())
    assert [part.key for part in (first, second)] == ["efbc17f1", "f863bd79"]
    assert (bad.place, "no JSON" in bad.why) == ("Line 3", True)


@pytest.mark.parametrize("packed", [True, False])
def test_remark42_s_backup(tmp_path: Path, packed: bool) -> None:
    documents = [*REMARK42[:3], REMARK42[3] | {"delete": True}, REMARK42[3], REMARK42[4]]
    text = "\n".join(map(json.dumps, documents)).encode()
    read: list[Any] = read_bytes(tmp_path, remark42.open_archive, gzip.compress(text) if packed else text)
    [first, answer, gone, empty, bad] = read
    assert (first.key, first.thread, first.comment) == ("efbc17f1", "/2019/bridge/", "<p>Well said.</p>")
    assert (first.user_id, first.ip, first.status) == ("remark42:github_1", None, "published")
    assert first.created_at == datetime(2019, 5, 4, 12, 0, 0, 500_000, tzinfo=UTC)
    assert (answer.parent_key, answer.user_id, answer.name) == ("efbc17f1", None, "Ada"), "anybody can type a name"
    assert (gone.status, gone.name) == ("erased", "")
    assert ("no text" in empty.why, "'yesterday'" in bad.why) == (True, True)


@pytest.mark.parametrize("first", ["", "{}", "nonsense", '{"version":2,"users":[]}', json.dumps(REMARK42[1])])
def test_a_file_that_is_no_backup_of_remark42_is_refused(tmp_path: Path, first: str) -> None:
    with pytest.raises(WrongFile, match="no backup of Remark42"):
        read_bytes(tmp_path, remark42.open_archive, f"{first}\n{json.dumps(REMARK42[2])}".encode())


@pytest.mark.parametrize("opener", [remark42.open_archive, coral.open_archive, own_lines.Lines])
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_lines_that_powershell_wrote_anew_are_told(
    tmp_path: Path, opener: Callable[[Path], Any], encoding: str
) -> None:
    (tmp_path / "file").write_bytes('\ufeff{"version":1}\r\n'.encode(encoding))
    with pytest.raises(WrongFile, match="UTF-16, which PowerShell makes"):
        opener(tmp_path / "file")


def test_half_a_character_is_no_obstacle(tmp_path: Path) -> None:
    text = json.dumps(coral_comment(revisions=[{"body": "Well \ud800said\0."}]))
    [comment] = read_bytes(tmp_path, coral.open_archive, text.encode())
    assert comment.comment == "Well \ufffdsaid."
