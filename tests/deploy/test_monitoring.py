"""deploy/prometheus and deploy/grafana ask for metrics that Winnow gives, and every alert says what to do."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from typing import Any

import pytest
import yaml
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from moderation import counters
from moderation.history import calls
from moderation.intake.queues import Queues
from tests.support import ROOT

PROMETHEUS = ROOT / "deploy" / "prometheus"
RULES: list[dict[str, Any]] = [
    rule for group in yaml.safe_load((PROMETHEUS / "winnow.rules.yml").read_text())["groups"] for rule in group["rules"]
]
DASHBOARD = json.loads((ROOT / "deploy" / "grafana" / "winnow.json").read_text())
SCALED = yaml.safe_load((ROOT / "deploy" / "kubernetes" / "scaling" / "workers.yaml").read_text())
RUNBOOK = (ROOT / "docs" / "operations.md").read_text()
PROMTOOL = shutil.which("promtool")

#: A metric, and the labels that are asked of it in braces.
ASKED = re.compile(r"\b(winnow_\w+)(?:\{([^}]*)\})?")
#: Labels by which something is summed up.
BY = re.compile(r"\b(?:by|without) \(([^)]*)\)")
#: The label of a histogram's buckets.
OF_PROMETHEUS = {"le"}


def queries() -> list[str]:
    """Every expression that is sent to Prometheus."""
    of_panels = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
    of_scaling = [trigger["metadata"]["query"] for trigger in SCALED["spec"]["triggers"]]
    return [*(rule["expr"] for rule in RULES), *of_panels, *of_scaling]


@pytest.fixture
def given(anonymous: FlaskClient, queues: Queues) -> dict[str, set[str]]:
    """The samples of `/metrics`, each with the labels that it has, after one of everything has happened."""
    counters.count_decisions(queues.redis, [("published", "policy")])
    counters.record_attempts(queues.redis, ["given_up"])
    calls.record(queues.redis, "s_one", "akismet", "answered")
    families = text_string_to_metric_families(anonymous.get("/metrics").text)
    found: dict[str, set[str]] = {}
    for family in families:
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


@pytest.mark.one_database
def test_every_metric_and_label_that_is_asked_for_is_given(given: dict[str, set[str]]) -> None:
    for query in queries():
        labels = set[str]()
        for name, braces in ASKED.findall(query):
            assert name in given, f"{name} is not in /metrics: {query}"
            labels |= given[name]
            asked = set(re.findall(r"(\w+)\s*[=!]", braces))
            assert asked <= given[name], f"{name} has no label {asked - given[name]}: {query}"
        summed = {label.strip() for names in BY.findall(query) for label in names.split(",")}
        assert summed <= labels | OF_PROMETHEUS, f"nothing has the label {summed - labels}: {query}"


@pytest.mark.one_database
def test_the_docs_explain_every_metric(given: dict[str, set[str]]) -> None:
    for name in given:
        plain = re.sub(r"(?<=_seconds)_(bucket|count|sum)$", "", name)
        assert f"`{plain}" in RUNBOOK, f"{plain} is not in docs/operations.md"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_leads_to_what_to_do(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert {"summary", "description", "runbook"} == rule["annotations"].keys()
    page, _, heading = rule["annotations"]["runbook"].partition("#")
    assert page == "docs/operations.md"
    assert heading == rule["alert"].lower()
    section = re.search(rf"^#### {rule['alert']}\n\n(.*?)(?=^##)", RUNBOOK, re.MULTILINE | re.DOTALL)
    assert section, f"docs/operations.md has no heading {rule['alert']}"
    for part in ("**Means**", "**First**", "**Do**"):
        assert part in section[1], f"{rule['alert']} does not say: {part}"


def test_no_runbook_entry_is_of_an_alert_that_is_gone() -> None:
    assert set(re.findall(r"^#### (Winnow\w+)$", RUNBOOK, re.MULTILINE)) == {rule["alert"] for rule in RULES}


def test_panels_do_not_overlap() -> None:
    places = [panel["gridPos"] for panel in DASHBOARD["panels"]]
    taken = [
        (x, y)
        for place in places
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(taken) == len(set(taken))
    assert all(0 <= x < 24 for x, _ in taken)
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(places)


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed: apt-get install prometheus")
@pytest.mark.parametrize(
    "arguments",
    [("check", "config", "prometheus.yml"), ("test", "rules", "winnow.rules.test.yml")],
    ids=["the rules are valid", "the alerts come when they should"],
)
def test_promtool_agrees(arguments: tuple[str, ...]) -> None:
    ran = subprocess.run([str(PROMTOOL), *arguments], cwd=PROMETHEUS, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed: apt-get install prometheus")
def test_promtool_reads_every_query_of_the_dashboard(tmp_path: Any) -> None:
    rules = [{"record": f"panel:{number}", "expr": query} for number, query in enumerate(queries())]
    file = tmp_path / "rules.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": rules}]}))
    ran = subprocess.run([str(PROMTOOL), "check", "rules", str(file)], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
