"""`WINNOW_UNJUDGED=flag`: programs that take an error for "clean" hear the worst of a text that nobody judged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from moderation.policy import policies
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from service.api import bodies
from service.compat.openai import CATEGORIES
from tests.support.compat import choose_scores

pytestmark = pytest.mark.one_database

WHY = "X-winnow-held"
LABELLED = {category for category, labels in CATEGORIES.items() if labels}
#: Text -> a part of the reason.
UNJUDGED = {
    "in klingon": "language",
    "unscorable": "unavailable|unable to score",
    "long " * 30_000: "too long",
    "\u200b": "empty",
}


@pytest.fixture
def flagging(make_app: Callable[..., Flask]) -> Flask:
    app = make_app(unjudged="flag")
    choose_scores(app)
    return app


def analyze(app: Flask, key: str, text: str, **known: Any) -> Any:
    asked = {"TOXICITY": {}, "THREAT": {"scoreThreshold": 0.9}}
    sent = {"comment": {"text": text}, "requestedAttributes": asked} | known
    return app.test_client().post("/v1alpha1/comments:analyze", query_string={"key": key}, json=sent)


def moderate(app: Flask, key: str, texts: Any) -> Any:
    headers = {"Authorization": f"Bearer {key}"}
    return app.test_client().post("/v1/moderations", headers=headers, json={"input": texts})


def require_worst(answer: Any, *, reason: str, characters: int) -> None:
    """Perspective's answer: the highest score for each attribute asked for."""
    assert answer.status_code == 200
    assert any(part in answer.headers[WHY] for part in reason.split("|")), answer.headers[WHY]
    span = {"begin": 0, "end": characters, "score": {"value": 1.0, "type": "PROBABILITY"}}
    worst = {"spanScores": [span], "summaryScore": {"value": 1.0, "type": "PROBABILITY"}}
    assert answer.json["attributeScores"] == {"TOXICITY": worst, "THREAT": worst}


def require_flagged(answer: Any, *, reason: str, results: int) -> None:
    """OpenAI's answer: each text is flagged in every category that has a label, and none was looked at."""
    assert answer.status_code == 200
    assert any(part in answer.headers[WHY] for part in reason.split("|")), answer.headers[WHY]
    assert len(answer.json["results"]) == results
    for result in answer.json["results"]:
        assert result["flagged"]
        assert {category for category, is_flagged in result["categories"].items() if is_flagged} == LABELLED
        assert {category for category, score in result["category_scores"].items() if score == 1.0} == LABELLED
        assert not any(result["category_applied_input_types"].values())


@pytest.mark.parametrize(("text", "reason"), UNJUDGED.items(), ids=list(UNJUDGED.values()))
def test_a_text_that_nobody_judged_is_the_worst(flagging: Flask, site: CreatedSite, text: str, reason: str) -> None:
    require_worst(
        analyze(flagging, site.compat_key, text),
        reason=f"{reason}|does not support|non-empty",
        characters=len(text),
    )
    require_flagged(moderate(flagging, site.compat_key, text), reason=reason, results=1)
    require_flagged(moderate(flagging, site.compat_key, ["calm", text, "calm"]), reason=reason, results=3)
    require_flagged(moderate(flagging, site.compat_key, ["", " "]), reason="empty", results=2)


def test_a_language_that_a_program_always_names_is_not_taken_for_the_texts(
    flagging: Flask, make_app: Callable[..., Flask], site: CreatedSite
) -> None:
    """Programs name English whatever the text is in."""
    require_worst(analyze(flagging, site.compat_key, "in klingon", languages=["en"]), reason="support", characters=10)
    assert WHY not in analyze(flagging, site.compat_key, "calm", languages=["en"]).headers
    require_worst(analyze(flagging, site.compat_key, "calm", languages=["tlh"]), reason="support", characters=4)
    scoring = make_app()
    choose_scores(scoring)
    assert WHY not in analyze(scoring, site.compat_key, "in klingon", languages=["en"]).headers


def test_a_picture_that_nobody_looked_at_is_flagged(flagging: Flask, site: CreatedSite) -> None:
    picture = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
    parts = [{"type": "text", "text": "calm"}, picture]
    require_flagged(moderate(flagging, site.compat_key, parts), reason="scores text only", results=1)


def test_what_is_judged_is_answered_as_ever(flagging: Flask, site: CreatedSite) -> None:
    answer = analyze(flagging, site.compat_key, "toxicity=0.3")
    assert WHY not in answer.headers
    assert answer.json["attributeScores"]["TOXICITY"]["summaryScore"]["value"] == 0.3
    answer = moderate(flagging, site.compat_key, ["calm", "insult=0.9"])
    assert WHY not in answer.headers
    assert [result["flagged"] for result in answer.json["results"]] == [False, True]


def test_so_is_a_text_with_a_wrong_key_over_the_limit_or_while_the_database_is_away(
    make_app: Callable[..., Flask], site: CreatedSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_app(unjudged="flag", rate_limit="2 per hour")
    choose_scores(app)
    for key, reason in (("wrongkey1234", "key"), (site.compat_key, ""), (site.compat_key, "uota|ate limit")):
        if reason:
            require_worst(analyze(app, key, "two"), reason=reason, characters=3)
            require_flagged(moderate(app, key, ["one", "two"]), reason=reason, results=2)
        else:
            assert WHY not in analyze(app, key, "two").headers
            assert WHY not in moderate(app, key, "two").headers
    app = make_app(unjudged="flag")
    choose_scores(app)
    monkeypatch.setattr(app.extensions["winnow"].store, "engine", Store("postgresql+psycopg://127.0.0.1:1/none").engine)
    require_worst(analyze(app, site.compat_key, "two"), reason="unavailable", characters=3)
    require_flagged(moderate(app, site.compat_key, "two"), reason="unable to score", results=1)


def test_the_emergency_brake_holds_these_texts_too(
    flagging: Flask, make_app: Callable[..., Flask], store: Store, site: CreatedSite
) -> None:
    with store.write() as session:
        document = policies.current(session, site.id).document | {"mode": "hold"}
        policies.save(session, site.id, document, actor="operator")
    require_worst(analyze(flagging, site.compat_key, "calm"), reason="every comment", characters=4)
    require_flagged(moderate(flagging, site.compat_key, ["calm", "calm"]), reason="every comment", results=2)
    scoring = make_app()
    choose_scores(scoring)
    assert WHY not in analyze(scoring, site.compat_key, "calm").headers
    assert not moderate(scoring, site.compat_key, "calm").json["results"][0]["flagged"]


def test_a_program_that_asks_wrongly_still_hears_of_it(flagging: Flask, site: CreatedSite) -> None:
    client = flagging.test_client()
    asked = {"comment": {"text": "calm"}, "requestedAttributes": {"TOXCITY": {}}}
    key = {"key": site.compat_key}
    assert client.post("/v1alpha1/comments:analyze", query_string=key, json=asked).status_code == 400
    assert client.post("/v1alpha1/comments:analyze", query_string=key, data=b"{").status_code == 400
    assert client.post("/v1alpha1/comments:suggestscore", query_string={"key": "wrong"}, json=asked).status_code == 400
    assert moderate(flagging, site.compat_key, {"text": "calm"}).status_code == 400
    assert client.get("/v1/models", headers={"Authorization": "Bearer wrong"}).status_code == 401


@pytest.mark.parametrize("sent", [b"", b"{", b"\xff", b"[1]", b'{"input": [[1, 2]]}', b"x" * 1_400_000])
def test_a_request_that_was_refused_unread_needs_not_be_readable(flagging: Flask, sent: bytes) -> None:
    client = flagging.test_client()
    path = "/v1alpha1/comments:analyze?key=wrong&fields=)"
    answer: Any = client.post(path, data=sent, content_type="application/json")
    assert answer.status_code == 200
    assert answer.json["attributeScores"]["TOXICITY"]["summaryScore"]["value"] == 1.0
    headers = {"Authorization": "Bearer wrong"}
    answer = client.post("/v1/moderations", data=sent, headers=headers, content_type="application/json")
    require_flagged(answer, reason="key", results=1)


def test_each_text_of_a_refused_request_is_flagged_though_one_is_not_unicode(flagging: Flask) -> None:
    answer: Any = flagging.test_client().post(
        "/v1/moderations",
        data=b'{"input": ["one", "t\xffo", "three"]}',
        headers={"Authorization": "Bearer wrong"},
        content_type="application/json",
    )
    require_flagged(answer, reason="key", results=3)


def test_a_refused_request_is_read_once(flagging: Flask, site: CreatedSite, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    parse = bodies.parse_text

    def parse_text(text: str) -> Any:
        read.append(text)
        return parse(text)

    monkeypatch.setattr(bodies, "parse_text", parse_text)
    for key in (site.compat_key, "wrong"):
        require_flagged(moderate(flagging, key, "in klingon"), reason="language|key", results=1)
        require_worst(analyze(flagging, key, "in klingon"), reason="language|not valid", characters=10)
    assert len(read) == 4
