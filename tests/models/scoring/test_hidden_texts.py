"""An insult or a threat that a broken client's escapes hide scores as the plain sentence does."""

from __future__ import annotations

import base64
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest

from tests.support.classifier import shipped

CLASSIFIER = shipped()
SENTENCES = ["I will kill you", "Only an idiot could write something this stupid.", "you stupid idiot, shut up"]


def mangled(text: str, *, charset: str = "latin-1", times: int = 1, wide: bool = False) -> str:
    """`text` in UTF-8, read as if it were in another charset."""
    text = "".join(chr(ord(one) + 0xFEE0) if one > " " else one for one in text) if wide else text.replace("i", "\xef")
    for _ in range(times):
        text = text.encode().decode(charset)
    return text


WAYS: dict[str, Callable[[str], str]] = {
    "%20": lambda text: text.replace(" ", "%20"),
    "%2520": lambda text: quote(quote(text)),
    "three times": lambda text: quote(quote(quote(text))),
    "plus": lambda text: text.replace(" ", "+"),
    "a form's, twice": lambda text: quote_plus(quote_plus(text)),
    "&#32;": lambda text: text.replace(" ", "&#32;"),
    "&amp;nbsp;": lambda text: text.replace(" ", "&amp;nbsp;"),
    "&amp;amp;#x20;": lambda text: text.replace(" ", "&amp;amp;#x20;"),
    "every letter": lambda text: "".join(f"%{ord(letter):02x}" for letter in text),
    "every letter, as JSON": lambda text: "".join(f"\\u{ord(letter):04x}" for letter in text),
    "every letter, as entities": lambda text: "".join(f"&amp;#{ord(letter)};" for letter in text),
    "from right to left": lambda text: "\u202e" + text[::-1],
    "Braille blanks": lambda text: text.replace(" ", "\u2800"),
    "Hangul fillers": lambda text: text.replace(" ", "\u3164"),
    "a mail's blanks": lambda text: text.replace(" ", "=20"),
    "a mail's every letter": lambda text: "".join(f"={byte:02X}" for byte in text.encode()),
    "a mail's accents": lambda text: text.replace("i", "=C3=AD"),
    "an encoded word": lambda text: f"=?UTF-8?B?{base64.b64encode(text.encode()).decode()}?=",
    "mojibake": mangled,
    "mojibake of Windows-1252": lambda text: mangled(text, charset="cp1252"),
    "mojibake, twice": lambda text: mangled(text, times=2),
    "mojibake of wide letters": lambda text: mangled(text, wide=True),
    "bytes of no charset": lambda text: text.replace("i", "%FFi"),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("sentence", SENTENCES)
def test_it_scores_as_the_plain_sentence_does(sentence: str, way: str) -> None:
    hidden = WAYS[way](sentence)
    assert hidden != sentence
    plain, found = CLASSIFIER.score([sentence, hidden])[:, :6]
    assert abs(plain - found).max() < 0.03


@pytest.mark.parametrize(
    ("text", "flagged"),
    [
        ("![image](https://example.com/cat.png)", False),
        ('<img src="https://example.com/cat.png">', False),
        ("\U0001f647", False),
        ("\U0001f646", False),
        ("\U0001f44d\U0001f3fd", False),
        ("\U0001f595", True),
        ("\U0001f595\U0001f3fd", True),
        ("Hey Bob \U0001f595", True),
    ],
)
def test_a_picture_says_what_it_shows(text: str, flagged: bool) -> None:
    [scores] = CLASSIFIER.score([text])
    limits = CLASSIFIER.thresholds["balanced"]
    over = [scores[at] >= limits[label]["flag_at"] for at, label in enumerate(CLASSIFIER.labels)]
    assert any(over) == flagged
    assert not any(scores[at] >= (limits[label]["reject_at"] or 2) for at, label in enumerate(CLASSIFIER.labels))
    assert flagged or max(scores) < 0.05
