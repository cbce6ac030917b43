"""Whatever a text holds, reading it takes time linear in its length: on every path, for every hostile text we know."""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Callable
from io import BytesIO

import pytest

from models.reading import language
from moderation.decisions import checked
from moderation.past import json_lines
from moderation.patterns import PatternSet
from moderation.review import fingerprints
from operations import logs
from service.api import bodies
from service.compat import coral
from tests.support import hostile
from tests.support.classifier import shipped
from texts import comparison, folding, links, names, normalization, quotations, visibility

pytestmark = pytest.mark.slow

CLASSIFIER = shipped()
WORDS = PatternSet([f"*{word}*" for word in ("ab", "aab", "idiot", "c++", "www")] + ["a*b*c", "you idiot", "b*"])

#: What reads a text -> how many characters it is given; four times as many may take eight times as long at most.
PATHS: dict[str, tuple[Callable[[str], object], int]] = {
    "fold": (folding.fold, 5_000),
    "fingerprint": (fingerprints.fingerprint, 2_500),
    "normalize": (normalization.normalize, 5_000),
    "normalize with offsets": (normalization.normalize_with_offsets, 2_500),
    "quotations": (quotations.spans, 10_000),
    "own words": (quotations.own_words, 5_000),
    "visibility": (lambda text: visibility.can_be_seen(f"<{text}"), 10_000),
    "language": (lambda text: language.detect(text, {}), 1_000),
    "judgeable": (CLASSIFIER.judgeable, 1_000),
    "score": (lambda text: CLASSIFIER.score([text]), 1_000),
    "explain": (lambda text: CLASSIFIER.explain(text, "toxicity"), 500),
    "links": (links.count, 5_000),
    "addresses": (links.addresses, 10_000),
    "word lists": (WORDS.matches, 4_000),
    "as read": (comparison.as_read, 5_000),
    "readings": (lambda text: list(comparison.readings(text)), 2_500),
    "names": (names.as_text, 5_000),
    "HTML": (lambda text: checked.have_the_same_words(text, text + "x"), 5_000),
    "Coral's HTML": (coral.plain_text, 10_000),
    "a line of the log": (logs.strike_out, 5_000),
    "JSON": (lambda text: bodies.parse(json.dumps({"comment": text}).encode()), 25_000),
}
#: What is looked into -> how it begins and ends: a hostile text may stand within it.
WITHIN = {
    "a comment of HTML": ("<!--", "-->"),
    "a title": ("a<b title='", "'>b"),
    "a picture's words": ('<img alt="', '">'),
    "an address": ('<a href="http://', '">b</a>'),
    "an unknown tag": ("a<x ", ">b"),
    "a picture of Markdown": ("![", "](http://a.example)"),
    "a quotation": ("<blockquote>", "</blockquote>"),
    "a quotation of BBCode": ("[quote]", "[/quote]"),
    "quotation marks": ("“", "”"),
    "a heading": ("On a, ", " wrote:\n> b"),
    "a letter": ("From: ", "\nTo: a\n\nb"),
    "a template": ("{{quote|", "}}"),
    "a mail's word": ("=?utf-8?Q?", "?="),
    "what is turned round": ("<bdo dir=rtl>", "</bdo>"),
    "what is written from right to left": ("\u202e", "\n"),
    "a comment in percent escapes": ("%3C!--", "--%3E"),
    "a comment in entities": ("&lt;!--", "--&gt;"),
}
#: Below this, in seconds, a measurement says more of the machine than of the code.
NOISE = 0.01


def seconds(read: Callable[[str], object], text: str, *, enough: float, tries: int = 3) -> float:
    """The least processor time of some tries, which a busy machine cannot lengthen much, or the first below `enough`.

    Meanwhile nobody collects garbage: that takes the longer, the more tests have run in this process.
    """
    least = float("inf")
    gc.disable()
    try:
        for _ in range(tries):
            normalization._read_lately.cache_clear()  # what was read before costs nothing
            began = time.process_time()
            read(text)
            least = min(least, time.process_time() - began)
            if least < enough:
                break
    finally:
        gc.enable()
    return least


@pytest.mark.parametrize("path", PATHS)
def test_four_times_the_text_takes_about_four_times_the_time(path: str) -> None:
    read, length = PATHS[path]
    assert not slow_kinds(read, length)


@pytest.mark.parametrize("within", WITHIN)
@pytest.mark.parametrize("path", ["normalize", "quotations", "Coral's HTML"])
def test_it_does_so_within_whatever_is_looked_into(path: str, within: str) -> None:
    read, (begins, ends) = PATHS[path][0], WITHIN[within]
    assert not slow_kinds(lambda text: read(f"{begins}{text}{ends}"), 1_000)


def test_so_many_times_the_objects_on_one_line_take_so_many_times_the_time() -> None:
    def read(text: str) -> object:
        return list(json_lines.objects(BytesIO(text.encode())))

    def line(number: int) -> str:  # longer than a line may be would be read in the same way
        return "[" + ", ".join(['{"a":\n1}'] * number) + "]"

    longer, shorter = (seconds(read, line(number), enough=0.0, tries=10) for number in (40_000, 10_000))
    assert longer < max(NOISE, 8 * shorter)


def slow_kinds(read: Callable[[str], object], length: int) -> dict[str, tuple[float, float]]:
    """Of which hostile texts four times as many characters take more than eight times as long, and how long."""
    slow = {}
    for kind in hostile.KINDS:
        longer = seconds(read, hostile.text(kind, 4 * length), enough=NOISE, tries=1)
        if longer < NOISE:
            continue
        shorter = seconds(read, hostile.text(kind, length), enough=NOISE / 4)
        if longer > 8 * shorter:  # a busy machine may have slowed one try, but not ten
            longer = seconds(read, hostile.text(kind, 4 * length), enough=NOISE, tries=10)
            shorter = seconds(read, hostile.text(kind, length), enough=0.0, tries=10)
        if longer > max(NOISE, 8 * shorter):
            slow[kind] = (shorter, longer)
    return slow
