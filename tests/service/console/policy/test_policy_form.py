"""A policy's form, read as it was sent: each field as the document has it, and each that will not do named."""

from __future__ import annotations

from typing import Any

import pytest

from models import LABELS
from moderation.policy import policies
from moderation.policy.policies import DEFAULT
from moderation.policy.terms import Presets
from service.console.policy import policy_form
from service.console.policy.policy_form import Form
from tests.support.classifier import ChosenScores

PRESETS: Presets = ChosenScores.thresholds
#: The fields of a policy that is as a new site's.
UNTOUCHED: dict[str, Any] = {"mode": "auto", "preset": "balanced", "max_links": "3", "campaign_authors": "5"}
UNTOUCHED |= dict.fromkeys(("flag_repeated", "flag_unknown_language"), "on") | {"strike_days": "30"}
UNTOUCHED |= {f"flag_at.{label}": "0.5" for label in LABELS} | {f"reject_at.{label}": "0.9" for label in LABELS}


@pytest.fixture(autouse=True)
def _classifier(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.classifier._loaded", [ChosenScores()])


def read(document: dict[str, Any] | None = None, /, **fields: str | None) -> Form:
    """The form with these fields changed; None: it is not sent."""
    sent = {name: value for name, value in (UNTOUCHED | fields).items() if value is not None}
    return policy_form.read(sent, document or {}, PRESETS)


def changed(form: Form) -> dict[str, Any]:
    """What its document has otherwise than a new site's."""
    return {name: value for name, value in form.document.items() if value != DEFAULT[name]}


def test_the_longest_entry_fits() -> None:
    entry = "x" * policy_form.LONGEST_ENTRY
    form = read(banned_words=entry)
    assert form.errors == {}
    assert changed(form) == {"banned_words": [entry]}


def test_the_form_of_a_document_untouched_is_the_document_again() -> None:
    documents: list[dict[str, Any]] = [
        {},
        {"mode": "hold", "max_links": None, "trust_after": 7, "flag_repeated": False, "preset": "strict"},
        {"banned_words": ["casino", "buy now"], "thresholds": {"insult": {"flag_at": None, "reject_at": 0.8}}},
        {"languages": {"de": "hold", "fi": "strict"}, "lists": {"l_" + "0" * 26: "flag"}},
        {
            "hold_times": {
                "time_zone": "Europe/Berlin",
                "spans": [{"days": ["fri"], "start": "22:00", "end": "06:00"}],
            }
        },
    ]
    for document in documents:
        shown = policy_form.of_document(document, PRESETS)
        sent = {name: value if isinstance(value, str) else "on" for name, value in shown.values.items() if value}
        again = policy_form.read(sent, document, PRESETS)
        assert again.errors == {}
        assert policies.is_same(again.document, document, PRESETS), document


@pytest.mark.parametrize(
    ("fields", "document"),
    [
        ({}, {}),
        ({"mode": "hold"}, {"mode": "hold"}),
        # What no page could have sent is as a new site's.
        ({"mode": "nonsense", "preset": ""}, {}),
        # A box that is not ticked is not sent.
        ({"flag_repeated": None}, {"flag_repeated": False}),
        ({"flag_first_comment": "on"}, {"flag_first_comment": True}),
        # Numbers; none at all means something, too.
        ({"max_links": "0"}, {"max_links": 0}),
        ({"max_links": " 12 "}, {"max_links": 12}),
        ({"max_links": ""}, {"max_links": None}),
        ({"trust_after": "1"}, {"trust_after": 1}),
        ({"trust_after": "100"}, {"trust_after": 100}),
        # Lists, one entry on a line, as browsers send lines.
        ({"banned_words": "casino\r\n\r\n  buy now \r\n"}, {"banned_words": ["casino", "buy now"]}),
        ({"blocked_ips": "192.0.2.0/24\n192.0.2.7"}, {"blocked_ips": ["192.0.2.0/24", "192.0.2.7"]}),
        ({"banned_words": "ca\0sino"}, {"banned_words": ["casino"]}),
        # Of the thresholds the document has those that are not the preset's.
        ({"flag_at.insult": "0.50"}, {}),
        ({"flag_at.insult": "0.25"}, {"thresholds": {"insult": {"flag_at": 0.25}}}),
        ({"flag_at.insult": ""}, {"thresholds": {"insult": {"flag_at": None}}}),
        ({"reject_at.spam": "1", "flag_at.spam": "0"}, {"thresholds": {"spam": {"flag_at": 0.0, "reject_at": 1.0}}}),
        ({"flag_at.insult": "0.9"}, {"thresholds": {"insult": {"flag_at": 0.9}}}),
        ({"reject_at.threat": " 5e-1 "}, {"thresholds": {"threat": {"reject_at": 0.5}}}),
        # Languages and shared lists, each by its row; "" is as by default.
        ({"language.de": "hold", "language.fi": ""}, {"languages": {"de": "hold"}}),
        ({"language.de": "nonsense"}, {}),
        ({"list.l_" + "1" * 26: "reject"}, {"lists": {"l_" + "1" * 26: "reject"}}),
        ({"list.l_1": "reject", "list.l_" + "1" * 26: "nonsense"}, {}),
    ],
)
def test_each_field_is_what_the_document_has(fields: dict[str, Any], document: dict[str, Any]) -> None:
    form = read(**fields)
    assert form.errors == {}
    assert changed(form) == document


NO_NUMBER = "Give a number from 0 to 1, or nothing for never."


@pytest.mark.parametrize(
    ("fields", "field", "sentence"),
    [
        ({"flag_at.insult": "1.01"}, "flag_at.insult", NO_NUMBER),
        ({"flag_at.insult": "-0.1"}, "flag_at.insult", NO_NUMBER),
        ({"flag_at.insult": "nan"}, "flag_at.insult", NO_NUMBER),
        ({"reject_at.insult": "0,5"}, "reject_at.insult", NO_NUMBER),
        ({"flag_at.insult": "0.95"}, "flag_at.insult", "It must not be above the score from which it rejects."),
        ({"max_links": "1001"}, "max_links", "Give a whole number up to 1,000, or nothing for any number."),
        ({"max_links": "-1"}, "max_links", "Give a whole number up to 1,000, or nothing for any number."),
        ({"max_links": "3.5"}, "max_links", "Give a whole number up to 1,000, or nothing for any number."),
        ({"max_links": "\u0663"}, "max_links", "Give a whole number up to 1,000, or nothing for any number."),
        ({"max_links": "0000000009999"}, "max_links", "Give a whole number up to 1,000, or nothing for any number."),
        ({"trust_after": "0"}, "trust_after", "Give a whole number from 1 to 100, or nothing for never."),
        ({"strike_days": "366"}, "strike_days", "Give a whole number from 1 to 365, or nothing for 30."),
        (
            {"campaign_authors": "1"},
            "campaign_authors",
            "Give a whole number from 2 to 100, or nothing for any number.",
        ),
        ({"banned_words": "fine\n*"}, "banned_words", "Entry 2, “*”: It has nothing but stars: give it some letters."),
        (
            {"banned_words": "fine\n" + "x" * 201},
            "banned_words",
            "Entry 2, “xxxxxxxxxxxxxxxxxxxx…”, has 201 characters; at most 200 fit.",
        ),
        (
            {"banned_words": "a*b*c*d*e"},
            "banned_words",
            "Entry 1 has more than 3 * in a word. Say it in several entries.",
        ),
        (
            {"banned_words": "\n".join(map(str, range(2001)))},
            "banned_words",
            "It has 2,001 entries; at most 2,000 fit.",
        ),
        (
            {"blocked_ips": "example.org"},
            "blocked_ips",
            "Entry 1, “example.org”: It is no address. Give an address or a network such as 192.0.2.0/24.",
        ),
        (
            {"trusted_authors": "name:Ada"},
            "trusted_authors",
            "Entry 1, “name:Ada”: Anybody can type a name. Trust a user id (id:…) or an e-mail address (email:…).",
        ),
    ],
)
def test_a_field_that_will_not_do_is_named_with_a_sentence(fields: dict[str, str], field: str, sentence: str) -> None:
    form = read(**fields)
    assert form.errors == {field: [sentence]}
    assert form.values[field] == fields[field], "what was typed stands in the form again"


def test_every_entry_that_cannot_be_used_is_named() -> None:
    form = read(banned_words="*\nfine\n**")
    assert [sentence.partition(":")[0] for sentence in form.errors["banned_words"]] == ["Entry 1, “*”", "Entry 3, “**”"]


def test_what_the_form_has_no_field_for_stays_as_it_is() -> None:
    """A language, a list and the times that another version, or somebody else's page, has set."""
    end = "2026-12-01T00:00:00+00:00"
    stored = {
        "languages": {"de": "hold", "xx": "rules"},
        "lists": {"l_" + "1" * 26: "flag", "l_" + "2" * 26: "flag"},
        "expires": {"banned_words": {"casino": end}},
        "hold_times": {"time_zone": "UTC", "spans": [{"days": ["fri"], "start": "22:00", "end": "06:00"}]},
    }
    form = read(stored, **{"language.de": "", "list.l_" + "2" * 26: ""})
    assert {name: form.document[name] for name in stored} == stored | {
        "languages": {"xx": "rules"},
        "lists": {"l_" + "1" * 26: "flag"},
    }


def test_entries_that_were_there_before_a_limit_stay() -> None:
    old = ["a*b*c*d*e"]
    assert read({"banned_words": old}, banned_words="a*b*c*d*e\nfine").errors == {}
    assert "banned_words" in read({"banned_words": old}, banned_words="a*b*c*d*e\nz*b*c*d*e").errors


def test_another_preset_brings_its_thresholds_into_the_fields_and_takes_their_faults_away() -> None:
    form = read(preset="strict", max_links="many", **{"flag_at.insult": "nonsense"})
    assert set(form.errors) == {"max_links", "flag_at.insult"}
    fresh = policy_form.with_preset(form, PRESETS)
    assert set(fresh.errors) == {"max_links"}
    assert (fresh.values["flag_at.insult"], fresh.values["reject_at.insult"]) == ("0.3", "0.7")
    assert fresh.document["thresholds"] == {}
    lenient = policy_form.with_preset(read(preset="lenient"), PRESETS)
    assert (lenient.values["flag_at.insult"], lenient.values["reject_at.insult"]) == ("0.7", "")


#: The fields of times, and what they are: the document's spans, or the fault.
TIMES: list[tuple[dict[str, str], list[dict[str, Any]], str]] = [
    ({}, [], ""),
    (
        {"0.fri": "on", "0.sat": "on", "0.start": "22:00", "0.end": "06:00"},
        [{"days": ["fri", "sat"], "start": "22:00", "end": "06:00"}],
        "",
    ),
    # A row that was left empty between two is none.
    (
        {"0.fri": "on", "0.start": "22:00", "0.end": "06:00", "2.mon": "on", "2.start": "00:00", "2.end": "24:00"},
        [
            {"days": ["fri"], "start": "22:00", "end": "06:00"},
            {"days": ["mon"], "start": "00:00", "end": "24:00"},
        ],
        "",
    ),
    ({"0.start": "22:00"}, [], "Time 1: Name the days on which it begins: mon, tue, wed, thu, fri, sat, sun."),
    ({"0.fri": "on"}, [], "Time 1: Give a time such as 22:00."),
    # By the number of its row, also where another was left empty before it.
    ({"3.fri": "on", "3.start": "22:00", "3.end": "6"}, [], "Time 4: Give a time such as 22:00."),
]


@pytest.mark.parametrize(("fields", "spans", "fault"), TIMES)
def test_times_are_read_row_by_row(fields: dict[str, str], spans: list[dict[str, Any]], fault: str) -> None:
    sent = {"hold_times.time_zone": "Europe/Berlin"} | {f"hold_times.{name}": text for name, text in fields.items()}
    form = read(**sent)
    assert form.errors == ({"hold_times": [fault]} if fault else {})
    assert form.document["hold_times"] == ({"time_zone": "Europe/Berlin", "spans": spans} if spans else {})


@pytest.mark.parametrize(
    ("zone", "fault"),
    [
        ("", "Name the time zone of these times, such as Europe/Berlin."),
        ("berlin", "There is no time zone “berlin”. Perhaps Europe/Berlin?"),
    ],
)
def test_times_need_a_zone_that_there_is(zone: str, fault: str) -> None:
    stored = {"hold_times": {"time_zone": "UTC", "spans": [{"days": ["fri"], "start": "22:00", "end": "06:00"}]}}
    row = {"hold_times.0.fri": "on", "hold_times.0.start": "22:00", "hold_times.0.end": "06:00"}
    form = read(stored, **{"hold_times.time_zone": zone}, **row)
    assert form.errors == {"hold_times": [fault]}
    assert form.document["hold_times"] == stored["hold_times"], "what cannot be read changes nothing"
