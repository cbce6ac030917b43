"""Pages of sites, for their admins: names, modes, keys and webhooks."""

from __future__ import annotations

from service.console.sites import sites, webhooks

ROUTES = (
    *sites.ROUTES,
    *webhooks.ROUTES,
)
