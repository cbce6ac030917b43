"""The plot of a label's scores, as rectangles for the page to draw. Pure functions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from moderation.policy.consequences import Bar
from moderation.policy.terms import Threshold

WIDTH, HEIGHT = 1000, 100
#: The least height of a rectangle, so that few comments can still be seen.
_LEAST = 2.0


@dataclass(frozen=True, slots=True)
class Rectangle:
    """Part of a bar: comments that people rejected, published, or have not looked at."""

    kind: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Plot:
    """A label with the distribution of its scores and its thresholds."""

    label: str
    threshold: Threshold
    rectangles: Sequence[Rectangle]
    rejected: int
    published: int
    unseen: int


def plot(label: str, bars: Sequence[Bar], threshold: Threshold | None) -> Plot:
    """The plot. Heights are square roots, so that the many harmless comments do not hide the few others."""
    tallest = math.sqrt(max((bar.total for bar in bars), default=0) or 1)
    width = WIDTH / len(bars)
    rectangles: list[Rectangle] = []
    for number, bar in enumerate(bars):
        whole = HEIGHT * math.sqrt(bar.total) / tallest
        y = float(HEIGHT)
        for kind, part in (("rejected", bar.rejected), ("published", bar.published), ("nobody", bar.unseen)):
            if part:
                height = max(_LEAST, whole * part / bar.total)
                y = max(0.0, y - height)
                rectangles.append(Rectangle(kind, number * width, y, width - 2, height))
    return Plot(
        label,
        threshold or Threshold(),
        rectangles,
        sum(bar.rejected for bar in bars),
        sum(bar.published for bar in bars),
        sum(bar.unseen for bar in bars),
    )
