"""The page of a site's settings: reasons for rejecting, the grace time, second looks, appeals, retention."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from models import LABELS
from moderation.history import retention, site_retention
from moderation.sites import site_settings
from moderation.sites.site_settings import KINDS, RejectionReason, Retention, SiteSettings
from moderation.tables import Site
from moderation.webhooks import sender
from service import forms
from service.console import access, names
from service.console.retold import retold
from service.context import context
from texts import translation, wording
from texts.translation import decimal, gettext, later, ngettext

MOST_REASONS = 30
LONGEST_REASON = 120
#: Empty lines in the form for new reasons.
SPARE = 3
MOST_GRACE, MOST_DAYS = 300, 3650
#: Rows that the page looks through to count what is too old.
MOST_COUNTED = 2000
#: Kinds that no site keeps for ever: for at most so many days.
_LIMITED = {"deliveries": retention.RETENTION.days, "feedback": retention.FEEDBACK_KEPT.days}
_KEPT = {
    "text": (
        later("Texts"),
        later("What was written: comments, appeals and their answers, readers' and moderators' notes."),
    ),
    "identity": (
        later("E-mail and addresses"),
        later("The author's e-mail, IP and web address, and browser. Name and user id stay."),
    ),
    "audit": (later("The audit"), later("What was done, by whom and why. Statistics stay.")),
    "deliveries": (later("Webhook deliveries"), later("Messages to your site, with their attempts.")),
    "feedback": (later("Examples"), later("Texts with what people said of them, to train with.")),
    "jobs": (later("Bulk decisions"), later("Those that have ended; they cannot be undone then.")),
}
_CODE = re.compile(r"[a-z0-9_]{1,40}")
_PERCENT = re.compile(r"[0-9]{1,3}(\.[0-9]{1,4})?")

Errors = dict[str, str]
#: Reason's code -> language -> its text for authors.
Texts = Mapping[str, Mapping[str, str]]


def show_site_settings(site_id: str) -> ResponseReturnValue:
    access.require(site_id, "moderator")
    with context().store.read() as session:
        settings = site_settings.of_sites(session, {site_id})[site_id]
    return _page(site_id, _values(settings), _lines(settings), {}, _texts(settings))


def change_site_settings(site_id: str) -> ResponseReturnValue:
    access.require(site_id, "admin")
    values = {name: forms.text(name) for name in _FIELDS}
    lines = read_lines(request.form)
    with context().store.read() as session:
        settings = site_settings.of_sites(session, {site_id})[site_id]
    ticked = {name: name in request.form for name in _TICKED}
    texts = read_texts(request.form, settings)
    changed, errors = read(settings, values, lines, ticked, texts)
    if errors:
        return _page(site_id, values | ticked, lines, errors, texts, code=422)
    with context().store.write() as session:
        site_settings.save(session, site_id, changed, actor=access.actor())
    flash(gettext("Saved. It holds for decisions from now on."), "good")
    return redirect(url_for("console.show_site_settings", site_id=site_id), 303)


def read(
    settings: SiteSettings,
    values: Mapping[str, str],
    lines: list[dict[str, str]],
    ticked: Mapping[str, bool],
    texts: Texts | None = None,
) -> tuple[SiteSettings, Errors]:
    """The settings that the form describes, based on the present ones; and the errors by field."""
    errors: Errors = {}
    reasons = _reasons(lines, texts or {}, errors)
    language = values.get("author_language", "")
    if language and language not in translation.LANGUAGES:
        errors["author_language"] = gettext("Choose one of the languages.")
    changed = replace(
        settings,
        reasons=reasons or settings.reasons,
        grace_seconds=_whole(values, "grace_seconds", 0, MOST_GRACE, errors),
        second_look_automatic=_share(values, "second_look_automatic", errors),
        second_look_moderators=_share(values, "second_look_moderators", errors),
        **ticked,
        author_language=language if language in translation.LANGUAGES else None,
        address=_address(values, errors),
        appeal_days=_whole(values, "appeal_days", 1, MOST_DAYS, errors),
        retention=Retention(**{kind: _days(values, kind, errors) for kind in KINDS}),
    )
    if changed.read_titles and not changed.address and "address" not in errors:
        errors["address"] = gettext("Say where your pages are: titles are read from there only.")
    text_days = changed.retention.text
    if text_days is not None and text_days < (changed.days_kept("text") or 0) and "keep_text" not in errors:
        errors["keep_text"] = ngettext(
            "Authors may appeal for %(number)s day: keep texts for as long.",
            "Authors may appeal for %(number)s days: keep texts for as long.",
            changed.appeal_days,
        )
    return changed, errors


_TICKED = ("appeals", "require_reason", "author_chooses", "read_titles")
_FIELDS = (
    "author_language",
    "grace_seconds",
    "second_look_automatic",
    "second_look_moderators",
    "appeal_days",
    "address",
    *(f"keep_{kind}" for kind in KINDS),
)


def read_lines(form: Any) -> list[dict[str, str]]:
    """The lines of the list of reasons in the form."""
    columns = [form.getlist(name)[: MOST_REASONS + SPARE] for name in ("code", "text", "label")]
    clean = [[forms.clean(value).strip() for value in column] for column in columns]
    lines = [dict(zip(("code", "text", "label"), line, strict=True)) for line in zip(*clean, strict=False)]
    return [line for line in lines if line["text"]]


def read_texts(form: Any, settings: SiteSettings) -> Texts:
    """The texts of the reasons for authors in the form: of those reasons that the site has already."""
    texts: dict[str, dict[str, str]] = {}
    for reason in settings.reasons:
        for language in translation.LANGUAGES:
            text = forms.clean(form.get(f"author.{language}.{reason.code}", "")).strip()
            if text:
                texts.setdefault(reason.code, {})[language] = text
    return texts


def _reasons(lines: list[dict[str, str]], texts: Texts, errors: Errors) -> tuple[RejectionReason, ...]:
    """The reasons that have a text. A new reason gets a code from its text, which decisions refer to."""
    reasons_by_code: dict[str, RejectionReason] = {}
    for number, line in enumerate(lines):
        if len(line["text"]) > LONGEST_REASON:
            errors[f"text-{number}"] = gettext("At most %(most)s characters fit.", most=decimal(LONGEST_REASON))
        code = line["code"] if _CODE.fullmatch(line["code"]) else _new_code(line["text"])
        if code in reasons_by_code:
            errors[f"text-{number}"] = gettext("This reason is there twice.")
        own_texts = dict(texts.get(code, {}))
        if any(len(text) > LONGEST_REASON for text in own_texts.values()):
            errors["texts"] = gettext(
                "At most %(most)s characters fit into a text for authors.", most=decimal(LONGEST_REASON)
            )
        label = line["label"] if line["label"] in LABELS else None
        reasons_by_code[code] = RejectionReason(code, line["text"], label, own_texts)
    if not reasons_by_code:
        errors["reasons"] = gettext("Leave at least one reason.")
    if len(reasons_by_code) > MOST_REASONS:
        errors["reasons"] = gettext(
            "There are %(reasons)s reasons; at most %(most)s fit.",
            reasons=decimal(len(reasons_by_code)),
            most=decimal(MOST_REASONS),
        )
    return tuple(reasons_by_code.values())


def _new_code(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:40] or "reason"


def _whole(values: Mapping[str, str], name: str, least: int, most: int, errors: Errors) -> int:
    text = values[name]
    if not re.fullmatch(r"[0-9]{1,5}", text) or not least <= int(text) <= most:
        errors[name] = gettext("Give a whole number from %(least)s to %(most)s.", least=least, most=decimal(most))
        return least
    return int(text)


def _address(values: Mapping[str, str], errors: Errors) -> str:
    text = values["address"]
    try:
        if text:
            sender.check_url(text)
    except sender.Refused as refusal:
        errors["address"] = retold(str(refusal))
        return ""
    return text


def _days(values: Mapping[str, str], kind: str, errors: Errors) -> int | None:
    name = f"keep_{kind}"
    return _whole(values, name, 1, _LIMITED.get(kind, MOST_DAYS), errors) if values[name] else None


def _share(values: Mapping[str, str], name: str, errors: Errors) -> float:
    text = values[name]
    if not _PERCENT.fullmatch(text) or float(text) > 100:
        errors[name] = gettext("Give a percentage from 0 to 100.")
        return 0.0
    return round(float(text) / 100, 6)


def _values(settings: SiteSettings) -> dict[str, Any]:
    return {
        "grace_seconds": str(settings.grace_seconds),
        "second_look_automatic": f"{100 * settings.second_look_automatic:g}",
        "second_look_moderators": f"{100 * settings.second_look_moderators:g}",
        "appeals": settings.appeals,
        "require_reason": settings.require_reason,
        "author_language": settings.author_language or "",
        "author_chooses": settings.author_chooses,
        "address": settings.address,
        "read_titles": settings.read_titles,
        "appeal_days": str(settings.appeal_days),
    } | {f"keep_{kind}": str(getattr(settings.retention, kind) or "") for kind in KINDS}


def _lines(settings: SiteSettings) -> list[dict[str, str]]:
    return [{"code": reason.code, "text": reason.text, "label": reason.label or ""} for reason in settings.reasons]


def _texts(settings: SiteSettings) -> Texts:
    return {reason.code: reason.texts for reason in settings.reasons}


def _usual(text: str, site_language: str) -> Mapping[str, str]:
    """What authors read of a reason for which the site has no text of its own, by language."""
    reason = RejectionReason("", text)
    return {code: reason.text_in(code, site_language) for code in translation.LANGUAGES}


def _page(
    site_id: str,
    values: Mapping[str, Any],
    lines: list[dict[str, str]],
    errors: Errors,
    texts: Texts,
    *,
    code: int = 200,
) -> Response:
    empty = {"code": "", "text": "", "label": ""}
    with context().store.read() as session:
        site = session.get_one(Site, site_id)
        too_old = site_retention.counts(session, site_id, site_settings.read(site.settings), most=MOST_COUNTED)
        kept_lines = [line for line in lines if line["code"]]
        page = render_template(
            "console/policy/site_settings.html",
            site=site,
            sites=[one for one in names.of_own_sites(session, chosen=site_id) if access.may(one[0], "moderator")],
            values=values,
            lines=lines + [empty] * SPARE,
            labels=[(label, wording.label(label)) for label in LABELS],
            kept=[(kind, *_KEPT[kind], _LIMITED.get(kind), too_old.get(kind)) for kind in KINDS],
            texts=texts,
            usual={line["code"]: _usual(line["text"], values["author_language"]) for line in kept_lines},
            kept_lines=kept_lines,
            errors=errors,
            may_edit=access.may(site_id, "admin"),
            most_grace=MOST_GRACE,
            most_days=MOST_DAYS,
        )
    return make_response(page, code)


ROUTES = (
    ("/sites/<site_id>/settings", "GET", show_site_settings),
    ("/sites/<site_id>/settings", "POST", change_site_settings),
)
