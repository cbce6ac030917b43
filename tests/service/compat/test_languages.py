"""The drop-in protocols answer in every language that the classifier judges, and say so of the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from models.languages import GRADES
from moderation.decisions.scoring import Scorer
from moderation.policy import policies
from moderation.sites import site_settings
from moderation.sites.site_settings import SiteSettings
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from tests.support.akismet import Akismet
from tests.support.classifier import shipped

pytestmark = pytest.mark.one_database

SHIPPED = shipped()
FAST = shipped("fast")
#: A model that reads every language of the table.
POLYGLOT = replace(SHIPPED, manifest={**SHIPPED.manifest, "languages": list(GRADES)})
Call = Callable[..., Any]
#: The languages that Perspective spoke, each with a harmless comment.
PERSPECTIVES = {
    "ar": "شكرا جزيلا على هذا المقال الجميل",
    "cs": "Děkuji za krásný článek, včera jsem tam byl také.",
    "de": "Vielen Dank für den schönen Artikel, ich war gestern auch dort.",
    "en": "Thank you for this article, I was there yesterday, too.",
    "es": "Muchas gracias por el artículo, ayer también estuve allí.",
    "fr": "Merci beaucoup pour cet article, j'y étais aussi hier.",
    "hi": "इस अच्छे लेख के लिए बहुत धन्यवाद",
    "hi-Latn": "Yeh lekh bahut accha hai, mujhe pasand aaya bhai",
    "id": "Terima kasih atas artikel ini, kemarin saya juga di sana.",
    "it": "Grazie mille per questo articolo, ieri c'ero anch'io.",
    "ja": "この記事はとても面白かったです。ありがとう。",
    "ko": "좋은 기사 감사합니다. 어제 저도 거기에 있었어요.",
    "nl": "Bedankt voor het mooie artikel, ik was er gisteren ook.",
    "pl": "Dziękuję za ten artykuł, wczoraj też tam byłem.",
    "pt": "Muito obrigado pelo artigo, ontem eu também estive lá.",
    "ru": "Спасибо за эту статью, вчера я тоже там был.",
    "sv": "Tack för den fina artikeln, jag var också där i går.",
    "zh": "谢谢你写的这篇文章，昨天我也在那里。",
}
GERMAN, GREEK = PERSPECTIVES["de"], "Ευχαριστώ πολύ για το άρθρο, ήμουν κι εγώ εκεί χθες."


def with_model(app: Flask, classifier: Any) -> Flask:
    found = app.extensions["winnow"]
    app.extensions["winnow_scorer"] = Scorer(found.store, found.queues, classifier)
    return app


def analyze(app: Flask, site: CreatedSite, text: str, **known: Any) -> Any:
    body = {"comment": {"text": text}, "requestedAttributes": {"TOXICITY": {}}} | known
    return app.test_client().post("/v1alpha1/comments:analyze", query_string={"key": site.compat_key}, json=body)


def moderate(app: Flask, site: CreatedSite, text: str) -> Any:
    headers = {"Authorization": f"Bearer {site.compat_key}"}
    return app.test_client().post("/v1/moderations", headers=headers, json={"input": text})


def set_languages(store: Store, site: CreatedSite, **languages: str) -> None:
    with store.write() as session:
        document = policies.current(session, site.id).document
        policies.save(session, site.id, document | {"languages": languages}, actor="site")


@pytest.mark.parametrize(("language", "text"), PERSPECTIVES.items())
def test_every_language_that_perspective_spoke_is_answered(
    app: Flask, site: CreatedSite, language: str, text: str
) -> None:
    with_model(app, POLYGLOT)
    told = analyze(app, site, text)
    assert told.status_code == 200
    assert told.json["detectedLanguages"][0] == told.json["languages"][0] == language
    named = analyze(app, site, text, languages=[language])
    assert (named.status_code, named.json["languages"]) == (200, [language])
    assert moderate(app, site, text).status_code == 200


@pytest.mark.parametrize(
    ("text", "languages", "status"),
    [
        (GERMAN, [], 400),
        (GERMAN, ["de"], 400),
        (GERMAN, ["en"], 200),
        (GERMAN, ["de", "en-GB"], 200),
        (PERSPECTIVES["hi-Latn"], ["hi-Latn"], 200),
        (PERSPECTIVES["hi-Latn"], ["HI_latn"], 200),
        (PERSPECTIVES["hi-Latn"], [], 200),
        ("ᏣᎳᎩ ᎦᏬᏂᎯᏍᏗ", [], 400),
        ("👍", [], 200),
    ],
)
def test_a_model_that_has_not_learnt_a_language_says_so(
    app: Flask, site: CreatedSite, text: str, languages: list[str], status: int
) -> None:
    with_model(app, FAST)
    answer = analyze(app, site, text, languages=languages)
    assert answer.status_code == status, answer.json
    if not languages:
        assert moderate(app, site, text).status_code == status


@pytest.mark.parametrize(
    ("text", "languages", "status"),
    [
        (GERMAN, {}, 200),
        (GERMAN, {"de": "hold"}, 400),
        (GERMAN, {"de": "rules"}, 200),
        (GREEK, {}, 400),
        (GREEK, {"el": "judge"}, 200),
        (GREEK, {"el": "rules"}, 200),
    ],
)
def test_what_a_site_sets_for_a_language_holds_for_its_clients(
    app: Flask, store: Store, site: CreatedSite, text: str, languages: dict[str, str], status: int
) -> None:
    with_model(app, POLYGLOT)
    set_languages(store, site, **languages)
    assert analyze(app, site, text).status_code == status
    assert moderate(app, site, text).status_code == status


def test_a_word_too_short_to_tell_its_language_is_read_in_the_one_that_the_client_names(
    app: Flask, site: CreatedSite
) -> None:
    with_model(app, SHIPPED)
    alone, named = (
        analyze(app, site, "lul", spanAnnotations=True, languages=languages).json["attributeScores"]["TOXICITY"]
        for languages in ([], ["nl"])
    )
    assert named["summaryScore"]["value"] > 0.8 > alone["summaryScore"]["value"]


def test_where_a_client_names_no_language_a_word_is_read_in_that_of_the_sites_authors(
    app: Flask, store: Store, site: CreatedSite
) -> None:
    with_model(app, SHIPPED)

    def toxicity(**known: Any) -> list[float]:
        answer = analyze(app, site, "burro", **known)
        return [
            answer.json["attributeScores"]["TOXICITY"]["summaryScore"]["value"],
            moderate(app, site, "burro").json["results"][0]["category_scores"]["harassment"],
        ]

    assert max(toxicity()) < 0.5
    with store.write() as session:
        site_settings.save(session, site.id, SiteSettings(author_language="pt"), actor="user:u1")
    assert min(toxicity()) > 0.7
    assert toxicity(languages=["en"])[0] < 0.5, "what the client says comes first"
    assert Akismet(app.test_client(), site.compat_key).check("burro", blog_lang="").text != "false"
    held = {"pt": "hold"}
    set_languages(store, site, **held)
    assert (analyze(app, site, "burro").status_code, moderate(app, site, "burro").status_code) == (400, 400)


def test_a_script_that_nobody_knows_is_undetermined_to_clients(app: Flask, site: CreatedSite) -> None:
    with_model(app, POLYGLOT)
    [detail] = analyze(app, site, "ᏣᎳᎩ ᎦᏬᏂᎯᏍᏗ").json["error"]["details"]
    assert detail["languageNotSupportedByAttributeError"]["detectedLanguages"] == ["und"]


@pytest.mark.parametrize(
    ("text", "blog_lang", "held"),
    [
        ("Hallo", "", False),
        ("Hallo", "hu", True),
        ("Hallo", "hu, en_US", True),
        ("Hallo", "en_US, hu", False),
        ("Hallo", "xx,de_CH_informal", False),
        ("Thank you for this article!", "fi", False),
        ("👍", "fi", False),
        (GREEK, "en", True),
    ],
)
def test_the_language_of_a_blog_counts_where_a_comments_own_cannot_be_told(
    app: Flask, site: CreatedSite, text: str, blog_lang: str, held: bool
) -> None:
    blog = Akismet(with_model(app, POLYGLOT).test_client(), site.compat_key)
    answer = blog.check(text, blog_lang=blog_lang)
    assert (answer.text != "false") == held, answer.text


@pytest.mark.parametrize("unseen", ["\0", "\x01", "\x7f", "\x81", "\u200d", "\u00ad", "\u034f", "\ufe0f", "\U000e0061"])
@pytest.mark.parametrize("text", ["Thanks for that, you stupid idiot.", "Du H{}ur{}enso{}hn, geh sterben."])
def test_what_shows_nothing_hides_no_word_from_any_protocol(
    app: Flask, site: CreatedSite, text: str, unseen: str
) -> None:
    """Its places are those of the text as it was sent."""
    hidden = text.format(unseen, unseen, unseen).replace("stupid", f"st{unseen}up{unseen}id")
    plain = text.format("", "", "")
    with_model(app, SHIPPED)
    told, found = (
        analyze(app, site, one, spanAnnotations=True).json["attributeScores"]["TOXICITY"] for one in (plain, hidden)
    )
    assert found["summaryScore"]["value"] == pytest.approx(told["summaryScore"]["value"], abs=0.01)
    assert [span["end"] for span in found["spanScores"][:1]] == [len(hidden.encode("utf-16-le")) // 2]
    parts = [
        [_cut(sent, span).replace(unseen, "") for span in its["spanScores"][1:]]
        for its, sent in ((told, plain), (found, hidden))
    ]
    assert parts[0] == parts[1] != []
    assert moderate(app, site, hidden).json["results"][0]["flagged"]


def _cut(text: str, span: dict[str, int]) -> str:
    """A part of a text by its places in UTF-16, as Perspective gives them."""
    return text.encode("utf-16-le")[2 * span["begin"] : 2 * span["end"]].decode("utf-16-le")


@pytest.mark.parametrize(
    ("text", "detected", "status"),
    [
        ("spasibo, ochen polezno", "ru-Latn", 200),
        ("shukran 3ala el ma2al, kan mofeed awi", "ar-Latn", 200),
        ("dyakuyu, duzhe korysna stattya", "uk-Latn", 400),
        ("شاورما", "ar", 200),
        ("Shiitake", "und", 200),
    ],
)
def test_languages_in_latin_letters_and_single_words_are_answered_as_they_are_judged(
    app: Flask, site: CreatedSite, text: str, detected: str, status: int
) -> None:
    with_model(app, SHIPPED)
    answer = analyze(app, site, text)
    assert answer.status_code == status, answer.json
    if status == 200:
        assert answer.json["detectedLanguages"] == [detected]
    else:
        assert detected in answer.text
    assert moderate(app, site, text).status_code == status
