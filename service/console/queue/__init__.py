"""The review queue's pages: the queue, decisions on one comment or on many, and live updates."""

from __future__ import annotations

from service.console.queue import (
    author_actions,
    bulk,
    campaigns,
    cases,
    decisions,
    list_entries,
    live_updates,
    pausing,
    review_queue,
    saved_filters,
)

ROUTES = (
    *author_actions.ROUTES,
    *bulk.ROUTES,
    *campaigns.ROUTES,
    *cases.ROUTES,
    *decisions.ROUTES,
    *list_entries.ROUTES,
    *live_updates.ROUTES,
    *pausing.ROUTES,
    *review_queue.ROUTES,
    *saved_filters.ROUTES,
)
