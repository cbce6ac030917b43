"""A search as a document, for what outlives the page that it was made on: a bulk decision on all that it finds."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from moderation.finding.search import Search

_PLAIN = ("status", "author", "part_of_name", "thread", "ip", "text", "label", "least_score", "by", "rule", "dates")
_MOMENTS = ("since", "until")


def write(search: Search, site_id: str | None) -> dict[str, Any]:
    """The search as a document, on one site or on any.

    An author who is meant exactly stands in quotation marks: whoever reads it takes none for a part of a name.
    """
    document = {name: getattr(search, name) for name in _PLAIN} | {"site": site_id}
    document |= {name: moment.isoformat() for name in _MOMENTS if (moment := getattr(search, name)) is not None}
    if search.author is not None and not search.part_of_name:
        document["author"] = f'"{search.author}"'
    return {name: value for name, value in document.items() if value is not None}


def read(document: Mapping[str, Any], site_ids: Collection[str]) -> Search:
    """The search of a document, on those of its sites that are among `site_ids`, in the order that an index has."""
    chosen = {document["site"]} & set(site_ids) if "site" in document else set(site_ids)
    values: dict[str, Any] = {name: document[name] for name in _PLAIN if name in document}
    values |= {name: datetime.fromisoformat(document[name]) for name in _MOMENTS if name in document}
    return Search(site_ids=tuple(sorted(chosen)), **values)
