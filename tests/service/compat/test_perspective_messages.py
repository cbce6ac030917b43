"""Perspective's messages: read as Google's servers read them, and answered with the parts that were asked for."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st

from service.compat.perspective import partial, scores
from service.compat.perspective.protobuf import Enumeration, Malformed, Mapped, Message, Repeated, read, snake

COLOUR = Enumeration("Colour", ("UNKNOWN", "RED", "GREEN"))
INNER = Message("Inner", {"text": "string", "lineNumber": "int32"})
OUTER = Message(
    "Outer",
    {
        "name": "string",
        "isOn": "bool",
        "share": "float",
        "count": "int32",
        "colour": COLOUR,
        "inner": INNER,
        "tags": Repeated("string"),
        "parts": Repeated(INNER),
        "byName": Mapped(INNER),
    },
)


@pytest.fixture(autouse=True)
def _request() -> Any:
    """What the headers say is a part of the request that is being answered."""
    with Flask(__name__).test_request_context():
        yield


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", {}),
        (b"  \n", {}),
        (b"{}", {}),
        (b'{"name": "Ada"}', {"name": "Ada"}),
        # By either of a field's names, and null as if it were not there.
        (b'{"is_on": true, "byName": {}}', {"isOn": True, "byName": {}}),
        (b'{"name": null, "inner": null}', {}),
        # As lenient as Google's are.
        (b'{"isOn": "true", "share": "0.5", "count": "7"}', {"isOn": True, "share": 0.5, "count": 7}),
        (b'{"isOn": "false", "share": 1, "count": 7.0}', {"isOn": False, "share": 1.0, "count": 7}),
        (b'{"share": -1e37}', {"share": -1e37}),
        (b'{"colour": "GREEN"}', {"colour": "GREEN"}),
        (b'{"colour": "Green"}', {"colour": "GREEN"}),
        (b'{"colour": 2}', {"colour": "GREEN"}),
        (b'{"colour": 0}', {"colour": "UNKNOWN"}),
        # One value where a list may be.
        (b'{"tags": "a", "parts": {"text": "b"}}', {"tags": ["a"], "parts": [{"text": "b"}]}),
        (b'{"tags": [], "parts": [{"line_number": 3}]}', {"tags": [], "parts": [{"lineNumber": 3}]}),
        (b'{"byName": {"x": null, "y": {"text": "b"}}}', {"byName": {"x": {}, "y": {"text": "b"}}}),
    ],
)
def test_a_message_is_read(body: bytes, message: dict[str, Any]) -> None:
    assert read(body, OUTER) == message


@pytest.mark.parametrize(
    ("body", "said", "field"),
    [
        (b"{", "Invalid JSON payload received. ", ""),
        (b"\xff", "Invalid JSON payload received. ", ""),
        (b"[" * 100_000, "Invalid JSON payload received. ", ""),
        (b'{"name": NaN}', "Invalid JSON payload received. ", ""),
        (b"[]", 'Unknown name "": Root element must be a message.', ""),
        (b'"name"', 'Unknown name "": Root element must be a message.', ""),
        (b"\x1f\x8b\x08", "cannot be unpacked", ""),
        # What is not there, and where.
        (b'{"nonsense": 1}', 'Unknown name "nonsense": Cannot find field.', ""),
        (b'{"inner": {"nonsense": 1}}', "Unknown name \"nonsense\" at 'inner': Cannot find field.", "inner"),
        (b'{"parts": [{}, {"x": 1}]}', "Unknown name \"x\" at 'parts[1]': Cannot find field.", "parts[1]"),
        (b'{"byName": {"a": {"x": 1}}}', "at 'by_name[0].value'", "by_name[0].value"),
        (b'{"isOn": true, "is_on": true}', "'is_on' is given twice.", ""),
        # What is no such value; a short word is repeated, and nothing that somebody wrote.
        (b'{"isOn": "maybe"}', "Invalid value at 'is_on' (TYPE_BOOL), \"maybe\"", "is_on"),
        (b'{"isOn": 1}', "Invalid value at 'is_on' (TYPE_BOOL), 1", "is_on"),
        (b'{"name": 7}', "Invalid value at 'name' (TYPE_STRING), 7", "name"),
        (b'{"share": "high up"}', "(TYPE_FLOAT), a value of another type", "share"),
        (b'{"share": true}', "(TYPE_FLOAT), true", "share"),
        (b'{"share": "Infinity"}', '(TYPE_FLOAT), "Infinity"', "share"),
        (b'{"share": 1e38}', "(TYPE_FLOAT), 1e+38", "share"),
        (b'{"count": []}', "(TYPE_INT32), a value of another type", "count"),
        (b'{"colour": "BLUE"}', 'google.commentanalyzer.v1alpha1.Colour), "BLUE"', "colour"),
        (b'{"colour": 3}', "Colour), 3", "colour"),
        (b'{"colour": -1}', "Colour), -1", "colour"),
        (b'{"colour": true}', "Colour), true", "colour"),
        (b'{"inner": "text"}', 'v1alpha1.Inner), "text"', "inner"),
        (b'{"inner": {"line_number": "x"}}', "Invalid value at 'inner.line_number'", "inner.line_number"),
        (b'{"tags": ["a", 7]}', "Invalid value at 'tags[1]'", "tags[1]"),
        (b'{"byName": []}', "Invalid value at 'by_name' (Map), a value of another type", "by_name"),
    ],
    ids=lambda value: None if isinstance(value, bytes) else str(value)[:40],
)
def test_what_is_no_such_message_is_named_with_its_place(body: bytes, said: str, field: str) -> None:
    with pytest.raises(Malformed) as refused:
        read(body, OUTER)
    assert said in str(refused.value)
    assert refused.value.field == field


def test_no_error_repeats_what_somebody_wrote() -> None:
    secret = "a secret that is none of the log's business"
    for body in ({"share": secret}, {"isOn": secret}, {"colour": secret}, {"inner": secret}, {"byName": [secret]}):
        with pytest.raises(Malformed) as refused:
            read(json.dumps(body).encode(), OUTER)
        assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "snaked"), [("requestedAttributes", "requested_attributes"), ("a", "a"), ("doNotStore", "do_not_store")]
)
def test_a_field_has_a_second_name(name: str, snaked: str) -> None:
    assert snake(name) == snaked


ANSWER: dict[str, Any] = {
    "attributeScores": {
        "TOXICITY": {
            "spanScores": [{"begin": 0, "score": {"value": 0.1}}, {"begin": 5}],
            "summaryScore": {"value": 0.8, "type": "PROBABILITY"},
        },
        "INSULT": {"summaryScore": {"value": 0.2, "type": "PROBABILITY"}},
    },
    "languages": ["en"],
}


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ("languages", {"languages": ["en"]}),
        (" languages ", {"languages": ["en"]}),
        ("nothing", {}),
        ("languages,nothing", {"languages": ["en"]}),
        ("*", ANSWER),
        ("attributeScores", {"attributeScores": ANSWER["attributeScores"]}),
        # Below each other, by either sign.
        ("attributeScores/INSULT", {"attributeScores": {"INSULT": ANSWER["attributeScores"]["INSULT"]}}),
        (
            "attributeScores.INSULT.summaryScore.value",
            {"attributeScores": {"INSULT": {"summaryScore": {"value": 0.2}}}},
        ),
        (
            "attributeScores(INSULT(summaryScore/value))",
            {"attributeScores": {"INSULT": {"summaryScore": {"value": 0.2}}}},
        ),
        # Of each of several.
        (
            "attributeScores/*/summaryScore/value",
            {
                "attributeScores": {
                    name: {"summaryScore": {"value": value}} for name, value in (("TOXICITY", 0.8), ("INSULT", 0.2))
                }
            },
        ),
        (
            "attributeScores/TOXICITY/spanScores/begin",
            {"attributeScores": {"TOXICITY": {"spanScores": [{"begin": 0}, {"begin": 5}]}}},
        ),
        # Two selections of one thing are one.
        (
            "attributeScores/INSULT/summaryScore/value,attributeScores/INSULT/summaryScore/type",
            {"attributeScores": {"INSULT": ANSWER["attributeScores"]["INSULT"]}},
        ),
        (
            "attributeScores( INSULT , TOXICITY/summaryScore ( value ) ),languages",
            {
                "attributeScores": {
                    "TOXICITY": {"summaryScore": {"value": 0.8}},
                    "INSULT": ANSWER["attributeScores"]["INSULT"],
                },
                "languages": ["en"],
            },
        ),
        # Below what has no parts.
        ("languages/x", {"languages": ["en"]}),
    ],
)
def test_the_parts_that_were_asked_for(fields: str, shown: dict[str, Any]) -> None:
    assert partial.select(ANSWER, partial.parse(fields)) == shown


@pytest.mark.parametrize(
    "fields",
    [
        "a(b",
        "a)",
        "a(b))",
        "a,,b",
        ",a",
        "a,",
        "a/",
        "a/(b)",
        "/a",
        "(a)",
        "a b",
        "a{b}",
        "ä",
        "a(" * 11 + "b" + ")" * 11,
        "a" * 1001,
    ],
)
def test_a_selection_that_is_none_is_refused(fields: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  (its text is nobody's business)
        partial.parse(fields)


def test_ten_levels_are_deep_enough_and_a_selection_of_nothing_selects_all() -> None:
    assert partial.parse("a(" * 10 + "b" + ")" * 10)
    assert partial.select(ANSWER, {}) == ANSWER


names = st.text("abc", min_size=1, max_size=2)
documents = st.recursive(
    st.integers() | st.text(max_size=2),
    lambda inner: st.dictionaries(names, inner) | st.lists(inner, max_size=2),
    max_leaves=6,
)
selections = st.recursive(
    names,
    lambda inner: (
        st.builds("{}/{}".format, names, inner)
        | st.builds("{}({})".format, names, inner)
        | st.builds("{},{}".format, inner, names)
    ),
    max_leaves=5,
)


@settings(max_examples=30)
@given(documents, selections)
def test_what_is_selected_is_a_part_and_selecting_again_changes_nothing(document: Any, fields: str) -> None:
    selection = partial.parse(fields)
    once = partial.select(document, selection)
    assert partial.select(once, selection) == once
    if isinstance(document, dict):
        assert set(once) <= set(document)


@pytest.mark.parametrize(
    ("text", "weighted", "spans"),
    [
        ("you utter fool", [(4, 9, 0.5), (10, 14, 1.0)], [(4, 14)]),  # words with only a space between them are one run
        ("you, fool", [(0, 3, 0.5), (5, 9, 1.0)], [(0, 3), (5, 9)]),
        ("a b", [(2, 3, 1.0), (0, 1, 0.2)], []),  # the whole text is there already
        ("you fool no", [(4, 8, 1.0), (9, 11, -1.0)], [(4, 8)]),  # what speaks for it is none
        ("you fool", [(4, 4, 1.0)], []),
        ("x " * 3, [(0, 1, 1.0), (0, 3, 1.0), (2, 3, 1.0)], [(0, 3)]),  # one within another
        ("calm", [], []),
    ],
)
def test_words_that_raised_a_score_are_told_in_runs(
    text: str, weighted: list[tuple[int, int, float]], spans: list[tuple[int, int]]
) -> None:
    assert scores._raising(text, weighted) == spans


def test_of_many_runs_the_heaviest_ten_are_told_in_the_order_of_the_text() -> None:
    weighted = [(3 * at, 3 * at + 1, float(at % 7 + 1)) for at in range(30)]
    told = scores._raising("a, " * 30, weighted)
    heaviest = sorted(weighted, key=lambda run: -run[2])[:10]
    assert told == sorted((start, end) for start, end, _ in heaviest)


@settings(max_examples=30)
@given(st.text(st.sampled_from("a\u00e9\U0001f600\U00010000z"), max_size=20))
def test_places_are_counted_as_javascript_counts_them(text: str) -> None:
    place = scores.Utf16(text)
    assert [place.place(at) for at in range(len(text) + 1)] == [
        len(text[:at].encode("utf-16-le")) // 2 for at in range(len(text) + 1)
    ]
