"""The pages of a site's policy, with its consequences, and of the site's settings beside it."""

from __future__ import annotations

from service.console.policy import policy, site_settings

ROUTES = (
    *policy.ROUTES,
    *site_settings.ROUTES,
)
