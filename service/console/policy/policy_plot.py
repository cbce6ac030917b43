"""The plot of a label's scores, as the rectangles that the page draws. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from moderation.policy.consequences import Bar
from moderation.policy.terms import Threshold

WIDTH, HEIGHT = 1000, 100
#: What there is too little of to be seen is drawn this high.
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
    """A label with how its scores lie, and where it flags and rejects."""

    label: str
    threshold: Threshold
    rectangles: Sequence[Rectangle]
    rejected: int
    published: int
    unseen: int


def plot(label: str, bars: Sequence[Bar], threshold: Threshold | None) -> Plot:
    """Heights go by the square root, or the many harmless comments would hide the few that matter."""
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
