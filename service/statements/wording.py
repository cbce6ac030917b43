"""A decision in plain words for the comment's author, in the language of now. It never says who the moderator was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from moderation import actors
from moderation.sites import author_sentences
from moderation.sites.site_settings import SiteSettings
from texts.translation import gettext as _

Reasons = Sequence[Mapping[str, Any]]


def headline(status: str) -> str:
    """The comment's status, in a line."""
    return {
        "published": _("Your comment is published"),
        "flagged": _("Your comment is held for review"),
        "rejected": _("Your comment was not published"),
        "pending": _("Your comment is being checked"),
    }[status]


def effect(status: str) -> str:
    """What the status means for readers."""
    return {
        "published": _("Readers can see it."),
        "flagged": _(
            "Readers cannot see it, anywhere, until a person at the site has decided. You need not do anything."
        ),
        "rejected": _("Readers cannot see it, anywhere, for as long as this decision stands."),
        "pending": _("Readers cannot see it until it has been checked. Look at this page again in a moment."),
    }[status]


def grounds(reasons: Reasons | None, settings: SiteSettings) -> list[str]:
    """A sentence for each reason. A moderator's note is in the moderator's words."""
    return [author_sentences.of(reason, settings) for reason in reasons or ()]


def without_reason(held_for: Reasons | None, settings: SiteSettings) -> list[str]:
    """The sentences for a moderator's rejection without a reason. `held_for` are the reasons why it had been held."""
    grounds_before = grounds(held_for, settings)
    if not grounds_before:
        return [_("A person at the site rejected it and gave no reason. You may ask the site for one.")]
    return [
        _("A person at the site rejected it after the automatic check had held it, for this reason:"),
        *grounds_before,
    ]


def legal_ground(reasons: Reasons | None) -> str:
    """Whether the decision is based on the law or on the site's own rules."""
    if any(reason.get("code") == "illegal" for reason in reasons or ()):
        return _("A person at the site held it to be against the law.")
    return _("The ground is the site's own rules for comments, not the law.")


def decided_by(actor: str) -> str:
    """Who decided, in words that follow the day of the decision."""
    return _("by the automatic check") if actor == actors.POLICY else _("by a person at the site")


def means(status: str, actor: str, *, held_before: bool, reported: bool, scored: bool) -> list[str]:
    """How the decision came about: by a machine or a person, and who drew attention to the comment."""
    sentences = []
    if actor == actors.POLICY and status == "flagged":
        sentences.append(_("It was checked automatically; a person has not decided yet."))
    elif actor == actors.POLICY:
        sentences.append(_("It was checked automatically, and by no person."))
    elif held_before:
        sentences.append(_("An automatic check had held it back, and a person at the site decided."))
    else:
        sentences.append(_("A person at the site decided."))
    if reported:
        sentences.append(_("Readers had reported the comment."))
    elif actor != actors.POLICY or status != "published":
        sentences.append(_("Nobody had reported the comment: the site checks comments by itself."))
    if scored:
        sentences.append(
            _(
                "The automatic check gives a comment a score from 0 to 1 for each kind of abuse, by its words and what "
                "came with it. A score is how likely it is that people would object."
            )
        )
    return sentences


def what_happened(status: str, actor: str) -> str:
    """An earlier decision, in a line."""
    if actor == actors.POLICY:
        return {
            "published": _("It was published automatically."),
            "flagged": _("It was held for review automatically."),
            "rejected": _("It was rejected automatically."),
        }.get(status) or _("It was checked automatically.")
    return {
        "published": _("It was published by a person."),
        "flagged": _("It was held for review by a person."),
        "rejected": _("It was rejected by a person."),
    }.get(status) or _("It was checked by a person.")
