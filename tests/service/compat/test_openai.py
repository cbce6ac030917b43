"""OpenAI's moderation endpoint: its Python client runs unchanged, and what we have no score for says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import openai
import pytest
from flask import Flask
from openai import OpenAI

from models.labels import CORE_LABELS, LABELS
from moderation.policy import policies
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from tests.support.classifier import ChosenScores
from tests.support.compat import choose_scores, listening

pytestmark = pytest.mark.one_database

Call = Callable[..., Any]
#: Categories that we have a score for.
SCORED = {"harassment", "harassment/threatening", "hate", "hate/threatening", "sexual", "self-harm"}


@pytest.fixture
def call(scored: Flask, site: CreatedSite) -> Call:
    def post(sent: Any, key: str | None = site.compat_key, **known: Any) -> Any:
        headers = {"Authorization": f"Bearer {key}"} if key is not None else {}
        body = {"data": sent} if isinstance(sent, bytes) else {"json": sent}
        known.setdefault("content_type", "application/json")
        return scored.test_client().post("/v1/moderations", headers=headers, **body, **known)

    return post


@pytest.mark.parametrize("unseen", ["\0", "\x01", "\x7f", "\x81"])
def test_control_characters_part_no_word(call: Call, unseen: str) -> None:
    """A browser shows none of them."""
    [result] = call({"input": f"ins{unseen}ult=1.0"}).json["results"]
    assert result["categories"]["harassment"]


def test_all_thirteen_categories_are_there_and_those_without_a_score_are_never_flagged(call: Call) -> None:
    [result] = call({"input": " ".join(f"{label}=1.0" for label in LABELS)}).json["results"]
    assert len(result["categories"]) == 13
    assert {name for name, flagged in result["categories"].items() if flagged} == SCORED
    assert {name for name, score in result["category_scores"].items() if score > 0} == SCORED
    assert {name for name, kinds in result["category_applied_input_types"].items() if kinds == ["text"]} == SCORED


def test_what_the_fast_reader_alone_does_not_judge_says_so(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ChosenScores, "labels", CORE_LABELS)
    [result] = call({"input": "insult=0.9 sexual=1.0 self_harm=1.0"}).json["results"]
    assert result["categories"]["harassment"]
    for category in ("sexual", "self-harm"):
        assert not result["categories"][category]
        assert result["category_scores"][category] == 0
        assert result["category_applied_input_types"][category] == []


def test_the_sites_own_thresholds_flag(call: Call, store: Store, site: CreatedSite) -> None:
    assert not call({"input": "insult=0.4"}).json["results"][0]["flagged"]
    with store.write() as session:
        document = policies.current(session, site.id).document | {"thresholds": {"insult": {"flag_at": 0.35}}}
        policies.save(session, site.id, document, actor="operator")
    assert call({"input": "insult=0.4"}).json["results"][0]["flagged"]


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        (None, "omni-moderation-latest"),
        ("omni-moderation-2024-09-26", "omni-moderation-2024-09-26"),
        ("text-moderation-latest", "text-moderation-007"),
        ("text-moderation-stable", "text-moderation-007"),
    ],
)
def test_models_are_named_as_openai_names_them(call: Call, asked: str | None, answered: str) -> None:
    assert call({"input": "fine", "model": asked}).json["model"] == answered


def test_the_models_are_listed_for_programs_that_try_a_key_so(scored: Flask, site: CreatedSite, call: Call) -> None:
    with listening(scored) as url, OpenAI(api_key=site.compat_key, base_url=f"{url}/v1", max_retries=0) as client:
        names = [model.id for model in client.models.list()]
        with pytest.raises(openai.AuthenticationError):
            client.with_options(api_key="wrong").models.list()
    assert "omni-moderation-latest" in names
    assert [call({"input": "fine", "model": name}).status_code for name in names] == [200] * len(names)


def test_an_api_key_will_do_as_well(call: Call, site: CreatedSite) -> None:
    assert call({"input": "fine"}, site.api_key).status_code == 200


def test_a_language_that_cannot_be_judged_is_refused_and_not_cleared(
    call: Call, store: Store, site: CreatedSite
) -> None:
    refused = call({"input": ["fine", "in klingon"]})
    assert (refused.status_code, refused.json["error"]["code"]) == (400, "unsupported_language")
    assert refused.json["error"]["param"] == "input[1]"
    with store.write() as session:
        document = policies.current(session, site.id).document | {"flag_unknown_language": False}
        policies.save(session, site.id, document, actor="operator")
    assert call({"input": "in klingon"}).status_code == 200


@pytest.mark.parametrize("key", ["wrong", "x" * 12, "ü", "wk_12345678_" + "x" * 43])
def test_a_wrong_key(call: Call, key: str) -> None:
    refused = call({"input": "fine"}, key)
    assert (refused.status_code, refused.json["error"]["code"]) == (401, "invalid_api_key")


def test_no_key(call: Call) -> None:
    refused = call({"input": "fine"}, None)
    assert refused.status_code == 401
    assert refused.json["error"]["message"].startswith("You didn't provide an API key.")


def test_over_the_limit(make_app: Callable[..., Flask], site: CreatedSite) -> None:
    app = make_app(rate_limit="1 per hour")
    choose_scores(app)
    with listening(app) as url, OpenAI(api_key=site.compat_key, base_url=f"{url}/v1", max_retries=0) as client:
        client.moderations.create(input="fine")
        with pytest.raises(openai.RateLimitError) as refused:
            client.moderations.create(input="fine")
    assert int(refused.value.response.headers["Retry-After"]) > 0


@pytest.mark.parametrize(
    ("sent", "param", "code"),
    [
        (b"{", None, None),
        (b"[]", None, None),
        (b'{"input": ["fine", "caf\xe9"]}', "input[1]", "invalid_unicode"),
        (b'{"input": [{"type": "text", "text": "caf\xe9"}]}', "input[0].text", "invalid_unicode"),
        (b'{"input": "fine", "\\ud83d": 1}', "?", "unknown_parameter"),
        (b"[" * 100_000, None, None),
        ({}, "input", "missing_required_parameter"),
        ({"input": None}, "input", "missing_required_parameter"),
        ({"input": ""}, "input", "empty_string"),
        ({"input": []}, "input", None),
        ({"input": 7}, "input", None),
        ({"input": {"text": "x"}}, "input", None),
        ({"input": ["\u200b"]}, "input[0]", "empty_string"),
        ({"input": ["x", "\u200b"]}, "input[1]", "empty_string"),
        ({"input": [{"type": "text", "text": ""}]}, "input[0].text", "empty_string"),
        ({"input": [{"type": "image_url"}]}, "input[0].type", "image_not_supported"),
        ({"input": [{"type": "text", "text": ""}, {"type": "image_url"}]}, "input[1].type", "image_not_supported"),
        (
            {"input": [{"type": "text", "text": "in klingon"}, {"type": "image_url"}]},
            "input[0]",
            "unsupported_language",
        ),
        ({"input": ["x", 7]}, "input[0]", "invalid_type"),
        ({"input": [{"type": "text"}]}, "input[0].text", "invalid_type"),
        ({"input": ["x"] * 1001}, "input", "array_above_max_length"),
        ({"input": "x" * 100_001}, "input", "string_above_max_length"),
        ({"input": "x", "model": 7}, "model", "invalid_type"),
        ({"input": "x", "model": "gpt-4o"}, "model", None),
        ({"input": "x", "stream": True}, "stream", "unknown_parameter"),
    ],
)
def test_bad_input_gets_openais_shape(call: Call, sent: Any, param: str | None, code: str | None) -> None:
    refused = call(sent)
    error = refused.json["error"]
    assert (refused.status_code, error["type"]) == (400, "invalid_request_error")
    assert (error["param"], error["code"]) == (param, code)


def test_a_form_in_place_of_json(call: Call) -> None:
    refused = call(b"input=fine", content_type="application/x-www-form-urlencoded")
    assert (refused.status_code, refused.json["error"]["code"]) == (400, "unsupported_content_type")


def test_a_body_beyond_the_limit(call: Call) -> None:
    refused = call(b'{"input": "' + b"x" * 1_400_000)
    assert (refused.status_code, refused.json["error"]["type"]) == (413, "invalid_request_error")


@pytest.mark.parametrize("text", ["\u202e right to left", "zero\u200bwidth", "a\0b", "א" * 500])
def test_odd_texts_are_scored(call: Call, text: str) -> None:
    assert call({"input": text}).status_code == 200


def judged(call: Call, sent: Any) -> list[tuple[bool, list[str]]]:
    """For each result whether it is flagged, and by which categories."""
    results = call({"input": sent}).json["results"]
    return [
        (result["flagged"], [name for name, flagged in result["categories"].items() if flagged]) for result in results
    ]


@pytest.mark.parametrize(
    ("text", "flagged"),
    [
        ("calm", []),
        ("insult=0.5", ["harassment"]),
        ("insult=0.4999", []),
        # A threat is harassment too: many programs look at nothing else.
        ("threat=0.6", ["harassment", "harassment/threatening"]),
        ("identity_attack=0.6", ["hate"]),
        # Any other category of two labels needs both.
        ("identity_attack=0.6 threat=0.7", ["harassment", "harassment/threatening", "hate", "hate/threatening"]),
        # What OpenAI has no category for flags nothing.
        ("toxicity=1.0 spam=1.0 profanity=1.0", []),
    ],
)
def test_a_category_is_flagged_where_the_policy_would_flag_its_labels(
    call: Call, text: str, flagged: list[str]
) -> None:
    assert judged(call, text) == [(bool(flagged), flagged)]


def test_a_category_of_two_labels_has_the_lower_score(call: Call) -> None:
    [result] = call({"input": "identity_attack=0.7 threat=0.2"}).json["results"]
    assert (result["category_scores"]["hate"], result["category_scores"]["hate/threatening"]) == (0.7, 0.2)


@pytest.mark.parametrize(("insult", "threat"), [(0.3, 0.8), (0.8, 0.3)])
def test_harassment_has_the_higher_score_of_insult_and_threat(call: Call, insult: float, threat: float) -> None:
    [result] = call({"input": f"insult={insult} threat={threat}"}).json["results"]
    scores = result["category_scores"]
    assert (scores["harassment"], scores["harassment/threatening"]) == (0.8, threat)


def test_each_text_has_its_result_and_the_parts_of_one_input_share_theirs(call: Call) -> None:
    texts = ["insult=0.9", "calm", "threat=0.8"]
    assert judged(call, texts) == [
        (True, ["harassment"]),
        (False, []),
        (True, ["harassment", "harassment/threatening"]),
    ]
    parts = [{"type": "text", "text": text} for text in texts]
    assert judged(call, parts) == [(True, ["harassment", "harassment/threatening"])]


def test_a_blank_text_among_others_does_not_have_them_refused(call: Call) -> None:
    """A post may have no title."""
    results = call({"input": ["", "insult=0.9", " \n"]}).json["results"]
    assert [result["flagged"] for result in results] == [False, True, False]
    assert set(results[0]["category_scores"].values()) == {0.0}
    assert not any(results[0]["category_applied_input_types"].values()), "nobody looked at anything"
    parts = [{"type": "text", "text": text} for text in ("", "insult=0.9")]
    assert judged(call, parts) == [(True, ["harassment"])]
    # LangEvals asks about all questions, and then about all answers, of which there may be none.
    assert judged(call, ["", " "]) == [(False, []), (False, [])]


@pytest.mark.parametrize("place", [0, 1])
def test_words_that_are_flagged_need_no_look_at_the_picture_beside_them(call: Call, place: int) -> None:
    """Most programs publish on an error."""
    parts = [{"type": "text", "text": "insult=0.9"}]
    parts.insert(place, {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}})  # type: ignore[dict-item]
    assert judged(call, parts) == [(True, ["harassment"])]
    parts[1 - place]["text"] = "calm"
    assert call({"input": parts}).json["error"]["param"] == f"input[{place}].type"


@pytest.mark.parametrize("half", ["\\ud83d", "\\ude00", "\\udc80"])
def test_half_of_a_character_hides_nothing(call: Call, half: str) -> None:
    """A client that cuts a text within an emoji sends one, and anybody may write one."""
    sent = f'{{"input": ["insult=0.9 {half}", "{half} calm", "{half}"]}}'.encode()
    assert [result["flagged"] for result in call(sent).json["results"]] == [True, False, False]


def test_a_label_that_the_site_never_flags_flags_no_category(call: Call, store: Store, site: CreatedSite) -> None:
    with store.write() as session:
        chosen = {"thresholds": {"threat": {"flag_at": None}}}
        document = policies.current(session, site.id).document | chosen
        policies.save(session, site.id, document, actor="operator")
    assert judged(call, "identity_attack=0.9 threat=1.0") == [(True, ["hate"])]


def test_a_language_with_a_preset_is_flagged_by_that(call: Call, store: Store, site: CreatedSite) -> None:
    with store.write() as session:
        document = policies.current(session, site.id).document | {"languages": {"de": "strict"}}
        policies.save(session, site.id, document, actor="operator")
    assert judged(call, ["insult=0.4", "Hunde und Katzen insult=0.4"]) == [(False, []), (True, ["harassment"])]


@pytest.mark.parametrize(
    ("content_type", "shown"), [("text/plain", "text/plain"), ("x" * 99, "x" * 99), ("x" * 100, "another")]
)
def test_another_content_type_is_named_where_it_is_a_short_one(call: Call, content_type: str, shown: str) -> None:
    error = call(b"{}", content_type=content_type).json["error"]
    assert error["message"].startswith(f"Unsupported content type: '{shown}'")
