"""The moderator console at /console: signing in, the review queue, and a person's decisions.

Every page works without JavaScript; the scripts only make deciding quicker.
"""

from __future__ import annotations

from flask import Flask
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from moderation.errors import NotFound
from service import pages
from service.console import (
    access,
    alerts,
    audit,
    card,
    comments,
    exports,
    finder,
    lists,
    names,
    navigation,
    people,
    policy,
    queue,
    refusals,
    retold,
    script_sentences,
    signing_in,
    sites,
    speaking,
    statistics,
)
from service.console.alerts import banner
from service.console.card import scores, sentences, stencils
from service.console.lists.list_page import allow_files
from service.console.page_groups import PageGroups
from service.console.policy.policy import allow_long_lists
from service.console.queue import live_updates
from service.console.signing_in import single_sign_on, throttle
from service.context import Context
from texts import translation, wording

blueprint = PageGroups(
    "console",
    __name__,
    groups=(alerts, audit, card, comments, finder, lists, people, policy, queue, signing_in, sites, statistics),
)

blueprint.add_url_rule("/<path:address>", view_func=refusals.show_nothing)

blueprint.before_request(speaking.speak)
blueprint.before_request(allow_long_lists)
blueprint.before_request(allow_files)
blueprint.before_request(access.check)
blueprint.after_request(pages.set_headers)
blueprint.after_request(speaking.remember)
blueprint.register_error_handler(CSRFError, refusals.show_forged)
blueprint.register_error_handler(throttle.TooManyAttempts, throttle.refuse)
blueprint.register_error_handler(NotFound, refusals.show_missing)
blueprint.register_error_handler(HTTPException, refusals.show)
blueprint.register_error_handler(OperationalError, refusals.show_unavailable)
blueprint.add_app_template_filter(pages.age, "age")
blueprint.add_app_template_filter(wording.exact, "exact")
blueprint.add_app_template_filter(wording.label, "named")
blueprint.add_app_template_filter(wording.within, "within")
blueprint.add_app_template_filter(translation.fixed, "score")
blueprint.add_app_template_filter(translation.gettext, "role")
blueprint.add_app_template_filter(names.standing, "standing")
blueprint.add_app_template_filter(names.status, "status")
blueprint.add_app_template_filter(retold.reason, "reason")
blueprint.add_app_template_filter(retold.retold, "retold")
blueprint.add_app_template_filter(wording.short_duration, "short_duration")
blueprint.add_app_template_filter(sentences.listed, "listed")
blueprint.add_app_template_filter(scores.edges, "edges")
blueprint.add_app_template_global(stencils.filled, "filled")
blueprint.add_app_template_global(wording.counted, "counted")
blueprint.add_app_template_global(live_updates.now_ms, "now_ms")
blueprint.add_app_template_global(script_sentences.of_page, "script_sentences")
blueprint.context_processor(navigation.for_pages)
blueprint.context_processor(banner.for_pages)


def init_app(app: Flask) -> None:
    """Set up signed cookies, CSRF tokens and the throttle, for an app that has its context already.

    Raises:
        SettingsError: there is no secret key to sign with.
    """
    context: Context = app.extensions["winnow"]
    session_key, *older = pages.signing_keys(context.settings, "session")
    app.config.update(
        SECRET_KEY=session_key,
        SECRET_KEY_FALLBACKS=older,
        SESSION_COOKIE_NAME=pages.cookie_name(context.settings, "winnow_form"),
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=context.settings.secure_cookies,
        SESSION_COOKIE_PATH=pages.cookie_path(context.settings, "/console"),
        WTF_CSRF_SECRET_KEY=pages.signing_keys(context.settings, "csrf")[0],
        # A form works for a working day. `access.check` checks the token of every POST to the console; the API has no
        # cookies, and so needs no token.
        WTF_CSRF_TIME_LIMIT=12 * 3600,
        WTF_CSRF_CHECK_DEFAULT=False,
        # The token is enough. Some browsers send no Referer, and some proxies hide the host that it would have to name.
        WTF_CSRF_SSL_STRICT=False,
    )
    access.csrf.init_app(app)
    throttle.init_app(app, context.settings)
    live_updates.init_app(app)
    single_sign_on.init_app(app, context.settings)
    exports.init_app(app)
