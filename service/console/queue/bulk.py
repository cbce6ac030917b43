"""Deciding on many comments at once: the preview, the job, and undoing it. `campaigns.py` has the pages of groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, cast

from flask import abort, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation import authors, clock
from moderation.decisions import bulk, bulk_criteria
from moderation.decisions.comments import ReasonMissing
from moderation.finding import documents
from moderation.finding import names as names_meant
from moderation.news import Progress
from moderation.patterns import PatternError
from moderation.policy import policies, policy_lists
from moderation.policy.policy_lists import ListError
from moderation.review import campaigns
from moderation.sites import site_settings
from moderation.sites.site_settings import RejectionReason
from moderation.tables import BulkJob, Comment, User
from service import forms
from service.console import access, comment_search, names
from service.console.card import links, verbs
from service.console.queue import list_entries, queue_filters
from service.console.retold import retold
from service.context import context
from texts.translation import decimal, gettext, later, ngettext
from texts.wording import exact, too_long

#: Jobs in the list, and comments in a selection.
JOBS, MOST_SELECTED = 50, 500
#: A preview names so many authors, and pages, of what readers see.
NAMED = 10
MAX_NOTE = 500

_LONGEST_KEY = 400
#: Characters of an author, an address or a filter in a title.
_SHOWN = 80


def preview_bulk() -> ResponseReturnValue:
    """The preview: what deciding on all comments that the address names would do."""
    criteria = _criteria(request.args) | {"seen_at": clock.now().isoformat()}
    if "group" in criteria and request.args.get("copies") == "0":
        criteria |= {"waiting": True}
    with context().store.read() as session:
        return _show_preview(session, criteria, request.args.get("back"))


def _show_preview(
    session: Session, criteria: Mapping[str, Any], back: str | None, *, missing: str | None = None
) -> str:
    """The preview's page. `missing` says what the form that was sent from it lacks."""
    actor, sites = access.actor(), moderated_sites()
    previews = bulk.previews(session, criteria, sites, actor=actor)
    widest = max(previews.values(), key=lambda preview: preview.total)
    return render_template(
        "console/queue/bulk_preview.html",
        previews=previews,
        widest=widest,
        criteria=criteria,
        title=_title(criteria),
        site_names=names.of_sites(session, set(widest.sites)),
        titles=_titles(session, previews["reject"]),
        reasons=_reasons(session, set(widest.sites)),
        fields=_as_fields(criteria),
        in_group=_in_group(session, criteria, sites),
        most=campaigns.COUNT_UP_TO,
        named=NAMED,
        verbs=verbs.of(
            "published" if set(widest.statuses) == {"published"} else "flagged", appealed=False, blind=False
        ),
        back=access.own_address(back),
        missing=missing,
        blocks=_blocks(session, criteria, widest.examples),
        forever="site" in criteria and access.may(criteria["site"], "admin"),
    )


def _titles(session: Session, preview: bulk.Preview) -> Mapping[tuple[str, str | None], str]:
    """The titles of the pages that a preview names, as far as they are known."""
    ids = [preview.on_threads[page] for page, _ in preview.seen_threads.most_common(NAMED)]
    found = session.scalars(select(Comment).where(Comment.id.in_(ids))).all() if ids else []
    places = links.places(session, found)
    known = {(comment.site_id, comment.thread): places[comment.id].title for comment in found if comment.id in places}
    return {page: title for page, title in known.items() if title}


def start_bulk() -> ResponseReturnValue:
    """Start the job that was previewed."""
    criteria = _criteria(request.form) | {"seen_at": _seen_at()}
    if "group" in criteria and request.form.get("copies") != "1":
        criteria |= {"waiting": True}
    return _start(criteria)


def start_selection() -> ResponseReturnValue:
    """Start a job on the selected cards, at the versions that the page showed."""
    chosen = [comment_id for comment_id in request.form.getlist("select") if clock.is_id("c", comment_id)]
    if not chosen:
        flash(gettext("Nothing was selected. Tick the comments first."), "wait")
        return redirect(access.own_address(forms.text("back")), 303)
    if len(chosen) > MOST_SELECTED:
        told = gettext(
            "You selected %(number)s comments; at most %(most)s fit in a selection.",
            number=decimal(len(chosen)),
            most=MOST_SELECTED,
        )
        abort(422, told)
    versions = dict(text.split(":", 1) for text in request.form.getlist("seen_version") if ":" in text)
    ids = [[comment_id, forms.number(versions.get(comment_id, ""))] for comment_id in dict.fromkeys(chosen)]
    return _start({"ids": ids, "seen_at": _seen_at()})


def show_job(job_id: str) -> ResponseReturnValue:
    with context().store.read() as session:
        job = _job(session, job_id)
        undone_by = session.scalar(select(BulkJob.id).where(BulkJob.undoes == job.id, BulkJob.state != "cancelled"))
        if access.wants_json():
            return jsonify(show_progress(job))
        return render_template(
            "console/queue/bulk_job.html",
            job=job,
            progress=_progress_sentence(job),
            title=_title(job.criteria),
            who=names.of_people(session, [job.created_by])[job.created_by],
            undone_by=undone_by,
            mine=_may_change(job),
            back=access.own_address(request.args.get("back")),
            blocked=_blocked(job),
        )


def list_jobs() -> ResponseReturnValue:
    """The jobs that the person may see, the latest first: their own, and for an admin of every site all."""
    sees_all = access.may_everywhere("admin")
    with context().store.read() as session:
        query = select(BulkJob).order_by(BulkJob.id.desc()).limit(JOBS)
        jobs = session.scalars(query if sees_all else query.where(BulkJob.created_by == access.actor())).all()
        return render_template(
            "console/queue/bulk_jobs.html",
            jobs=[(job, _title(job.criteria), _progress_sentence(job)) for job in jobs],
            who=names.of_people(session, [job.created_by for job in jobs]) if sees_all else {},
        )


def cancel_job(job_id: str) -> ResponseReturnValue:
    actor = access.actor()
    with context().write(by=access.user().name) as session:
        _require_change(_job(session, job_id))
        bulk.cancel(session, job_id, actor=actor)
    return redirect(url_for("console.show_job", job_id=job_id), 303)


def undo_job(job_id: str) -> ResponseReturnValue:
    """Undo the decisions of a job. A later decision by somebody else stays."""
    actor = access.actor()
    with context().write(by=access.user().name) as session:
        _require_change(_job(session, job_id))
        try:
            undoing = bulk.undo(session, job_id, actor=actor)
        except bulk.NotAllowed as error:
            abort(409, retold(str(error)))
        undoing_id = undoing.id
    return redirect(url_for("console.show_job", job_id=undoing_id, back=forms.text("back") or None), 303)


def moderated_sites() -> list[str]:
    """The sites where the person signed in may decide."""
    return [site_id for site_id in access.roles() if access.may(site_id, "moderator")]


def _start(criteria: Mapping[str, Any]) -> ResponseReturnValue:
    # The third button rejects, too, and blocks the author whose comments these are.
    blocks = forms.text("action") == "block" and "author" in criteria
    unknown = gettext("Choose to publish or to reject the comments.")
    chosen = "reject" if blocks else forms.choice("action", bulk_criteria.ACTIONS, unknown)
    action = cast("Literal['publish', 'reject']", chosen)
    note = forms.text("note")
    if len(note) > MAX_NOTE:
        abort(422, too_long(len(note), MAX_NOTE, "note"))
    code = forms.text("code", most=40) or None
    sites, actor = moderated_sites(), access.actor()
    if not sites:
        abort(403, gettext("Deciding takes the role of a moderator."))
    with context().store.read() as session:
        if code is not None and code not in {reason.code for reason in _reasons(session, set(sites))}:
            abort(400, gettext("Choose a reason of the list."))
        preview = bulk.preview(session, criteria, action, sites, actor=actor)
        if action == "reject" and not (code or note) and _asks_for_reason(session, set(preview.sites)):
            return _show_preview(session, criteria, forms.text("back"), missing=retold(str(ReasonMissing()))), 422
        total = bulk.count(session, criteria, preview, sites)
        if blocks and (entry := _blocks(session, criteria, preview.examples)):
            until = list_entries.end_of(forms.text("until"), criteria["site"])
            criteria = {**criteria, "block": {"entry": entry, "until": until and until.isoformat()}}
    try:
        with context().write(by=access.user().name) as session:
            job_id = bulk.create(session, criteria, action, actor=actor, total=total, code=code, note=note or None).id
    except (ListError, PatternError) as error:
        abort(422, retold(str(error)))
    return redirect(url_for("console.show_job", job_id=job_id, back=forms.text("back") or None), 303)


def _blocks(session: Session, criteria: Mapping[str, Any], comments: Sequence[Comment]) -> str | None:
    """The entry that would block the author whose comments these are; None where there is none, or it is there."""
    if "author" not in criteria or not comments:
        return None
    author = authors.of_comment(comments[0])
    document = policies.current(session, criteria["site"]).document
    if any(listed.name == "blocked_authors" for listed in policy_lists.matching(document, [author], [])):
        return None
    return authors.entry_for(author, longest=list_entries.LONGEST)


def _criteria(fields: Mapping[str, str]) -> dict[str, Any]:
    """The criteria in the address or the form, if the person may decide there."""
    if clock.is_id("g", fields.get("group", "")):
        return {"group": fields["group"]}
    for name in ("author", "address"):
        if fields.get("everything") == name and fields.get(name) and fields.get("site"):
            access.require(fields["site"], "moderator")
            return {name: forms.clean(fields[name])[:_LONGEST_KEY], "site": fields["site"]}
    if fields.get("everything") == "search":
        query = queue_filters.read(access.in_use(), access.user().id, fields)
        # Also the address's own parameters, for the form that follows.
        return {"search": _search(query), "address_of": query.address}
    if fields.get("everything") == "comments":
        return _found()
    return abort(404)


def _found() -> dict[str, Any]:
    """What the search of all comments finds, on the sites where the person signed in may decide."""
    query = comment_search.read("moderator")
    with context().store.read() as session:
        criteria = names_meant.resolve(session, query.search)
    return {"found": documents.write(criteria, query.fields.get("site")), "address_of": dict(query.fields)}


def _in_group(session: Session, criteria: Mapping[str, Any], sites: Sequence[str]) -> dict[str, int]:
    """What became of a group's comments on these sites; nothing where no group is decided on."""
    if "group" not in criteria:
        return {}
    group_id = criteria["group"]
    sizes = campaigns.sizes(session, [group_id], sites).get(group_id, ())
    return campaigns.counts(session, group_id, [size.site_id for size in sizes])


def _search(query: queue_filters.Query) -> dict[str, str]:
    """The search as criteria of a job; see `bulk_criteria.SEARCHED`."""
    named = {name: getattr(query.filters, name) for name in (*bulk_criteria.SEARCHED, "text")}
    named["site"] = query.site_id
    for name in ("opened_since", "opened_before"):
        moment = getattr(query.filters, name)
        named[name] = moment.isoformat() if moment is not None else None
    return {name: value for name, value in named.items() if value is not None}


def _as_fields(criteria: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The criteria as hidden fields."""
    if "ids" in criteria:
        versions = [("seen_version", f"{one}:{version}") for one, version in criteria["ids"] if version is not None]
        return [("select", one) for one, _ in criteria["ids"]] + versions
    if "group" in criteria:
        return [("group", criteria["group"])] + ([] if criteria.get("waiting") else [("copies", "1")])
    if "search" in criteria or "found" in criteria:
        kind = "search" if "search" in criteria else "comments"
        return [("everything", kind), *criteria["address_of"].items()]
    name = "author" if "author" in criteria else "address"
    return [("everything", name), (name, criteria[name]), ("site", criteria["site"])]


def _seen_at() -> str:
    """The moment at which the form's page was made; not in the future."""
    try:
        moment = datetime.fromisoformat(request.form.get("seen_at", ""))
        return min(moment, clock.now()).isoformat()
    except (ValueError, TypeError):
        abort(400, gettext("This form is incomplete. Load the page again."))


#: What a job is about, where that is said alike of all such jobs.
_TITLES = {
    "group": later("Comments that say nearly the same"),
    "ids": later("Selected comments"),
    "undoes": later("Taking back decisions"),
}


def _title(criteria: Mapping[str, Any]) -> str:
    """What a job is about. The values of its criteria are None once somebody was erased."""
    if plain := _TITLES.keys() & criteria.keys():
        return gettext(_TITLES[min(plain)])
    if "search" in criteria:
        words = [
            f"{gettext(queue_filters.NAMES[name])} “{queue_filters.in_words(name, value)[:_SHOWN]}”"
            for name, value in (criteria.get("address_of") or {}).items()
            if name in queue_filters.NAMES
        ]
        matches = gettext("Everything that matches: %(words)s", words=", ".join(words))
        return matches if words else gettext("Everything that matches the search")
    if "found" in criteria:
        words = comment_search.in_words(criteria.get("address_of") or {})
        return ": ".join([gettext("Everything that this search finds"), *([", ".join(words)] if words else [])])
    if "author" in criteria:
        author = authors.without_kind(criteria["author"] or gettext("an erased author"))[:_SHOWN]
        return gettext("Everything by %(name)s", name=author)
    address = (criteria["address"] or gettext("an address that was erased"))[:_SHOWN]
    return gettext("Everything from %(address)s", address=address)


def show_progress(job: BulkJob | Progress) -> dict[str, Any]:
    """A job's progress, for the script of its page."""
    return {
        "state": job.state,
        "total": job.total,
        "done": job.done,
        "skipped": job.skipped,
        "message": _progress_sentence(job),
    }


def _blocked(job: BulkJob) -> str | None:
    """Whom the job blocked, and until when, as a sentence."""
    block = job.criteria.get("block")
    if block is None:
        return None
    end = bulk.blocked_until(block)
    entry = authors.without_kind(block["entry"])
    if end is None:
        return gettext("The author is blocked for ever: %(entry)s.", entry=entry)
    return gettext("The author is blocked until %(moment)s: %(entry)s.", moment=exact(end, seconds=False), entry=entry)


#: Action -> what a job says while it is at work, when it is done, when it was stopped, and when it failed.
_PROGRESS = {
    "publish": (
        later("%(done)s of %(total)s published."),
        later("Done: %(done)s published."),
        later("Stopped after %(done)s of %(total)s were published."),
        later("Failed (%(error)s) after %(done)s of %(total)s were published."),
    ),
    "reject": (
        later("%(done)s of %(total)s rejected."),
        later("Done: %(done)s rejected."),
        later("Stopped after %(done)s of %(total)s were rejected."),
        later("Failed (%(error)s) after %(done)s of %(total)s were rejected."),
    ),
    "undo": (
        later("%(done)s of %(total)s taken back."),
        later("Done: %(done)s taken back."),
        later("Stopped after %(done)s of %(total)s were taken back."),
        later("Failed (%(error)s) after %(done)s of %(total)s were taken back."),
    ),
}


def _progress_sentence(job: BulkJob | Progress) -> str:
    """A job's progress, as a sentence or two."""
    if job.state == "waiting":
        return gettext("Waiting for a worker: %(number)s to do.", number=decimal(job.total))
    states = ("running", "done", "cancelled")
    sentence = _PROGRESS[job.action][states.index(job.state) if job.state in states else -1]
    said = gettext(sentence, done=decimal(job.done), total=decimal(job.total), error=job.error)
    if not job.skipped:
        return said
    skipped = ngettext(
        "%(number)s left alone: decided or changed meanwhile, or for somebody else to decide.",
        "%(number)s left alone: decided or changed meanwhile, or for somebody else to decide.",
        job.skipped,
    )
    return f"{said} {skipped}"


def _reasons(session: Session, site_ids: set[str]) -> list[RejectionReason]:
    """The reasons of these sites, each code once."""
    settings = site_settings.of_sites(session, site_ids).values()
    return list({reason.code: reason for site in settings for reason in site.reasons}.values())


def _asks_for_reason(session: Session, site_ids: set[str]) -> bool:
    return any(site.require_reason for site in site_settings.of_sites(session, site_ids).values())


def _job(session: Session, job_id: str) -> BulkJob:
    """A job that the person may see: their own, or any for an admin of every site."""
    job = session.get(BulkJob, job_id) if clock.is_id("b", job_id) else None
    if job is None or not _may_change(job):
        abort(404)
    return job


def _may_change(job: BulkJob) -> bool:
    user: User = access.user()
    return job.created_by == access.actor() or user.role == "admin"


def _require_change(job: BulkJob) -> None:
    if not moderated_sites():
        abort(403, gettext("Deciding takes the role of a moderator."))
    if not _may_change(job):
        abort(404)


ROUTES = (
    ("/bulk", "GET", preview_bulk),
    ("/bulk", "POST", start_bulk),
    ("/bulk/selection", "POST", start_selection),
    ("/bulk/jobs", "GET", list_jobs),
    ("/bulk/jobs/<job_id>", "GET", show_job),
    ("/bulk/jobs/<job_id>/cancel", "POST", cancel_job),
    ("/bulk/jobs/<job_id>/undo", "POST", undo_job),
)
