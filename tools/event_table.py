"""The table of webhook events in docs/api.md, made from the catalogue: `python -m tools.event_table` writes it anew."""

from __future__ import annotations

from pathlib import Path

from moderation.webhooks.catalogue import EVENTS

PAGE = Path(__file__).parent.parent / "docs" / "api.md"
BEGIN, END = "<!-- events: written by tools/event_table.py -->\n", "<!-- end of events -->\n"


def table() -> str:
    """The table, in Markdown."""
    lines = ["| event | when | `data` | since |", "|---|---|---|---|"]
    for event in EVENTS.values():
        fields = ", ".join(f"`{name}`" for name in event.data)
        lines.append(f"| `{event.name}` | {event.sent} | {fields} | {event.since} |")
    return "\n".join(lines) + "\n"


def with_table(page: str) -> str:
    """The page with the table as it has to be.

    Raises:
        ValueError: the page has no place for it.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{PAGE} has no place for the table: it stands between {BEGIN.strip()} and {END.strip()}.")
    return f"{before}{BEGIN}{table()}{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text()))
