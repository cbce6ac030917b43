"""The pages of the team's shared lists: making one, filling and emptying it, and trying it on past comments."""

from __future__ import annotations

from service.console.lists import from_comment, list_page, lists

ROUTES = (
    *lists.ROUTES,
    *list_page.ROUTES,
    *from_comment.ROUTES,
)
