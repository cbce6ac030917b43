"""The card: a comment as a moderator sees it. The queue, a comment's page and the policy page show it or a part."""

from __future__ import annotations

from service.console.card import links

ROUTES = links.ROUTES
