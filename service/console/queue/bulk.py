"""Deciding on many comments at once: the preview, the job, and undoing it."""

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
from moderation.news import Progress
from moderation.patterns import PatternError
from moderation.policy import policies, policy_lists
from moderation.policy.policy_lists import ListError
from moderation.review import copies, groups
from moderation.sites import site_settings
from moderation.sites.site_settings import RejectionReason
from moderation.tables import BulkJob, Comment, User
from service import forms
from service.console import access, names
from service.console.card import verbs
from service.console.queue import list_entries, queue_filters
from service.context import context
from texts.wording import exact

#: Members of a group on a page, jobs in the list, and comments in a selection.
PAGE, JOBS, MOST_SELECTED = 50, 50, 500
MAX_NOTE = 500

_LONGEST_KEY = 400


def preview_bulk() -> ResponseReturnValue:
    """The preview: what deciding on all comments that the address names would do."""
    criteria = _criteria(request.args) | {"seen_at": clock.now().isoformat()}
    with context().store.read() as session:
        published_copies = _copies(session, criteria)
        if published_copies and request.args.get("copies") != "0":
            criteria |= {"copies": published_copies}
        return _show_preview(session, criteria, request.args.get("back"), seen=len(published_copies))


def _show_preview(
    session: Session, criteria: Mapping[str, Any], back: str | None, *, seen: int, missing: str | None = None
) -> str:
    """The preview's page. `seen` copies are published; `missing` says what the form that was sent from it lacks."""
    actor, sites = access.actor(), moderated_sites()
    previews = {action: bulk.preview(session, criteria, action, sites, actor=actor) for action in bulk_criteria.ACTIONS}
    widest = max(previews.values(), key=lambda preview: preview.total)
    return render_template(
        "console/queue/bulk_preview.html",
        previews=previews,
        widest=widest,
        criteria=criteria,
        title=_title(criteria),
        site_names=names.of_sites(session, set(widest.sites)),
        reasons=_reasons(session, set(widest.sites)),
        fields=_as_fields(criteria),
        copies=seen,
        verbs=verbs.of(
            "published" if set(widest.statuses) == {"published"} else "flagged", appealed=False, blind=False
        ),
        back=access.own_address(back),
        missing=missing,
        blocks=_blocks(session, criteria, widest.examples),
        forever="site" in criteria and access.may(criteria["site"], "admin"),
    )


def start_bulk() -> ResponseReturnValue:
    """Start the job that was previewed."""
    criteria = _criteria(request.form) | {"seen_at": _seen_at()}
    if request.form.get("copies") == "1":
        with context().store.read() as session:
            criteria |= {"copies": _copies(session, criteria)}
    return _start(criteria)


def start_selection() -> ResponseReturnValue:
    """Start a job on the selected cards, at the versions that the page showed."""
    chosen = [comment_id for comment_id in request.form.getlist("select") if clock.is_id("c", comment_id)]
    if not chosen:
        flash("Nothing was selected. Tick the comments first.", "wait")
        return redirect(access.own_address(forms.text("back")), 303)
    if len(chosen) > MOST_SELECTED:
        abort(422, f"You selected {len(chosen):,} comments; at most {MOST_SELECTED} fit in a selection.")
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
            blocked=_blocked(job),
        )


def list_jobs() -> ResponseReturnValue:
    """The person's own jobs, the latest first."""
    with context().store.read() as session:
        query = select(BulkJob).where(BulkJob.created_by == access.actor())
        jobs = session.scalars(query.order_by(BulkJob.id.desc()).limit(JOBS)).all()
        return render_template(
            "console/queue/bulk_jobs.html", jobs=[(job, _title(job.criteria), _progress_sentence(job)) for job in jobs]
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
            abort(409, str(error))
        undoing_id = undoing.id
    return redirect(url_for("console.show_job", job_id=undoing_id), 303)


def show_group(group_id: str) -> ResponseReturnValue:
    """The open comments of a group of look-alikes, oldest first."""
    access.require_id("g", group_id)
    after = forms.identifier("after", "c") or ""
    sites = list(access.roles())
    with context().store.read() as session:
        ids = [row.comment_id for row in session.execute(groups.members(group_id, sites, after=after).limit(PAGE + 1))]
        comments = session.scalars(select(Comment).where(Comment.id.in_(ids[:PAGE])).order_by(Comment.id)).all()
        return render_template(
            "console/queue/group.html",
            group_id=group_id,
            comments=comments,
            number=groups.count(session, [group_id], sites).get(group_id, 0),
            seen=len(copies.published(session, group_id, sites, before=clock.now())),
            most=groups.COUNT_UP_TO,
            site_names=names.of_sites(session, {comment.site_id for comment in comments}),
            next=ids[PAGE - 1] if len(ids) > PAGE else None,
            may_decide=any(access.may(comment.site_id, "moderator") for comment in comments),
        )


def moderated_sites() -> list[str]:
    """The sites where the person signed in may decide."""
    return [site_id for site_id in access.roles() if access.may(site_id, "moderator")]


def _start(criteria: Mapping[str, Any]) -> ResponseReturnValue:
    # The third button rejects, too, and blocks the author whose comments these are.
    blocks = forms.text("action") == "block" and "author" in criteria
    unknown = "Choose to publish or to reject the comments."
    chosen = "reject" if blocks else forms.choice("action", bulk_criteria.ACTIONS, unknown)
    action = cast("Literal['publish', 'reject']", chosen)
    note = forms.text("note")
    if len(note) > MAX_NOTE:
        abort(422, f"The note has {len(note):,} characters; at most {MAX_NOTE} fit.")
    code = forms.text("code", most=40) or None
    sites, actor = moderated_sites(), access.actor()
    if not sites:
        abort(403, "Deciding takes the role of a moderator.")
    with context().store.read() as session:
        if code is not None and code not in {reason.code for reason in _reasons(session, set(sites))}:
            abort(400, "Choose a reason of the list.")
        preview = bulk.preview(session, criteria, action, sites, actor=actor)
        if action == "reject" and not (code or note) and _asks_for_reason(session, set(preview.sites)):
            number, missing = len(_copies(session, criteria)), str(ReasonMissing())
            return _show_preview(session, criteria, forms.text("back"), seen=number, missing=missing), 422
        total = bulk.count(session, criteria, preview, sites)
        if blocks and (entry := _blocks(session, criteria, preview.examples)):
            until = list_entries.end_of(forms.text("until"), criteria["site"])
            criteria = {**criteria, "block": {"entry": entry, "until": until and until.isoformat()}}
    try:
        with context().write(by=access.user().name) as session:
            job_id = bulk.create(session, criteria, action, actor=actor, total=total, code=code, note=note or None).id
    except (ListError, PatternError) as error:
        abort(422, str(error))
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
        query = queue_filters.read(list(access.roles()), access.user().id, fields)
        # Also the address's own parameters, for the form that follows.
        return {"search": _search(query), "address_of": query.address}
    return abort(404)


def _copies(session: Session, criteria: Mapping[str, Any]) -> list[list[Any]]:
    """The ids and versions of a group's copies that were published, without an open item, when the page was made."""
    if "group" not in criteria:
        return []
    before = datetime.fromisoformat(criteria["seen_at"])
    return [list(copy) for copy in copies.published(session, criteria["group"], moderated_sites(), before=before)]


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
        return [("group", criteria["group"])] + ([("copies", "1")] if criteria.get("copies") else [])
    if "search" in criteria:
        return [("everything", "search"), *criteria["address_of"].items()]
    name = "author" if "author" in criteria else "address"
    return [("everything", name), (name, criteria[name]), ("site", criteria["site"])]


def _seen_at() -> str:
    """The moment at which the form's page was made; not in the future."""
    try:
        moment = datetime.fromisoformat(request.form.get("seen_at", ""))
        return min(moment, clock.now()).isoformat()
    except (ValueError, TypeError):
        abort(400, "This form is incomplete. Load the page again.")


def _title(criteria: Mapping[str, Any]) -> str:
    if "group" in criteria:
        return "Comments that say nearly the same"
    if "ids" in criteria:
        return "Selected comments"
    if "search" in criteria:
        return "Everything that matches the search"
    if "undoes" in criteria:
        return "Taking back decisions"
    return "Everything by this author" if "author" in criteria else "Everything from this address"


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
    span = "for ever" if end is None else f"until {exact(end)}"
    return f"The author is blocked {span}: {authors.without_kind(block['entry'])}."


def _progress_sentence(job: BulkJob | Progress) -> str:
    """A job's progress, as a sentence."""
    done = {"publish": "published", "reject": "rejected", "undo": "taken back"}[job.action]
    skipped = (
        f" {job.skipped:,} left alone: decided or changed meanwhile, or for somebody else to decide."
        if job.skipped
        else ""
    )
    if job.state == "waiting":
        return f"Waiting for a worker: {job.total:,} to do."
    if job.state == "running":
        return f"{job.done:,} of {job.total:,} {done}.{skipped}"
    if job.state == "done":
        return f"Done: {job.done:,} {done}.{skipped}"
    stopped = "Stopped" if job.state == "cancelled" else f"Failed ({job.error})"
    return f"{stopped} after {job.done:,} of {job.total:,} were {done}.{skipped}"


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
        abort(403, "Deciding takes the role of a moderator.")
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
    ("/groups/<group_id>", "GET", show_group),
)
