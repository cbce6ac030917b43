"""What a comment's author is told at /statement/<token>: the decision, why, how it came about, and how to appeal.

The link is all that it takes to see the page, so a site gives it to the comment's author alone.
"""

from __future__ import annotations

from flask import Blueprint, Flask, Response

from service import pages
from service.limits import Buckets
from service.statements import page

blueprint = Blueprint("statements", __name__, template_folder="templates", static_folder="static")

blueprint.add_app_template_filter(pages.exact, "exact")
for _rule, _method, _view in (
    ("/<token>", "GET", page.show),
    ("/<token>", "POST", page.appeal),
):
    blueprint.add_url_rule(_rule, view_func=_view, endpoint=_view.__name__, methods=[_method])


@blueprint.after_request
def _set_headers(response: Response) -> Response:
    # The address opens the page, so it is told to nobody.
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    return pages.set_headers(response)


def init_app(app: Flask) -> None:
    """Count who looks and who appeals how often. `create_app` calls this."""
    app.extensions["winnow_statements"] = {"look": Buckets(page.LOOKS), "appeal": Buckets(page.APPEALS)}
