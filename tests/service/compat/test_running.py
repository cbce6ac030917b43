"""The drop-in protocols on a real server, with the model that ships."""

from __future__ import annotations

import json

import pytest
import requests

from tests.support.command_line import winnow
from tests.support.processes.installation import Installation

pytestmark = [pytest.mark.slow, pytest.mark.one_database]

ORDINARY = (
    "The council met on Tuesday and nobody could agree about the bridge. The old one has to close in spring, and the "
    "ferry that was promised for the summer will not run before autumn, as far as I understood. Does anybody know "
    "whether the school bus will go round by the mill then? It takes twenty minutes longer, and the road is narrow "
    "there. My neighbour says that the mayor wants to pay for a taxi for the smaller children."
)


@pytest.fixture(scope="module")
def compat_key(running: Installation) -> str:
    made = winnow("site", "create", "A site that moved here", "--json", cwd=running.data_dir, **running.environ)
    return str(json.loads(made.stdout)["compat_key"])


def analyze(running: Installation, key: str, text: str, *names: str) -> dict[str, float]:
    answer = requests.post(
        f"{running.url}/v1alpha1/comments:analyze?key={key}",
        json={"comment": {"text": text}, "requestedAttributes": {name: {} for name in names or ("TOXICITY",)}},
        timeout=10,
    )
    assert answer.ok, answer.text
    return {name: found["summaryScore"]["value"] for name, found in answer.json()["attributeScores"].items()}


def test_perspective_tells_an_insult_and_an_advertisement_from_a_remark(running: Installation, compat_key: str) -> None:
    insult = analyze(running, compat_key, "You are a complete idiot, shut up.", "TOXICITY", "INSULT", "SPAM")
    offer = "Buy cheap viagra online, best price, click http://pills.example now!!! 100% free shipping"
    advertisement = analyze(running, compat_key, offer, "SPAM")
    remark = analyze(running, compat_key, ORDINARY, "TOXICITY", "SPAM")
    assert insult["TOXICITY"] > 0.5
    assert insult["INSULT"] > 0.5
    assert advertisement["SPAM"] > 0.5
    assert max(remark.values()) < 0.2


def test_openai_flags_an_insult_and_no_remark(running: Installation, compat_key: str) -> None:
    answer = requests.post(
        f"{running.url}/v1/moderations",
        json={"input": ["You are a complete idiot, shut up.", ORDINARY]},
        headers={"Authorization": f"Bearer {compat_key}"},
        timeout=10,
    )
    assert [result["flagged"] for result in answer.json()["results"]] == [True, False]
