"""A site's policy tests: their page, where they are added, imported and removed, and how they are run for a policy."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, abort, current_app, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from moderation.decisions import policy_trials
from moderation.decisions.policy_trials import Remembered, Result
from moderation.policy import policies, policy_tests
from moderation.policy.policy_tests import LONGEST_NAME, LONGEST_TEXT, MOST, OF_STATUS, OUTCOMES, Unfit
from moderation.policy.terms import Policy
from service import forms
from service.classifier import classifier, presets
from service.console import access, names
from service.console.policy import policy_shared
from service.console.retold import retold
from service.context import context
from texts.translation import decimal, gettext

#: How long a page waits for the tests of a policy, and the largest file of examples, in bytes.
SECONDS, MOST_BYTES = 5.0, 4 * 1024 * 1024
#: Tests that a notice shows.
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Comparison:
    """What another policy makes of a site's tests, beside the one in force."""

    results: Sequence[Result]

    @property
    def changed(self) -> list[Result]:
        """Those that it decides otherwise; first those of them that it decides otherwise than expected."""
        return sorted((result for result in self.results if result.changes), key=lambda result: result.passes)

    @property
    def worse(self) -> list[Result]:
        """Those that it decides otherwise, and not as is expected."""
        return [result for result in self.changed if not result.passes]

    @property
    def shown(self) -> list[Result]:
        """Those that a page shows; `changed` may have more."""
        return self.changed[:_SHOWN]

    @property
    def not_run(self) -> int:
        """How many there was no time for."""
        return sum(result.outcomes is None for result in self.results)

    @property
    def failing(self) -> int:
        """How many it does not decide as is expected."""
        return sum(result.outcomes is not None and not result.passes for result in self.results)

    @property
    def digest(self) -> str:
        """Names what was shown, so that a person confirms that and nothing else."""
        lines = sorted(f"{result.test.id} {result.outcome}" for result in self.worse)
        return hashlib.blake2b("\n".join(lines).encode(), digest_size=12).hexdigest()


def compare(site_id: str, in_force: Policy, candidate: Policy) -> Comparison:
    """Run the site's tests under both policies."""
    return Comparison(_run(site_id, in_force, candidate))


def _run(site_id: str, *by: Policy) -> list[Result]:
    with context().store.read() as session:
        tests = policy_tests.of_site(session, site_id)
    if not tests:
        return []
    judges = [policy_trials.judge_by(context().store, context().queues, classifier(), site_id, policy) for policy in by]
    memory: Remembered = current_app.extensions.setdefault("winnow_policy_tests", Remembered())
    return policy_trials.run(judges, tests, seconds=SECONDS, memory=memory)


def list_policy_tests(site_id: str) -> ResponseReturnValue:
    access.require(site_id, "moderator")
    return _page(site_id)


def add_policy_test(site_id: str) -> ResponseReturnValue:
    access.require(site_id, "moderator")
    values = {name: forms.clean(request.form.get(name, "")) for name in ("text", "name", "expected")}
    try:
        new = policy_tests.example(**values)
        with context().store.write() as session:
            policy_tests.add(session, site_id, new, actor=access.actor())
    except Unfit as error:
        return _page(site_id, values=values, errors={"text": retold(str(error))}, code=422)
    flash(gettext("Kept. It is run whenever the policy changes."), "good")
    return redirect(url_for("console.list_policy_tests", site_id=site_id), 303)


def keep_as_policy_test(comment_id: str) -> ResponseReturnValue:
    """Keep a decided comment as an example of what the policy is to make of such."""
    access.require_id("c", comment_id)
    expected = forms.choice("expected", OUTCOMES, gettext("Say what the policy is to make of it."))
    try:
        with context().store.write() as session:
            comment = access.require_comment(session, comment_id, "moderator")
            if comment.status not in OF_STATUS:
                abort(409, gettext("There is nothing to keep of it: it waits to be scored, or was erased."))
            new = policy_tests.example(comment.comment, expected, comment.name)
            policy_tests.add(session, comment.site_id, new, actor=access.actor(), comment=comment)
    except Unfit as error:
        flash(gettext("It was not kept. %(why)s", why=retold(str(error))), "bad")
    else:
        flash(gettext("Kept as a test of the site’s policy, which is run whenever the policy changes."), "good")
    return redirect(url_for("console.show_comment", comment_id=comment_id), 303)


def import_policy_tests(site_id: str) -> ResponseReturnValue:
    access.require(site_id, "admin")
    file = request.files.get("file")
    content = file.read() if file is not None else b""
    try:
        if not content:
            raise Unfit(gettext("Choose a file."))
        examples = policy_tests.read_file(content)
        with context().store.write() as session:
            number = policy_tests.add_all(session, site_id, examples, actor=access.actor())
    except Unfit as error:
        return _page(site_id, errors={"file": retold(str(error))}, code=422)
    told = gettext("%(kept)s kept; the site has %(number)s now.", kept=decimal(len(examples)), number=decimal(number))
    flash(told, "good")
    return redirect(url_for("console.list_policy_tests", site_id=site_id), 303)


def remove_policy_test(site_id: str) -> ResponseReturnValue:
    access.require(site_id, "admin")
    test_id = forms.text("test")
    access.require_id("pt", test_id)
    with context().store.write() as session:
        policy_tests.remove(session, site_id, test_id, actor=access.actor())
    flash(gettext("Removed."), "good")
    return redirect(url_for("console.list_policy_tests", site_id=site_id), 303)


def _page(
    site_id: str, *, values: dict[str, str] | None = None, errors: dict[str, str] | None = None, code: int = 200
) -> Response:
    with context().store.read() as session:
        row = policies.current(session, site_id)
        sites = [site for site in names.of_own_sites(session, chosen=site_id) if access.may(site[0], "moderator")]
    policy = policies.compile_policy(policies.DEFAULT | row.document, row.version, presets())
    results = Comparison(_run(site_id, policy_shared.with_lists(policy)))
    page: Any = render_template(
        "console/policy/policy_tests.html",
        site_id=site_id,
        sites=sites,
        results=sorted(results.results, key=lambda result: result.passes),
        tests=results,
        version=row.version,
        values=values or {"text": "", "name": "", "expected": "reject"},
        errors=errors or {},
        outcomes=names.OUTCOMES,
        may_edit=access.may(site_id, "admin"),
        most=MOST,
        longest=LONGEST_TEXT,
        longest_name=LONGEST_NAME,
    )
    return make_response(page, code)


ROUTES = (
    ("/sites/<site_id>/policy/tests", "GET", list_policy_tests),
    ("/sites/<site_id>/policy/tests", "POST", add_policy_test),
    ("/sites/<site_id>/policy/tests/import", "POST", import_policy_tests),
    ("/sites/<site_id>/policy/tests/remove", "POST", remove_policy_test),
    ("/comments/<comment_id>/policy-test", "POST", keep_as_policy_test),
)
