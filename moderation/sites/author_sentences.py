"""What an author is told of a decision's reasons: a sentence for each, in the language of now.

The sentences of rules are in English with the rules (`Rule.for_authors`); the catalogues have the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from moderation.policy.rules import BY_NAME, MODERATOR
from moderation.sites.site_settings import SiteSettings
from texts import translation
from texts.wording import named

#: What a label says of a comment, after "for being".
LABELS = {
    "toxicity": "hostile or disrespectful",
    "severe_toxicity": "very hostile",
    "insult": "insulting",
    "profanity": "foul language",
    "threat": "a threat",
    "identity_attack": "an attack on people for who they are",
    "spam": "spam or advertising",
    "sexual": "sexually explicit",
    "self_harm": "about suicide or self-harm",
}
#: For a reason without a label.
NO_LABEL = "against its rules"


def of(reason: Mapping[str, Any], settings: SiteSettings) -> str:
    """The sentence for one reason. A moderator's is the site's text in this language, and their note as it is."""
    rule, label, message = BY_NAME.get(str(reason.get("rule"))), reason.get("label"), str(reason.get("message", ""))
    if rule is None:  # a rule of another version of Winnow
        return message
    if rule is MODERATOR:
        return _of_moderator(reason, settings, message)
    return translation.gettext(rule.for_authors).format(
        message=message,
        label=translation.gettext(LABELS.get(label, named(label).lower()) if label else NO_LABEL),
        score=_number(reason.get("score")),
        threshold=_number(reason.get("threshold")),
    )


def added(reasons: Sequence[Mapping[str, Any]] | None, settings: SiteSettings) -> list[dict[str, Any]]:
    """The reasons, each with the sentence for the author in the site's language, if the site has chosen one."""
    if settings.author_language is None:
        return [dict(reason) for reason in reasons or ()]
    with translation.in_language(settings.language):
        return [{**reason, "for_author": of(reason, settings)} for reason in reasons or ()]


def of_answer(answer: str, settings: SiteSettings) -> str:
    """A moderator's answer to an appeal, with the reason in the author's language. Stored is what moderators read."""
    for reason in settings.reasons:
        if answer == reason.text or answer.startswith(f"{reason.text}: "):
            return reason.text_in(translation.current(), settings.language) + answer.removeprefix(reason.text)
    return answer


def _of_moderator(reason: Mapping[str, Any], settings: SiteSettings, message: str) -> str:
    code, note = reason.get("code"), reason.get("note")
    entry = settings.reason_of(code) if code else None
    if entry is None or entry not in settings.reasons:  # none, or one that the site has taken from its list since
        return translation.gettext(message)  # the catalogues have what we say ourselves: that nothing was said, say
    text = entry.text_in(translation.current(), settings.language)
    return ": ".join(part for part in (text, note) if part)


def _number(score: float | None) -> str:
    return translation.gettext("unknown") if score is None else translation.decimal(round(score, 3))
