"""What real clients sent, from public bug reports, at the API and the drop-in protocols, judged by the shipped model.

The names of the tables say what comes out right. Their mechanisms are tested where they live; this is the way a comment
takes through all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from moderation.decisions.scoring import Scorer
from moderation.intake.queues import Queues
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from tests.support.akismet import Akismet
from tests.support.classifier import shipped

pytestmark = [pytest.mark.one_database, pytest.mark.slow]

Post = Callable[..., dict[str, Any]]

STUPID = "Only an idiot could write something this stupid."


@pytest.fixture
def post(client: FlaskClient, store: Store, queues: Queues) -> Post:
    """Posts a comment of a new reader, has it decided by the shipped model, and gives it as the API shows it."""
    scorer, numbers = Scorer(store, queues, shipped()), count()

    def send(comment: str, **fields: Any) -> dict[str, Any]:
        number = next(numbers)
        body = {"name": "Ada", "user_id": f"u{number}", "ip": f"192.0.2.{number}", "comment": comment} | fields
        sent = client.post("/api/v1/comments", json=body)
        assert sent.status_code == 202, sent.get_json()
        while scorer.run_batch().claimed:
            pass
        shown: dict[str, Any] = client.get(f"/api/v1/comments/{sent.get_json()['id']}").get_json()
        return shown

    return send


@pytest.fixture
def akismet(app: Flask, site: CreatedSite) -> Akismet:
    return Akismet(app.test_client(), site.compat_key, "https://blog.example")


@pytest.mark.parametrize(
    "comment",
    [
        "![image](https://example.com/cat.png)",
        '<img src="https://example.com/cat.png">',
        "\U0001f647",
        "\U0001f646",
        "\U0001f44d\U0001f3fd",
        "still no broadband",
        "distribution agreement",
        "welcome!",
        "Excellent service as usual",
        "Hello my friend",
        "ok, fine",
        "Ok ok ok I ok",
        "Retirement planning at a young age is a good idea",
        "I love you",
        "lol",
        "thx m8, gr8 vid",
        "definately recomend tihs",
        "sorry, stupid question from me",
        "no don't never",
        "I'm such an idiot, it was the cable",
        "Decided I would experiment with some O&#39;Halloranning. My elbow doesn&#39;t bend backwards",
    ],
)
def test_it_is_published(post: Post, comment: str) -> None:
    assert post(comment)["status"] == "published"


@pytest.mark.parametrize(
    "comment",
    [
        STUPID,
        STUPID.replace(" ", "+"),
        STUPID.replace(" ", "%20"),
        STUPID.replace(" ", "%2520"),
        "I%20will%20kill%20you",
        "I%2520will%2520kill%2520you",
        "\U0001f595",
        "you are an &quot;idiot&quot;",
        "you are an &amp;quot;idiot&amp;quot;",
        "you are an &amp;amp;quot;idiot&amp;amp;quot;",
        "you stupid &lt;b&gt;idiot&lt;/b&gt;",
        "you st%FFupid id%FFiot",
        "You &#00000000102;ucking &#x00000000069;diot.",
        "You \\U00000066ucking \\151diot.",
    ],
)
def test_an_insult_in_a_broken_clients_escapes_is_kept_from_readers(post: Post, comment: str) -> None:
    assert post(comment)["status"] in {"flagged", "rejected"}


@pytest.mark.parametrize(
    "comment",
    [
        "You fu[b]ck[/b]ing id[b]io[/b]t.",
        "You fu[color=#ff0000]c[/color]king id[size=5]i[/size]ot.",
        "You fu<ins>ck</ins>ing id<ins>i</ins>ot.",
        "You fu<x>ck</x>ing id<x>i</x>ot.",
        "You fu<b title='" + "x" * 301 + "'>ck</b>ing id<!--" + "x" * 400 + "-->iot.",
        "<bdo dir=rtl>.toidi gnikcuf uoY</bdo>",
        "You fu[](x)cking id[](x)iot.",
        "f\nu\nc\nk\n \ny\no\nu",
        "\n".join("Youfuckingidiot."),
        "Y    o    u      f    u    c    k    i    n    g      i    d    i    o    t",
    ],
)
def test_an_insult_that_mark_up_cuts_up_is_kept_from_readers(post: Post, comment: str) -> None:
    assert post(comment)["status"] in {"flagged", "rejected"}


@pytest.mark.parametrize(
    "comment",
    [
        "My answers to the quiz:\nA\nC\nB\nD",
        "In C you write a[i][j] and vector<int>v, or if (a<b && c>d) return;",
        "I agree [b]very much[/b] with [i]every[/i] word, see [1][2].",
        "<p>Thanks <ins>again</ins> for the <kbd>Ctrl</kbd>+<kbd>C</kbd> trick!</p>",
    ],
)
def test_mark_up_in_an_ordinary_text_holds_nobody(post: Post, comment: str) -> None:
    assert post(comment)["status"] == "published"


@pytest.mark.parametrize(
    "comment",
    [
        "You fuƈking iɗiot.",
        "You ᴀsshole bᴀstᴀrd.",
        "You fᑌᑕking iᗪiot.",
        "You ꓝuᏟᏦing iᎠiot.",
        "You are such a ꓝꓴꓚꓗꓲꓠꓖ ꓲꓓꓲꓳꓔ and I hope that you leave.",
        "You are such a fⳙⲥⲕⲓⲛg ⲓⲇⲓⲟⲧ and I hope that you leave.",
        "You are such a fטckוng וdוסט and I hope that you leave.",
        "You are such a Ŧยςкเภﻮ เ๔เ๏Շ and I hope that you leave.",
        "You are such a fnckᴉug ᴉdᴉoʇ and I hope that you leave.",
        "You are such a fцҫӄіnԍ іԁіөt and I hope that you leave.",
    ],
)
def test_an_insult_in_letters_that_look_latin_is_kept_from_readers(post: Post, comment: str) -> None:
    assert post(comment)["status"] in {"flagged", "rejected"}


@pytest.mark.parametrize(
    "comment",
    [
        "The Cherokee word ᏣᎳᎩ is on the sign by the road, and the Inuktitut one is ᐃᓄᒃ.",
        "The word 'fund' is pronounced /fʌnd/, with the vowel ʌ, and not /fʊnd/.",
        "My friend Łukasz Żółć from Gdańsk and Søren Kjær from Ærø send their regards.",
        "The Hausa words ɗan and ɓera have letters that English lacks.",
    ],
)
def test_words_of_other_languages_in_an_english_text_hold_nobody(post: Post, comment: str) -> None:
    assert post(comment)["status"] == "published"


@pytest.mark.parametrize("blank", ["+", "%20", "%2520"])
def test_a_twice_encoded_comment_scores_as_the_plain_one(post: Post, blank: str) -> None:
    assert post(STUPID.replace(" ", blank))["scores"] == post(STUPID)["scores"]


@pytest.mark.parametrize(
    "comment",
    [
        "> you are a stupid idiot, shut up\n\nPlease do not talk to people like that here.",
        "<blockquote>you are a stupid idiot</blockquote><p>That is not helpful.</p>",
    ],
)
def test_who_quotes_an_insult_is_held_and_not_rejected(post: Post, comment: str) -> None:
    assert post(comment)["status"] == "flagged"


@pytest.mark.parametrize("name", ["I will kill you all", "fuck you mods", "f_ck_Eric", "ғᴜᴄᴋ ʏᴏᴜ"])
def test_an_insult_in_the_name_is_kept_from_readers(post: Post, name: str) -> None:
    assert post("Nice article, thank you.", name=name)["status"] in {"flagged", "rejected"}


@pytest.mark.parametrize("name", ["Dick Hancock", "Harshit Dikshit", "Phuc Nguyen"])
def test_a_name_that_only_looks_like_an_insult_is_published(post: Post, name: str) -> None:
    assert post("Nice article, thank you.", name=name)["status"] == "published"


@pytest.mark.parametrize("name", ["Seo Ji-won", "Kim Seo-yeon", "Cheap Trick fan", "Dr. Loan Nguyen", "Pill, Martin"])
def test_a_name_is_no_sign_of_spam(post: Post, name: str) -> None:
    text = "Great write-up, I learnt a lot about routing. See https://example.org/routing"
    assert post(text, name=name)["scores"]["spam"] == post(text)["scores"]["spam"]


@pytest.mark.parametrize("phrase", ["Thank you!", "+1", "RIP", "Same here", "\U0001f44d", "First!"])
def test_what_everybody_writes_is_no_repetition(post: Post, phrase: str) -> None:
    for thread in ("/a", "/b", "/c"):
        assert post(phrase, thread=thread)["status"] == "published"


@pytest.mark.parametrize(
    "ip",
    [
        "203.0.113.5:51234",
        "203.0.113.5, 10.0.0.6",
        "[2001:db8::1]:443",
        "2001:db8::1%eth0",
        "unknown",
        "::ffff:203.0.113.5",
        "192.168.123.456",
        "",
    ],
)
def test_no_spelling_of_an_address_costs_a_comment(post: Post, ip: str) -> None:
    assert post("Nice article, thank you.", ip=ip)["status"] == "published"


@pytest.mark.parametrize("blocked", ["203.0.113.5", "::ffff:203.0.113.5", "::ffff:203.0.113.0/120", "203.0.113.0/24"])
@pytest.mark.parametrize("ip", ["203.0.113.5:51234", "::ffff:203.0.113.5", "203.0.113.5, 10.0.0.6"])
def test_a_block_holds_for_every_spelling_of_an_address(client: FlaskClient, post: Post, blocked: str, ip: str) -> None:
    assert client.put("/api/v1/policy", json={"mode": "auto", "blocked_ips": [blocked]}).status_code == 200
    assert post("Nice article, thank you.", ip=ip)["status"] == "rejected"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("name", value) for value in ("\u200b", "\u3164", "\u2800")),
        *(("comment", value) for value in ("\u200b\u200b\u200b", "\u3164", "&nbsp;", "<p></p>")),
        *(
            ("url", value)
            for value in ("www.example.com", "example.com/blog", "http://", "//example.com", "https://a b.c")
        ),
        *(("created_at", value) for value in (1612345678, "1612345678", 1612345678000, "2018-07-02 17:49:32")),
        *(("created_at", value) for value in ("2018-07-02T17:49:32+0000", "0000-00-00 00:00:00")),
        *(("created_at", value) for value in ("-0001-11-30T00:00:00Z", "9999-12-31T23:59:59-14:00")),
    ],
)
def test_what_cannot_be_shown_or_read_is_refused_with_a_sentence_about_the_field(
    client: FlaskClient, field: str, value: Any
) -> None:
    answer = client.post("/api/v1/comments", json={"name": "Ada", "comment": "Hello"} | {field: value})
    assert answer.status_code == 422
    [sentence] = answer.get_json()["errors"][field]
    assert sentence.endswith((".", "!", "here"))


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"name=Ren%E9&comment=caf%E9+Kj%E6r", "application/x-www-form-urlencoded"),
        (b"name=Ren%E9&comment=caf%E9+Kj%E6r", "application/x-www-form-urlencoded; charset=windows-1254"),
        (b"name=Rene&comment=caf\xe9", "application/x-www-form-urlencoded"),
    ],
)
def test_a_form_that_is_no_utf_8_is_refused_and_never_stored_as_something_else(
    client: FlaskClient, body: bytes, content_type: str
) -> None:
    assert client.post("/api/v1/comments", data=body, content_type=content_type).status_code == 415
    assert client.get("/api/v1/comments").get_json()["comments"] == []


@pytest.mark.parametrize(
    "disguise",
    [
        "ca\u200bsino",
        "ca\u00adsino",
        "c\u0430sino",
        "ca<b></b>sino",
        "c&#97;sino",
        "\uff23\uff21\uff33\uff29\uff2e\uff2f",
        "_casino_",
        "CASINO\u2019s",
    ],
)
def test_a_banned_word_is_met_as_readers_see_it(client: FlaskClient, post: Post, disguise: str) -> None:
    assert client.put("/api/v1/policy", json={"mode": "auto", "banned_words": ["casino"]}).status_code == 200
    shown = post(f"Let us meet at the {disguise} this evening")
    assert (shown["status"], shown["reasons"][0]["rule"]) == ("rejected", "banned_words")


def test_a_banned_word_is_met_in_the_name_and_never_in_mark_up(client: FlaskClient, post: Post) -> None:
    words = ["viagra*", "class", "strong"]
    assert client.put("/api/v1/policy", json={"mode": "auto", "banned_words": words}).status_code == 200
    assert post("Nice post, thank you.", name="Cheap Viagra Online")["status"] == "rejected"
    assert post('<p class="x">A calm <strong>remark</strong> on pears</p>')["status"] == "published"


@pytest.mark.parametrize(
    "written",
    [
        "Watch it at NEWSDAILY.CF",
        "see example.com/buy?x=1",
        "hxxp://example.com",
        "[buy](example.com)",
        "//example.com/x",
        "example\u3002com",
        "https:\\\\example.com",
        "mailto:x@example.com",
    ],
)
def test_a_link_counts_however_it_is_written(client: FlaskClient, post: Post, written: str) -> None:
    assert client.put("/api/v1/policy", json={"mode": "auto", "max_links": 0}).status_code == 200
    shown = post(f"A remark: {written}")
    assert shown["status"] == "flagged"
    assert {reason["rule"] for reason in shown["reasons"]} <= {"links", "flag_threshold"}


@pytest.mark.parametrize("who", [{"name": "ada@example.org"}, {"name": "42"}, {"name": "x", "email": "42@example.org"}])
def test_nobody_is_trusted_for_a_name_that_they_typed(client: FlaskClient, post: Post, who: dict[str, str]) -> None:
    trusted = ["ada@example.org", "id:42"]
    assert client.put("/api/v1/policy", json={"mode": "auto", "trusted_authors": trusted}).status_code == 200
    assert post("you stupid fucking idiot", user_id=None, **who)["status"] == "rejected"


@pytest.mark.parametrize(
    "change",
    [
        {"comment": "Nice photo, you stupid idiot"},
        {"name": "fuck you mods"},
        {"comment": "Nice photo BUY CHEAP PILLS https://cheap-pills.example https://cheap-pills.example/2"},
    ],
)
def test_what_was_harmless_first_is_judged_again_as_it_is_edited(
    client: FlaskClient, store: Store, queues: Queues, post: Post, change: dict[str, str]
) -> None:
    published = post("Nice photo of the harbour", thread="/a")
    edited = client.patch(f"/api/v1/comments/{published['id']}", json=change)
    assert edited.get_json()["status"] == "pending"
    assert client.get("/api/v1/threads/%2Fa/comments").get_json()["comments"] == []
    Scorer(store, queues, shipped()).run_batch()
    assert client.get(f"/api/v1/comments/{published['id']}").get_json()["status"] in {"flagged", "rejected"}


class TestAkismet:
    def test_a_held_comment_is_no_failure(self, akismet: Akismet) -> None:
        answer = akismet.check(STUPID)
        assert answer.text == "true"
        assert "X-akismet-debug-help" not in answer.headers
        assert "A moderator has to look" in answer.headers["X-winnow-held"]

    @pytest.mark.parametrize("kind", ["comment", "contact-form", "forum-post"])
    def test_a_text_in_the_wrong_field_is_not_called_clean(self, akismet: Akismet, kind: str) -> None:
        text = "you stupid idiot, I will kill you"
        assert akismet.check(None, comment_type=kind, comment_author="Maria", comment_text=text).text == "true"

    @pytest.mark.parametrize(
        "body",
        [
            b"comment_author=Rene&comment_content=caf\xe9 idiot you are a stupid idiot",
            b"comment_author=Tom&comment_content=Tom & Jerry is fun &you are a stupid idiot",
            b"comment_author=Tom&comment_content=you+st%FFupid+id%FFiot",
        ],
    )
    def test_a_form_that_is_encoded_badly_is_judged_and_its_key_known(
        self, app: Flask, site: CreatedSite, body: bytes
    ) -> None:
        sent = f"api_key={site.compat_key}&blog=https://blog.example&user_ip=192.0.2.7&".encode() + body
        kind = "application/x-www-form-urlencoded;charset=utf8"
        assert app.test_client().post("/1.1/comment-check", data=sent, content_type=kind).text == "true"

    def test_what_is_missing_is_named_and_is_no_verdict(self, akismet: Akismet) -> None:
        answer = akismet.check(STUPID, blog=None)
        assert answer.text not in {"true", "false"}
        assert answer.headers["X-akismet-debug-help"] == "Missing required field: blog"

    def test_a_date_that_is_none_costs_no_verdict(self, akismet: Akismet) -> None:
        assert akismet.check("A calm remark on dates", comment_date_gmt="0000-00-00 00:00:00").text == "false"


class TestPerspective:
    @pytest.fixture
    def analyze(self, app: Flask, site: CreatedSite) -> Callable[..., Any]:
        def send(text: str, *attributes: str) -> Any:
            body = {"comment": {"text": text}, "requestedAttributes": {name: {} for name in attributes}}
            return app.test_client().post(f"/v1alpha1/comments:analyze?key={site.compat_key}", json=body)

        return send

    def test_an_attribute_that_is_lacking_is_named_and_the_others_are_answered(
        self, analyze: Callable[..., Any]
    ) -> None:
        asked = ("TOXICITY", "SEVERE_TOXICITY", "INSULT", "THREAT", "FLIRTATION", "IDENTITY_ATTACK")
        answer = analyze("You are a stupid idiot", *asked)
        assert answer.status_code == 200
        assert set(answer.get_json()["attributeScores"]) == set(asked) - {"FLIRTATION"}
        assert answer.headers["X-Winnow-Unsupported-Attributes"] == "FLIRTATION"

    @pytest.mark.parametrize(
        ("text", "low", "high"),
        [
            ("![image](https://example.com/cat.png)", 0.0, 0.1),
            ("\U0001f647", 0.0, 0.1),
            ("lol", 0.0, 0.2),
            ("definately recomend tihs", 0.0, 0.1),
            ("\U0001f595", 0.7, 1.0),
        ],
    )
    def test_a_text_almost_without_words_has_a_score(
        self, analyze: Callable[..., Any], text: str, low: float, high: float
    ) -> None:
        score = analyze(text, "TOXICITY").get_json()["attributeScores"]["TOXICITY"]["summaryScore"]["value"]
        assert low <= score <= high
