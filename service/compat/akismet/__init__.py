"""Akismet's protocol: verify-key, comment-check, submit-spam, submit-ham, usage-limit and key-sites.

Answers are plain text with status 200, also for failures. A check that cannot be judged is answered `true`, never
`false`; only WordPress's own check, which waits for a later answer, gets neither.
"""

from __future__ import annotations

from flask import Blueprint

from service.compat import shared
from service.compat.akismet import accounts, answers, checks, reports

blueprint = Blueprint("akismet", __name__)
blueprint.before_request(answers.prepare)
blueprint.after_request(answers.complete)
shared.answer_failures(blueprint, answers.fail)
shared.count_calls(blueprint, answers.CHECK)

blueprint.add_url_rule("/1.1/verify-key", view_func=accounts.verify_key, methods=["POST"], strict_slashes=False)
blueprint.add_url_rule("/1.1/comment-check", view_func=checks.check_comment, methods=["POST"], strict_slashes=False)
blueprint.add_url_rule("/1.1/submit-spam", view_func=reports.submit_spam, methods=["POST"], strict_slashes=False)
blueprint.add_url_rule("/1.1/submit-ham", view_func=reports.submit_ham, methods=["POST"], strict_slashes=False)
blueprint.add_url_rule("/1.2/usage-limit", view_func=accounts.show_usage, methods=["GET", "POST"])
blueprint.add_url_rule("/1.2/key-sites", view_func=accounts.show_sites, methods=["GET", "POST"])
blueprint.add_url_rule("/1.1/deactivate", view_func=accounts.deactivate, methods=["POST"])
blueprint.add_url_rule("/1.1/token", view_func=accounts.make_token, methods=["POST"])
blueprint.add_url_rule("/1.1/get-subscription", view_func=accounts.show_subscription, methods=["POST"])
blueprint.add_url_rule("/1.1/get-stats", view_func=accounts.show_stats, methods=["POST"])
blueprint.add_url_rule("/1.1/test", view_func=accounts.say_connected, methods=["GET", "POST"])
blueprint.add_url_rule("/1.2/compatible-plugins", view_func=accounts.show_plugins, methods=["GET"])
_ANY = ["GET", "POST", "PUT", "PATCH", "DELETE"]
blueprint.add_url_rule("/1.1/<path:call>", view_func=accounts.refuse_unknown, methods=_ANY)
blueprint.add_url_rule(
    "/1.2/<path:call>", view_func=accounts.refuse_unknown, methods=_ANY, endpoint="refuse_unknown_too"
)
