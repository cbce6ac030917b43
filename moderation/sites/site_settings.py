"""A site's settings beside its policy: how its moderators work, with the defaults."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation import audit
from moderation.sites import sites
from moderation.tables import Site
from texts import translation


@dataclass(frozen=True, slots=True)
class RejectionReason:
    """One entry of the list that moderators choose from. `label` is the classifier's label for it, if it has one."""

    code: str
    text: str
    label: str | None = None
    #: Language -> the text in it, for authors. `text` is for moderators, and for every other language.
    texts: Mapping[str, str] = field(default_factory=dict, hash=False)

    def text_in(self, language: str, site_language: str) -> str:
        """The text for an author who reads this language.

        Where the site has written none in it: ours, for the reasons that a new site starts with; else the text in the
        site's own language.
        """
        if own := self.texts.get(language):
            return own
        if any(self.text == reason.text for reason in REASONS):
            with translation.in_language(language):
                return translation.gettext(self.text)
        return self.texts.get(site_language) or self.text


#: What a new site starts with.
REASONS = (
    RejectionReason("insult", "Insults somebody", "insult"),
    RejectionReason("identity_attack", "Attacks people for who they are", "identity_attack"),
    RejectionReason("threat", "Threatens somebody", "threat"),
    RejectionReason("profanity", "Foul language", "profanity"),
    RejectionReason("toxicity", "Hostile or disrespectful", "toxicity"),
    RejectionReason("spam", "Spam or advertising", "spam"),
    RejectionReason("off_topic", "Not about the subject"),
    RejectionReason("personal_data", "Gives away somebody's personal details"),
    RejectionReason("illegal", "Against the law"),
    RejectionReason("other", "Another reason"),
)


@dataclass(frozen=True, slots=True)
class Retention:
    """For how many days a site keeps what; None: as long as every site does, which for most means for ever."""

    #: What was written: the comment's text, appeals and their answers, readers' notes and moderators' notes.
    text: int | None = None
    #: The author's e-mail address, IP address, web address and user agent.
    identity: int | None = None
    audit: int | None = None
    deliveries: int | None = None
    feedback: int | None = None
    #: Bulk decisions that have ended.
    jobs: int | None = None


#: The kinds of what is kept, in the order in which pages show them.
KINDS = tuple(field.name for field in fields(Retention))


@dataclass(frozen=True, slots=True)
class SiteSettings:
    """What a site has chosen. Shares are from 0 to 1."""

    reasons: tuple[RejectionReason, ...] = REASONS
    #: How long a moderator's decision can be undone before the site is told, in seconds.
    grace_seconds: int = 10
    #: Which share of the automatic decisions, and of the moderators' decisions, gets a second look.
    second_look_automatic: float = 0.01
    second_look_moderators: float = 0.01
    #: Whether authors may appeal on the page that states a decision's reasons, and for how many days.
    appeals: bool = True
    appeal_days: int = 180
    #: Whether moderators have to give a reason when they reject: one of the list, or a note.
    require_reason: bool = False
    #: The language in which authors are told of decisions; None: the site has not chosen, which means English.
    author_language: str | None = None
    #: Whether an author whose browser asks for another of our languages reads the statement in that.
    author_chooses: bool = False
    #: Where the site's pages are, such as `https://blog.example`: with it, a thread that is a path has an address.
    address: str = ""
    #: Whether the titles of pages below this address are read from there, where the site does not send them.
    read_titles: bool = False
    retention: Retention = Retention()

    def days_kept(self, kind: str) -> int | None:
        """For how many days a kind is kept; None: no limit of this site's own.

        Texts stay for as long as their authors can appeal: whoever answers has to read them.
        """
        days: int | None = getattr(self.retention, kind)
        if days is not None and kind == "text" and self.appeals:
            return max(days, self.appeal_days)
        return days

    @property
    def language(self) -> str:
        """The language in which authors are told of decisions."""
        return self.author_language if self.author_language in translation.LANGUAGES else translation.SOURCE

    @property
    def grace(self) -> timedelta:
        return timedelta(seconds=self.grace_seconds)

    def reason_of(self, code: str) -> RejectionReason:
        """The reason with this code; the code itself stands for a reason that is no longer on the list."""
        return next((reason for reason in self.reasons if reason.code == code), RejectionReason(code, code))


def read(document: Mapping[str, Any]) -> SiteSettings:
    """The settings that a stored document describes; what it lacks has its default."""
    names = {field.name for field in fields(SiteSettings)}
    values = {name: value for name, value in document.items() if name in names}
    if "reasons" in values:
        values["reasons"] = tuple(RejectionReason(**reason) for reason in values["reasons"])
    if "retention" in values:
        values["retention"] = Retention(**{kind: values["retention"].get(kind) for kind in KINDS})
    return SiteSettings(**values)


def of_sites(session: Session, site_ids: set[str]) -> dict[str, SiteSettings]:
    """The settings of these sites, by id."""
    query = select(Site.id, Site.settings).where(Site.id.in_(site_ids))
    return {site_id: read(document) for site_id, document in session.execute(query)}


def author_languages(session: Session, site_ids: Collection[str]) -> dict[str, str]:
    """The author languages of those of these sites that have chosen one."""
    chosen = Site.settings["author_language"].as_string()
    query = select(Site.id, chosen).where(Site.id.in_(site_ids))
    return {site_id: code for site_id, code in session.execute(query) if code}


def save(session: Session, site_id: str, settings: SiteSettings, *, actor: str) -> None:
    """Put these settings in force, in the caller's transaction.

    Raises:
        NotFound: there is no such site.
    """
    site = sites.find(session, site_id)
    site.settings = asdict(settings)
    audit.record(session, [audit.row("site.settings_changed", actor=actor, site_id=site_id)])
