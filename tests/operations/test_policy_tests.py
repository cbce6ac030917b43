"""`winnow policy-tests`: sites' own examples with the model in place and with another, and how it ends."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import models
from moderation.policy import policies, policy_tests
from moderation.policy.policy_tests import Example
from moderation.settings import Settings
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from operations.commands import policy_tests as command
from tests.support.classifier import ChosenScores

pytestmark = pytest.mark.one_database


class Milder(ChosenScores):
    """Another model: the same scores, and milder presets."""

    version = "chosen-2"
    thresholds: Mapping[str, Mapping[str, Mapping[str, float | None]]] = {
        **ChosenScores.thresholds,
        "balanced": ChosenScores.thresholds["lenient"],
    }


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, settings: Settings, store: Store) -> Any:
    monkeypatch.setattr(command, "open_installation", lambda: (settings, store))
    monkeypatch.setattr(models, "load", lambda path=None, **_: ChosenScores() if path is None else Milder())
    return lambda *arguments: CliRunner().invoke(command.run, arguments)


def keep(store: Store, site: CreatedSite, *examples: Example) -> None:
    with store.write() as session:
        policy_tests.add_all(session, site.id, examples, actor="user:u1")


def test_it_says_what_fails_and_what_a_new_model_changes_and_ends_with_1(
    run: Any, store: Store, site: CreatedSite, other_site: CreatedSite, tmp_path: Path
) -> None:
    assert "No site has policy tests." in run().stdout
    keep(store, site, Example("fine insult=0.60", "flag"), Example("calm", "publish"))
    keep(store, other_site, Example("bad\ninsult=0.95\x1b[31m", "reject"))
    assert (run().exit_code, run().stdout) == (0, "3 tests: 0 fail, 0 change.\n")

    found = run("--model", str(tmp_path))
    assert found.exit_code == 1
    assert found.stdout.splitlines()[-1] == "3 tests: 2 fail, 2 change."
    assert "\x1b" not in found.stdout
    [line] = [line.split() for line in found.stdout.splitlines() if "bad" in line]
    assert line[0] == "FAILS"
    assert " ".join(line).endswith("reject reject hold bad insult=0.95\\x1b[31m")
    alone = [json.loads(one) for one in run("--model", str(tmp_path), "--site", site.id, "--json").stdout.splitlines()]
    assert {(one["text"], one["before"], one["outcome"], one["passes"], one["changes"]) for one in alone} == {
        ("fine insult=0.60", "flag", "publish", False, True),
        ("calm", "publish", "publish", True, False),
    }


def test_it_goes_by_the_policy_in_force(run: Any, store: Store, site: CreatedSite) -> None:
    keep(store, site, Example("insult=0.6", "flag"))
    with store.write() as session:
        policies.save(session, site.id, {"preset": "lenient"}, actor="user:u1")
    assert "FAILS" in run().stdout
    assert run().exit_code == 1
