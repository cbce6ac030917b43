"""Akismet's protocol: verify-key, comment-check, submit-spam, submit-ham, usage-limit and key-sites.

Answers are plain text with status 200, also for failures. A check that cannot be judged is answered `true`, never
`false`; only WordPress's own check, which waits for a later answer, gets neither.
"""

from __future__ import annotations

from flask import Blueprint

from service.compat import routes
from service.compat.akismet import accounts, answers, checks, reports
from service.compat.akismet.fields import MissingField

blueprint = Blueprint("akismet", __name__)
blueprint.before_request(answers.prepare)
blueprint.after_request(answers.complete)
routes.prepare(blueprint, verdicts=answers.CHECK, refuse=answers.fail)
blueprint.register_error_handler(MissingField, answers.missing)
routes.let_pages(blueprint, answers.CHECK, "akismet.verify_key")

_POST, _EITHER = ["POST"], ["GET", "POST"]
for _path, _view, _methods in (
    ("/1.1/verify-key", accounts.verify_key, _EITHER),
    ("/1.1/comment-check", checks.check_comment, _EITHER),
    ("/1.1/submit-spam", reports.submit_spam, _EITHER),
    ("/1.1/submit-ham", reports.submit_ham, _EITHER),
    ("/1.2/usage-limit", accounts.show_usage, _EITHER),
    ("/1.2/key-sites", accounts.show_sites, _EITHER),
    ("/1.1/deactivate", accounts.deactivate, _POST),
    ("/1.1/token", accounts.make_token, _POST),
    ("/1.1/get-subscription", accounts.show_subscription, _POST),
    ("/1.1/get-stats", accounts.show_stats, _POST),
    ("/1.2/get-key-stats", accounts.show_key_stats, _POST),
    ("/1.1/test", accounts.say_connected, _EITHER),
    ("/1.2/compatible-plugins", accounts.show_plugins, ["GET"]),
):
    blueprint.add_url_rule(_path, view_func=_view, methods=_methods)
_ANY = ["GET", "POST", "PUT", "PATCH", "DELETE"]
blueprint.add_url_rule("/1.1/<path:call>", view_func=accounts.refuse_unknown, methods=_ANY)
blueprint.add_url_rule(
    "/1.2/<path:call>", view_func=accounts.refuse_unknown, methods=_ANY, endpoint="refuse_unknown_too"
)
