"""Cards: what pages show of a comment, such as its text, why it waits, and its scores beside the site's thresholds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple

from markupsafe import Markup, escape
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from moderation import authors, clock
from moderation.decisions import appeals, second_looks, standing
from moderation.history import author_records
from moderation.history.author_records import Record
from moderation.policy import policies, policy_lists
from moderation.policy.policy_lists import ListEntry
from moderation.policy.rules import APPROVED_AUTHOR, HELD_AUTHOR, LANGUAGE
from moderation.sites import site_settings
from moderation.sites.site_settings import SiteSettings
from moderation.tables import AuthorWarning, Comment, ReviewItem, Site
from service.classifier import classifier, presets
from service.console import access, names, retold
from service.console.card import handling, lookalikes, reported, scores, sentences, verbs
from service.console.card.handling import Handling
from service.console.card.highlights import Segment, hidden_characters, segments
from service.console.card.links import Link, Shown, of_comment, places
from service.console.card.lookalikes import Lookalikes
from service.console.card.reported import ReporterLine
from service.console.card.scores import ScoreLine
from service.console.card.stencils import form_fields, in_address
from service.console.card.verbs import Verb
from texts import translation, wording
from texts.translation import gettext, later, ngettext

#: Of a longer text a card shows the beginning, and the rest on request.
LONG = 1200
#: Status -> who decided so, and why.
_DECIDED = {
    "published": later("%(name)s published it: %(reasons)s"),
    "rejected": later("%(name)s rejected it: %(reasons)s"),
    "flagged": later("%(name)s held it: %(reasons)s"),
}


class CardSite(NamedTuple):
    """What the cards of a site have in common."""

    id: str
    name: str
    #: The site's list of reasons for rejecting: code, and what it says.
    reasons: tuple[tuple[str, str], ...]
    #: Whether the site asks for one of the reasons, or a note, when somebody rejects.
    reason_required: bool
    #: Whether this person may add entries to the site's lists for ever.
    forever: bool
    #: Whether this person may add entries to the lists that sites share.
    shares_lists: bool


class Shape(NamedTuple):
    """What there is of a comment: cards of the same shape have the same header and menus, but for what is their own."""

    erased: bool
    blind: bool
    #: Whether people have decided on others that say the same.
    ruled: bool
    name: bool
    author: bool
    address: bool
    thread: bool
    title: bool
    #: Look-alikes that the card itself does not tell of.
    group: bool
    #: Whether it waits, or is put off, so that it can be given to somebody.
    case: bool
    assigned: bool
    put_off: bool


@dataclass(frozen=True)
class Card:
    """A comment as a moderator sees it."""

    comment: Comment
    items: Sequence[ReviewItem]
    site: CardSite
    scores: Sequence[ScoreLine]
    parent: Comment | None
    reports: Sequence[str]
    decided_by: str | None
    record: Record
    #: The text of the author's undecided appeal.
    appeal: str | None
    #: The comments that say nearly the same.
    lookalikes: Lookalikes = Lookalikes()  # noqa: RUF009
    #: The entries of the policy's lists that block or trust its author or address.
    listed: Sequence[ListEntry] = ()
    #: The author's standing by rule, where it is another than everybody's: its name, and a sentence that says why.
    standing: Sequence[str] = ()
    #: The warnings that the author had, the latest first.
    warnings: Sequence[AuthorWarning] = ()
    #: The readers whose reports wait.
    reporters: Sequence[ReporterLine] = ()
    #: The page that it stands on, and the ways there.
    place: Shown = Shown()  # noqa: RUF009
    #: How colleagues handle it.
    handling: Handling = field(default_factory=Handling)

    @cached_property
    def blind(self) -> bool:
        """Whether the first decision is hidden, because the comment waits for a second look only."""
        return bool(self.items) and all(item.kind == "second_look" for item in self.items)

    @cached_property
    def verbs(self) -> Mapping[str, Verb]:
        """What the two decisions are called here."""
        return verbs.of(self.comment.status, appealed=self.appeal is not None, blind=self.blind)

    def own(self, back: str, **made: Markup) -> dict[str, str]:
        """What is its own in its header, menus and forms, as HTML; `back` is the page that they lead back to.

        `author`, `address`, `group`, `page` and `way_back` are as they stand in an address. `made` is HTML already.
        """
        comment, group = self.comment, self.group
        return (
            form_fields(comment, back)
            | made
            | {
                "name": escape(comment.name),
                "author_key": escape(comment.author_key or ""),
                "author": in_address(comment.author_key),
                "address": in_address(comment.ip),
                "group_id": escape(group or ""),
                "group": in_address(group),
                "opened": str(self.opened),
                "thread": escape(comment.thread or ""),
                "page": in_address(comment.thread),
                "title": escape(self.place.title or comment.thread or ""),
                "way_back": in_address(back),
            }
        )

    @property
    def shape(self) -> Shape:
        comment = self.comment
        return Shape(
            erased=comment.status == "erased",
            blind=self.blind,
            ruled=self.lookalikes.ruling is not None,
            name=bool(comment.name),
            author=bool(comment.author_key),
            address=bool(comment.ip),
            thread=bool(comment.thread),
            title=bool(self.place.title),
            group=bool(self.group) and not self.lookalikes.any,
            case=bool(self.items or self.handling.put_off_until),
            assigned=bool(self.handling.turn),
            put_off=self.handling.put_off_until is not None,
        )

    @property
    def segments(self) -> list[Segment]:
        """The text in runs, each disguised word with its reading."""
        if self.blind:
            return segments(self.comment.comment, None)
        marked = segments(self.comment.comment, self.comment.spans)
        return [
            replace(segment, read_as=reading) if segment.level and (reading := _read_as(segment)) else segment
            for segment in marked
        ]

    @cached_property
    def why(self) -> str:
        """The reasons of the decision in force, with the person who made it, if a person did."""
        reasons_in_words = sentences.why(self.comment.reasons)
        if self.comment.decided_by in {None, "policy"} or not reasons_in_words:
            return reasons_in_words
        if self.comment.status not in _DECIDED:
            return reasons_in_words
        return gettext(_DECIDED[self.comment.status], name=self.decided_by, reasons=reasons_in_words)

    @property
    def unsaid_standing(self) -> Sequence[str]:
        """The author's standing, where it is not why the comment waits. At a second look it might tell the first."""
        given = {reason.get("rule") for reason in self.comment.reasons or ()}
        if self.blind or not self.standing or given & {HELD_AUTHOR.name, APPROVED_AUTHOR.name}:
            return ()
        name, sentence = self.standing
        return name, retold.retold(sentence)

    @property
    def unsaid(self) -> list[ScoreLine]:
        """The scores that reach a threshold and that `why` does not name."""
        return [] if self._is_guessed else [line for line in self._others if line.level != "clear"]

    @property
    def others(self) -> str:
        """The scores that reach no threshold, in few words: `5 others under 0.02`."""
        if self._is_guessed:
            return gettext("Scores, which say little in this language")
        clear = [line.score for line in self._others if line.level == "clear"]
        if not clear:
            return gettext("All scores")
        most = translation.fixed(round(max(clear), 2) + 0.01)
        if len(clear) == len(self.scores):
            return gettext("All scores under %(score)s", score=most)
        return ngettext("%(number)s other under %(score)s", "%(number)s others under %(score)s", len(clear), score=most)

    @property
    def _is_guessed(self) -> bool:
        """Whether the classifier has not learnt the comment's language."""
        return any(reason.get("rule") == LANGUAGE.name for reason in self.comment.reasons or ())

    @property
    def _others(self) -> list[ScoreLine]:
        """The scores that `why` does not name."""
        named = {wording.label(str(reason.get("label"))) for reason in self.comment.reasons or () if "score" in reason}
        return [line for line in self.scores if line.name not in named]

    @cached_property
    def links(self) -> list[Link]:
        return of_comment(self.comment)

    @property
    def known_reporters(self) -> int:
        """How many of its reporters have a record. They come first."""
        return sum(bool(one.upheld or one.dismissed) for one in self.reporters)

    @property
    def opened(self) -> int:
        """When it last began to wait, in milliseconds since 1970; 0 if it does not."""
        return max((clock.milliseconds(item.opened_at) for item in self.items), default=0)

    @cached_property
    def group(self) -> str | None:
        """The id of its group of look-alikes."""
        return next((item.group_id for item in self.items if item.group_id), None)

    @cached_property
    def is_long(self) -> bool:
        return len(self.comment.comment) > LONG or self.comment.comment.count("\n") > 16

    @cached_property
    def hidden_characters(self) -> list[str]:
        return hidden_characters(self.comment.name + self.comment.comment)

    @property
    def kinds(self) -> list[str]:
        """The kinds of its open items, but for a flag that its status already tells."""
        is_flagged = self.comment.status == "flagged"
        kinds = {item.kind for item in self.items}
        return [
            gettext(name)
            for kind, name in names.REVIEW_KINDS.items()
            if kind in kinds and not (is_flagged and kind == "flag")
        ]


#: Built once, because building it takes longer than running it.
_IN_FORCE = policies.in_force().where(Site.id.in_(bindparam("sites", expanding=True)))


def build(session: Session, comments: Sequence[tuple[Comment, Sequence[ReviewItem]]]) -> list[Card]:
    """Cards for these comments, in order, with one query for each kind of data."""
    ids = [comment.id for comment, _ in comments]
    site_ids = {comment.site_id for comment, _ in comments}
    in_force = session.execute(_IN_FORCE, {"sites": list(site_ids)}).all()
    documents = {site.id: policies.DEFAULT | policy.document for site, policy in in_force}
    settings = {site.id: site_settings.read(site.settings) for site, _ in in_force}
    shown_sites = {site.id: _shown(site, settings[site.id]) for site, _ in in_force}
    thresholds = {site_id: policies.thresholds(document, presets()) for site_id, document in documents.items()}
    parents = _parents(session, [comment.parent_id for comment, _ in comments if comment.parent_id])
    reports = reported.lines(session, ids)
    appealed = appeals.waiting(session, ids)
    records = _unless_hidden(session, author_records.of_authors(session, ids), site_ids)
    alike = lookalikes.of_comments(session, comments)
    by_rule = standing.of_authors(session, [comment for comment, _ in comments], documents)
    warned = standing.warnings(session, [comment for comment, _ in comments])
    reporters = reported.reporters(session, list(reports))
    handled = handling.of_comments(session, [comment for comment, _ in comments])
    stand = places(session, [comment for comment, _ in comments], settings)
    people = _people(session, comments, alike, records)
    return [
        Card(
            comment=comment,
            items=items,
            site=shown_sites[comment.site_id],
            scores=scores.lines(comment.scores, thresholds[comment.site_id]),
            parent=parents.get(comment.parent_id or ""),
            reports=reports.get(comment.id, ()),
            decided_by=people.get(comment.decided_by or ""),
            record=_with_names(records.get(comment.id, Record()), people),
            appeal=appealed.get(comment.id),
            lookalikes=_with_name(alike[comment.id], people),
            listed=_listed(comment, documents[comment.site_id]),
            standing=by_rule.get(comment.id, ()),
            warnings=warned.get(comment.id, ()),
            reporters=reporters.get(comment.id, ()),
            place=stand[comment.id],
            handling=handled.get(comment.id, Handling()),
        )
        for comment, items in comments
    ]


def _people(
    session: Session,
    comments: Sequence[tuple[Comment, Sequence[ReviewItem]]],
    alike: Mapping[str, Lookalikes],
    records: Mapping[str, Record],
) -> Mapping[str, str]:
    """The names of whoever decided on these comments, on copies of them, or on others by their authors."""
    rulings = [its.ruling for its in alike.values() if its.ruling is not None]
    return names.of_people(
        session,
        [
            *(comment.decided_by for comment, _ in comments),
            *(ruling.actor for ruling in rulings),
            *(decision.actor for record in records.values() for decision in record.decisions),
        ],
    )


def _shown(site: Site, settings: SiteSettings) -> CardSite:
    return CardSite(
        id=site.id,
        name=site.name,
        reasons=retold.reasons(settings.reasons),
        reason_required=settings.require_reason,
        forever=access.may(site.id, "admin"),
        shares_lists=access.may_everywhere("admin"),
    )


def _listed(comment: Comment, document: Mapping[str, Any]) -> list[ListEntry]:
    """The entries that block or trust the author or the address. Only a moderator sees those of the address."""
    addresses = [comment.ip] if comment.ip is not None and access.may(comment.site_id, "moderator") else []
    return policy_lists.matching(document, [authors.of_comment(comment)], addresses)


def _read_as(segment: Segment) -> str | None:
    """The reading of a marked word that is disguised. For a faint mark, look-alike letters alone are not shown."""
    if segment.level == 1 and segment.text.isalpha():
        return None
    return classifier().read_as(segment.text)


def _unless_hidden(session: Session, records: Mapping[str, Record], site_ids: set[str]) -> dict[str, Record]:
    """The records without the decisions of which the person signed in is to take a second look."""
    decided = {decision.comment_id for record in records.values() for decision in record.decisions}
    moderated = any(access.may(site_id, "moderator") for site_id in site_ids)
    hidden = second_looks.awaited(session, decided, access.actor()) if moderated else set()
    if not hidden:
        return dict(records)
    return {
        comment_id: replace(
            record, decisions=[decision for decision in record.decisions if decision.comment_id not in hidden]
        )
        for comment_id, record in records.items()
    }


def _with_name(alike: Lookalikes, people: Mapping[str, str]) -> Lookalikes:
    """The look-alikes with the name of who ruled on them."""
    return alike if alike.ruling is None else replace(alike, ruled_by=people.get(alike.ruling.actor, ""))


def _with_names(record: Record, people: Mapping[str, str]) -> Record:
    """The record with names in place of the actors of its decisions."""
    if not record.decisions:
        return record
    short = {**people, "policy": gettext("the policy")}  # short, because three stand in one line
    named = [replace(decision, actor=short.get(decision.actor or "", decision.actor)) for decision in record.decisions]
    return replace(record, decisions=named)


def _parents(session: Session, ids: Sequence[str]) -> dict[str, Comment]:
    if not ids:
        return {}
    return {comment.id: comment for comment in session.scalars(select(Comment).where(Comment.id.in_(ids)))}
