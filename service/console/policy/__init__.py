"""The pages of a site's policy, with its consequences and its tests, and of the site's settings beside it."""

from __future__ import annotations

from service.console.policy import policy, policy_tests, site_settings

ROUTES = (
    *policy.ROUTES,
    *policy_tests.ROUTES,
    *site_settings.ROUTES,
)
