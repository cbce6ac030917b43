"""The demo at /demo: a news page with a comment form, so that a newcomer sees how a comment is moderated.

It does what a site's own back end would do: it takes a form, submits the comment, and shows what was decided.
"""

from __future__ import annotations

from flask import Blueprint, Flask

from service import pages, static_files
from service.demo import article
from service.limits import Buckets
from texts import wording

blueprint = Blueprint(
    "demo", __name__, template_folder="templates", static_folder="static", static_url_path=static_files.URL_PATH
)

blueprint.before_request(article.speak_as_asked)
blueprint.before_request(article.refuse_other_sites)
blueprint.after_request(pages.set_headers)
blueprint.add_app_template_filter(pages.age, "age")
blueprint.add_app_template_filter(wording.exact, "exact")

for _rule, _view, _method in (
    ("/", article.show, "GET"),
    ("/", article.comment, "POST"),
    ("/comments/<comment_id>", article.status, "GET"),
):
    blueprint.add_url_rule(_rule, view_func=_view, endpoint=_view.__name__, methods=[_method])


def init_app(app: Flask) -> None:
    """Make the rate limit of the demo. `create_app` calls this."""
    app.extensions["winnow_demo"] = Buckets(article.RATE)
