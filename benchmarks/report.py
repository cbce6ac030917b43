"""What a benchmark found, for the terminal and for docs/benchmarks.md."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

PAGE = Path(__file__).parent.parent / "docs" / "benchmarks.md"

_HEAD = """\
# Benchmarks

`make bench` measures these on your machine and writes this page; `python -m benchmarks NAME` runs one of them. Each
compares two things in one run, by turns where that is possible, because the ratio outlives the machine. Rates come from
real processes (`winnow serve`, `winnow worker`) with a load generator beside them, all on one machine with 2 cores.
"""


@dataclass(frozen=True)
class Line:
    """One measurement. `met` is None where there is no target."""

    what: str
    figure: str
    target: str = ""
    met: bool | None = None


@dataclass
class Report:
    """A benchmark's lines under its title."""

    name: str
    title: str
    about: str
    lines: list[Line] = field(default_factory=list)

    def add(self, what: str, figure: str, target: str = "", met: bool | None = None) -> None:
        """Record a line, and show it at once."""
        self.lines.append(Line(what, figure, target, met))
        mark = {None: " ", True: "+", False: "-"}[met]
        print(f" {mark} {what}: {figure}{f'  (target: {target})' if target else ''}", flush=True)

    def markdown(self) -> str:
        """The section of the page."""
        marks = {None: "", True: ", met", False: ", missed"}
        rows = [f"| {line.what} | {line.figure} | {line.target}{marks[line.met]} |" for line in self.lines]
        table = "\n".join(["| measured | figure | target |", "|---|---|---|", *rows])
        return f"<!-- {self.name} -->\n## {self.title}\n\n{self.about}\n\n{table}\n<!-- /{self.name} -->\n"


def write(report: Report, page: Path = PAGE) -> None:
    """Put the report into the page, in place of the one before."""
    text = page.read_text(encoding="utf-8") if page.exists() else _HEAD
    section = report.markdown()
    pattern = re.compile(rf"<!-- {report.name} -->.*?<!-- /{report.name} -->\n", re.DOTALL)
    found = pattern.search(text)
    text = text[: found.start()] + section + text[found.end() :] if found else f"{text}\n{section}"
    page.write_text(text, encoding="utf-8")
