"""`winnow score`, `winnow train` and `winnow evaluate`: the classifier by itself."""

from __future__ import annotations

import importlib
import itertools
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import click

import models
from operations.errors import OperatorError

_BATCH = 256
_DATA = click.Path(path_type=Path, exists=True, file_okay=False)


@click.command()
@click.option("--model", type=click.Path(path_type=Path, exists=True), help="Another model than the one that ships.")
def score(*, model: Path | None) -> None:
    """Score texts: JSON lines {"text": …} in, {"scores": {label: probability}} out, in the same order."""
    classifier = models.load(model)
    texts = _texts(sys.stdin.buffer)
    while batch := list(itertools.islice(texts, _BATCH)):
        for row in classifier.score(batch):
            scores = {label: round(float(p), 4) for label, p in zip(classifier.labels, row, strict=True)}
            click.echo(json.dumps({"scores": scores}))


@click.command()
@click.option("--data", required=True, type=_DATA, help="Directory of labelled comments; see models/MODEL_CARD.md.")
@click.option("--out", default="model", show_default=True, type=click.Path(path_type=Path), help="Where to write it.")
@click.option(
    "--kept", type=click.Path(path_type=Path), help="A folder for finished stages, which the next training uses again."
)
def train(*, data: Path, out: Path, kept: Path | None) -> None:
    """Train the classifier on labelled comments."""
    _call("models.training.training", "train", data, out, kept=kept)
    click.echo(f"Before you put it in place: winnow policy-tests --model {out}", err=True)


@click.command()
@click.option("--data", required=True, type=_DATA, help="Directory of labelled comments; see models/MODEL_CARD.md.")
@click.option("--out", default="evaluation", show_default=True, type=click.Path(path_type=Path), help="Where to write.")
def evaluate(*, data: Path, out: Path) -> None:
    """Measure the classifier on labelled comments: what it finds, what it misses, and for whom."""
    _call("models.evaluation.evaluation", "evaluate", data, out)


def _call(module: str, name: str, data: Path, out: Path, **options: Any) -> None:
    function: Callable[..., Any] = getattr(importlib.import_module(module), name)
    function(data, out, lambda line: click.echo(line, err=True), **options)


def _texts(lines: Iterable[bytes]) -> Iterator[str]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            text = json.loads(line)["text"]
        except (ValueError, TypeError, KeyError, RecursionError):
            text = None
        if not isinstance(text, str):
            raise OperatorError(f'Line {number} is not a JSON object such as {{"text": "Hello"}}. Correct it.')
        yield text
