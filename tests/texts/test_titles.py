"""The title of a page, from HTML as it is in the wild and as somebody hostile writes it."""

from __future__ import annotations

import time

import pytest

from texts import titles

KANA = "日本語の記事"


@pytest.mark.parametrize(
    ("body", "content_type", "title"),
    [
        (b"<title>Winnowing, by hand</title>", None, "Winnowing, by hand"),
        (b"<TITLE lang=en>\n  Tea &amp;\n milk </TITLE>", None, "Tea & milk"),
        (b"<title>News | The Site</title><meta property='og:title' content='News &#8212; all'>", None, "News — all"),
        (b'<meta content="It\'s here" property="og:title"><title>no</title>', None, "It's here"),
        (b'<meta property="og:title" content=""><title>yes</title>', None, "yes"),
        ("<title>Müll</title>".encode("latin-1"), "text/html; charset=ISO-8859-1", "Müll"),
        (f'<meta charset="shift_jis"><title>{KANA}</title>'.encode("shift_jis"), None, KANA),
        (b"<title>caf\xc3\xa9 \xff</title>", "text/html; charset=no-such-thing", "café \ufffd"),
        *((b"<meta charset=%b><title>tea</title>" % name, None, "tea") for name in (b"idna", b"undefined", b"zlib")),
        (b"<title>half \\ud83d a pair</title>", "text/html; charset=unicode_escape", "half \ufffd a pair"),
        ("<title>\u202egnp.exe\u200b\x07 \u2066x</title>".encode(), None, "gnp.exe x"),
        (b"<title>" + b"long " * 200 + b"</title>", None, ("long " * 200)[:299] + "…"),
        (b"<title>cut off he", None, "cut off he"),
        (b"<title></title>", None, None),
        (b"<title> \xe2\x80\x8b </title>", None, None),
        (b"<body><svg><title>of a picture</title></svg>", None, None),
        (b"", None, None),
    ],
)
def test_a_pages_title(body: bytes, content_type: str | None, title: str | None) -> None:
    assert titles.of_page(body, content_type) == title


@pytest.mark.parametrize(
    "piece", [b"<title", b"<meta ", b"<meta property=og:title content='", b"<title>&", b"charset="]
)
def test_a_hostile_page_costs_no_more_than_its_length(piece: bytes) -> None:
    began = time.process_time()
    titles.of_page(piece * (128 * 1024 // len(piece)))
    assert time.process_time() - began < 1.0
