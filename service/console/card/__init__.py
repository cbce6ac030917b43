"""A comment as a moderator sees it: a card. The queue, a comment's page and the policy page show it, or part of it."""

from __future__ import annotations

from service.console.card import links

ROUTES = links.ROUTES
