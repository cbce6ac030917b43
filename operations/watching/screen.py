"""The overview on a terminal, drawn anew every few seconds by Rich."""

from __future__ import annotations

import time

from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from moderation.settings import Settings
from operations.watching import rates, words
from operations.watching.overview import Overview, Watch
from operations.watching.words import Section

_STYLES = {"fine": "", "watch": "yellow", "wrong": "bold red"}
#: From this width on there are two columns.
_WIDE = 110


def show(watch: Watch, settings: Settings, *, interval: float, console: Console | None = None) -> None:
    """Show the installation until Ctrl-C."""
    console = console or Console()
    before: Overview | None = None
    with Live(console=console, screen=True, auto_refresh=False) as live:
        while True:
            now = watch.look()
            sections = words.sections(now, rates.between(before, now) if before else None, settings)
            live.update(draw(sections, settings.public_url, width=console.width), refresh=True)
            before = now
            time.sleep(interval)


def draw(sections: list[Section], address: str, *, width: int) -> Group:
    """The sections, in two columns where there is room."""
    panels = [_panel(section) for section in sections]
    title = Text(f" Winnow at {address}   {time.strftime('%H:%M:%S')}   Ctrl-C ends this", style="reverse")
    title.truncate(width, pad=True)
    if width < _WIDE:
        return Group(title, *panels)
    columns = Table.grid(expand=True, padding=0)
    columns.add_column(ratio=1)
    columns.add_column(ratio=1)
    columns.add_row(Group(*panels[:2]), Group(*panels[2:4]))
    return Group(title, columns, *panels[4:])


def _panel(section: Section) -> Panel:
    lines = Table.grid(padding=(0, 2))
    lines.add_column(style="dim", no_wrap=True)
    lines.add_column()
    for line in section.lines:
        lines.add_row(Text(line.name), Text(line.value, style=_STYLES[line.level]))
    return Panel(lines, title=section.title, title_align="left")
