"""The page on which people choose of which alerts they hear, by which ways and when; and see whether these work."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from moderation.alerts import channels
from moderation.alerts.channels import CHANNELS, ChannelError, Choice
from moderation.alerts.conditions import KINDS
from service import forms
from service.console import access
from service.console.retold import retold
from service.context import context
from texts.translation import gettext

#: The fields of each kind of channel, with how much of each is read.
_FIELDS = {"email": 254, "url": 2000, "token": 200, "chat": 80, "base": 200}
#: What is never shown again, not even to whoever has just typed it.
_SECRET = {"url", "token"}


def show_alerts() -> ResponseReturnValue:
    return _page(200)


def add_alert_channel() -> ResponseReturnValue:
    kind = forms.choice("kind", CHANNELS, gettext("Choose e-mail, a chat or Telegram."))
    fields = {name: forms.text(name, most=most) for name, most in _FIELDS.items()}
    try:
        choice = _choice()
        choice.require()
        target = channels.read_target(context().settings, kind, fields)
        with context().store.write() as session:
            channels.add(session, context().settings, access.user(), target, choice)
    except ChannelError as error:
        return _page(422, kind=kind, error=error, fields=fields)
    flash(gettext("Added. Send yourself a test to see that it works."), "good")
    return _back()


def change_alert_channel(channel_id: str) -> ResponseReturnValue:
    choice = _choice()
    return _change(
        channel_id, gettext("Kept."), lambda session: channels.change(session, access.user(), channel_id, choice)
    )


def remove_alert_channel(channel_id: str) -> ResponseReturnValue:
    return _change(channel_id, gettext("Removed."), lambda session: channels.remove(session, access.user(), channel_id))


def test_alert_channel(channel_id: str) -> ResponseReturnValue:
    message = gettext("A test leaves within seconds. Load this page again to see whether it arrived.")
    return _change(channel_id, message, lambda session: channels.test(session, access.user(), channel_id))


def _change(channel_id: str, message: str, change: Callable[[Session], None]) -> ResponseReturnValue:
    access.require_id("ac", channel_id)
    try:
        with context().store.write() as session:
            change(session)
    except ChannelError as error:
        flash(retold(str(error)), "bad")
    else:
        flash(message, "good")
    return _back()


def _choice() -> Choice:
    """What the form chooses: the kinds of alerts, and an hour of the day, or at once."""
    kinds = {name for name in request.form.getlist("kinds") if name in KINDS}
    hour = forms.number(forms.text("hour"))
    return Choice(kinds, hour if hour is not None and hour < 24 else None)


def _page(
    status: int, *, kind: str = "email", error: ChannelError | None = None, fields: Mapping[str, str] | None = None
) -> ResponseReturnValue:
    user = access.user()
    with context().store.read() as session:
        own = channels.of_person(session, user.id)
    typed = {name: text for name, text in (fields or {}).items() if name not in _SECRET}
    page = render_template(
        "console/alerts/own_alerts.html",
        channels=own,
        called=CHANNELS,
        kinds=KINDS,
        most=channels.MOST,
        mails=bool(context().settings.smtp_url),
        zone=user.zone or "UTC",
        telegram=channels.TELEGRAM,
        chosen=set(request.form.getlist("kinds")) if error else set(KINDS),
        hour=forms.number(forms.text("hour")) if error else None,
        kind=kind if error else None,
        errors={error.field: retold(str(error))} if error else {},
        fields=typed,
    )
    return page, status


def _back() -> ResponseReturnValue:
    return redirect(url_for("console.show_alerts"), 303)


ROUTES = (
    ("/you/alerts", "GET", show_alerts),
    ("/you/alerts", "POST", add_alert_channel),
    ("/you/alerts/<channel_id>", "POST", change_alert_channel),
    ("/you/alerts/<channel_id>/remove", "POST", remove_alert_channel),
    ("/you/alerts/<channel_id>/test", "POST", test_alert_channel),
)
