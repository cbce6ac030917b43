"""Which language an answer is in: what its reader asks for, or what a site has chosen for its authors."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from functools import lru_cache
from typing import Any

from flask import Flask, Response, current_app, request
from markupsafe import Markup
from sqlalchemy.orm import Session

from moderation.settings import Settings
from moderation.sites import author_sentences, site_settings
from moderation.sites.site_settings import SiteSettings
from service import pages
from service.context import context
from texts import translation
from texts.wording import own_language

#: How long an API process remembers a site's settings for its authors without asking the database.
REMEMBERED_SECONDS = 5.0
_MOST_REMEMBERED = 1000
_COOKIE_SECONDS = 365 * 24 * 3600


def init_app(app: Flask) -> None:
    """Begin and end every request in English, and let templates say sentences. `create_app` calls this.

    A template says `{{ _("A sentence.") }}`, or `{% trans %}…{% endtrans %}`; `language()` and `direction()` are for
    `<html>`.
    """
    app.extensions["winnow_author_settings"] = {}
    app.before_request(lambda: translation.speak(translation.SOURCE))
    app.teardown_request(lambda _error: translation.speak(translation.SOURCE))  # the thread may do something else next
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.policies["ext.i18n.trimmed"] = True
    app.jinja_env.install_gettext_callables(translation.gettext, _ngettext, newstyle=True)  # type: ignore[attr-defined]
    app.jinja_env.globals.update(_=_said, gettext=_said)
    app.jinja_env.globals.update(
        language=translation.current, direction=direction, in_language=_in_language, offered_languages=offered
    )
    app.jinja_env.filters["decimal"] = translation.decimal
    app.jinja_env.filters["percent"] = translation.percent


def asked_for(cookie: str | None = None) -> str | None:
    """The language that the reader asks for: in the address (`?lang=de`), by what they chose before, by their browser.

    None: none of these is one of ours.
    """
    candidates = [request.args.get("lang", "")]
    if cookie is not None:
        candidates.append(pages.read_cookie(cookie))
    return translation.first_known([*candidates, *request.accept_languages.values()])


def remember(response: Response, settings: Settings, cookie: str, language: str, *, below: str) -> None:
    """Keep the language that a reader chose, for the pages below that of the endpoint `below`."""
    if language in translation.LANGUAGES:
        pages.set_cookie(response, settings, cookie, language, seconds=_COOKIE_SECONDS, below=below)


def speak_to_author(settings: SiteSettings) -> None:
    """Speak the language in which this site's authors are told: the site's, or what the author asks for."""
    translation.speak((asked_for() if settings.author_chooses else None) or settings.language)


def offered() -> list[tuple[str, str]]:
    """The languages that pages offer, each with what its speakers call it."""
    return [(code, own_language(code)) for code in translation.LANGUAGES]


def direction() -> str:
    """Which way the language of now is written, for `dir`."""
    return translation.direction(translation.current())


def for_authors(
    site_id: str, reasons: Sequence[Mapping[str, Any]] | None, session: Session | None = None
) -> list[dict[str, Any]] | None:
    """A comment's reasons as its site gets them, with the sentences for the author if the site has chosen a language.

    `session` is one that is open already, if there is one: a request is not to need two.
    """
    return None if reasons is None else author_sentences.added(reasons, _author_settings(site_id, session))


def _author_settings(site_id: str, session: Session | None) -> SiteSettings:
    remembered: dict[str, tuple[SiteSettings, float]] = current_app.extensions["winnow_author_settings"]
    settings_kept, until = remembered.get(site_id, (None, 0.0))
    moment = time.monotonic()
    if settings_kept is None or moment >= until:
        with nullcontext(session) if session is not None else context().store.read() as open_session:
            settings_kept = site_settings.of_sites(open_session, {site_id}).get(site_id, SiteSettings())
        if len(remembered) >= _MOST_REMEMBERED:
            remembered.clear()
        remembered[site_id] = (settings_kept, moment + REMEMBERED_SECONDS)
    return settings_kept


def _said(sentence: str, **values: Any) -> Markup:
    """A sentence of a template. A page says hundreds: those that nothing fills in are looked up once in a process."""
    if not values:
        return _whole(translation.current(), sentence)
    return Markup(translation.gettext(sentence)) % values  # noqa: S704  (what fills it in is escaped)


@lru_cache(maxsize=20_000)
def _whole(_language: str, sentence: str) -> Markup:
    return Markup(translation.gettext(sentence)) % {}  # noqa: S704  (sentences are ours)


def _ngettext(singular: str, plural: str, number: int) -> str:
    """As Jinja calls it, which fills in the values itself; the number as people write it is `%(number)s` for us."""
    language = translation.current()
    if language == translation.SOURCE:
        return singular if number == 1 else plural
    return translation.catalogue(language).ngettext(singular, plural, number)


def _in_language(language: str, caller: Callable[[], str]) -> str:
    """For `{% call in_language(code) %}…{% endcall %}`: what is within is said in that language."""
    with translation.in_language(language):
        return caller()
