"""Adding to a site's lists from a card: the author, the address, or a word; for a while or for ever."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from flask import abort, flash, jsonify, redirect
from flask.typing import ResponseReturnValue

from moderation import authors, clock
from moderation.patterns import PatternError
from moderation.policy import policy_lists
from moderation.policy.policy_lists import ListError
from moderation.policy.rules import LISTS
from moderation.policy.switches import ADDRESSES, WORDS, Kind
from moderation.tables import Comment
from service import forms
from service.console import access
from service.context import context

#: How long an entry stays. Only admins may choose "ever", because they are responsible for the site's policy.
SPANS: dict[str, timedelta | None] = {
    "day": timedelta(days=1),
    "week": timedelta(days=7),
    "month": timedelta(days=30),
    "ever": None,
}
LONGEST = 200

_LISTS = {entry_list.key: entry_list for entry_list in LISTS}
_FOR = {"day": "for a day", "week": "for a week", "month": "for 30 days", "ever": "for ever"}


_UNKNOWN = "Choose what to do and for how long, from a page that shows the comment."


def end_of(span: str, site_id: str) -> datetime | None:
    """When an entry ends that the person signed in adds for a span; None: never."""
    if span not in SPANS:
        abort(400, _UNKNOWN)
    length = SPANS[span]
    if length is None and not access.may(site_id, "admin"):
        abort(403, "For more than 30 days, ask an admin of this site.")
    return None if length is None else clock.now() + length


def add_to_list(comment_id: str) -> ResponseReturnValue:
    """Add the comment's author or address, or a word, to a list of its site's policy."""
    comment = _comment(comment_id)
    access.require(comment.site_id, "moderator")
    name, span = forms.text("list"), forms.text("until")
    if forms.text("action") == "remove":
        return _take_out(comment, name)
    if name not in _LISTS:
        abort(400, _UNKNOWN)
    until = end_of(span, comment.site_id)
    entry_list = _LISTS[name]
    entry = _entry(comment, entry_list.kind)
    try:
        with context().store.write() as session:
            policy_lists.add(
                session,
                comment.site_id,
                name,
                entry,
                until=until,
                actor=access.actor(),
            )
    except PatternError as error:
        only_stars = entry_list.kind is WORDS and not entry.strip("* ")
        abort(422, "Only `*` is not a word: give some letters too." if only_stars else str(error))
    except ListError as error:
        abort(422, str(error))
    plain = entry if entry_list.kind is WORDS else authors.without_kind(entry)
    return _done(f"{entry_list.added.format(entry=plain)} from now on, {_FOR[span]}.", {"list": name, "entry": entry})


def _take_out(comment: Comment, name: str) -> ResponseReturnValue:
    """Take an entry out. A moderator may end entries that end by themselves; only an admin may end others."""
    entry = forms.text("entry")
    if name not in _LISTS or not entry:
        abort(400, "Choose what to take back, from a page that shows the comment.")
    for_ever_too = access.may(comment.site_id, "admin")
    try:
        with context().store.write() as session:
            saved = policy_lists.remove(
                session, comment.site_id, name, entry, for_ever_too=for_ever_too, actor=access.actor()
            )
    except ListError as error:
        abort(403, str(error))
    title, plain = _LISTS[name].title.lower(), authors.without_kind(entry)
    return _done(f"{plain} is no longer among the {title}." if saved else f"{plain} was not among the {title}.")


def _done(message: str, added: Mapping[str, str] | None = None) -> ResponseReturnValue:
    """The answer. `added` is what the page's script sends to undo it."""
    if access.wants_json():
        return jsonify(message=message, added=added)
    flash(message, "good")
    return redirect(access.own_address(forms.text("back")), 303)


def _comment(comment_id: str) -> Comment:
    with context().store.read() as session:
        comment = access.require_comment(session, comment_id)
    if comment.status == "erased":
        abort(410, "The comment was erased meanwhile, and its author with it.")
    return comment


def _entry(comment: Comment, kind: Kind) -> str:
    """The entry for the list: a word, the address, or the best that is known of the author."""
    if kind is WORDS:
        entry = " ".join(forms.text("entry").split())
        if not entry or len(entry) > LONGEST:
            abort(422, f"Give a word or a phrase of at most {LONGEST} characters.")
        return entry
    if kind is ADDRESSES:
        return comment.ip or abort(422, "The site did not send an address with this comment.")
    who = authors.entry_for(authors.of_comment(comment), longest=LONGEST)
    return who or abort(422, "Nobody is named here: the comment has no author to block or to trust.")


ROUTES = (("/comments/<comment_id>/list", "POST", add_to_list),)
