"""Perspective's protocol: its published clients run unchanged, and its errors come in its own words."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from models.labels import CORE_LABELS
from moderation.policy import policies
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import Comment, Feedback
from tests.support.classifier import ChosenScores
from tests.support.compat import choose_scores

pytestmark = pytest.mark.one_database

PRODUCTION = ("TOXICITY", "SEVERE_TOXICITY", "IDENTITY_ATTACK", "INSULT", "PROFANITY", "THREAT")
Call = Callable[..., Any]


@pytest.fixture
def call(scored: Flask, site: CreatedSite) -> Call:
    """Posts to a method with the site's key: `call({...}, method="suggestscore", prettyPrint="false")`."""
    return partial(_post, scored.test_client(), site.compat_key)


def _post(client: FlaskClient, own_key: str, body: Any, *, method: str = "analyze", **query: str) -> Any:
    query.setdefault("key", own_key)
    sent = {"data": body} if isinstance(body, bytes) else {"json": body}
    return client.post(f"/v1alpha1/comments:{method}", query_string=query, **sent)


def body(text: str = "toxicity=0.8", *names: str, **known: Any) -> dict[str, Any]:
    return {"comment": {"text": text}, "requestedAttributes": {name: {} for name in names or ("TOXICITY",)}} | known


def error_of(response: Any) -> tuple[int, str, str]:
    """The status, the message, and the detail's error type."""
    error = response.json["error"]
    assert error["code"] == response.status_code
    details = error.get("details") or [{}]
    return response.status_code, error["message"], details[0].get("errorType", error["status"])


def test_corals_perspective_phase(scored: Flask, site: CreatedSite) -> None:
    """What Coral sends: one attribute, languages from its locale, the key in the address, and feedback on decisions."""
    client = scored.test_client()
    sent = {
        "comment": {"text": "toxicity=0.81"},
        "doNotStore": True,
        "languages": ["en"],
        "requestedAttributes": {"TOXICITY": {}},
    }
    answer = client.post(f"/v1alpha1/comments:analyze?key={site.compat_key}", json=sent)
    assert answer.get_json()["attributeScores"]["TOXICITY"]["summaryScore"]["value"] == 0.81


# --- scores -------------------------------------------------------------------------------------------------------


def test_the_six_production_attributes_come_from_our_labels(call: Call) -> None:
    text = " ".join(f"{name.lower()}=0.{number}1" for number, name in enumerate(PRODUCTION, 1))
    scores = call(body(text, *PRODUCTION, "SPAM", "OBSCENE")).json["attributeScores"]
    assert [scores[name]["summaryScore"]["value"] for name in PRODUCTION] == [0.11, 0.21, 0.31, 0.41, 0.51, 0.61]
    assert scores["OBSCENE"]["summaryScore"] == scores["PROFANITY"]["summaryScore"]
    assert scores["SPAM"]["summaryScore"]["value"] == 0.01


def test_an_attribute_below_its_threshold_is_left_out(call: Call) -> None:
    asked = {"TOXICITY": {"scoreThreshold": 0.9}, "INSULT": {"scoreThreshold": 0.6, "scoreType": "PROBABILITY"}}
    found = call(body("toxicity=0.8 insult=0.6") | {"requestedAttributes": asked}).json
    assert list(found["attributeScores"]) == ["INSULT"]
    assert "attributeScores" not in call(body(requestedAttributes={"TOXICITY": {"scoreThreshold": 0.9}})).json


def test_every_attribute_has_a_span_of_the_full_text_in_utf16(call: Call) -> None:
    text = "😀 été 👩‍👩‍👧"
    [span] = call(body(text)).json["attributeScores"]["TOXICITY"]["spanScores"]
    assert (span["begin"], span["end"]) == (0, len(text.encode("utf-16-le")) // 2)


def test_span_annotations_name_the_words_in_utf16(call: Call) -> None:
    text = "😀 toxicity=0.7 and then 😀😀 toxicity=0.9 the end"
    scores = call(body(text, "TOXICITY", "INSULT", spanAnnotations=True)).json["attributeScores"]
    whole, *parts = scores["TOXICITY"]["spanScores"]
    wide = text.encode("utf-16-le")
    named = [wide[2 * part["begin"] : 2 * part["end"]].decode("utf-16-le") for part in parts]
    assert named == ["toxicity=0.7", "toxicity=0.9"]
    assert [part["score"]["value"] for part in parts] == [0.7, 0.9]
    assert whole["end"] == len(wide) // 2
    assert len(scores["INSULT"]["spanScores"]) == 1


def test_the_clients_token_and_languages_come_back(call: Call) -> None:
    known: dict[str, Any] = {"clientToken": "abc", "languages": ["en-GB", "fr"], "sessionId": "1", "communityId": "x"}
    found = call(body(**known, context={"entries": [{"text": "before"}]})).json
    assert (found["clientToken"], found["languages"]) == ("abc", ["en-GB", "fr"])


def test_languages_given_win_over_the_detected_one(call: Call) -> None:
    assert call(body("klingon toxicity=0.8", languages=["en"])).status_code == 200
    assert error_of(call(body("toxicity=0.8", languages=["hu", "xx"]))) == (
        400,
        "Attribute TOXICITY does not support request languages: hu, xx",
        "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE",
    )


@pytest.mark.parametrize("given", [[""], [" ", ""], None])
def test_languages_that_name_none_are_as_if_none_were_given(call: Call, given: list[str] | None) -> None:
    assert call(body("toxicity=0.8", languages=given)).json == call(body("toxicity=0.8")).json


def test_a_site_that_takes_any_language_has_any_scored(call: Call, store: Store, site: CreatedSite) -> None:
    with store.write() as session:
        document = policies.current(session, site.id).document | {"flag_unknown_language": False}
        policies.save(session, site.id, document, actor="operator")
    assert call(body("klingon toxicity=0.8")).status_code == 200
    assert call(body("toxicity=0.8", languages=["hu"])).json["languages"] == ["hu"]


def test_snake_case_names_and_null_are_read_as_googles_servers_read_them(call: Call) -> None:
    sent = {"comment": {"text": "toxicity=0.8", "type": 1}, "requested_attributes": {"TOXICITY": None}, "context": None}
    assert call(sent).status_code == 200


@pytest.mark.parametrize("first", [{"INSULT": {}}, None])
def test_a_field_given_by_both_of_its_names_is_refused(call: Call, first: dict[str, Any] | None) -> None:
    sent = body("insult=0.9", "INSULT") | {"requestedAttributes": {"TOXICITY": {}}, "requested_attributes": first}
    answer = call(sent)
    assert answer.status_code == 400
    assert "given twice" in answer.json["error"]["message"]


def test_nothing_that_was_analyzed_is_kept(
    call: Call, store: Store, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level("DEBUG"):
        assert call(body("a secret toxicity=0.8", doNotStore=True)).status_code == 200
        assert call(b'{"comment": {"text": "a secret"}, "clientToken": "a secret').status_code == 400
        assert call(body("a secret unscorable")).status_code == 503
    with store.read() as session:
        assert session.scalar(select(func.count()).select_from(Comment)) == 0
        assert session.scalar(select(func.count()).select_from(Feedback)) == 0
    written = capfd.readouterr()
    assert "a secret" not in caplog.text + written.out + written.err


def test_answers_may_be_compact_and_partial(call: Call) -> None:
    compact = call(body(), prettyPrint="false", fields="attributeScores(TOXICITY/summaryScore/value),languages")
    assert compact.get_data(as_text=True) == (
        '{"attributeScores":{"TOXICITY":{"summaryScore":{"value":0.8}}},"languages":["sv"]}'
    )
    assert call(body(), fields="attributeScores.TOXICITY.spanScores.begin").json == {
        "attributeScores": {"TOXICITY": {"spanScores": [{"begin": 0}]}}
    }
    assert "\n  " in call(body()).get_data(as_text=True)
    assert error_of(call(body(), fields="a(b"))[0] == 400


def test_a_browser_may_ask(scored: Flask) -> None:
    asked = scored.test_client().options("/v1alpha1/comments:analyze", headers={"Origin": "https://blog.example"})
    assert asked.headers["Access-Control-Allow-Origin"] == "*"
    assert "POST" in asked.headers["Access-Control-Allow-Methods"]
    assert "x-goog-api-key" in asked.headers["Access-Control-Allow-Headers"]


def test_the_discovery_document_has_the_address_it_was_asked_at(scored: Flask) -> None:
    found = scored.test_client().get("/$discovery/rest?version=v1alpha1", base_url="https://winnow.example")
    assert (found.get_json()["rootUrl"], found.get_json()["baseUrl"]) == ("https://winnow.example/",) * 2
    assert scored.test_client().get("/$discovery/rest?version=v2").status_code == 404


@pytest.mark.parametrize("asked_at", ["http://winnow.example", "https://evil.example"])
def test_where_the_public_address_is_set_no_other_is_told(make_app: Callable[..., Flask], asked_at: str) -> None:
    """A cache in between would have one client's idea of our address sent to the others, and their keys after it."""
    app = make_app(public_url="https://winnow.example")
    found = app.test_client().get("/$discovery/rest?version=v1alpha1", base_url=asked_at)
    assert found.get_json()["rootUrl"] == "https://winnow.example/"
    assert found.headers["Cache-Control"] == "no-store"


# --- feedback -----------------------------------------------------------------------------------------------------


def test_a_suggested_score_becomes_a_labelled_example(call: Call, store: Store, site: CreatedSite) -> None:
    about = {"url": "https://news.example/story", "reply_to_id_Coral_comment_id": None, "Coral_comment_id": "c-17"}
    sent = {
        "comment": {"text": "You are a fool"},
        "context": {"entries": [{"text": json.dumps(about)}]},
        "attributeScores": {
            "TOXICITY": {"summaryScore": {"value": 1}},
            "UNSUBSTANTIAL": {"summaryScore": {"value": 1}},
        },
        "languages": ["en"],
        "communityId": "Coral:tenant",
        "clientToken": "comment:c-17",
    }
    answer = call(sent, method="suggestscore")
    assert answer.json == {"clientToken": "comment:c-17", "detectedLanguages": ["sv"], "requestedLanguages": ["en"]}
    with store.read() as session:
        [row] = session.scalars(select(Feedback))
    assert (row.site_id, row.source, row.text, row.label, row.value) == (
        site.id,
        "perspective",
        "You are a fool",
        "toxicity",
        1.0,
    )
    assert row.detail == {"client_token": "comment:c-17", "community_id": "Coral:tenant", "comment_id": "c-17"}


def test_a_score_suggested_for_parts_counts_as_the_highest(call: Call, store: Store) -> None:
    spans = [{"begin": 0, "end": 2, "score": {"value": 0.2}}, {"begin": 2, "end": 4, "score": {"value": "0.9"}}]
    call({"comment": {"text": "word"}, "attributeScores": {"INSULT": {"spanScores": spans}}}, method="suggestscore")
    with store.read() as session:
        assert session.scalars(select(Feedback.value)).all() == [0.9]


@pytest.mark.parametrize(
    ("scores", "says"),
    [
        ({}, "Missing attribute_scores"),
        ({"NICENESS": {"summaryScore": {"value": 1}}}, "Unknown requested attribute: NICENESS"),
        ({"TOXICITY": {"summaryScore": {"value": 7}}}, "Attribute TOXICITY needs"),
        ({"TOXICITY": {}}, "Attribute TOXICITY needs"),
    ],
)
def test_feedback_that_cannot_be_used_is_refused(call: Call, scores: Any, says: str) -> None:
    refused = call({"comment": {"text": "word"}, "attributeScores": scores}, method="suggestscore")
    assert says in error_of(refused)[1]
    assert error_of(refused)[::2] == (400, "INVALID_REQUEST")


def test_a_text_beyond_the_originals_limit_is_scored_without_looking_for_its_words(call: Call) -> None:
    """A writer could have it refused else, and most programs publish what is refused."""
    for text in ("toxicity=0.8" + " é" * 7_000, "toxicity=0.8" + " x" * 49_994):
        answer = call(body(text, spanAnnotations=True))
        scores = answer.json["attributeScores"]["TOXICITY"]
        assert scores["summaryScore"]["value"] == 0.8
        assert [(span["begin"], span["end"]) for span in scores["spanScores"]] == [(0, len(text))]
        told = {"comment": {"text": text}, "attributeScores": {"TOXICITY": {"summaryScore": {"value": 1}}}}
        assert error_of(call(told, method="suggestscore"))[2] == "COMMENT_TOO_LONG", "it would be no example"


# --- errors -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "message", "kind"),
    [
        (body(""), "Comment must be non-empty.", "COMMENT_EMPTY"),
        ({}, "Comment must be non-empty.", "COMMENT_EMPTY"),
        (b"", "Comment must be non-empty.", "COMMENT_EMPTY"),
        (body("x" * 100_001), "Comment text too long.", "COMMENT_TOO_LONG"),
        # Of long texts only those in English are read by somebody who knows their language.
        (body("in klingon" + " é" * 7_000), "Comment text too long.", "COMMENT_TOO_LONG"),
        (body("in klingon" + " é" * 7_000, languages=["en"]), "Comment text too long.", "COMMENT_TOO_LONG"),
        ({"comment": {"text": "x"}}, "Missing requested_attributes", "NO_REQUESTED_ATTRIBUTES"),
        (body("x", "NICENESS"), "Unknown requested attribute: NICENESS", "INVALID_REQUEST"),
        (
            body("x", *(f"NICENESS_{number}" for number in range(1000))),
            "Unknown requested attribute: NICENESS_0",
            "INVALID_REQUEST",
        ),
        (
            body("x", "FLIRTATION"),
            "Attribute FLIRTATION does not support request languages: sv",
            "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE",
        ),
        (
            body("x", "LIKELY_TO_REJECT", languages=["en"]),
            "Attribute LIKELY_TO_REJECT does not support request languages: en",
            "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE",
        ),
        (
            body("in klingon"),
            "Attribute TOXICITY does not support request languages: tlh",
            "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE",
        ),
        (
            body(requestedAttributes={"TOXICITY": {"scoreType": "PERCENTILE"}}),
            "Requested score type PERCENTILE is not supported by attribute TOXICITY",
            "INVALID_REQUEST",
        ),
        (
            body(comment={"text": "<b>x</b>", "type": "HTML"}),
            "Currently, only 'PLAIN_TEXT' comments are supported",
            "INVALID_REQUEST",
        ),
        (
            body(context={"entries": [{"text": "x"}], "articleAndParentComment": {"article": {"text": "x"}}}),
            "Context can have either entries or article_and_parent_comment, but both fields were populated.",
            "INVALID_REQUEST",
        ),
    ],
)
def test_the_originals_errors(call: Call, sent: Any, message: str, kind: str) -> None:
    assert error_of(call(sent)) == (400, message, kind)


# --- attributes that we lack --------------------------------------------------------------------------------------

LACKING = "X-Winnow-Unsupported-Attributes"


def test_what_the_fast_reader_alone_does_not_judge_is_lacking(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = body("insult=0.9 sexual=0.8", "INSULT", "SEXUALLY_EXPLICIT")
    assert call(sent).json["attributeScores"]["SEXUALLY_EXPLICIT"]["summaryScore"]["value"] == 0.8
    monkeypatch.setattr(ChosenScores, "labels", CORE_LABELS)
    answer = call(sent)
    assert set(answer.json["attributeScores"]) == {"INSULT"}
    assert answer.headers[LACKING] == "SEXUALLY_EXPLICIT"


def test_an_attribute_that_we_lack_does_not_keep_the_others_from_their_scores(call: Call) -> None:
    """Most clients publish a text on any error, so one attribute too many would turn moderation off."""
    names = ("TOXICITY", "SEVERE_TOXICITY", "INSULT", "THREAT", "INFLAMMATORY", "IDENTITY_ATTACK", "FLIRTATION")
    answer = call(body("insult=0.9", *names))
    assert set(answer.json["attributeScores"]) == set(names) - {"INFLAMMATORY", "FLIRTATION"}
    assert answer.json["attributeScores"]["INSULT"]["summaryScore"]["value"] == 0.9
    assert set(answer.headers[LACKING].split(", ")) == {"INFLAMMATORY", "FLIRTATION"}
    assert answer.headers["Access-Control-Expose-Headers"] == "*"
    assert LACKING not in call(body("insult=0.9", "INSULT")).headers


def test_the_score_type_of_what_we_lack_is_not_looked_at(call: Call) -> None:
    asked = {"TOXICITY": {}, "FLIRTATION": {"scoreType": "PERCENTILE"}}
    assert call(body(requestedAttributes=asked)).status_code == 200


@pytest.mark.parametrize("drops", [True, False, None])
def test_where_no_attribute_is_left_it_is_an_error_and_no_empty_answer(call: Call, drops: bool | None) -> None:
    """An answer without scores would be read as one without a fault."""
    refused = call(body("x", "FLIRTATION", "INCOHERENT", dropUnsupportedAttributes=drops))
    assert error_of(refused)[::2] == (400, "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE")


@pytest.fixture
def strict(make_app: Callable[..., Flask], site: CreatedSite) -> Call:
    """Calls an app whose operator wants the original's error for an attribute that we lack."""
    app = make_app(perspective_unsupported="error")
    choose_scores(app)
    return partial(_post, app.test_client(), site.compat_key)


def test_the_original_drops_what_it_lacks_when_asked(strict: Call) -> None:
    asked = body("x", "TOXICITY", "FLIRTATION")
    assert error_of(strict(asked))[::2] == (400, "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE")
    for spelling in ("dropUnsupportedAttributes", "drop_unsupported_attributes"):
        answer = strict(asked | {spelling: True})
        assert list(answer.json["attributeScores"]) == ["TOXICITY"]
        assert answer.headers[LACKING] == "FLIRTATION"
        assert strict(asked | {spelling: False}).status_code == 400


def test_the_originals_error_for_an_attribute_names_what_clients_retry_without(strict: Call) -> None:
    [detail] = strict(body("x", "TOXICITY", "FLIRTATION", languages=["en"])).json["error"]["details"]
    assert detail == {
        "@type": "type.googleapis.com/google.commentanalyzer.v1alpha1.Error",
        "errorType": "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE",
        "languageNotSupportedByAttributeError": {
            "detectedLanguages": ["sv"],
            "requestedLanguages": ["en"],
            "attribute": "FLIRTATION",
        },
    }


@pytest.mark.parametrize("half", ["\\ud83d", "\\ude00"])
def test_half_of_a_character_hides_nothing(call: Call, half: str) -> None:
    """A client that cuts a text within an emoji sends one, and anybody may write one."""
    sent = f'{{"comment": {{"text": "toxicity=0.8 {half}"}}, "requestedAttributes": {{"TOXICITY": {{}}}}}}'
    [score] = call(sent.encode()).json["attributeScores"].values()
    assert score["summaryScore"]["value"] == pytest.approx(0.8)
    assert score["spanScores"][0]["end"] == len("toxicity=0.8 ") + 1


@pytest.mark.parametrize(
    "sent",
    [
        b"{",
        b"comment=hello&requestedAttributes=TOXICITY",
        b"[]",
        b'"text"',
        b"\xff\xfe",
        b"[" * 100_000,
        body(comment="text"),
        body(comment={"text": 7}),
        body(comment={"text": "x", "type": "MARKDOWN"}),
        body(comment={"text": "x", "language": "en"}),
        body(requestedAttributes=["TOXICITY"]),
        body(requestedAttributes={"TOXICITY": 1}),
        body(requestedAttributes={"TOXICITY": {"scoreThreshold": "high"}}),
        body(requestedAttributes={"TOXICITY": {"scoreThreshold": True}}),
        body(languages=[{}]),
        body(spanAnnotations="maybe"),
        body(nonsense=1),
    ],
)
def test_a_body_that_is_no_such_message_is_an_invalid_argument(call: Call, sent: Any) -> None:
    status, _, kind = error_of(call(sent))
    assert (status, kind) == (400, "INVALID_ARGUMENT")


@pytest.mark.parametrize("text", ["\u202e right to left", "zero\u200bwidth\u200d", "a\0b", "א" * 100, "!" * 20_480])
def test_odd_texts_are_scored(call: Call, text: str) -> None:
    assert call(body(text)).status_code == 200


def test_a_body_beyond_any_comment_is_refused(call: Call) -> None:
    assert error_of(call(b'{"comment": {"text": "' + b"x" * 1_100_000))[0] == 400


def test_without_a_key(call: Call) -> None:
    refused = call(body(), key="")
    assert error_of(refused)[::2] == (403, "PERMISSION_DENIED")


@pytest.mark.parametrize("key", ["wrong", "x" * 12, "ü" * 12, "x" * 5000])
def test_a_wrong_key(call: Call, key: str) -> None:
    error = call(body(), key=key).json["error"]
    assert (error["code"], error["status"]) == (400, "INVALID_ARGUMENT")
    assert error["message"] == "API key not valid. Please pass a valid API key."
    assert error["details"][0]["reason"] == "API_KEY_INVALID"


def test_the_key_may_come_in_a_header_and_an_api_key_is_none(scored: Flask, site: CreatedSite) -> None:
    client = scored.test_client()
    path = "/v1alpha1/comments:analyze"
    assert client.post(path, json=body(), headers={"X-Goog-Api-Key": site.compat_key}).status_code == 200
    assert client.post(path, json=body(), headers={"X-Goog-Api-Key": site.api_key}).status_code == 400


def test_over_the_limit(make_app: Callable[..., Flask], site: CreatedSite) -> None:
    app = make_app(rate_limit="1 per hour")
    choose_scores(app)
    path = f"/v1alpha1/comments:analyze?key={site.compat_key}"
    assert app.test_client().post(path, json=body()).status_code == 200
    refused = app.test_client().post(path, json=body())
    assert error_of(refused)[::2] == (429, "RESOURCE_EXHAUSTED")
    assert int(refused.headers["Retry-After"]) > 0


def test_what_cannot_be_scored_is_an_error_and_never_a_score(call: Call) -> None:
    assert error_of(call(body("unscorable")))[::2] == (503, "UNAVAILABLE")


@pytest.mark.parametrize("query", [{"callback": "alert"}, {"alt": "proto"}])
def test_answers_are_json_only(call: Call, query: dict[str, str]) -> None:
    refused = call(body(), **query)
    assert refused.status_code == 400
    assert refused.mimetype == "application/json"
