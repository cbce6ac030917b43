"""The model card: what we say of the classifier, and the tables that `winnow evaluate` measures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from models.package_data import read_text

Table = tuple[str, list[str], list[list[str]]]  # title, columns, rows


def write_card(path: Path, manifest: dict[str, Any], tables: Sequence[Table], plots: Sequence[str]) -> None:
    """Write the card as Markdown; plots are looked for in the folder `card` beside it."""
    libraries = ", ".join(f"{name} {version}" for name, version in manifest["libraries"].items())
    introduction = read_text("models.evaluation", "introduction.md")
    parts = [introduction.format(version=manifest["version"], libraries=f"Trained with {libraries}.")]
    parts += [_markdown(table) for table in tables]
    parts.append(read_text("models.evaluation", "looks.md"))
    parts.append("## Plots\n")
    parts += [f"**{name}**\n\n![ROC, precision and recall, reliability, scores](card/{name}.png)\n" for name in plots]
    path.write_text("\n".join(parts), encoding="utf-8")


def _markdown(table: Table) -> str:
    title, columns, rows = table
    lines = [f"## {title}\n", "| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"
