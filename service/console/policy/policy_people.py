"""What a policy's numbers on authors and readers would have meant for past comments, in sentences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sqlalchemy.orm import Session

from moderation.decisions import reports
from moderation.policy import consequences, past_comments, standings
from moderation.policy.consequences import Sample
from moderation.policy.terms import Policy
from texts import wording


def told(
    session: Session, site_id: str, policy: Policy, sample: Sample, tell: Callable[[str, str | None], tuple[str, bool]]
) -> list[str]:
    """What the policy's numbers on authors and on reports would have meant; none where they are not set."""
    sentences = []
    if standings.asks(policy):
        without = replace(policy, trust_after=None, hold_after=None)
        other = past_comments.read(session, site_id, without, tell)
        changed = consequences.differing(sample, other, policy.thresholds, policy.mode)
        recent = sum(past.recent for past in sample.comments)
        sentences.append(
            f"By their authors' standing, {changed.total():,} of the last {recent:,} comments would have been decided "
            f"otherwise: {changed['published']:,} published without a person's look, {changed['flagged']:,} held."
        )
    if policy.hide_after_reports is not None:
        hidden, reported = reports.would_hide(session, site_id, policy.hide_after_reports)
        comments = wording.counted(reported, "{} comment that was", "{} comments that were")
        sentences.append(
            f"Reports would have hidden {hidden:,} of the last {comments} reported, by what is known of their readers "
            "now."
        )
    return sentences
