"""Pages of comments: all comments and their export, a comment with its history, and an author."""

from __future__ import annotations

from service.console.comments import all_comments, authors, comment_context, comment_page, rows

ROUTES = (
    *all_comments.ROUTES,
    *authors.ROUTES,
    *comment_context.ROUTES,
    *comment_page.ROUTES,
    *rows.ROUTES,
)
