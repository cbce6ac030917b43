"""Other languages: insults score above thanks, and explanations add up and point at the words that made the score."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import models
from models.evaluation.languages import plain_sentences
from models.labels import LABELS

CLASSIFIER = models.load()
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
#: Where fewer than five of eight are told; what the card says of these languages is as modest.
LEAST_ABOVE = {"ar": 2, "ro": 4, "th": 4, "hi-Latn": 3, "sv": 4}


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


@pytest.mark.parametrize(
    ("threat", "news"),
    [
        ("Ich werde dich umbringen", "Bei dem Brand kamen zwei Menschen um"),
        ("Je vais te tuer", "Deux personnes ont été tuées dans l'accident"),
        ("Vou te matar", "Duas pessoas morreram no acidente"),
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
