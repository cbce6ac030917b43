"""Pages for admins: people's accounts and roles, and who works on which site."""

from __future__ import annotations

from service.console.people import people, site_members

ROUTES = (
    *people.ROUTES,
    *site_members.ROUTES,
)
