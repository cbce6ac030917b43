"""Other languages: insults score above thanks, and explanations add up and point at the words that made the score."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.evaluation.languages import plain_sentences, short_comments
from models.labels import ABUSE_COLUMNS, LABELS
from models.scoring.explanation import SCRAP
from models.training.metrics import auc
from tests.support.classifier import shipped

CLASSIFIER = shipped()
FLAG_AT = np.array([CLASSIFIER.thresholds["balanced"][label]["flag_at"] for label in LABELS[ABUSE_COLUMNS]])
TOXICITY = LABELS.index("toxicity")
#: Language -> an insult, the word that makes it one, and thanks.
SENTENCES = {
    "de": ("Du bist doch ein dummer Idiot", "Idiot", "Vielen Dank für den schönen Artikel"),
    "es": ("eres un idiota y no sabes nada", "idiota", "Muchas gracias por el artículo, muy bueno"),
    "fr": ("Ferme ta gueule espèce de connard", "connard", "Merci beaucoup pour cet article très intéressant"),
    "it": ("sei proprio un coglione, vergognati", "coglione", "Grazie mille per questo bellissimo articolo"),
    "pt": ("você é um idiota filho da puta", "puta", "Muito obrigado pelo artigo, gostei bastante"),
    "nl": ("jij bent echt een domme klootzak", "klootzak", "Hartelijk dank voor dit mooie artikel"),
    "pl": ("jesteś zwykłym debilem i kretynem", "debilem", "Bardzo dziękuję za ten ciekawy artykuł"),
    "ru": ("Ты просто тупой мудак, заткнись", "мудак", "Большое спасибо за интересную статью"),
    "tr": ("sen tam bir salaksın aptal herif", "aptal", "Bu güzel yazı için çok teşekkür ederim"),
    "ja": ("お前は本当に馬鹿だな、死ね", "死ね", "とても良い記事でした、ありがとうございます"),
    "ko": ("너는 정말 병신 같은 새끼야", "새끼야", "좋은 글 감사합니다 잘 읽었습니다"),
    "zh": ("你这个白痴，去死吧", "白痴", "谢谢分享，这篇文章写得很好"),
    "ar": ("انت كلب حقير وغبي", "كلب", "شكرا جزيلا على هذا المقال الرائع"),
    "id": ("kamu memang anjing goblok", "anjing", "Terima kasih atas artikelnya yang bagus"),
    "sv": ("du är en jävla idiot din fitta", "idiot", "Tack så mycket för den fina artikeln"),
    "da": ("du er en dum idiot og et svin", "idiot", "Mange tak for den gode artikel"),
    "cs": ("jsi obyčejný kretén a debil", "debil", "Děkuji moc za pěkný článek"),
    "hi": ("तू एक नंबर का चूतिया और हरामी है", "चूतिया", "इस लेख के लिए बहुत बहुत धन्यवाद"),
}
#: Comments in languages that labels are carried over to.
APART: dict[str, dict[str, list[str]]] = tomllib.loads(
    Path(__file__).with_name("apart.toml").read_text(encoding="utf-8")
)
#: Where fewer than five of eight are told, and what the card says of these languages is as modest; and where nearly all
#: are, by labels that are carried over.
#: The share of short comments that must be above a line, of those of ours and of somebody's who knew none of the lists.
LEAST_OF_SHORT = {"short.toml": 0.85, "short_apart.toml": 0.6}
LEAST_ABOVE = {"th": 4, "hi-Latn": 6, "cs": 7, "id": 7, "nl": 7, "sv": 7}


@pytest.mark.parametrize("language", SENTENCES)
def test_an_insult_scores_well_above_thanks(language: str) -> None:
    insult, _, thanks = SENTENCES[language]
    scores = CLASSIFIER.score([insult, thanks])[:, TOXICITY]
    assert scores[0] > 0.5
    assert scores[0] - scores[1] > 0.3
    assert CLASSIFIER.judgeable(insult)
    assert CLASSIFIER.judgeable(thanks)


@pytest.mark.parametrize("language", plain_sentences())
def test_no_harmless_sentence_lies_above_a_default_threshold_and_most_plain_insults_do(language: str) -> None:
    sentences = plain_sentences()[language]
    flag_at = [CLASSIFIER.thresholds["balanced"][label]["flag_at"] for label in LABELS]
    above = {kind: (CLASSIFIER.score(texts) >= flag_at).any(axis=1).sum() for kind, texts in sentences.items()}
    assert above["harmless"] == 0
    assert above["harmful"] >= LEAST_ABOVE.get(language, 5), "of 8"


@pytest.mark.parametrize("language", APART)
def test_comments_that_nothing_was_chosen_by_are_ranked_and_harmless_ones_pass(language: str) -> None:
    bad, good = (CLASSIFIER.score(APART[language][kind]) for kind in ("bad", "good"))
    flag_at = [CLASSIFIER.thresholds["balanced"][label]["flag_at"] for label in LABELS]
    assert not (good >= flag_at).any()
    assert (bad >= flag_at).any(axis=1).sum() >= 4
    truth = np.repeat([True, False], [len(bad), len(good)])
    assert auc(truth, np.append(bad[:, TOXICITY], good[:, TOXICITY])) > 0.78


@pytest.mark.parametrize("name", ["short.toml", "short_apart.toml"])
def test_most_insults_of_a_few_words_are_shown_to_a_person_and_hardly_a_harmless_comment(name: str) -> None:
    flag_at = [CLASSIFIER.thresholds["balanced"][label]["flag_at"] for label in LABELS]
    lists = short_comments(name).values()
    above = {
        kind: np.concatenate([(CLASSIFIER.score(its[kind]) >= flag_at).any(axis=1) for its in lists]).mean()
        for kind in ("abuse", "harmless")
    }
    assert above["abuse"] > LEAST_OF_SHORT[name]
    assert above["harmless"] < 0.03


def test_a_text_too_short_to_tell_is_read_in_the_language_that_is_said_beside_it() -> None:
    for text, language in (("lul", "nl"), ("burro", "pt-BR")):
        assert CLASSIFIER.detected_language(text) == "und"
        alone, said = CLASSIFIER.score([text, text], [{}, {"languages": ["xx", language]}])[:, TOXICITY]
        assert said > 0.8 > alone
        assert CLASSIFIER.explain(text, "toxicity", {"languages": [language]}).logit > 1.4
    for odd in (None, 7, "nl", [None, 5], [""]):
        assert CLASSIFIER.score(["lul"], [{"languages": odd}])[0, TOXICITY] < 0.8


@pytest.mark.parametrize(
    ("text", "marked"), [("sale fdp va", "fdp"), ("Mais quel con, celui-là!", "con"), ("ไปตายซะ", "ตายซะ")]
)
def test_an_insult_is_marked_and_its_weight_adds_up(text: str, marked: str) -> None:
    told = CLASSIFIER.explain(text, "toxicity")
    assert sum(weight for *_, weight in told.spans) + sum(told.signals.values()) + told.bias == pytest.approx(
        told.logit
    )
    assert told.logit == pytest.approx(CLASSIFIER.logits([text])[0, TOXICITY], abs=1e-6)
    start, end, _ = max(told.spans, key=lambda span: span[2])
    assert start < text.index(marked) + len(marked)
    assert end > text.index(marked)


@pytest.mark.parametrize(
    ("threat", "news"),
    [
        ("Ich werde dich umbringen", "Bei dem Brand kamen zwei Menschen um"),
        ("Je vais te tuer", "Deux personnes ont été tuées dans l'accident"),
        ("Vou te matar", "Duas pessoas morreram no acidente"),
        ("Te voy a matar", "Dos personas murieron en el accidente"),
        ("Ik ga je vermoorden", "Bij het ongeluk kwamen twee mensen om"),
        ("Jag ska slå ihjäl dig", "Två personer omkom i branden"),
        ("Dræb dig selv, din taber", "To mennesker omkom i branden"),
        ("Zabiju tě, ty hajzle", "Při požáru zemřeli dva lidé"),
        ("Te omor, prostule", "Două persoane au murit în incendiu"),
        ("Zabiję cię, śmieciu", "Dwie osoby zginęły w pożarze"),
        ("Ti ammazzo", "Due persone sono morte nell'incidente"),
        ("Seni öldüreceğim", "Kazada iki kişi öldü"),
        ("Я тебя убью", "В аварии погибли два человека"),
        ("널 죽여버릴 거야", "사고로 두 명이 사망했습니다"),
        ("お前を殺してやる", "事故で二人が亡くなりました"),
        ("我要杀了你", "事故造成两人死亡"),
    ],
)
def test_a_plain_threat_is_shown_to_a_person_and_news_of_a_death_is_not(threat: str, news: str) -> None:
    flag_at = [CLASSIFIER.thresholds["balanced"][label]["flag_at"] for label in LABELS]
    assert (CLASSIFIER.score([threat, news]) >= flag_at).any(axis=1).tolist() == [True, False]


@pytest.mark.parametrize("language", SENTENCES)
def test_the_insult_counts_for_the_score_and_deleting_it_lowers_it(language: str) -> None:
    text, word, _ = SENTENCES[language]
    start = text.index(word)
    inside = [
        weight
        for first, last, weight in CLASSIFIER.explain(text, "toxicity").spans
        if first < start + len(word) and start < last
    ]
    assert inside
    assert sum(inside) > 0
    whole, without = CLASSIFIER.logits([text, text.replace(word, "")])[:, TOXICITY]
    assert without < whole


@given(
    st.lists(
        st.sampled_from([part for parts in SENTENCES.values() for part in parts])
        | st.sampled_from([". ", "\n", "@bob", "https://x.example/a", "<b>Du</b>", "&amp;", "\u200b", "🙂"])
        | st.text(max_size=20),
        max_size=8,
    ).map(" ".join),
    st.sampled_from(LABELS),
    st.fixed_dictionaries({"honeypot": st.booleans()}),
)
@settings(max_examples=60, deadline=None)
def test_explanations_add_up_to_the_logit_that_was_scored(text: str, label: str, signals: dict[str, object]) -> None:
    told = CLASSIFIER.explain(text, label, signals)
    parts = sum(weight for _, _, weight in told.spans) + sum(told.signals.values()) + told.bias
    assert parts == pytest.approx(told.logit, abs=1e-6)
    assert told.logit == pytest.approx(CLASSIFIER.logits([text], [signals])[0, LABELS.index(label)], abs=1e-6)
    assert all(0 <= start < end <= len(text) for start, end, _ in told.spans)
    assert [start for start, _, _ in told.spans] == sorted(start for start, _, _ in told.spans)
    assert all(before[1] <= after[0] for before, after in zip(told.spans, told.spans[1:], strict=False))


def test_an_insult_in_a_long_comment_is_seen() -> None:
    calm = "Der Wetterbericht war gut und die Züge fuhren pünktlich. " * 60
    insult = "Ihr seid alle dumme Arschlöcher und verdammte Idioten. "
    alone, within, without = CLASSIFIER.score([insult, calm + insult + calm, calm + calm])[:, TOXICITY]
    assert within > 0.5 * alone
    assert within > 3 * without


def test_a_text_scores_alike_alone_and_in_a_batch() -> None:
    texts = [part for parts in SENTENCES.values() for part in parts]
    together = CLASSIFIER.score(texts)
    alone = np.concatenate([CLASSIFIER.score([text]) for text in texts])
    assert np.abs(together - alone).max() < 1e-4


#: Of the kind that the encoder takes for abuse in Turkish, where a few words say so little that they are not sure.
SCRAPS = ["Ne dersin?", "Siz ne dersiniz?", "Offf off.", "Hahahaha, selam!"]


@pytest.mark.parametrize("scrap", SCRAPS)
def test_a_few_words_beside_a_harmless_comment_do_not_decide_it_in_a_language_that_is_wary(scrap: str) -> None:
    reader = CLASSIFIER.understanding
    assert reader is not None
    tongue, text = reader.tongue("tr"), f"Bu maddeyi kaynaklarla genişletmek istiyorum, görüşünüz nedir? {scrap}"
    assert tongue.wary
    sure = replace(reader, tongues=reader.tongues | {"tr": replace(tongue, wary=False)})
    wary, before = (one.logits([text], ["tr"])[0][0, ABUSE_COLUMNS] for one in (reader, sure))
    assert (wary <= before + 1e-6).all()
    assert (wary < before - 1e-3).any()
    assert (CLASSIFIER.score([text], [{"languages": ["tr"]}])[0, ABUSE_COLUMNS] < FLAG_AT).all()


def test_a_listed_insult_of_a_few_words_decides_beside_other_sentences() -> None:
    calm = "Bu maddeyi kaynaklarla genişletmek istiyorum, görüşünüz nedir? "
    alone, beside = CLASSIFIER.score(["Orospu çocuğu!", calm + "Orospu çocuğu!"], [{"languages": ["tr"]}] * 2)[:, 0]
    assert min(alone, beside) >= 0.75


def test_the_explanation_says_what_a_few_words_lost() -> None:
    text = "Bu maddeyi kaynaklarla genişletmek istiyorum, görüşünüz nedir? Siz ne dersiniz?"
    told = CLASSIFIER.explain(text, "toxicity", {"languages": ["tr"]})
    assert told.signals[SCRAP] < 0
    assert told.logit == pytest.approx(CLASSIFIER.logits([text], [{"languages": ["tr"]}])[0, TOXICITY], abs=1e-9)


@pytest.mark.parametrize(
    "text", ["Vous etes tous une bande de debiles", "Kapa ceneni kopek", "stul dziob glupku", "bloede kuh, geh heim"]
)
def test_an_insult_without_its_accents_is_shown_to_a_person(text: str) -> None:
    flag_at = [CLASSIFIER.thresholds["balanced"][label]["flag_at"] for label in CLASSIFIER.labels]
    assert (CLASSIFIER.score([text])[0] >= flag_at).any()
