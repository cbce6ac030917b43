"""The rules of a policy: scores and facts in, a verdict with its reasons out. Pure: no clock, no database, no network.

`RULES` is the whole policy, in order: the first rule with something to say decides. Each `Rule` is a record of
everything about a rule but its place. All lists of rules and of a site's choices are made from these records: the
policy's document, its page and its API, the queue's filters, statements for authors, and differences between policies.

The module is long because it is one list. A rule's check stands just above its record; to add a rule is to write these
two here and to put the record's name into `RULES`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from moderation.patterns import PatternSet
from moderation.policy.switches import (
    ADDRESSES,
    BLOCKED_AUTHORS,
    SUSPENDED_AUTHORS,
    TRUSTED_AUTHORS,
    WORDS,
    ByLanguage,
    EntryList,
    Limit,
    OnOff,
    SharedLists,
    Switch,
    Times,
)
from moderation.policy.terms import Action, Facts, Mode, Policy, Reason, Scores, Threshold, Verdict
from texts import wording

#: Days for which a rejection counts where the site has not said it.
_STRIKE_DAYS = 30
_NONE = Threshold()

Check = Callable[[Policy, Scores, Facts], Iterator[Reason]]


def _gives_none(_policy: Policy, _scores: Scores, _facts: Facts) -> Iterator[Reason]:
    """The check of a rule that is only a reason and no part of the policy, such as a moderator's decision."""
    return iter(())


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """A rule of the policy, or another possible reason of a decision."""

    #: Used in the API and in the database, so it never changes.
    name: str
    action: Action
    #: Its name for moderators.
    title: str
    #: What a statement of reasons says to the author. It may hold the reason's `{label}`, `{score}`, `{threshold}` and
    #: `{message}`.
    for_authors: str
    #: Gives the reasons if the rule applies to a comment.
    check: Check = _gives_none
    #: The rule's setting in a site's policy, if it has one.
    switch: Switch | None = None
    #: Its other settings, which change what it does.
    further: tuple[Switch, ...] = ()

    @property
    def switches(self) -> tuple[Switch, ...]:
        """All of its settings."""
        return (*((self.switch,) if self.switch is not None else ()), *self.further)

    def reason(self, message: str, *, action: Action | None = None, **data: Any) -> Reason:
        """A reason by this rule, with its own action unless another is named."""
        return Reason(rule=self.name, action=action or self.action, message=message, **data)

    def is_off(self, policy: Policy) -> bool:
        """Whether the site has switched it off."""
        return isinstance(self.switch, OnOff) and not getattr(policy, self.switch.key)


def evaluate(policy: Policy, scores: Scores, facts: Facts) -> Verdict:
    """The verdict of the first rule that gives a reason.

    `policy.mode` has no part in it: it says what follows from a verdict (`placement`), not what is true of the comment.
    """
    for rule in RULES:
        reasons = () if rule.is_off(policy) else tuple(rule.check(policy, scores, facts))
        if reasons:
            return Verdict(reasons[0].action, reasons)
    raise AssertionError("the last rule always gives a reason")


def mode_for(policy: Policy, verdict: Verdict, facts: Facts) -> Mode:
    """The mode that a verdict is under.

    Who is trusted after approvals need not wait where everybody else does. At the times at which a site holds every
    comment, nothing is published first and looked at afterwards.
    """
    exempt = policy.mode == "hold" and verdict.reasons[0].rule == APPROVED_AUTHOR.name
    waits = policy.mode == "open" and policy.hold_times.are_now(facts.moment)
    return "auto" if exempt or waits else policy.mode


def _blocked_author(policy: Policy, _scores: Scores, facts: Facts) -> Iterator[Reason]:
    if facts.author in policy.blocked_authors:
        yield BLOCKED_AUTHOR.reason("This author is blocked on this site.")


BLOCKED_AUTHOR = Rule(
    name="blocked_author",
    action="reject",
    title="Blocked author",
    for_authors="This site does not take comments from this author.",
    check=_blocked_author,
    switch=EntryList(
        key="blocked_authors",
        title="Blocked authors",
        kind=BLOCKED_AUTHORS,
        effect="Reject.",
        added="{entry} is blocked",
    ),
)


def _blocked_ip(policy: Policy, _scores: Scores, facts: Facts) -> Iterator[Reason]:
    if facts.ip in policy.blocked_ips:
        yield BLOCKED_IP.reason("This address is blocked on this site.")


BLOCKED_IP = Rule(
    name="blocked_ip",
    action="reject",
    title="Blocked address",
    for_authors="This site does not take comments from the network that it came from.",
    check=_blocked_ip,
    switch=EntryList(
        key="blocked_ips",
        title="Blocked addresses",
        kind=ADDRESSES,
        effect="Reject.",
        added="{entry} is blocked",
    ),
)


def _suspended_author(policy: Policy, _scores: Scores, facts: Facts) -> Iterator[Reason]:
    if facts.author in policy.suspended_authors:
        action: Action = "flag" if policy.hold_suspended else "reject"
        yield SUSPENDED_AUTHOR.reason("This author is suspended on this site for a while.", action=action)


SUSPENDED_AUTHOR = Rule(
    name="suspended_author",
    action="reject",
    title="Suspended author",
    for_authors="This site has suspended its author for a while.",
    check=_suspended_author,
    switch=EntryList(
        key="suspended_authors",
        title="Suspended authors",
        kind=SUSPENDED_AUTHORS,
        effect="Reject, or flag where the policy says so.",
        added="{entry} is suspended",
    ),
    further=(
        OnOff(
            key="hold_suspended",
            title="Comments of suspended authors",
            default=False,
            description="Flag what suspended authors write, instead of rejecting it.",
        ),
    ),
)


def _trusted_author(policy: Policy, _scores: Scores, facts: Facts) -> Iterator[Reason]:
    if facts.author in policy.trusted_authors:
        yield TRUSTED_AUTHOR.reason("This author is trusted on this site.")


TRUSTED_AUTHOR = Rule(
    name="trusted_author",
    action="publish",
    title="Trusted author",
    for_authors="This site publishes what this author writes.",
    check=_trusted_author,
    switch=EntryList(
        key="trusted_authors",
        title="Trusted authors",
        kind=TRUSTED_AUTHORS,
        effect="Publish, whatever the scores.",
        added="{entry} is trusted",
    ),
)


def _trusted_ip(policy: Policy, _scores: Scores, facts: Facts) -> Iterator[Reason]:
    if facts.ip in policy.trusted_ips:
        yield TRUSTED_IP.reason("This address is trusted on this site.")


TRUSTED_IP = Rule(
    name="trusted_ip",
    action="publish",
    title="Trusted address",
    for_authors="This site publishes what comes from this network.",
    check=_trusted_ip,
    switch=EntryList(
        key="trusted_ips",
        title="Trusted addresses",
        kind=ADDRESSES,
        effect="Publish, whatever the scores.",
        added="{entry} is trusted",
    ),
)


def _list_blocked(policy: Policy, _scores: Scores, facts: Facts) -> Iterator[Reason]:
    return _listed(LIST_BLOCKED, policy, facts, "", about_people=True)


LIST_BLOCKED = Rule(
    name="list_blocked",
    action="reject",
    title="Blocked by a shared list",
    for_authors="This site does not take comments from this author, or from the network that it came from.",
    check=_list_blocked,
    switch=SharedLists(
        key="lists",
        title="Shared lists",
        description="Id of a shared list (`GET /api/v1/lists`) to its effect on this site: `reject`, `flag`, or, for "
        "authors and addresses, `publish`, whatever the scores.",
    ),
)


def _list_trusted(policy: Policy, _scores: Scores, facts: Facts) -> Iterator[Reason]:
    return _listed(LIST_TRUSTED, policy, facts, "", about_people=True)


LIST_TRUSTED = Rule(
    name="list_trusted",
    action="publish",
    title="Trusted by a shared list",
    for_authors="This site publishes what this author writes.",
    check=_list_trusted,
)


def _banned_words(policy: Policy, _scores: Scores, facts: Facts) -> Iterator[Reason]:
    return _entries(BANNED_WORDS, policy.banned_words, facts.unquoted, facts)


BANNED_WORDS = Rule(
    name="banned_words",
    action="reject",
    title="Banned words",
    for_authors="It contains a word or phrase that this site does not publish.",
    check=_banned_words,
    switch=EntryList(
        key="banned_words",
        title="Banned words",
        kind=WORDS,
        effect="Reject.",
        added="Whatever has “{entry}” is rejected",
    ),
)


def _list_banned(policy: Policy, _scores: Scores, facts: Facts) -> Iterator[Reason]:
    return _listed(LIST_BANNED, policy, facts, facts.unquoted, about_people=False)


LIST_BANNED = Rule(
    name="list_banned",
    action="reject",
    title="Banned by a shared list",
    for_authors="It contains a word, a phrase or a link that this site does not publish.",
    check=_list_banned,
)


def _reject_threshold(policy: Policy, scores: Scores, facts: Facts) -> Iterator[Reason]:
    if not facts.language_judged and policy.treatment(facts.language, judged=False) == "hold":
        return  # its scores say little, so a person looks
    thresholds = policy.thresholds_in(facts.language)
    for label, score in _counting(policy, scores, facts):
        its = thresholds.get(label, _NONE)
        if its.reject_at is not None and its.reached(score, facts.own_scores.get(label, score)) == "reject":
            yield _over(REJECT_THRESHOLD, label, score, its.reject_at, by_name=label in facts.by_name)


REJECT_THRESHOLD = Rule(
    name="reject_threshold",
    action="reject",
    title="Score reaches the reject threshold",
    for_authors="The automatic check gave it a score of {score} for being {label}; this site rejects from {threshold}.",
    check=_reject_threshold,
)


def _not_scored(_policy: Policy, scores: Scores, _facts: Facts) -> Iterator[Reason]:
    if scores is None:
        yield NOT_SCORED.reason("It could not be scored, so a person has to look.")


NOT_SCORED = Rule(
    name="not_scored",
    action="flag",
    title="Could not be scored",
    for_authors="It could not be checked automatically, so a person has to look.",
    check=_not_scored,
)


def _flag_threshold(policy: Policy, scores: Scores, facts: Facts) -> Iterator[Reason]:
    thresholds = policy.thresholds_in(facts.language)
    for label, score in _counting(policy, scores, facts):
        its = thresholds.get(label, _NONE)
        if its.lowest is not None and its.reached(score, own=score) is not None:
            yield _over(FLAG_THRESHOLD, label, score, its.lowest, by_name=label in facts.by_name)


FLAG_THRESHOLD = Rule(
    name="flag_threshold",
    action="flag",
    title="Score reaches the flag threshold",
    for_authors="The automatic check gave it a score of {score} for being {label}; "
    "this site holds back from {threshold}.",
    check=_flag_threshold,
)


def _edited(_policy: Policy, _scores: Scores, facts: Facts) -> Iterator[Reason]:
    if facts.turned_down:
        yield EDITED.reason("People turned it down before it was edited, so a person looks again.")


EDITED = Rule(
    name="edited",
    action="flag",
    title="Edited after people turned it down",
    for_authors="It was edited after people at this site had turned it down, so a person looks at it again.",
    check=_edited,
)


def strike_days(policy: Policy) -> int:
    """For how many days a rejection counts."""
    return policy.strike_days or _STRIKE_DAYS


def _held_author(policy: Policy, _scores: Scores, facts: Facts) -> Iterator[Reason]:
    if policy.hold_after is not None and facts.standing.strikes >= policy.hold_after:
        rejected = wording.counted(facts.standing.strikes, "{} comment", "{} comments")
        days = wording.counted(strike_days(policy), "day", "{} days")
        yield HELD_AUTHOR.reason(f"People rejected {rejected} of this author within the last {days}.")


HELD_AUTHOR = Rule(
    name="held_author",
    action="flag",
    title="Author held after rejections",
    for_authors="People at this site rejected several comments of its author lately, so a person looks at this one.",
    check=_held_author,
    switch=Limit(
        key="hold_after",
        title="Rejections after which an author is held",
        default=None,
        least=1,
        most=20,
        unset="never",
        description="From so many rejections by people on, within `strike_days`, flag what the author writes; null: "
        "never.",
        hint="From so many rejections by people on, what the author writes waits for a person. Empty: never.",
    ),
    further=(
        Limit(
            key="strike_days",
            title="Days after which a rejection expires",
            default=30,
            least=1,
            most=365,
            unset="30",
            description="After so many days a rejection no longer counts towards `hold_after`; null: 30.",
            hint="After so many days a rejection no longer counts for that. Empty: 30.",
        ),
    ),
)


def _unreadable(_policy: Policy, _scores: Scores, facts: Facts) -> Iterator[Reason]:
    if facts.unreadable is not None:
        yield UNREADABLE.reason(facts.unreadable)


UNREADABLE = Rule(
    name="unreadable",
    action="flag",
    title="Cannot be read",
    for_authors="Its readers could not read it, so a person has to look.",
    check=_unreadable,
)


def _suspect_words(policy: Policy, _scores: Scores, facts: Facts) -> Iterator[Reason]:
    if facts.own_words is not None:  # banned words in the author's own words have rejected it before
        for reason in _entries(BANNED_WORDS, policy.banned_words, facts.text, facts):
            yield replace(reason, action="flag")
    yield from _entries(SUSPECT_WORDS, policy.suspect_words, facts.text, facts)


SUSPECT_WORDS = Rule(
    name="suspect_words",
    action="flag",
    title="Suspect words",
    for_authors="It contains a word or phrase that a person at this site wants to look at first.",
    check=_suspect_words,
    switch=EntryList(
        key="suspect_words",
        title="Suspect words",
        kind=WORDS,
        effect="Flag.",
        added="Whatever has “{entry}” is held",
    ),
)


def _list_suspect(policy: Policy, _scores: Scores, facts: Facts) -> Iterator[Reason]:
    if facts.own_words is not None:  # as with banned words
        for reason in _listed(LIST_BANNED, policy, facts, facts.text, about_people=False):
            yield replace(reason, action="flag")
    for about_people in (True, False):
        yield from _listed(LIST_SUSPECT, policy, facts, facts.text, about_people=about_people)


LIST_SUSPECT = Rule(
    name="list_suspect",
    action="flag",
    title="Held by a shared list",
    for_authors="It is on a list of what a person at this site wants to look at first.",
    check=_list_suspect,
)


def _links(policy: Policy, _scores: Scores, facts: Facts) -> Iterator[Reason]:
    if policy.max_links is not None and facts.links > policy.max_links:
        message = f"It has {wording.counted(facts.links, '{} link', '{} links')}; this site allows {policy.max_links}."
        yield LINKS.reason(message, threshold=policy.max_links)


LINKS = Rule(
    name="links",
    action="flag",
    title="Too many links",
    for_authors="It has more links than this site takes without a look at them.",
    check=_links,
    switch=Limit(
        key="max_links",
        title="Links that a comment may have",
        default=3,
        most=1000,
        description="More links than this flag; null allows any number.",
        hint="More flag. Empty: any number.",
    ),
)


def _repeated(_policy: Policy, _scores: Scores, facts: Facts) -> Iterator[Reason]:
    if facts.repeated:
        yield REPEATED.reason("The same text was posted here within the last day.")


REPEATED = Rule(
    name="repeated",
    action="flag",
    title="Repeated text",
    for_authors="The same text was posted here shortly before.",
    check=_repeated,
    switch=OnOff(
        key="flag_repeated",
        title="Repeated comments",
        default=True,
        description="Flag a text that was posted on this site within a day.",
    ),
)


def _campaign(policy: Policy, _scores: Scores, facts: Facts) -> Iterator[Reason]:
    if policy.campaign_authors is not None and facts.authors_alike >= policy.campaign_authors:
        yield CAMPAIGN.reason(
            f"{facts.authors_alike:,} different authors wrote nearly the same on this site within the last week."
        )


CAMPAIGN = Rule(
    name="campaign",
    action="flag",
    title="Nearly the same by different authors",
    for_authors="Several people posted nearly the same here lately, so a person at this site looks at this one first.",
    check=_campaign,
    switch=Limit(
        key="campaign_authors",
        title="Different authors who write nearly the same",
        default=5,
        least=2,
        most=100,
        unset="any number",
        description="From so many different authors on who wrote nearly the same on this site within a week, flag what "
        "says it again; null: never. Not where people have published some of it and rejected none, and not what is so "
        "short that many people write it.",
        hint="From so many on, within a week, what says nearly the same waits for a person; not once people have "
        "published some of it and rejected none, nor what is as short as “Great article!”. Empty: any number.",
    ),
)


def _held_language(policy: Policy, _scores: Scores, facts: Facts) -> Iterator[Reason]:
    if policy.languages.get(facts.language) == "hold":
        name = wording.english_language(facts.language)
        yield HELD_LANGUAGE.reason(f"A person looks at every comment in its language on this site ({name}).")


HELD_LANGUAGE = Rule(
    name="held_language",
    action="flag",
    title="Language that this site holds",
    for_authors="A person at this site looks at every comment in its language.",
    check=_held_language,
    switch=ByLanguage(
        key="languages",
        title="Languages",
        description="Language to what becomes of comments in it: `judge` by their scores and your thresholds, or by "
        "those of the preset `lenient`, `balanced` or `strict`; `hold` every one; or `rules`: publish it unless a rule "
        "speaks against it, whatever the scores. A language that is not named is "
        "judged where the classifier judges it, and is otherwise as `flag_unknown_language` says.",
    ),
)


def _language(policy: Policy, _scores: Scores, facts: Facts) -> Iterator[Reason]:
    if not facts.language_judged and facts.language not in policy.languages:
        told = facts.language not in ("und", "mis")
        name = f" ({wording.english_language(facts.language)})" if told else ""
        yield LANGUAGE.reason(f"The classifier cannot judge its language{name}.")


LANGUAGE = Rule(
    name="language",
    action="flag",
    title="Language that is not judged",
    for_authors="It is in a language that the automatic check does not judge, so a person has to look.",
    check=_language,
    switch=OnOff(
        key="flag_unknown_language",
        title="Other languages, which the classifier does not judge",
        default=True,
        description="Flag what is in a language that the classifier does not judge, unless the policy names it.",
    ),
)


def _first_comment(_policy: Policy, _scores: Scores, facts: Facts) -> Iterator[Reason]:
    if facts.first_comment:
        yield FIRST_COMMENT.reason("It is this author's first comment on this site.")


FIRST_COMMENT = Rule(
    name="first_comment",
    action="flag",
    title="First comment",
    for_authors="It is your first comment on this site, and a person looks at those.",
    check=_first_comment,
    switch=OnOff(
        key="flag_first_comment",
        title="First comments",
        default=False,
        description="Flag an author's first comment on this site.",
    ),
)


def _approved_author(policy: Policy, _scores: Scores, facts: Facts) -> Iterator[Reason]:
    if policy.trust_after is not None and facts.standing.approvals >= policy.trust_after:
        number = wording.counted(facts.standing.approvals, "{} comment", "{} comments")
        yield APPROVED_AUTHOR.reason(f"Nothing speaks against it, and people approved {number} of this author.")


APPROVED_AUTHOR = Rule(
    name="approved_author",
    action="publish",
    title="Author trusted after approvals",
    for_authors="Nothing spoke against it, and people at this site approved earlier comments of its author.",
    check=_approved_author,
    switch=Limit(
        key="trust_after",
        title="Approvals after which an author is trusted",
        default=None,
        least=1,
        most=100,
        unset="never",
        description="From so many approvals by people on, and none rejected since, publish what nothing speaks against "
        "without a person's look, even in the mode `hold`; null: never. Only authors for whom the site vouches.",
        hint="From so many approvals by people on, and none rejected since, what nothing speaks against is published "
        "at once, even where every comment waits. Empty: never.",
    ),
)


def _scheduled_hold(policy: Policy, _scores: Scores, facts: Facts) -> Iterator[Reason]:
    if policy.hold_times.are_now(facts.moment):
        end = policy.hold_times.until(facts.moment)
        until = f" until {policy.hold_times.told(end)}" if end is not None else ""
        yield SCHEDULED_HOLD.reason(f"This site holds every comment at these times{until}.")


SCHEDULED_HOLD = Rule(
    name="scheduled_hold",
    action="flag",
    title="Held at set times",
    for_authors="At this time a person at this site looks at every comment first.",
    check=_scheduled_hold,
    switch=Times(
        key="hold_times",
        title="Times at which every comment waits",
        description="Times of the week, such as nights, at which what would be published waits for a person, but for "
        "trusted authors. `time_zone` is a name such as `Europe/Berlin`; each of `spans` has the `days` on which it "
        "begins (`mon` to `sun`), `start` and `end` (`22:00`); one that does not end later than it starts ends on the "
        "next day. Without spans: never.",
        hint="What would be published waits for a person then, but for trusted authors; what would be rejected still "
        "is. A time that does not end later than it starts, such as 22:00 to 06:00, ends on the next day.",
    ),
)


def _clear(_policy: Policy, _scores: Scores, _facts: Facts) -> Iterator[Reason]:
    yield CLEAR.reason("Every score is below its threshold and no rule applies.")


CLEAR = Rule(
    name="clear",
    action="publish",
    title="Nothing against it",
    for_authors="Nothing spoke against it.",
    check=_clear,
)

#: The policy, in order.
RULES = (
    BLOCKED_AUTHOR,
    BLOCKED_IP,
    SUSPENDED_AUTHOR,
    TRUSTED_AUTHOR,
    TRUSTED_IP,
    LIST_BLOCKED,
    LIST_TRUSTED,
    BANNED_WORDS,
    LIST_BANNED,
    REJECT_THRESHOLD,
    NOT_SCORED,
    FLAG_THRESHOLD,
    EDITED,
    HELD_AUTHOR,
    UNREADABLE,
    SUSPECT_WORDS,
    LIST_SUSPECT,
    LINKS,
    REPEATED,
    CAMPAIGN,
    HELD_LANGUAGE,
    LANGUAGE,
    FIRST_COMMENT,
    APPROVED_AUTHOR,
    SCHEDULED_HOLD,
    CLEAR,
)

#: It speaks when readers report a comment, long after the policy has decided.
REPORTED = Rule(
    name="reported",
    action="flag",
    title="Reported by readers who were right before",
    for_authors="Readers reported it, and a person at the site looks before others see it again.",
    switch=Limit(
        key="hide_after_reports",
        title="Reports that hide a comment until somebody looks",
        default=None,
        least=1,
        most=100,
        unset="never",
        description="So many reports hide a published comment until a person has looked; null: never. Only readers "
        "count whose reports were upheld more often than dismissed.",
        hint="So many readers' reports hide what is published until a person has looked. Only readers count whose "
        "reports were upheld more often than dismissed. Empty: never.",
    ),
)

NOT_JUDGED = Rule(
    name="not_judged",
    action="flag",
    title="Policy could not be applied",
    for_authors="It could not be checked automatically, so a person has to look.",
)
#: Why a comment has its status that another system, where the site was before, had given it.
IMPORTED = Rule(
    name="imported",
    action="flag",
    title="Brought from another system",
    for_authors="It comes from where this site was before, and is as it was there.",
)
MODERATOR = Rule(name="moderator", action="reject", title="A moderator's decision", for_authors="{message}")
#: Mode -> the reason that is added when the mode changes what follows from the verdict.
MODE_RULES: Mapping[Mode, Rule] = {
    "hold": Rule(
        name="mode_hold",
        action="flag",
        title="This site holds every comment for a moderator",
        for_authors="At the moment a person at this site looks at every comment first.",
    ),
    "open": Rule(
        name="mode_open",
        action="publish",
        title="This site publishes first and lets a moderator look afterwards",
        for_authors="This site publishes first and lets a moderator look afterwards.",
    ),
    "observe": Rule(
        name="mode_observe",
        action="publish",
        title="This site only observes: nothing is held",
        for_authors="This site only observes: nothing is held.",
    ),
}

#: Name -> rule: all possible reasons of a decision.
BY_NAME: Mapping[str, Rule] = {
    rule.name: rule for rule in (*RULES, REPORTED, NOT_JUDGED, *MODE_RULES.values(), IMPORTED, MODERATOR)
}

_ORDER = (WORDS, BLOCKED_AUTHORS, SUSPENDED_AUTHORS, TRUSTED_AUTHORS, ADDRESSES)
_SET = [switch for rule in (*RULES, REPORTED) for switch in rule.switches]
#: The settings in the order of the pages: lists (words, authors, addresses), then limits, then switches.
LISTS = tuple(
    sorted(
        (switch for switch in _SET if isinstance(switch, EntryList)),
        key=lambda entry_list: _ORDER.index(entry_list.kind),
    )
)
LIMITS = tuple(switch for switch in _SET if isinstance(switch, Limit))
ON_OFF = tuple(switch for switch in _SET if isinstance(switch, OnOff))
BY_LANGUAGE = tuple(switch for switch in _SET if isinstance(switch, ByLanguage))
TIMES = tuple(switch for switch in _SET if isinstance(switch, Times))
SHARED = tuple(switch for switch in _SET if isinstance(switch, SharedLists))
SWITCHES: tuple[Switch, ...] = (*LISTS, *LIMITS, *ON_OFF, *BY_LANGUAGE, *SHARED, *TIMES)


def _entries(rule: Rule, words: PatternSet, text: str, facts: Facts) -> Iterator[Reason]:
    """A reason for each entry of the list that occurs in `text`, the name or the web site."""
    title = rule.title.lower()
    numbers = {number for part in (text, facts.name, facts.url) if part for number in words.matches(part)}
    for number in sorted(numbers):
        entry = number + 1
        yield rule.reason(f"It contains entry {entry} of the site's {title}.", entry=entry)


def _listed(rule: Rule, policy: Policy, facts: Facts, text: str, *, about_people: bool) -> Iterator[Reason]:
    """A reason for each entry that the comment has of the shared lists with this rule's effect."""
    for subscription in policy.subscriptions:
        shared, effect = subscription.list, subscription.effect
        if effect == rule.action and shared.kind.about_people == about_people:
            for number in shared.matches(facts, text, effect):
                yield rule.reason(shared.reason(number), entry=number, list=shared.id)


def _counting(policy: Policy, scores: Scores, facts: Facts) -> list[tuple[str, float]]:
    """The scores that count for the site in the comment's language, the highest first."""
    if scores is None or policy.treatment(facts.language, judged=facts.language_judged) == "rules":
        return []
    return sorted(scores.items(), key=lambda item: -item[1])


def decimals(threshold: float) -> int:
    """The decimal places that show that a score reaches the threshold: with two, 0.996 and 0.995 look the same."""
    return max(2, len(f"{threshold:g}".partition(".")[2]))


def _over(rule: Rule, label: str, score: float, threshold: float, *, by_name: bool) -> Reason:
    places = decimals(threshold)
    reached = f"this site's {rule.action} threshold of {threshold:.{places}f}"
    subject = f"{wording.named(label)}{' of the name or web site' if by_name else ''}"
    message = f"{subject} {score:.{places}f} reaches {reached}."
    return rule.reason(message, label=label, score=round(score, 4), threshold=threshold)
