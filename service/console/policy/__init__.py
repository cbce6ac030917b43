"""A site's policy, set by its consequences; and the site's settings beside it."""

from __future__ import annotations

from service.console.policy import policy, site_settings

ROUTES = (
    *policy.ROUTES,
    *site_settings.ROUTES,
)
