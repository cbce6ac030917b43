"""How often entries of shared lists were a reason of a decision, from the tallies: no decision writes more for it.

The tallies run a minute or more behind.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from moderation import clock
from moderation.history import tallies
from moderation.tables import Tally

#: The days that are counted.
DAYS = 90


def of_list(session: Session, list_id: str, site_ids: Collection[str]) -> Counter[int]:
    """Number of an entry -> how often it was a reason on these sites within the last `DAYS` days."""
    since = (clock.now() - timedelta(days=DAYS)).date().isoformat()
    query = (
        select(Tally.key, func.sum(Tally.number))
        .where(*tallies.of_days(site_ids, "list", since))
        .where(Tally.key >= f"{list_id} ", Tally.key < f"{list_id}!")  # `!` comes after the space
        .group_by(Tally.key)
    )
    return Counter({int(key.partition(" ")[2]): int(number) for key, number in session.execute(query)})
