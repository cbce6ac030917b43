"""What a policy's numbers on authors, campaigns and readers would have meant for past comments, in sentences."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import replace
from functools import cached_property, partial

from flask import current_app
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from moderation import clock
from moderation.decisions import reports
from moderation.policy import consequences, past_comments, policies, standings
from moderation.policy.consequences import Sample
from moderation.policy.past_comments import Gathered
from moderation.policy.terms import Policy
from moderation.tables import AuditEvent
from service.context import context
from texts.translation import decimal, gettext, ngettext

#: Of the latest comments, and of those that people decided, so many are counted before somebody waits for the rest.
FIRST = 500
#: Samples that a process keeps: a page, and what its script asks for, take the same ones.
_KEPT = 8
#: Site, policy, the site's last event in the audit log, the minute, and how many are counted -> the sample.
_Samples = OrderedDict[tuple[str, str, str | None, int, int], Sample]
_lock = threading.Lock()


class PastComments:
    """A site's past comments, for the policies that one request tries; the last seconds may be missing.

    They are read once, and only where a policy was not tried on them before. A sample is made anew once something was
    done on the site, and is never older than a minute.
    """

    def __init__(self, site_id: str, tell: past_comments.Tell, most: int = past_comments.MOST) -> None:
        self._site_id, self._tell, self._most = site_id, tell, most
        self._samples: _Samples = current_app.extensions.setdefault("winnow_past_samples", OrderedDict())
        self._last, self._minute = context().store.read_behind(self._last_event), int(clock.now().timestamp() // 60)

    def prepared_for(self, policy: Policy) -> Sample:
        """These comments as a policy's rules see them."""
        key = (self._site_id, policies.content(policy), self._last, self._minute, self._most)
        with _lock:
            kept = self._samples.get(key)
        if kept is None:
            kept = past_comments.prepare(self._gathered, policy, self._tell)
            with _lock:
                self._samples[key] = kept
                while len(self._samples) > _KEPT:
                    self._samples.popitem(last=False)
        return kept

    @cached_property
    def _gathered(self) -> Gathered:
        return context().store.read_behind(partial(past_comments.gather, site_id=self._site_id, most=self._most))

    def _last_event(self, session: Session) -> str | None:
        return session.scalar(select(func.max(AuditEvent.id)).where(AuditEvent.site_id == self._site_id))


def told(session: Session, site_id: str, policy: Policy, past: PastComments) -> list[str]:
    """What the policy's numbers on campaigns, authors and reports would have meant; none where they are not set."""
    sentences, sample = [], past.prepared_for(policy)
    if policy.campaign_authors is not None:
        held = 0
        if any(one.in_campaign for one in sample.comments):
            other = past.prepared_for(replace(policy, campaign_authors=None))
            held = consequences.differing(sample, other, policy.thresholds, policy.mode)["flagged"]
        recent = sum(one.recent for one in sample.comments)
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
        other = past.prepared_for(without)
        changed = consequences.differing(sample, other, policy.thresholds, policy.mode)
        recent = sum(one.recent for one in sample.comments)
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
