"""Pages of a site's webhooks, for its admins: the list, the deliveries, a test, and sending again."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from moderation.tables import Site
from moderation.webhooks import batches, endpoints
from moderation.webhooks.batches import Batching
from moderation.webhooks.endpoints import EndpointRefused, NotNow
from service import forms
from service.console import access
from service.console.retold import retold
from service.context import context
from texts.translation import decimal, gettext, later

PAGE = 30
#: State of a delivery -> its words, and the colour of its badge.
STATES = {
    "delivered": (later("Delivered"), "published"),
    "waiting": (later("Being sent"), "pending"),
    "held": (later("Waits out the grace time"), "pending"),
    "failing": (later("Will be tried again"), "flagged"),
    "given up": (later("Given up"), "rejected"),
    "cancelled": (later("Taken back"), "pending"),
}


def list_webhooks(site_id: str) -> ResponseReturnValue:
    access.require(site_id, "admin")
    return _page(site_id, 200)


def add_webhook(site_id: str) -> ResponseReturnValue:
    access.require(site_id, "admin")
    url = forms.text("url")
    try:
        endpoints.require_permitted_name(url, context().settings)
        with context().store.write() as session:
            endpoint, secret = endpoints.add(session, context().settings, site_id, url, actor=access.actor())
    except EndpointRefused as refusal:
        return _page(site_id, 422, url=url, error=retold(str(refusal)))
    return render_template("console/sites/new_webhook.html", endpoint=endpoint, secret=secret), 201


def switch_webhook(site_id: str, endpoint_id: str) -> ResponseReturnValue:
    _require(site_id, endpoint_id)
    on = forms.text("action") == "on"
    with context().store.write() as session:
        endpoints.switch(session, site_id, endpoint_id, on=on, actor=access.actor())
    flash(gettext("The webhook is switched on.") if on else gettext("The webhook is switched off."), "good")
    return redirect(url_for("console.list_webhooks", site_id=site_id), 303)


def batch_webhook(site_id: str, endpoint_id: str) -> ResponseReturnValue:
    _require(site_id, endpoint_id)
    given = {"events": forms.text("events"), "seconds": forms.text("seconds")}
    batching = None
    if forms.text("action") != "off":
        events, seconds = map(forms.number, given.values())
        if events is None or seconds is None or not _fit(events, seconds):
            with context().store.read() as session:
                endpoints.find(session, site_id, endpoint_id)
            flash(_batch_limits(), "bad")
            return _to_deliveries(site_id, endpoint_id)
        batching = Batching(events=events, seconds=seconds)
    with context().store.write() as session:
        endpoints.set_batches(session, site_id, endpoint_id, batching, actor=access.actor())
    told = gettext("Events are sent in batches.") if batching else gettext("Each event is sent alone.")
    flash(told, "good")
    return _to_deliveries(site_id, endpoint_id)


def _fit(events: int, seconds: int) -> bool:
    return _within(events, batches.EVENTS_RANGE) and _within(seconds, batches.SECONDS_RANGE)


def _within(number: int, limits: tuple[int, int]) -> bool:
    return limits[0] <= number <= limits[1]


def _batch_limits() -> str:
    fewest, most = map(decimal, batches.EVENTS_RANGE)
    least, longest = map(decimal, batches.SECONDS_RANGE)
    return gettext(
        "Give %(fewest)s to %(most)s events, and %(least)s to %(longest)s seconds.",
        fewest=fewest,
        most=most,
        least=least,
        longest=longest,
    )


def test_webhook(site_id: str, endpoint_id: str) -> ResponseReturnValue:
    _require(site_id, endpoint_id)
    try:
        with context().write() as session:
            endpoints.test(session, site_id, endpoint_id, actor=access.actor())
    except NotNow as refusal:
        flash(retold(str(refusal)), "bad")
    else:
        told = gettext("A test message is on its way. What came of it stands here as soon as you load the page again.")
        flash(told, "good")
    return _to_deliveries(site_id, endpoint_id)


def show_deliveries(site_id: str, endpoint_id: str) -> ResponseReturnValue:
    _require(site_id, endpoint_id)
    after = forms.identifier("before", "msg")
    with context().store.read() as session:
        endpoint = endpoints.find(session, site_id, endpoint_id)
        rows = endpoints.deliveries(session, site_id, endpoint_id, after=after, limit=PAGE + 1)
        return render_template(
            "console/sites/deliveries.html",
            site=session.get_one(Site, site_id),
            endpoint=endpoint,
            batching=Batching(**(endpoint.batch or {})),
            events_range=batches.EVENTS_RANGE,
            seconds_range=batches.SECONDS_RANGE,
            rows=[(delivery, attempts, endpoints.state_of(delivery)) for delivery, attempts in rows[:PAGE]],
            states=STATES,
            is_first=after is None,
            next=rows[PAGE - 1][0].id if len(rows) > PAGE else None,
        )


def redeliver(site_id: str, endpoint_id: str, delivery_id: str) -> ResponseReturnValue:
    _require(site_id, endpoint_id)
    access.require_id("msg", delivery_id)
    try:
        with context().write() as session:
            endpoints.redeliver(session, site_id, endpoint_id, delivery_id, actor=access.actor())
    except NotNow as refusal:
        flash(retold(str(refusal)), "bad")
    else:
        told = gettext("It is sent once more, under the same id. Load this page again to see what came of it.")
        flash(told, "good")
    return _to_deliveries(site_id, endpoint_id)


def _require(site_id: str, endpoint_id: str) -> None:
    """Require an admin of the site, and a text that can be the id of a webhook."""
    access.require(site_id, "admin")
    access.require_id("w", endpoint_id)


def _page(site_id: str, status: int, **form: str) -> ResponseReturnValue:
    with context().store.read() as session:
        all_endpoints = endpoints.of_site(session, site_id)
        latest = endpoints.latest_deliveries(session, site_id)
        page = render_template(
            "console/sites/webhooks.html",
            site=session.get_one(Site, site_id),
            endpoints=[(endpoint, latest.get(endpoint.id)) for endpoint in all_endpoints],
            failing=endpoints.failing(session, [site_id]),
            state_of=endpoints.state_of,
            states=STATES,
            most=endpoints.MOST_ENDPOINTS,
            form=form,
        )
    return page, status


def _to_deliveries(site_id: str, endpoint_id: str) -> ResponseReturnValue:
    return redirect(url_for("console.show_deliveries", site_id=site_id, endpoint_id=endpoint_id), 303)


ROUTES = (
    ("/sites/<site_id>/webhooks", "GET", list_webhooks),
    ("/sites/<site_id>/webhooks", "POST", add_webhook),
    ("/sites/<site_id>/webhooks/<endpoint_id>/switch", "POST", switch_webhook),
    ("/sites/<site_id>/webhooks/<endpoint_id>/batches", "POST", batch_webhook),
    ("/sites/<site_id>/webhooks/<endpoint_id>/test", "POST", test_webhook),
    ("/sites/<site_id>/webhooks/<endpoint_id>", "GET", show_deliveries),
    ("/sites/<site_id>/webhooks/<endpoint_id>/deliveries/<delivery_id>/redeliver", "POST", redeliver),
)
