"""The policy page: shows a policy's consequences, tries it, saves it, and restores an earlier version."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from flask import Response, abort, flash, jsonify, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import LABELS
from moderation.decisions.scoring import site_languages
from moderation.patterns import PatternError
from moderation.policy import (
    consequences,
    differences,
    merging,
    past_comments,
    policies,
    policy_lists,
    rules,
    shared_lists,
)
from moderation.policy import policy_tests as policy_store
from moderation.policy.consequences import Sample
from moderation.policy.switches import WORDS
from moderation.policy.terms import Policy
from moderation.sites import site_settings
from moderation.tables import PolicyVersion, Site
from service import forms
from service.classifier import classifier, presets
from service.console import access, names
from service.console.policy import (
    policy_form,
    policy_languages,
    policy_people,
    policy_shared,
    policy_tests,
    policy_times,
    policy_trial,
)
from service.console.policy.policy_form import Form
from service.console.policy.policy_plot import Plot, plot
from service.console.policy.policy_tests import Comparison
from service.console.policy.policy_trial import Trial
from service.console.retold import retold
from service.context import context
from texts import translation
from texts.translation import gettext

#: Versions on a page.
SHOWN = 10
#: The largest form with long word lists, in bytes: more than other forms of the console may have.
MOST_BYTES = 1024 * 1024
_LONG = {
    "console.change_policy": MOST_BYTES,
    "console.sample_policy": MOST_BYTES,
    "console.import_policy_tests": policy_tests.MOST_BYTES,
}


def allow_long_lists() -> None:
    """Allow the larger forms of these pages; for `before_request`, before anything reads the form."""
    if request.endpoint in _LONG:
        request.max_content_length = _LONG[request.endpoint]


def list_policies() -> ResponseReturnValue:
    """The sites whose policy the person may see. If there is only one, its policy at once."""
    with context().store.read() as session:
        sites = [(site_id, name) for site_id, name in names.of_own_sites(session) if access.may(site_id, "moderator")]
    if len(sites) == 1:
        return redirect(url_for("console.show_policy", site_id=sites[0][0]), 303)
    asked = forms.argument("q", most=200)
    found = [(site_id, name) for site_id, name in sites if names.has(name, asked)]
    return render_template("console/policy/policies.html", sites=found, number=len(sites), asked=asked)


def show_policy(site_id: str) -> ResponseReturnValue:
    access.require(site_id, "moderator")
    with context().store.read() as session:
        row = policies.current(session, site_id)
    return _page(site_id, row, policy_form.of_document(row.document, presets()))


def change_policy(site_id: str) -> ResponseReturnValue:
    """Save the form, or show its consequences, its verdict on a text, and what it makes of the site's tests."""
    access.require(site_id, "moderator")
    with context().store.read() as session:
        row = policies.current(session, site_id)
    action, _, confirmed = (forms.text("action") or "preview").partition(":")
    form = policy_form.read(request.form, row.document, presets())
    if action == "preset":
        form = policy_form.with_preset(form, presets())
    seen_version = forms.number(forms.text("version")) or 0
    if form.errors:
        return _page(site_id, row, form, code=422, made_from=seen_version)
    if seen_version != row.version:
        form, conflicts = _with_theirs(site_id, form, seen_version, row)
        if conflicts:
            return _page(site_id, row, form, code=409, seen_version=seen_version, conflicts=conflicts)
    if action == "tests":
        return _page(site_id, row, form, tried=_tests(site_id, row, form))
    if action != "save":
        trial = policy_trial.judge(site_id, _compile(form, row.version), request.form) if action == "try" else None
        return _page(site_id, row, form, tried=trial)
    access.require(site_id, "admin")
    if policies.is_same(form.document, row.document, presets()):
        return _unchanged(site_id)
    return _save(site_id, form, row, confirmed)


def _unchanged(site_id: str) -> ResponseReturnValue:
    flash(gettext("Nothing is different from the policy in force, so no new version was made."), "wait")
    return redirect(url_for("console.show_policy", site_id=site_id), 303)


def _with_theirs(site_id: str, form: Form, seen_version: int, row: PolicyVersion) -> tuple[Form, list[str]]:
    """The form with what others changed since the version that it was made from, and the names of conflicts."""
    with context().store.read() as session:
        base = session.get(PolicyVersion, (site_id, seen_version))
    if base is None:
        return form, [gettext("Everything")]
    merged, conflicts = merging.merge(base.document, form.document, row.document)
    return policy_form.of_document(merged, presets()), conflicts


def sample_policy(site_id: str) -> ResponseReturnValue:
    """The past comments for the page's script to count, prepared with the form's rules."""
    access.require(site_id, "moderator")
    with context().store.read() as session:
        row = policies.current(session, site_id)
        form = policy_form.read(request.form, row.document, presets())
        list_errors = {name: sentences for name, sentences in form.errors.items() if "." not in name}
        if list_errors:
            of_times = list_errors.get(policy_times.FIELD, [])
            message = (
                of_times[0]
                if len(list_errors) == len(of_times)
                else gettext("Some entries of the lists cannot be used.")
            )
            return jsonify(message=message, errors=list_errors), 422
        candidate = _compile(form, row.version)
        counted = _consequences(session, site_id, candidate, _in_force(row), whole=True)
        parts = render_template("console/policy/counted.html", **counted) if "parts" in request.form else None
    return jsonify(_as_json(counted["sample"]) | {"people": " ".join(counted["people"]), "parts": parts})


def restore_policy(site_id: str) -> ResponseReturnValue:
    """Put an earlier version in force again, as a new version."""
    access.require(site_id, "admin")
    version = forms.number(forms.text("restore"))
    if version is None or forms.number(forms.text("version")) is None:
        abort(400, gettext("Choose a version from the list."))
    with context().store.read() as session:
        earlier = session.get(PolicyVersion, (site_id, version))
        row = session.get(PolicyVersion, (site_id, forms.number(forms.text("version"))))
        if earlier is None or row is None:
            abort(404)
    return _save(site_id, policy_form.of_document(earlier.document, presets()), row, "")


def _tests(site_id: str, row: PolicyVersion, form: Form) -> Comparison:
    """What the form's policy makes of the site's tests, beside the version that it was made from."""
    return policy_tests.compare(site_id, _in_force(row), _compile(form, row.version))


def _save(site_id: str, form: Form, seen: PolicyVersion, confirmed: str) -> ResponseReturnValue:
    """Save a new version. If somebody else saved one meanwhile, show the form again, with their changes.

    Where it decides tests of the site otherwise, and not as is expected, these are shown first. `confirmed` is the
    digest of what a person has seen and confirmed.
    """
    seen_version = seen.version
    tests = _tests(site_id, seen, form)
    if tests.worse and confirmed != tests.digest:
        return _page(site_id, seen, form, code=409, tried=tests)
    detail = {"tests_failing": tests.failing} if tests.failing else None
    with context().store.write() as session:
        session.get(Site, site_id, with_for_update=True)
        row = policies.current(session, site_id)
        if row.version == seen_version:
            saved = policies.save(session, site_id, form.document, actor=access.actor(), detail=detail)
            number = saved.version
        else:
            number = 0
    if number:
        return redirect(url_for("console.show_policy", site_id=site_id, saved=number), 303)
    return _page(site_id, row, form, code=409, seen_version=seen_version)


def _page(
    site_id: str,
    row: PolicyVersion,
    form: Form,
    *,
    code: int = 200,
    tried: Trial | Comparison | None = None,
    seen_version: int | None = None,
    conflicts: Sequence[str] = (),
    made_from: int | None = None,
) -> Response:
    """The page. `made_from` is the version that the form was made from, if it is no longer in force.

    It counts over a first part of the past comments, so that nobody waits for the rest, who does not ask for it.

    `tried` is what it makes of a text or of the site's tests; with the code 409 because of that nothing was saved.
    """
    in_force = _in_force(row)
    same = policies.is_same(form.document, row.document, presets())
    candidate = in_force if same or _lists_broken(form) else _compile(form, row.version)
    with context().store.read() as session:
        page = render_template(
            "console/policy/policy.html",
            **_offered(),
            **_tried(tried, code),
            **_consequences(session, site_id, candidate, in_force, whole=forms.text("action") == "whole"),
            site_id=site_id,
            sites=[site for site in names.of_own_sites(session, chosen=site_id) if access.may(site[0], "moderator")],
            row=row,
            form=form,
            edited=bool(form.errors) or not same,
            times_rows=policy_times.rows(form.values),
            held_until=policy_times.until_now(in_force.hold_times),
            number_of_tests=policy_store.number(session, site_id),
            grades=policy_languages.by_grade(form.document),
            shared=policy_shared.choices(session),
            may_edit=access.may(site_id, "admin"),
            trial_text=forms.clean(request.form.get("text", "")),
            trial_name=forms.text("name"),
            versions=_versions(session, site_id, forms.number(forms.argument("before"))),
            changed_since=_versions(session, site_id, None, since=seen_version) if seen_version is not None else [],
            conflicts=conflicts,
            made_from=made_from or row.version,
            ends=policy_lists.ends(row.document),
            saved=request.args.get("saved") == str(row.version) and row.version > 1,
        )
    return make_response(page, code)


def _in_force(row: PolicyVersion) -> Policy:
    """The policy of a version, with its shared lists."""
    return policy_shared.with_lists(policies.compile_policy(policies.DEFAULT | row.document, row.version, presets()))


def _consequences(
    session: Session, site_id: str, candidate: Policy, in_force: Policy, *, whole: bool
) -> dict[str, Any]:
    """What the form's policy would have meant for past comments, beside the one in force."""
    most = past_comments.MOST if whole else policy_people.FIRST
    past = policy_people.PastComments(site_id, cache(_teller(session, site_id)), most)
    sample = past.prepared_for(candidate)
    is_first = sample.is_part and not whole
    return {
        "plots": _plots(sample, candidate),
        "sample": sample,
        "most": most if is_first else past_comments.MOST,
        "most_of_all": past_comments.MOST,
        "is_first": is_first,
        "people": policy_people.told(session, site_id, candidate, past),
        "with_these": consequences.count(sample, candidate.thresholds, candidate.mode),
        "in_force": consequences.count(past.prepared_for(in_force), in_force.thresholds, in_force.mode),
    }


def _tried(tried: Trial | Comparison | None, code: int) -> dict[str, Any]:
    """What the policy makes of a text or of the site's tests."""
    of_tests = tried if isinstance(tried, Comparison) else None
    of_text = tried if isinstance(tried, Trial) else None
    return {"tests": of_tests, "asks": of_tests is not None and code == 409, "trial": of_text}


def _offered() -> dict[str, Any]:
    """What a policy may be made of, for every site the same."""
    return {
        "lists": rules.LISTS,
        "words": [entry_list for entry_list in rules.LISTS if entry_list.kind is WORDS],
        "limits": rules.LIMITS,
        "times": rules.TIMES[0],
        "on_off": rules.ON_OFF,
        "outcomes": names.OUTCOMES,
        "treatments": names.TREATMENTS,
        "presets": presets(),
        "point": translation.decimal_point(),
    }


def _teller(session: Session, site_id: str) -> Callable[[str, str | None], tuple[str, bool]]:
    """What tells a comment's language, from its text and what its sender said, and whether that is judged."""
    judge = classifier()
    of_site = site_languages(judge, site_settings.author_languages(session, {site_id}).get(site_id))

    def tell(text: str, said: str | None) -> tuple[str, bool]:
        language = judge.language(text, [said, *of_site])
        return language, judge.judges(language)

    return tell


def _lists_broken(form: Form) -> bool:
    return any(entry_list.key in form.errors for entry_list in rules.LISTS)


def _compile(form: Form, version: int) -> Policy:
    try:
        return policy_shared.with_lists(policies.compile_policy(form.document, version, presets()))
    except PatternError as error:  # a single list was already checked with the form
        abort(422, retold(str(error)))


def _plots(sample: Sample, policy: Policy) -> list[Plot]:
    return [plot(label, consequences.histogram(sample, label), policy.thresholds.get(label)) for label in LABELS]


def _as_json(sample: Sample) -> dict[str, Any]:
    """The sample in a compact form. Scores are in ten-thousandths, the precision in which they are stored."""
    return {
        "labels": LABELS,
        "days": sample.days,
        "seconds": sample.seconds,
        "comments": [
            [
                past.before,
                past.after,
                past.decided,
                past.recent,
                _in_ten_thousandths(past.scores),
                _in_ten_thousandths({**past.scores, **past.own_scores} if past.own_scores and past.scores else None),
                past.trusted,
                past.held_then,
            ]
            for past in sample.comments
        ],
    }


def _in_ten_thousandths(scores: Mapping[str, float] | None) -> list[int] | None:
    return None if scores is None else [round(scores.get(label, 0) * 10_000) for label in LABELS]


def _versions(session: Session, site_id: str, before: int | None, *, since: int | None = None) -> list[dict[str, Any]]:
    """A page of versions, the latest first: who made each, when, and what it changed."""
    query = select(PolicyVersion).where(PolicyVersion.site_id == site_id)
    if before is not None:
        query = query.where(PolicyVersion.version < before)
    if since is not None:
        query = query.where(PolicyVersion.version >= since)
    rows = session.scalars(query.order_by(PolicyVersion.version.desc()).limit(SHOWN + 1)).all()
    people = names.of_people(session, [row.created_by for row in rows])
    lists = shared_lists.names(session)
    following = [*rows, None][1:]
    return [
        {
            "version": row.version,
            "who": people.get(row.created_by, row.created_by),
            "beginning": names.beginning(people.get(row.created_by, row.created_by)),
            "at": row.created_at,
            "changes": differences.describe(earlier.document, row.document, presets(), lists) if earlier else None,
        }
        for row, earlier in zip(rows, following, strict=True)
        if earlier is not None or row.version == 1
    ]


ROUTES = (
    ("/policies", "GET", list_policies),
    ("/sites/<site_id>/policy", "GET", show_policy),
    ("/sites/<site_id>/policy", "POST", change_policy),
    ("/sites/<site_id>/policy/sample", "POST", sample_policy),
    ("/sites/<site_id>/policy/restore", "POST", restore_policy),
)
