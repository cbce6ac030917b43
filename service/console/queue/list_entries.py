"""Adding to a site's lists from a card: the author, the address, or a word; for a while or for ever."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from flask import abort
from flask.typing import ResponseReturnValue

from moderation import authors, clock
from moderation.decisions import standing
from moderation.patterns import PatternError
from moderation.policy.policy_lists import ListError
from moderation.policy.rules import LISTS
from moderation.policy.switches import ADDRESSES, WORDS, Kind
from moderation.tables import Comment
from service import forms
from service.console import access
from service.console.done import done
from service.console.retold import retold
from service.context import context
from texts.translation import gettext, later
from texts.wording import exact, within

#: How long an entry stays. Only admins may choose "ever", because they are responsible for the site's policy.
SPANS: dict[str, timedelta | None] = {
    "day": timedelta(days=1),
    "week": timedelta(days=7),
    "month": timedelta(days=30),
    "ever": None,
}
#: The latest day that can be chosen.
FURTHEST = timedelta(days=366)
LONGEST = 200

_LISTS = {entry_list.key: entry_list for entry_list in LISTS}
_FOR = {
    "day": later("for a day"),
    "week": later("for a week"),
    "month": later("for 30 days"),
    "ever": later("for ever"),
}


_UNKNOWN = later("Choose what to do and for how long, from a page that shows the comment.")


def end_of(span: str, site_id: str) -> datetime | None:
    """When an entry ends that the person signed in adds for a span; None: never."""
    if span == "date":
        return _end_of_date(site_id)
    if span not in SPANS:
        abort(400, gettext(_UNKNOWN))
    length = SPANS[span]
    if length is None and not access.may(site_id, "admin"):
        abort(403, gettext("For more than 30 days, ask an admin of this site."))
    return None if length is None else clock.now() + length


def _end_of_date(site_id: str) -> datetime:
    """The end of the day in the form's `date`, in UTC."""
    day, moment = forms.day(forms.text("date")), clock.now()
    if day is None or not moment - timedelta(days=1) < day <= moment + FURTHEST:
        abort(422, gettext("Choose a day from today on, at most a year from now."))
    end = day + timedelta(days=1)
    if end > clock.now() + timedelta(days=31) and not access.may(site_id, "admin"):
        abort(403, gettext("For more than 30 days, ask an admin of this site."))
    return end


def add_to_list(comment_id: str) -> ResponseReturnValue:
    """Add the comment's author or address, or a word, to a list of its site's policy."""
    comment = _comment(comment_id)
    access.require(comment.site_id, "moderator")
    name, span = forms.text("list"), forms.text("until")
    if forms.text("action") == "remove":
        return _take_out(comment, name)
    if forms.text("action") == "restore":
        return _put_back(comment, name)
    if name not in _LISTS:
        abort(400, gettext(_UNKNOWN))
    until = end_of(span, comment.site_id)
    if until is None and name == "suspended_authors":
        abort(422, gettext("A suspension ends: choose until when. To keep somebody away for ever, block them."))
    entry_list = _LISTS[name]
    entry = _entry(comment, entry_list.kind)
    try:
        with context().write(by=access.user().name) as session:
            standing.list_author(session, comment, name, entry, until=until, actor=access.actor())
    except PatternError as error:
        abort(422, retold(error.about(entry)))
    except ListError as error:
        abort(422, retold(str(error)))
    plain = entry if entry_list.kind is WORDS else authors.without_kind(entry)
    if span in _FOR or until is None:
        span_in_words = gettext(_FOR.get(span, _FOR["ever"]))
    else:
        span_in_words = gettext("until %(moment)s", moment=exact(until, seconds=False))
    added = {"list": name, "entry": entry}
    told = gettext(
        "%(what)s from now on, %(span)s.", what=gettext(entry_list.added).format(entry=plain), span=span_in_words
    )
    return _done(told, added=added)


def _take_out(comment: Comment, name: str) -> ResponseReturnValue:
    """Take an entry out. A moderator may end entries that end by themselves; only an admin may end others."""
    entry = forms.text("entry")
    if name not in _LISTS or not entry:
        abort(400, gettext("Choose what to take back, from a page that shows the comment."))
    for_ever_too = access.may(comment.site_id, "admin")
    try:
        with context().write(by=access.user().name) as session:
            saved = standing.unlist_author(
                session, comment, name, entry, for_ever_too=for_ever_too, actor=access.actor()
            )
            version = saved.version if saved is not None else None
    except ListError as error:
        abort(403, retold(str(error)))
    filled = {"entry": authors.without_kind(entry), "list": within(gettext(_LISTS[name].title))}
    if version is None:
        return _done(gettext("%(entry)s was not among the %(list)s.", **filled))
    undo = {"action": "restore", "list": name, "entry": entry, "version": str(version)}
    return _done(gettext("%(entry)s is no longer among the %(list)s.", **filled), undo=undo)


def _put_back(comment: Comment, name: str) -> ResponseReturnValue:
    """Undo that this person took an entry out, while the policy is as that left it."""
    entry, version = forms.text("entry"), forms.number(forms.text("version"))
    if name not in _LISTS or not entry or version is None:
        abort(400, gettext("Choose what to put back, from a page that shows the comment."))
    try:
        with context().write(by=access.user().name) as session:
            saved = standing.list_again(session, comment, name, entry, version=version, actor=access.actor())
    except (ListError, PatternError) as error:
        abort(422, retold(str(error)))
    if saved is None:
        abort(409, gettext("Somebody has changed the policy since, or it has ended, so nothing was put back."))
    filled = {"entry": authors.without_kind(entry), "list": within(gettext(_LISTS[name].title))}
    return _done(gettext("%(entry)s is among the %(list)s again.", **filled))


def _done(
    message: str, *, added: Mapping[str, str] | None = None, undo: Mapping[str, str] | None = None
) -> ResponseReturnValue:
    """The answer. `undo` is what the page's script sends to undo it; of an entry that was `added`, to take it out."""
    return done(message, added=added, undo=undo or (added and {"action": "remove", **added}))


def _comment(comment_id: str) -> Comment:
    with context().store.read() as session:
        comment = access.require_comment(session, comment_id)
    if comment.status == "erased":
        abort(410, gettext("The comment was erased meanwhile, and its author with it."))
    return comment


def _entry(comment: Comment, kind: Kind) -> str:
    """The entry for the list: a word, the address, or the best that is known of the author."""
    if kind is WORDS:
        entry = " ".join(forms.text("entry").split())
        if not entry or len(entry) > LONGEST:
            abort(422, gettext("Give a word or a phrase of at most %(most)s characters.", most=LONGEST))
        return entry
    if kind is ADDRESSES:
        return comment.ip or abort(422, gettext("The site did not send an address with this comment."))
    who = authors.entry_for(authors.of_comment(comment), longest=LONGEST)
    return who or abort(422, gettext("Nobody is named here: the comment has no author to block or to trust."))


ROUTES = (("/comments/<comment_id>/list", "POST", add_to_list),)
