"""What a policy's numbers on authors, campaigns and readers would have meant for past comments, in sentences."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from flask import current_app
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from moderation import clock
from moderation.decisions import reports
from moderation.policy import consequences, past_comments, policies, standings
from moderation.policy.consequences import Sample
from moderation.policy.terms import Policy
from moderation.tables import AuditEvent
from service.context import context
from texts.translation import decimal, gettext, ngettext

#: Samples that a process keeps: a page, and what its script asks for, take the same ones.
_KEPT = 4
#: Site, policy, the site's last event in the audit log, and the minute -> its sample.
_Samples = OrderedDict[tuple[str, str, str | None, int], Sample]
_lock = threading.Lock()


def read_past(site_id: str, policy: Policy, tell: past_comments.Tell) -> Sample:
    """The site's past comments, prepared for a policy's rules; the last seconds may be missing."""
    return context().store.read_behind(
        partial(_read, site_id=site_id, policy=policy, tell=tell),
    )


def _read(session: Session, site_id: str, policy: Policy, tell: past_comments.Tell) -> Sample:
    """The sample, read anew once something was done on the site; it is never older than a minute."""
    samples: _Samples = current_app.extensions.setdefault("winnow_past_samples", OrderedDict())
    last = session.scalar(select(func.max(AuditEvent.id)).where(AuditEvent.site_id == site_id))
    key = (site_id, policies.content(policy), last, int(clock.now().timestamp() // 60))
    with _lock:
        kept = samples.get(key)
    if kept is None:
        kept = past_comments.read(session, site_id, policy, tell)
        with _lock:
            samples[key] = kept
            while len(samples) > _KEPT:
                samples.popitem(last=False)
    return kept


def told(
    session: Session, site_id: str, policy: Policy, sample: Sample, tell: Callable[[str, str | None], tuple[str, bool]]
) -> list[str]:
    """What the policy's numbers on campaigns, authors and reports would have meant; none where they are not set."""
    sentences = []
    if policy.campaign_authors is not None:
        held = 0
        if any(past.in_campaign for past in sample.comments):
            other = read_past(site_id, replace(policy, campaign_authors=None), tell)
            held = consequences.differing(sample, other, policy.thresholds, policy.mode)["flagged"]
        recent = sum(past.recent for past in sample.comments)
        sentences.append(
            gettext(
                "For saying nearly the same as several others, %(held)s of the last %(recent)s comments would have "
                "been held. Comments from before groups were kept do not count.",
                held=decimal(held),
                recent=decimal(recent),
            )
        )
    if standings.asks(policy):
        without = replace(policy, trust_after=None, hold_after=None)
        other = read_past(site_id, without, tell)
        changed = consequences.differing(sample, other, policy.thresholds, policy.mode)
        recent = sum(past.recent for past in sample.comments)
        sentences.append(
            gettext(
                "By their authors' standing, %(changed)s of the last %(recent)s comments would have been decided "
                "otherwise: %(published)s published without a person's look, %(held)s held.",
                changed=decimal(changed.total()),
                recent=decimal(recent),
                published=decimal(changed["published"]),
                held=decimal(changed["flagged"]),
            )
        )
    if policy.hide_after_reports is not None:
        hidden, reported = reports.would_hide(session, site_id, policy.hide_after_reports)
        sentences.append(
            ngettext(
                "Reports would have hidden %(hidden)s of the last %(number)s comment that was reported, by what is "
                "known of their readers now.",
                "Reports would have hidden %(hidden)s of the last %(number)s comments that were reported, by what is "
                "known of their readers now.",
                reported,
                hidden=decimal(hidden),
            )
        )
    return sentences
