"""The model card that ships is the one that `winnow evaluate` writes of the model that ships."""

from __future__ import annotations

from pathlib import Path

import models
from models.evaluation.card import write_card

SHIPPED = Path(models.__file__).parent / "MODEL_CARD.md"


def test_the_shipped_card_has_the_words_and_the_version_that_would_be_written_today(tmp_path: Path) -> None:
    write_card(tmp_path / "card.md", models.load().manifest, [("A table", ["set", "a|b"], [["news", "x|y"]])], ["news"])
    before, table, after = (tmp_path / "card.md").read_text(encoding="utf-8").partition("## A table\n")
    rows, _, prose = after.partition("## Explained spans")
    assert table + rows == "## A table\n\n| set | a|b |\n|---|---|\n| news | x\\|y |\n\n"
    words, _, plots = prose.partition("## Plots")
    shipped = SHIPPED.read_text(encoding="utf-8")
    assert shipped.startswith(before)
    assert "## Explained spans" + words in shipped
    assert plots.strip().endswith("(card/news.png)")
