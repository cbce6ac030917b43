"""The statement of reasons at /statement/<token>: tells a comment's author the decision, why, and how to appeal.

Whoever has the link can see the page, so a site gives it only to the comment's author.
"""

from __future__ import annotations

from flask import Blueprint, Flask, Response

from service import pages, static_files
from service.limits import Buckets
from service.statements import page
from texts import translation
from texts.wording import exact

blueprint = Blueprint(
    "statements", __name__, template_folder="templates", static_folder="static", static_url_path=static_files.URL_PATH
)

blueprint.before_request(page.speak_as_asked)
blueprint.add_app_template_filter(exact, "exact")
for _rule, _method, _view in (
    ("/<token>", "GET", page.show),
    ("/<token>", "POST", page.appeal),
):
    blueprint.add_url_rule(_rule, view_func=_view, endpoint=_view.__name__, methods=[_method])


@blueprint.after_request
def _set_headers(response: Response) -> Response:
    # The address alone opens the page, so no other site may learn it.
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Content-Language"] = translation.current()
    return pages.set_headers(response)


def init_app(app: Flask) -> None:
    """Make the rate limits of looking and of appealing. `create_app` calls this."""
    app.extensions["winnow_statements"] = {"look": Buckets(page.LOOKS), "appeal": Buckets(page.APPEALS)}
