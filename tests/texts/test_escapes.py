"""What broken clients leave in a text reads as what its author wrote, and each mark lies on what was sent."""

from __future__ import annotations

import pytest

from texts.normalization import normalize, normalize_with_offsets

READ = [
    # per cent signs, once and twice
    ("I%20will%20kill%20you", "I will kill you"),
    ("I%2520will%252520kill%20you", "I will kill you"),
    ("%49%20%77%69%6C%6c", "I will"),
    ("caf%C3%A9", "cafe"),
    ("caf%25C3%25A9", "cafe"),
    ("st%FFupid id%C3iot", "stupid idiot"),
    ("stu%u0070id st%25u0075pid", "stupid stupid"),
    ("see%20https://a.example/%20you%20idiot", "see https://a.example/ you idiot"),
    ("10%20idiots", "10 idiots"),
    # plus signs, where there is no blank
    ("Only+an+idiot", "Only an idiot"),
    ("Only%2Ban%2Bidiot", "Only an idiot"),
    # entities, up to three times
    ("you&#32;idiot", "you idiot"),
    ("you&amp;#32;idiot", "you idiot"),
    ("&amp;amp;quot;idiot&amp;amp;quot;", '"idiot"'),
    ("&#38;quot;idiot&#x26;quot;", '"idiot"'),
    ("st&lt;b&gt;&lt;/b&gt;upid", "stupid"),
    ("&#00000000102;uck &#x00000000000069;diot", "fuck idiot"),
    ("&#0000000102ool &#x0000000066;ool", "fool fool"),
    ("&amp;#00000000105;diot &#00000000038;#105;diot", "idiot idiot"),
    ("id&#99999999999;iot id&#xfffffffffff;iot id&#" + "0" * 20 + ";iot", "idiot idiot idiot"),
    ("&#" + "0" * 10_000 + "105;diot", "idiot"),
    ("R&amp;D, AT&amp;amp;T", "R&D, AT&T"),
    ("id&#0;iot", "idiot"),
    # of JSON and of programming languages
    ("st\\u0075pid st\\\\u0075pid", "stupid stupid"),
    ("st\\u{75}pid st\\x75pid", "stupid stupid"),
    ("st\\U00000075pid st\\\\U00000075pid \\U0001f647\\Uffffffff", "stupid stupid \U0001f647"),
    ("st\\165pid\\040idiot", "stupid idiot"),
    ("st\\000075pid st\\u{00000075}pid", "stupid stupid"),
    ("\\ud83d\\ude47 \\ud83d", "\U0001f647 "),
    ('don\\\'t \\"do\\" that', 'don\'t "do" that'),
    ("kill\\nyou", "kill\nyou"),
    # letters of Windows-1252
    ("you\x96idiot don\x92t", "you-idiot don't"),
    ("you&#150;idiot", "you-idiot"),
    # gaps, and letters from right to left
    ("you\u2800idiot", "you idiot"),
    ("I\u3164will\uffa0kill", "I will kill"),
    ("you id\u3164iot", "you idiot"),
    ("one\u2028two\u2029three", "one\ntwo\nthree"),
    ("\u202etoidi\u202c you", "idiot you"),
    ("id\U000e0061\ufe0f\u034f\u2065\ufffciot", "idiot"),
    # a picture's words, and no more of it
    ("![a cat](https://a.example/cat.png)", " a cat "),
    ('![a cat](cat.png "cat")', " a cat "),
    # what is in angle brackets and is no tag is there to be read
    ("you <stupid idiot>", "you <stupid idiot>"),
    ("you <p class='x'>idiot</p><o:p>", "you  idiot  "),
]
#: An ordinary sign in an ordinary text, an address, a place on a disk.
LEFT = [
    "100% sure, 50%off, 100%de acuerdo, 5%fat",
    "a & b, AT&T, R&D; x&y",
    "https://a.example/a%20b?c=%C3%A9 and www.a.example/%41",
    "a read of C:\\users\\new\\x41.txt",
    "C++ and a+b, 1+1",
    "https://a.example/a+b+c",
    "a <3 b, 1 < 2 > 0, <sigh>",
    "50% 20% %",
    "the groups \\1 and \\12, \\200 and \\1234, \\Uncle",
    "C:\\101\\040.txt",
    "\\o/ and ¯\\_",
]


@pytest.mark.parametrize(("written", "read"), READ)
def test_an_escape_reads_as_what_it_stands_for(written: str, read: str) -> None:
    assert normalize(written) == read
    shown, starts, ends = normalize_with_offsets(written)
    assert shown == read
    assert len(starts) == len(ends) == len(read)
    assert all(0 <= start < end <= len(written) for start, end in zip(starts, ends, strict=True))


@pytest.mark.parametrize("text", LEFT)
def test_a_sign_that_is_no_escape_stays(text: str) -> None:
    assert normalize(text) == text.replace("¯", "\u0020")


@pytest.mark.parametrize(
    ("written", "word", "marked"),
    [
        ("a%20b%2520idiot%20x", "idiot", "idiot"),
        ("a %69diot x", "idiot", "%69diot"),
        ("a &amp;amp;quot;idiot&amp;amp;quot; x", "idiot", "idiot"),
        ("a id&amp;#105;ot x", "idiot", "id&amp;#105;ot"),
        ("a \\u0069diot x", "idiot", "\\u0069diot"),
        ("a \u202etoidi\u202c x", "idiot", "\u202etoidi"),
        ("![idiot](https://a.example/c.png)", "idiot", "![idiot](https://a.example/c.png)"),
    ],
)
def test_a_word_is_traced_to_what_was_sent(written: str, word: str, marked: str) -> None:
    shown, starts, ends = normalize_with_offsets(written)
    at = shown.index(word)
    assert written[starts[at] : ends[at + len(word) - 1]] == marked
