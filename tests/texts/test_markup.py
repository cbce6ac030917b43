"""HTML as a reader reads it."""

from __future__ import annotations

import pytest

from texts import markup
from texts.comparison import as_read
from texts.normalization import normalize, normalize_with_offsets


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<div>a <b>bad</b> word</div>", "a bad word"),
        ("1 &lt; 2, and <br>a bad<i> word</i>", "1 < 2, and \na bad word"),
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ('<a href="https://a.example/?a=1&amp;b=2">here</a>', "https://a.example/?a=1&b=2 here"),
        ("<a href=https://a.example>here</a>", "https://a.example here"),
        ("<a\nHREF='https://a.example'>here</a>", "https://a.example here"),
        ("<!-- not seen -->seen", "seen"),
        ("<!doctype html>seen", "seen"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("I <3 you", "I <3 you"),
        ("an open <a tag", "an open <a tag"),
        ("&#x49;&#100;iot", "Idiot"),
        ("&#x00000000049;&#00000000100;iot", "Idiot"),
        ("&#0;&#x0;", "\ufffd\ufffd"),
        ("&#" + "0" * 20_000 + "73;", "I"),
        ("&#" + "9" * 20_000 + ";", "\ufffd"),
        ("&#x" + "f" * 20_000 + ";", "\ufffd"),
        ("", ""),
    ],
)
def test_a_page_says_these_words(text: str, words: str) -> None:
    assert markup.words_of(text) == words


def test_tags_part_words_and_entities_stay() -> None:
    assert markup.without_tags("one<br>two &amp; <3") == "one two &amp; <3"


@pytest.mark.parametrize(
    "written",
    [
        *(
            f"you f<{tag}>uc</{tag}>king id<{tag} class='x'>io</{tag}>t"
            for tag in ("b", "INS", "del", "q", "kbd", "bdi")
        ),
        *(
            f"you f<{tag}>uc</{tag}>king id<{tag}>iot"
            for tag in ("abbr", "label", "nobr", "samp", "var", "dfn", "ruby")
        ),
        "you fu<b title='" + "x" * 2_000 + "'>ck</b>ing id<img src=x>iot",
        "you fu<!--" + "x" * 2_000 + "-->cking id<!-- <b> > --><!---->iot<!-->",
        "you fu[b]ck[/b]ing id[B]io[/B]t",
        "you f[color=red][b]u[/b][/color]cking id[size size=5]io[/size]t",
        "you fu[url=x]ck[/url]ing id[spoiler]i[/spoiler]ot",
        "you fu[](x)cking id[](https://a.example)iot",
        "you fu&lt;ins&gt;ck&lt;/ins&gt;ing id&#91;b&#93;iot",
        "y\no\nu\n\nf\nu\nc\nk\ni\nn\ng\n \ni\nd\ni\no\nt",
        "y \r\no \r\nu\r\n\r\nf\r\nu\r\nc\r\nk\r\ni\r\nn\r\ng idiot",
        "y    o    u      f    u    c    k    i    n    g      i    d    i    o    t",
    ],
)
def test_no_mark_up_within_a_word_hides_it(written: str) -> None:
    assert normalize(written) == "you fucking idiot"
    assert as_read(written) == "you fucking idiot"
    shown, starts, ends = normalize_with_offsets(written)
    assert shown == "you fucking idiot"
    assert all(0 <= start < end <= len(written) for start, end in zip(starts, ends, strict=True))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("fu<x>ck</x>ing id<foo-bar a=b>iot", "fucking x x  idiot foo-bar a=b "),
        ("a<fuck>b<3", "ab fuck <3"),
        ("one<two>three<four></five> six", "onethree two four </five> six"),
        ("you<stupid idiot>there", "youthere stupid idiot "),  # a page that shows mark-up as text shows this
        ("fu<!x>ck fu<?y>ck fu</ z>ck", "fuck !x  fuck ?y  fuck  z "),
        ("<bdo dir=rtl>.toidi gnikcuf uoY</bdo>", ".toidi gnikcuf uoY You fucking idiot. "),
        ("<BDO DIR='rtl'>.to<i></i>idi</BDO>", ".toidi idiot. "),
        ("<bdo>one</bdo> <bdo dir=ltr>two</bdo>", "one two"),
    ],
)
def test_mark_up_that_some_pages_show_is_read_in_both_ways(written: str, read: str) -> None:
    assert normalize(written) == read


@pytest.mark.parametrize(
    "text",
    [
        "[b] bold words, see [1] and [2], a[0] and arr[i] = x",
        "said[quote]one[/quote]two",
        "see[url=https://a.example]this[/url] and[url]www.a.example[/url]",
        "[](x) alone, f(x)[](y)",
        "a <sigh> here, vector<int> x, 1 < 2 > 0, an open <!-- comment",
        "TAKE ME< TO THE >CHURCH< NOW >THEN <_< and >_>o<o>",
        "<name left out><name left out><name left out>too",
        "I\nam here",
        "1\n2\n3\n4",
        "a b c, x\ty\tz",
        "A    table    of    words",
    ],
)
def test_brackets_and_gaps_that_hide_nothing_stay(text: str) -> None:
    assert normalize(text) == text


@pytest.mark.parametrize("tag", ["p", "br", "div", "li", "td", "h2", "tr", "option", "rt"])
def test_a_tag_that_shows_a_gap_parts_words(tag: str) -> None:
    assert normalize(f"one<{tag}>two</{tag} class=x>three") == "one two three"
