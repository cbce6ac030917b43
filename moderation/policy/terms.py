"""The types of a policy: the policy itself, the facts about a comment, and the verdict with its reasons. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from moderation.addresses import AddressSet
from moderation.authors import Author, BlockedAuthors, TrustedAuthors
from moderation.patterns import PatternSet
from moderation.policy.hold_times import HoldTimes
from moderation.policy.list_kinds import Effect, PreparedList

Action = Literal["publish", "flag", "reject"]
Mode = Literal["auto", "hold", "open", "observe"]
#: The classifier's thresholds that a site may start from, or choose for a language.
PresetName = Literal["lenient", "balanced", "strict"]
#: What a site does with the comments in a language: by their scores and its thresholds, or by those of a preset; to a
#: person; or by its rules and no score.
Treatment = Literal["judge", "lenient", "balanced", "strict", "hold", "rules"]

#: Preset -> label -> {"flag_at", "reject_at"}; the classifier brings its own.
Presets = Mapping[str, Mapping[str, Mapping[str, float | None]]]


@dataclass(frozen=True, slots=True)
class Threshold:
    """Scores from which a label flags or rejects, in [0, 1]; None never does."""

    flag_at: float | None = None
    reject_at: float | None = None

    def reached(self, score: float, own: float) -> Action | None:
        """The action that a score leads to; None where it reaches neither threshold.

        `own` is the score of the author's own words, without quotations. A score that reaches `reject_at` only because
        of words that are quoted has a person look.
        """
        if self.reject_at is not None and min(score, own) >= self.reject_at:
            return "reject"
        return "flag" if self.lowest is not None and score >= self.lowest else None

    @property
    def lowest(self) -> float | None:
        """The score from which on the label leads to an action."""
        if self.flag_at is None or self.reject_at is None:
            return self.flag_at if self.reject_at is None else self.reject_at
        return min(self.flag_at, self.reject_at)


@dataclass(frozen=True, slots=True)
class Subscription:
    """A shared list to which a site subscribes, and what becomes of comments that match an entry of the list."""

    list: PreparedList
    effect: Effect


@dataclass(frozen=True, kw_only=True)
class Policy:
    """A site's policy in the form that the rules use. `policies.compile_policy` makes it from the stored document.

    It has a field for each rule's switch, by its key. With its defaults it flags and rejects nothing.
    """

    version: int = 1
    mode: Mode = "auto"
    thresholds: Mapping[str, Threshold] = field(default_factory=dict)
    banned_words: PatternSet = field(default_factory=PatternSet)
    suspect_words: PatternSet = field(default_factory=PatternSet)
    max_links: int | None = None
    blocked_authors: BlockedAuthors = field(default_factory=BlockedAuthors)
    trusted_authors: TrustedAuthors = field(default_factory=TrustedAuthors)
    suspended_authors: BlockedAuthors = field(default_factory=BlockedAuthors)
    hold_suspended: bool = False
    blocked_ips: AddressSet = field(default_factory=AddressSet)
    trusted_ips: AddressSet = field(default_factory=AddressSet)
    flag_repeated: bool = False
    flag_first_comment: bool = False
    campaign_authors: int | None = None
    trust_after: int | None = None
    hold_after: int | None = None
    strike_days: int | None = None
    hide_after_reports: int | None = None
    flag_unknown_language: bool = False
    #: Language -> what the site has chosen for it.
    languages: Mapping[str, Treatment] = field(default_factory=dict)
    #: Preset -> its thresholds, of those that the site has chosen for a language.
    presets: Mapping[str, Mapping[str, Threshold]] = field(default_factory=dict)
    hold_times: HoldTimes = field(default_factory=HoldTimes)
    #: Id of a shared list -> its effect; and the lists themselves, once `prepared_lists.subscribed` has read them.
    lists: Mapping[str, Effect] = field(default_factory=dict)
    subscriptions: tuple[Subscription, ...] = ()
    #: From the site's settings: the language of its authors, for a text too short to tell its own; "" for none.
    author_language: str = ""

    def treatment(self, language: str, *, judged: bool) -> Treatment:
        """What becomes of comments in a language; `judged` says whether the classifier judges it."""
        unless_chosen: Treatment = "judge" if judged or not self.flag_unknown_language else "hold"
        return self.languages.get(language, unless_chosen)

    def thresholds_in(self, language: str) -> Mapping[str, Threshold]:
        """The thresholds for comments in a language: the site's own, unless it has chosen a preset for that."""
        return self.presets.get(self.languages.get(language, ""), self.thresholds)


@dataclass(frozen=True, slots=True)
class Standing:
    """What people decided on an author's comments, as far as the site's policy asks for it."""

    #: Approvals since the author's last rejection. 0 where the site does not vouch for the author: anybody may type the
    #: same name.
    approvals: int = 0
    #: Rejections that have not expired.
    strikes: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """What is known of a comment beside its scores."""

    text: str
    #: The text without what it quotes of others; None where it quotes nobody.
    own_words: str | None = None
    #: Label -> the score of these words, where it is lower than that of the whole text. Only this score can reject.
    own_scores: Mapping[str, float] = field(default_factory=dict)
    #: Why readers cannot read it, as a sentence; None where they can.
    unreadable: str | None = None
    #: The author's name and web site, which readers see too.
    name: str = ""
    url: str = ""
    #: How many links there are in text, name and web site.
    links: int = 0
    author: Author = field(default_factory=Author)
    ip: str | None = None
    repeated: bool = False
    #: How many different authors wrote nearly the same on the site lately, its own author included; see
    #: `campaign_authors`.
    authors_alike: int = 0
    first_comment: bool = False
    standing: Standing = Standing()
    #: Whether people had turned it down before it was edited.
    turned_down: bool = False
    #: When it is decided; None where that is not to matter, as in a policy's tests.
    moment: datetime | None = None
    #: The code of its language ("und": none that can be told), and whether the classifier judges it.
    language: str = "und"
    language_judged: bool = True
    #: Labels whose score is the name's, which was scored by itself.
    by_name: frozenset[str] = frozenset()

    @property
    def unquoted(self) -> str:
        """The author's own words: all of the text where it quotes nobody."""
        return self.text if self.own_words is None else self.own_words


@dataclass(frozen=True, kw_only=True, slots=True)
class Reason:
    """One reason for the action. `message` is only for people, and never quotes the comment."""

    rule: str
    action: Action
    message: str
    label: str | None = None
    score: float | None = None
    threshold: float | None = None
    #: Which entry of the rule's list the comment matched, counted from 1.
    entry: int | None = None
    #: Of a list that sites share, its id; `entry` is the number that the entry has there.
    list: str | None = None

    def as_json(self) -> dict[str, Any]:
        return {name: value for name in self.__slots__ if (value := getattr(self, name)) is not None}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What should happen by the policy, and why."""

    action: Action
    reasons: tuple[Reason, ...]


#: Label -> score; None when the comment could not be scored.
Scores = Mapping[str, float] | None


def placement(mode: Mode, action: Action) -> tuple[str, bool]:
    """The status of the comment, and whether a review item is opened for a moderator."""
    if mode == "hold":
        return "flagged", True
    if mode == "open":
        return "published", action != "publish"
    if mode == "observe":
        return "published", False
    return {"publish": "published", "flag": "flagged", "reject": "rejected"}[action], action == "flag"
