"""How much it takes for so many comments a month: the model of docs/capacity.md, and its figures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

MONTH = 30 * 86_400
#: The busiest hour has so many times the comments of an average one, and a core is not to be busier than this.
PEAK, BUSY = 4.0, 0.6


@dataclass(frozen=True)
class Figures:
    """What a comment takes: microseconds of a core, and bytes. See docs/capacity.md for where they come from."""

    web: float = 330
    scoring: float = 1_760
    delivery: float = 520
    #: In PostgreSQL: accepting and deciding, and what telling a site is taken to be.
    database: float = 1_170
    #: MiB that a process of each kind takes.
    web_process: float = 150
    scoring_process: float = 151
    other_process: float = 61
    #: On disk for ever; for as long as deliveries (30 days) and look-alikes (7 days) are kept.
    kept: float = 3_380
    for_30_days: float = 2_050
    for_7_days: float = 930
    #: The part of `kept` that goes with a retention of everything.
    taken_away: float = 1_370
    #: The part of the comments that a person has to look at, and how many a person decides on in a day.
    asked: float = 0.03
    by_a_person: float = 3_000


@dataclass(frozen=True)
class Need:
    """What a month of so many comments needs."""

    comments: float
    figures: Figures = Figures()

    @property
    def at_peak(self) -> float:
        """Comments a second in the busiest hour."""
        return self.comments / MONTH * PEAK

    def cores(self, microseconds: float) -> int:
        """Cores, and so processes of this kind, for the busiest hour."""
        return max(1, math.ceil(self.at_peak * microseconds / 1e6 / BUSY))

    @property
    def connections(self) -> int:
        """To the database: of a web process one for each of its 16 threads and one that it inserts over; of a worker
        one for each process, and up to two more of its clock."""
        scoring, delivery = self.cores(self.figures.scoring), self.cores(self.figures.delivery)
        return 17 * self.cores(self.figures.web) + scoring + 3 * delivery

    @property
    def memory(self) -> float:
        """GiB of all processes of ours."""
        web, scoring = self.cores(self.figures.web), self.cores(self.figures.scoring)
        others = 2 * self.cores(self.figures.delivery) * self.figures.other_process  # each worker has a clock, too
        return (web * self.figures.web_process + scoring * self.figures.scoring_process + others) / 1024

    def disk(self, months: float, *, retention: bool = False) -> float:
        """GiB after so many months."""
        each = self.figures.kept * months
        if retention:
            each -= self.figures.taken_away * max(0.0, months - 1)
        week = 7 / 30
        return self.comments * (each + self.figures.for_30_days + self.figures.for_7_days * week) / 2**30

    @property
    def people(self) -> float:
        """Moderators, who work 21 days of a month."""
        return self.comments * self.figures.asked / (21 * self.figures.by_a_person)


def table(millions: Sequence[float]) -> str:
    """The model's table in Markdown, a column for each number of millions a month."""
    needs = [Need(number * 1e6) for number in millions]
    figures = Figures()
    lines = {
        "comments a second, on average / in the busiest hour": [
            f"{n.at_peak / PEAK:,.0f} / {n.at_peak:,.0f}" for n in needs
        ],
        "web processes": [f"{n.cores(figures.web)}" for n in needs],
        "scoring processes": [f"{n.cores(figures.scoring)}" for n in needs],
        "delivery processes": [f"{n.cores(figures.delivery)}" for n in needs],
        "cores for PostgreSQL": [f"{n.cores(figures.database)}" for n in needs],
        "memory of our processes": [f"{n.memory:,.1f} GiB" for n in needs],
        "connections to PostgreSQL, at most": [f"{n.connections:,}" for n in needs],
        "disk after a month": [f"{n.disk(1):,.0f} GiB" for n in needs],
        "disk after a year, all kept": [f"{n.disk(12):,.0f} GiB" for n in needs],
        "disk after a year, with retention after a month": [f"{n.disk(12, retention=True):,.0f} GiB" for n in needs],
        "moderators, if 3 % wait for one": [f"{n.people:,.0f}" for n in needs],
    }
    head = " | ".join(f"{number:,g} million a month" for number in millions)
    rows = [f"| {name} | {' | '.join(values)} |" for name, values in lines.items()]
    return "\n".join([f"| | {head} |", f"|---|{'---|' * len(millions)}", *rows])
