"""Draws classifier.svg, one comment's way through the classifier: `.venv/bin/python -m tools.classifier_figure`.

Run it from the checkout's root after each training: every number in the figure is the shipped model's own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from html import escape
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import numpy as np

import models
from models.reading.hashing import bucket
from models.reading.tokens import find_token_spans, is_break
from models.reading.words import MARKS
from models.scoring.classifier import Classifier
from models.scoring.pooling import PLAINLY
from models.scoring.terms import BREAK, Weights, expand, token_ids
from models.scoring.windows import cut, window_sums
from texts.normalization import normalize_with_offsets

FIGURE = Path(__file__).parents[1] / "docs" / "images" / "classifier.svg"
LABEL = "toxicity"
#: Two of its letters are Cyrillic, one is an HTML entity, and a digit stands for another.
COMMENT = "Yоu аre an 1d&#105;ot!  The bus was late."
WIDTH, LEFT, RIGHT = 880, 262, 836
LETTER = 9.6  # the width of a letter of fixed width at 16 px
LINE = 26
MOST = 8.0  # the largest logit that the curve shows
ZERO, UNIT = LEFT + 330, 28  # where bars start, and how long one of 1 is
STYLE = """
  svg { font: 14px system-ui, -apple-system, "Segoe UI", "Liberation Sans", sans-serif; }
  text { fill: var(--ink); }
  .code { font: 16px ui-monospace, Menlo, Consolas, "Liberation Mono", monospace; white-space: pre; }
  .name { font-size: 16px; font-weight: 600; }
  .soft { fill: var(--soft); }
  .strong { font-weight: 600; }
  .step { font-weight: 600; fill: var(--paper); }
  .dot { fill: var(--soft); }
  .paper { fill: var(--paper); stroke: var(--edge); }
  .line { stroke: var(--edge); fill: none; }
  .mark { fill: var(--mark); }
  .chip { fill: var(--chip); }
  .worse { fill: var(--worse); }
  .better { fill: var(--better); }
  .curve { stroke: var(--soft); stroke-width: 2; fill: none; }
  .pointer { stroke: var(--worse); stroke-width: 3; fill: none; }
  .guide { stroke: var(--worse); stroke-dasharray: 4 4; fill: none; }
  svg { --paper: #ffffff; --ink: #1f2328; --soft: #59636e; --edge: #d1d9e0; --mark: #ffe2b3; --chip: #eef1f4;
    --worse: #bc4c00; --better: #0969da; }
  @media (prefers-color-scheme: dark) {
    svg { --paper: #0d1117; --ink: #f0f6fc; --soft: #9198a1; --edge: #3d444d; --mark: #6b4100; --chip: #262c36;
      --worse: #f0883e; --better: #4493f8; }
  }
"""


@dataclass(frozen=True)
class Story:
    """What the classifier makes of the comment, step by step.

    Attributes
    ----------
    normal : the comment after normalising
    changed : (place in the comment, its length, place in `normal`) of each character that normalising changed
    sentences : the words of each token of each sentence
    parts : what the windows say, and their logits: the whole comment, then its sentences
    weights : what each token adds to the logit, in order: (its words, weight)
    summands : what the largest of these weights is made of: (what, weight)
    bias, logit, probability : the rest of the explanation, and what the logit means
    thresholds : from which probability on a comment is flagged and rejected
    """

    normal: str
    changed: list[tuple[int, int, int]]
    sentences: list[list[tuple[str, ...]]]
    parts: list[tuple[str, float]]
    weights: list[tuple[str, float]]
    summands: list[tuple[str, float]]
    bias: float
    logit: float
    probability: float
    thresholds: dict[str, float]


def tell(classifier: Classifier) -> Story:
    """Let the classifier score and explain the comment."""
    column = classifier.labels.index(LABEL)
    cache = classifier.cache()
    normal, starts, ends = normalize_with_offsets(COMMENT)
    changed = [
        (start, end - start, at)
        for at, (start, end) in enumerate(zip(starts, ends, strict=True))
        if COMMENT[start:end] != normal[at]
    ]
    spans = find_token_spans(normal)
    tokens = [normal[start:end] for start, end in spans]
    read = {starts[start]: cache.reader.token_words(normal[start:end]) for start, end in spans}
    sentences = [
        [cache.reader.token_words(token) for token in sentence]
        for ends_here, sentence in groupby(tokens, is_break)
        if not ends_here
    ]
    ids, sizes = token_ids([tokens], cache)
    windows = cut(sizes, ids == BREAK)
    sums = window_sums(ids, windows, cache)
    norms = np.sqrt(sums[:, -1] + classifier.floor)
    logits = sums[:, column] / norms + classifier.bias[column]
    places = zip(windows.start, windows.end, logits, strict=True)
    explanation = classifier.explain(COMMENT, LABEL)
    weights = [(read[start], weight) for start, _, weight in explanation.spans]
    heaviest, most = max(weights, key=itemgetter(1))
    worst = int(np.argmax(logits))
    if abs(logits[worst] - explanation.logit) > 1e-6:
        raise ValueError("no part of this comment decides alone any more: draw another one")
    return Story(
        normal,
        changed,
        sentences,
        [(normal[spans[first][0] : spans[last - 1][1]], float(logit)) for first, last, logit in places],
        [(words[0], weight) for words, weight in weights],
        _summands(cache.weights, heaviest, column, float(norms[worst]), most),
        explanation.bias,
        explanation.logit,
        float(classifier.score([COMMENT])[0, column]),
        classifier.thresholds["balanced"][LABEL],
    )


def _summands(
    weights: Weights, words: tuple[str, ...], column: int, norm: float, whole: float
) -> list[tuple[str, float]]:
    """What a token's weight is made of: the word, its letter sequences, the marks beside it, its pairs."""
    terms, norm_shares, hashes = weights.of_words(words)
    stored = expand(weights.words[bucket(hashes[:1], len(weights.words))])[0, column]
    word = float(stored * np.sqrt(norm_shares[0]) * weights.scale[0, column]) / norm
    made = [("the word", word), ("its letter sequences", float(terms[0, column]) / norm - word)]
    made += [(f"the mark {mark}", float(row[column]) / norm) for mark, row in zip(words[1:], terms[1:], strict=True)]
    return [*made, ("its pairs with neighbours", whole - sum(weight for _, weight in made))]


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "\N{MINUS SIGN}")


def _plain(value: float) -> str:
    return _signed(value).removeprefix("+")


def _text(x: float, y: float, words: str, kind: str = "", **more: str) -> str:
    rest = "".join(f' {name.replace("_", "-")}="{value}"' for name, value in more.items())
    return f'<text x="{x:g}" y="{y:g}" class="{kind}"{rest}>{escape(words)}</text>'


def _code(x: float, y: float, words: str) -> str:
    """Text of fixed width, which takes the same room in whichever font a reader has."""
    width = f"{len(words) * LETTER:g}"
    return _text(x, y, words, "code", textLength=width, lengthAdjust="spacingAndGlyphs")


def _marked(x: float, y: float, words: str, places: list[tuple[int, int]]) -> list[str]:
    """Text of fixed width in which the characters at (start, length) are marked."""
    marks = [
        f'<rect x="{x + start * LETTER - 1:g}" y="{y - 16:g}" width="{length * LETTER + 2:g}" height="22" rx="4" '
        'class="mark"/>'
        for start, length in places
    ]
    return [*marks, _code(x, y, words)]


def _chip(x: float, y: float, words: str, kind: str) -> tuple[list[str], float]:
    """A word in a box, and where the next one starts."""
    width = len(words) * LETTER + 16
    box = f'<rect x="{x:g}" y="{y - 18:g}" width="{width:g}" height="26" rx="6" class="{kind}"/>'
    return [box, _code(x + 8, y, words)], x + width + 8


def _bars(y: float, rows: list[tuple[str, float]]) -> list[str]:
    """One bar a row, to the right, or to the left where the value is negative."""
    drawn = [f'<path d="M{ZERO} {y - 18:g}v{len(rows) * LINE:g}" class="line"/>']
    for at, (words, value) in enumerate(rows):
        line, length = y + at * LINE, abs(value) * UNIT
        start, kind = (float(ZERO), "worse") if value > 0 else (ZERO - length, "better")
        beside = {"text_anchor": "end"} if value < 0 else {}
        drawn += [
            _text(LEFT, line, words),
            f'<rect x="{start:g}" y="{line - 14:g}" width="{length:g}" height="18" rx="2" class="{kind}"/>',
            _text(ZERO + value * UNIT + (6 if value > 0 else -6), line, _signed(value), "strong", **beside),
        ]
    return drawn


def _comment(story: Story, y: float) -> tuple[list[str], float]:
    return _marked(LEFT, y, COMMENT, [(start, length) for start, length, _ in story.changed]), 0


def _normalised(story: Story, y: float) -> tuple[list[str], float]:
    return _marked(LEFT, y, story.normal, [(at, 1) for _, _, at in story.changed]), 0


def _read(story: Story, y: float) -> tuple[list[str], float]:
    drawn: list[str] = []
    for line, sentence in enumerate(story.sentences):
        x: float = LEFT
        for word in (word for words in sentence for word in words):
            chip, x = _chip(x, y + line * 34, word, "mark" if word in MARKS else "chip")
            drawn += chip
    return drawn, 34 * (len(story.sentences) - 1)


def _weighed(story: Story, y: float) -> tuple[list[str], float]:
    rows = [("to start with", story.bias), *story.weights]
    drawn = _bars(y, rows)
    below = y + len(rows) * LINE + 4
    heaviest = max(story.weights, key=itemgetter(1))[0]
    made = [f"{what} {_signed(weight)}" for what, weight in story.summands]
    lines = (
        f"Together {_signed(story.logit)}, the logit of this sentence.",
        f"“{heaviest}” is made of {', '.join(made[:2])},",
        f"{', '.join(made[2:])}.",
    )
    drawn += [_text(LEFT, below + 20 * at, line, "soft") for at, line in enumerate(lines)]
    return drawn, below + 40 - y


def _windows(story: Story, y: float) -> tuple[list[str], float]:
    names = ["the whole comment", *(f"“{words}”" for words, _ in story.parts[1:])]
    rows = [(name, logit) for name, (_, logit) in zip(names, story.parts, strict=True)]
    drawn = _bars(y, rows)
    below = y + len(rows) * LINE + 4
    words = f"A part whose logit is {PLAINLY:g} or more decides alone, so the comment’s is {_plain(story.logit)}."
    drawn.append(_text(LEFT, below, words, "soft"))
    return drawn, below - y


def _curve(story: Story, classifier: Classifier, y: float) -> tuple[list[str], float]:
    """The calibration's curve with the comment's place on it."""
    width, height, top = 340.0, 96.0, y - 10
    column = classifier.labels.index(LABEL)
    x = np.linspace(-MOST, MOST, 81)
    points = np.interp(x, *classifier.calibration[column])
    across = LEFT + 36 + (x + MOST) / (2 * MOST) * width
    path = " ".join(f"{a:.1f},{top + height * (1 - p):.1f}" for a, p in zip(across, points, strict=True))
    at, level = LEFT + 36 + (story.logit + MOST) / (2 * MOST) * width, top + height * (1 - story.probability)
    drawn = [
        f'<path d="M{LEFT + 36} {top:g}v{height:g}h{width:g}" class="line"/>',
        f'<polyline points="{path}" class="curve"/>',
        f'<path d="M{at:.1f} {top + height:g}V{level:.1f}H{LEFT + 36}" class="guide"/>',
        f'<circle cx="{at:.1f}" cy="{level:.1f}" r="5" class="worse"/>',
        _text(LEFT + 26, top + 10, "1", "soft", text_anchor="end"),
        _text(LEFT + 26, top + height, "0", "soft", text_anchor="end"),
        _text(at, top + height + 20, f"logit {_plain(story.logit)}", "soft", text_anchor="middle"),
        _text(LEFT + width + 60, level + 10, f"probability {story.probability:.3f}", "strong"),
    ]
    return drawn, height + 10


def _policy(story: Story, y: float) -> tuple[list[str], float]:
    """The site's thresholds on a line from 0 to 1, with the comment's place."""
    flag, reject = story.thresholds["flag_at"], story.thresholds["reject_at"]
    flagged, rejected, at = (LEFT + share * (RIGHT - LEFT) for share in (flag, reject, story.probability))
    if story.probability >= flag:
        outcome = "rejected" if story.probability >= reject else "flagged, a moderator looks"
    else:
        outcome = "published"
    top = y + 8
    zones = ((LEFT, flagged, "chip"), (flagged, rejected, "mark"), (rejected, RIGHT, "worse"))
    drawn = [
        f'<rect x="{left:.1f}" y="{top:g}" width="{right - left:.1f}" height="28" class="{kind}"/>'
        for left, right, kind in zones
    ]
    drawn += [
        _text(LEFT + 12, top + 19, "published"),
        _text(flagged + 12, top + 19, "flagged"),
        f'<path d="M{at:.1f} {top - 6:g}v40" class="pointer"/>',
        _text(RIGHT, top - 14, f"probability {story.probability:.3f}: {outcome}", "strong", text_anchor="end"),
        _text(flagged, top + 50, f"{flag:g}", "soft", text_anchor="middle"),
        _text(RIGHT, top + 50, f"{reject:g}: rejected", "soft", text_anchor="end"),
    ]
    return drawn, 58


def _step(y: float, number: int, name: str, lines: tuple[str, ...]) -> list[str]:
    """A step's number, name and what it does, at the left."""
    return [
        f'<circle cx="46" cy="{y - 6:g}" r="14" class="dot"/>',
        _text(46, y - 1, str(number), "step", text_anchor="middle"),
        _text(74, y, name, "name"),
        *(_text(74, y + 20 * at, line, "soft") for at, line in enumerate(lines, start=1)),
    ]


def draw(story: Story, classifier: Classifier) -> str:
    """The figure as SVG."""
    steps: list[tuple[str, tuple[str, ...], Callable[[float], tuple[list[str], float]]]] = [
        ("Comment", ("as it was written",), partial(_comment, story)),
        ("Normalise", ("markup, look-alike", "and invisible letters"), partial(_normalised, story)),
        ("Read", ("words, through their", "disguises"), partial(_read, story)),
        ("Weigh", ("words, letter sequences", "and pairs of words"), partial(_weighed, story)),
        ("Put together", ("the whole comment and", "each of its sentences"), partial(_windows, story)),
        ("Calibrate", ("what share of such", "comments is toxic"), partial(_curve, story, classifier)),
        ("Decide", ("by the site’s", "thresholds"), partial(_policy, story)),
    ]
    y, drawn, dots = 56.0, [], []
    for number, (name, lines, content) in enumerate(steps, start=1):
        right, height = content(y)
        drawn += [*_step(y, number, name, lines), *right]
        dots.append(y)
        y += max(height, 20 * len(lines)) + 46
    height = y - 20
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:g}" width="{WIDTH}" '
            f'height="{height:g}" role="img" aria-labelledby="title">',
            '<title id="title">One comment’s way through the classifier</title>',
            f"<style>{STYLE}</style>",
            f'<rect x="1" y="1" width="{WIDTH - 2}" height="{height - 2:g}" rx="10" class="paper"/>',
            f'<path d="M46 {dots[0]:g}V{dots[-1]:g}" class="line"/>',
            *drawn,
            "</svg>\n",
        ]
    )


if __name__ == "__main__":
    shipped = models.load(reader="fast")
    FIGURE.write_text(draw(tell(shipped), shipped), encoding="utf-8")
