"""An archived site: nothing of it waits or counts, nothing of it is lost, and brought back it is as it was."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from moderation import clock as clock_module
from moderation.alerts import channels, digests
from moderation.alerts.conditions import Looking
from moderation.alerts.sending import Sending
from moderation.alerts.watching import Watching
from moderation.decisions import appeals, bulk, comments
from moderation.decisions.scoring import Scorer
from moderation.errors import NotFound
from moderation.history import metrics, persons, site_retention, tallies
from moderation.intake.queues import Queues
from moderation.people import accounts
from moderation.policy import policies
from moderation.review import review_items
from moderation.review.fingerprints import NONE
from moderation.settings import Settings
from moderation.sites import archive, site_settings
from moderation.sites.site_settings import Retention, SiteSettings
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import Alert, AlertChannel, AuditEvent, ReviewItem, Tally, User
from moderation.webhooks import endpoints
from moderation.webhooks.sender import Sender
from tests.support.clock import Clock
from tests.support.comments import rows, scored, stored
from tests.support.delivering import deliver_once
from tests.support.receiver import Receiver


def put_away(store: Store, site: CreatedSite) -> None:
    with store.write() as session:
        archive.archive(session, site.id, actor="user:u_1")


def bring_back(store: Store, site: CreatedSite) -> None:
    with store.write() as session:
        archive.bring_back(session, site.id, actor="user:u_1")


@pytest.fixture
def counted(store: Store, queues: Queues, settings: Settings, clock: Clock) -> Callable[[CreatedSite], dict[str, Any]]:
    """What each that looks for work says of a site: nothing of it should be there."""
    queues.processes = lambda: ["one"]  # type: ignore[method-assign, list-item]
    made = accounts.create_user(store, "mo", "moderator", "four unrelated words here")
    [user] = rows(store, User, id=made.id)
    channel = AlertChannel(user_id=user.id, kinds="hold webhook old long")

    def look(site: CreatedSite) -> dict[str, Any]:
        tallies.sample_queue(store)
        with store.read() as session:
            samples = session.scalars(select(Tally.number).where(Tally.site_id == site.id, Tally.what == "queue"))
            found = {
                "alerts": [key for key in Looking(settings, queues).now(session) if key.endswith(site.id)],
                "oldest": review_items.oldest_by_site(session).get(site.id),
                "digest": digests._text(session, channel, user),
                "failing": endpoints.failing(session),
                "metrics": metrics.read_present(session).review_items,
                "samples": samples.all(),
            }
        return {name: value for name, value in found.items() if value}

    return look


def test_nothing_of_it_waits_counts_or_alerts_and_all_does_again_when_it_is_brought_back(
    store: Store,
    queues: Queues,
    settings: Settings,
    scorer: Scorer,
    site_with_webhook: CreatedSite,
    receiver: Receiver,
    counted: Callable[[CreatedSite], dict[str, Any]],
    clock: Clock,
) -> None:
    site = site_with_webhook
    scored(store, queues, scorer, site, "insult=0.6")
    with store.write() as session:
        policies.set_mode(session, site.id, "hold", actor="operator")
    receiver.answer(500)
    deliver_once(store, settings, Sender(settings.webhook_allow))
    clock.advance(hours=30)
    put_away(store, site)
    assert counted(site) == {}
    bring_back(store, site)
    assert counted(site).keys() == {"alerts", "oldest", "digest", "failing", "metrics", "samples"}


def test_items_of_sites_in_use_are_counted_beside_archived_ones(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite, other_site: CreatedSite
) -> None:
    scored(store, queues, scorer, other_site, "insult=0.6")
    for text in ("insult=0.6 a bridge", "insult=0.7 another matter"):
        scored(store, queues, scorer, site, text)
    put_away(store, site)
    with store.read() as session:
        assert metrics.read_present(session).review_items == 1
        assert review_items.oldest_by_site(session).keys() == {other_site.id}


def test_what_began_is_over_at_once_and_says_why(
    store: Store, settings: Settings, queues: Queues, site: CreatedSite, receiver: Receiver, clock: Clock
) -> None:
    queues.processes = lambda: ["one"]  # type: ignore[method-assign, list-item]
    made = accounts.create_user(store, "mo", "moderator", "four unrelated words here")
    [user] = rows(store, User, id=made.id)
    target = channels.read_target(settings, "chat", {"url": receiver.url})
    with store.write() as session:
        channels.add(session, settings, user, target, channels.Choice(["hold"], None))
        policies.set_mode(session, site.id, "hold", actor="operator")
    for minutes in (0, 2):
        clock.advance(minutes=minutes)
        Watching(settings, store, queues).check()
        Sending(settings, store).send_due()
    put_away(store, site)
    clock.advance(seconds=20)
    Watching(settings, store, queues).check()
    clock.advance(minutes=2)
    Sending(settings, store).send_due()
    said = [request.json["text"].partition("\n")[0] for request in receiver.requests]
    assert said == [
        "Winnow: The Site holds every comment for a moderator.",
        "Winnow: The Site was archived.",
    ]
    [alert] = rows(store, Alert)
    assert alert.ended_at is not None


def test_its_comments_are_read_decided_and_erased_and_the_site_is_told(
    store: Store, queues: Queues, settings: Settings, scorer: Scorer, site_with_webhook: CreatedSite, receiver: Receiver
) -> None:
    site = site_with_webhook
    held = scored(store, queues, scorer, site, "insult=0.6")
    put_away(store, site)
    with store.write() as session:
        comments.decide(session, site.id, held.id, "reject", actor="user:u_1")
    deliver_once(store, settings, Sender(settings.webhook_allow))
    assert [request.json["type"] for request in receiver.requests] == ["comment.flagged", "comment.rejected"]
    assert [one.closed_by for one in rows(store, ReviewItem)] == ["user:u_1"]
    list(persons.erase(store, persons.read("Ada"), site.id))
    assert stored(store, held.id).status == "erased"


def test_what_is_kept_only_so_long_goes_though_nobody_will_look(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite, clock: Clock
) -> None:
    seen = scored(store, queues, scorer, site, "a remark that was reported")
    with store.write() as session:
        kept = SiteSettings(retention=Retention(text=30), appeals=False)
        site_settings.save(session, site.id, kept, actor="operator")
        comments.report(session, site.id, seen.id, reason="spam", note=None, reporter=None, fingerprint=NONE)
    clock.advance(days=40)
    site_retention.run(store, seconds=60)
    assert stored(store, seen.id).comment, "somebody has still to look"
    put_away(store, site)
    site_retention.run(store, seconds=60)
    assert stored(store, seen.id).comment == ""
    bring_back(store, site)
    assert [one.is_open for one in rows(store, ReviewItem)] == [True]


def test_a_decision_cannot_be_appealed_while_the_site_is_archived(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite
) -> None:
    rejected = scored(store, queues, scorer, site, "insult=0.99")
    for change, takes in ((put_away, False), (bring_back, True)):
        change(store, site)
        with store.read() as session:
            assert appeals.is_open(session, stored(store, rejected.id)) is takes


def test_a_decision_on_all_of_a_campaign_leaves_it_out(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite, other_site: CreatedSite
) -> None:
    text = "insult=0.6 you all have to see how I earn three hundred a day from home"
    [first, second] = [scored(store, queues, scorer, one, text) for one in (site, other_site)]
    put_away(store, site)
    group = stored(store, second.id).group_id
    assert group is not None
    assert group == stored(store, first.id).group_id
    with store.read() as session:
        for criteria in ({"group": group}, {"search": {"label": "insult"}}):
            asked = criteria | {"seen_at": clock_module.now().isoformat()}
            preview = bulk.preview(session, asked, "reject", [site.id, other_site.id], actor="user:u_1")
            assert list(preview.sites) == [other_site.id]


def test_it_is_in_the_audit_once_with_who_did_it(store: Store, site: CreatedSite) -> None:
    for change in (put_away, put_away, bring_back, bring_back):
        change(store, site)
    told = [(one.action, one.actor, one.site_id) for one in rows(store, AuditEvent) if "archived" in one.action]
    assert told == [("site.archived", "user:u_1", site.id), ("site.unarchived", "user:u_1", site.id)]
    with store.write() as session, pytest.raises(NotFound):
        archive.archive(session, "s_none", actor="operator")
