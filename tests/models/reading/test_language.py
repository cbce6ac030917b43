"""Which language a comment is told to be in; one that the classifier does not judge is held, and English never is."""

from __future__ import annotations

import os
import random
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from py3langid import langid

from models import unpacked
from models.evaluation.foreign import foreign_comments
from models.languages import GRADES
from models.reading import language
from models.reading.language import _SCRIPTS
from models.training.datasets import read_rows
from tests.support import ROOT
from tests.support.classifier import shipped

#: Letters of all kinds in all orders.
MIXED = ["".join(random.Random(at).choices("aehinrstß éñøیہانда тий日本語", k=80)) for at in range(20)]
DATA = Path(os.environ.get("WINNOW_TRAINING_DATA", ROOT.parent / "shared" / "data"))
CLASSIFIER = shipped()
#: It has learnt English and Roman Urdu alone.
FAST = shipped("fast")
needs_data = pytest.mark.skipif(
    not (DATA / "evaluation").is_dir(), reason=f"no data in {DATA} (set WINNOW_TRAINING_DATA)"
)
#: A model that reads every language of the table.
POLYGLOT = replace(CLASSIFIER, manifest={**CLASSIFIER.manifest, "languages": list(GRADES)})
ENGLISH = [
    "Great article, thank you!", "lol", "Die hard is the best movie", "so true", "haha nice one", "first!!!",
    "Nobody asked you", "loooooove iiiit", "Dang dude, epic guitar solo", "C'est la vie, as they say", "naïve idea",
    "Zoë and Chloé were at the café", "http://example.org/seite/über-uns", "1984", "", "👍", "Angela Merkel resigned",
    "Yоu аre аn idiоt", "f u c k you", "sh*t happens", "Lorem", "ＤＡＭＮ ＴＨＩＳ ＩＳ ＦＡＮＣＹ",
    "▬▬ஜ۩۞۩ஜ▬▬ nice video ▬▬",
    "still no broadband", "distribution agreement", "welcome!", "Excellent service as usual", "Hello my friend",
    "ok, fine", "Ok ok ok I ok", "Retirement planning at a young age is a good idea", "You are a noob.", "I love you",
    "thx m8, gr8 vid", "definately recomend tihs", "kys", "gtfo", "asdfgh", "stfu noob", "wagmi", "ez",
    "Obama", "tl;dr",
]  # fmt: skip
#: What they are, or something that is not held.
NAMES = [
    "Müller", "Sofía", "José", "Pelé", "Björk", "Nguyen", "Zlatan Ibrahimović", "Giorgia Meloni", "Kubernetes",
    "Ronaldo", "Trudeau", "Schwarzenegger", "São Paulo", "Lech Wałęsa", "Jürgen Klopp", "François Hollande won",
]  # fmt: skip
#: Comment -> its language.
TOLD = {
    "This is a comment about the bridge": "en",
    "Ich fahre morgen mit dem Zug und nicht mit dem Auto": "de",
    "VERPISS DICH, DU ARSCHLOCH": "de",
    "Vai tomar no cu": "pt",
    "vete a la mierda": "es",
    "Te voy a matar": "es",
    "<handle replaced><handle replaced>बिलकुल सही": "und",
    "Nique ta mère": "fr",
    "che schifo di articolo": "it",
    "Jesteś głupi jak but": "pl",
    "Bu ne saçma bir yazı": "tr",
    "Ești un prost": "ro",
    "Wat een onzin, man": "nl",
    "Håll käften, din idiot": "sv",
    "Hold nu kæft, din idiot": "da",
    "Drž hubu, ty idiote": "cs",
    "Diam kau, dasar goblok": "id",
    "Megint késett a busz, én pedig vártam": "hu",
    "Turpa kiinni, senkin idiootti": "fi",
    "Câm mồm đi đồ ngu": "vi",
    "Спасибо за статью": "ru",
    "Дякую за чудову статтю": "uk",
    "شكرا على المقال الجميل": "ar",
    "خفه شو احمق، تو هیچی نمیدونی": "fa",
    "تم سب جھوٹے ہو، چپ کر گدھے": "ur",
    "यह लेख बहुत अच्छा है": "hi",
    "これはとても面白い記事です": "ja",
    "这篇文章写得很好": "zh",
    "你们外国人都bu诚实，看看www.example.com吧": "zh",
    "기사 정말 좋네요": "ko",
    "ขอบคุณสำหรับบทความ": "th",
    "Πολύ καλό άρθρο": "el",
    "תודה על הכתבה": "he",
    "দারুণ লেখা, ধন্যবাদ": "bn",
    "nice video, но ты идиот": "ru",
    "ᏣᎳᎩ ᎦᏬᏂᎯᏍᏗ": "mis",
    "Yeh khabar bohat achi hai aur mujhe pasand hai": "ur-Latn",
    "bilkul sahi baat hai bhai": "ur-Latn",
    "tum pagal ho kya": "ur-Latn",
    "Yaar tu bahut gandi hai": "ur-Latn",
    "eto ochen ploho, durak": "ru-Latn",
    "enta 7mar ya kalb": "ar-Latn",
    "wallah da msh 3ayez keda": "ar-Latn",
    "law shoftak fel share3 7akassarlak snanak": "ar-Latn",
    "dyakuyu, duzhe korysna stattya": "uk-Latn",
    "ne soglasen, no uvazhayu vashe mnenie": "ru-Latn",
    "y0u 4r3 4n 1d10t, n3v3r c0m3 b4ck": "en",
    "Ik weet je te vinden en maak je dood": "nl",
    "Moja babcia gotuje takie zupy": "pl",
    "aku suka": "id",
    "شاورما": "ar",
    "馬鹿野郎": "ja",
    "iCh fInDe dIcH UnD BrInGe dIcH Um": "de",
    "Ich🤬finde🤬dich🤬und🤬bringe🤬dich🤬um": "de",
    "Les Bronzés": "und",
    "Dackel": "und",
    "👍 1984": "und",
}
#: One word -> its language, or nothing: not English, where the reader that understands need not be asked.
INSULTS = {
    "Arschloch": "de", "connard": "fr", "cabrón": "es", "vaffanculo": "it", "spierdalaj": "pl", "orospu": "tr",
    "klootzak": "nl", "jävla": "sv", "muie": "ro", "hovno": "cs", "filhodaputa": "pt", "goblok": "id",
    "мудак": "ru", "बेवकूफ": "hi", "バカ": "ja", "笨蛋": "zh", "바보": "ko", "كلب": "ar", "เหี้ย": "th",
}  # fmt: skip


@pytest.mark.parametrize("language", foreign_comments())
def test_short_comments_in_an_unlearnt_language_are_not_judged(language: str) -> None:
    comments = foreign_comments()[language]
    judged = [text for text in comments if FAST.judgeable(text)]
    assert len(judged) <= 2, judged


@pytest.mark.parametrize("text", ENGLISH)
def test_english_comments_are_judged_with_their_names_slang_disguises_and_borrowed_words(text: str) -> None:
    assert CLASSIFIER.detected_language(text) in {"en", "und"}
    assert CLASSIFIER.judgeable(text)


@pytest.mark.parametrize("text", NAMES)
def test_names_are_never_held_where_the_languages_that_they_come_from_are_judged(text: str) -> None:
    assert POLYGLOT.judgeable(text)


@pytest.mark.parametrize(("text", "language"), TOLD.items())
def test_a_language_is_told_by_its_script_and_its_words(text: str, language: str) -> None:
    assert CLASSIFIER.detected_language(text) == language


@pytest.mark.parametrize(("word", "language"), INSULTS.items())
def test_a_one_word_insult_is_in_its_own_language_or_in_none_that_can_be_told(word: str, language: str) -> None:
    assert CLASSIFIER.detected_language(word) in {language, "und"}


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("fdp", {"fr", "pt"}), ("sale fdp va", {"fr"}), ("Gros con!!", {"fr"}), ("du spast", {"de"}),
        ("voy a matarte", {"es"}), ("vtnc", {"pt"}), ("suka blyat", {"ru-Latn"}), ("idiota", {"es", "it", "pl", "pt"}),
        ("Geen slechte slet", {"nl", "und"}), ("You idiot", {"en"}), ("Dick", {"en"}), ("for sale con", {"en"}),
        ("My neighbour says his son calls everybody a hijo de puta these days", {"en"}),
        ("не знаю", {"ru"}), ("поздравляю", {"ru"}), ("дорого", {"ru"}), ("не знаю, що це", {"uk"}),
    ],
)  # fmt: skip
def test_an_insult_tells_the_language_of_a_few_words_and_what_two_languages_share_is_in_the_judged_one(
    text: str, language: set[str]
) -> None:
    assert shipped().detected_language(text) in language


def test_only_what_the_model_reads_is_judged() -> None:
    german = "Ich fahre morgen mit dem Zug und nicht mit dem Auto"
    assert FAST.languages["en"] == FAST.languages["ur-Latn"] == "learnt"
    assert FAST.languages["de"] == "unknown"
    assert not FAST.judgeable(german)
    assert CLASSIFIER.languages["de"] == "learnt"
    assert CLASSIFIER.judgeable(german)


@pytest.mark.parametrize(("language", "grade"), [("hu", "listed"), ("uk", "unknown")])
def test_of_a_language_that_is_only_listed_or_told_nothing_is_judged(language: str, grade: str) -> None:
    assert POLYGLOT.languages[language] == grade
    assert not POLYGLOT.judges(language)


def test_a_script_that_nobody_knows_is_not_judged() -> None:
    assert not POLYGLOT.judgeable("ᏣᎳᎩ ᎦᏬᏂᎯᏍᏗ")


def test_every_language_that_is_told_has_a_grade() -> None:
    told = {code for _, languages in _SCRIPTS.values() for code in languages.split()} - {"|"}
    assert told <= GRADES.keys()
    assert GRADES.keys() - told == {"ur-Latn", "hi-Latn", "ar-Latn", "ru-Latn", "uk-Latn"}


@needs_data
def test_at_most_one_in_two_hundred_comments_on_english_sites_is_taken_for_foreign() -> None:
    wanted = [row["text"] for row in read_rows(DATA / "spam/youtube_comments.csv.gz") if row["spam"] == "0"]
    for name in ("wikipedia_with_perspective", "globe_and_mail_unhealthy"):
        wanted += [row["text"] for row in read_rows(DATA / f"evaluation/{name}.csv.gz")]
    short = [text for text in wanted if len(text) < 60]
    for texts, most in ((wanted, 0.005), (short, 0.01)):  # most of these are indeed foreign
        assert sum(not CLASSIFIER.judgeable(text) for text in texts) <= most * len(texts)


@needs_data
@pytest.mark.parametrize(
    ("language", "least"),
    [("de", 0.98), ("pt", 0.9), ("pl", 0.98), ("zh", 0.98), ("ko", 0.97), ("fr", 0.94), ("es", 0.97), ("it", 0.97),
     ("tr", 0.97), ("ar", 0.97), ("ro", 0.97), ("da", 0.8), ("ja", 0.97)],
)  # fmt: skip
def test_comments_that_are_labelled_in_a_language_are_told_to_be_in_it(language: str, least: float) -> None:
    rows = read_rows(DATA / f"languages/{language}.csv.gz")
    texts = [row["text"] for row in rows if row["split"] == "dev"][:150]
    told = Counter(map(CLASSIFIER.detected_language, texts))
    assert told[language] >= least * len(texts), told


@needs_data
def test_urdu_in_latin_letters_is_judged() -> None:
    texts = [row["text"] for row in read_rows(DATA / "toxicity/roman_urdu.csv.gz") if row["split"] != "train"][:400]
    assert sum(map(CLASSIFIER.judgeable, texts)) >= 0.9 * len(texts)


@pytest.mark.parametrize("piece", ["a", "a ", "é", ".a", "{", "a.b", "aaab", "你a", "я.", "@a"])
def test_the_language_of_any_long_text_is_told_at_once(piece: str) -> None:
    CLASSIFIER.judgeable(piece * 200_000)


class TestTables:
    @pytest.fixture(autouse=True)
    def own_temporary_folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path))

    def test_they_are_unpacked_once_and_mapped_and_tell_the_same(self) -> None:
        texts = ["Te voy a matar", "Ты полный идиот", "Du bist ein Depp", "the", ""]
        expected = [language._identifier().rank(text) for text in texts]
        first = language._load.__wrapped__()
        written = {file: file.stat().st_mtime_ns for file in unpacked.folder().iterdir()}
        second = language._load.__wrapped__()
        assert len(written) == 4
        assert {file: file.stat().st_mtime_ns for file in unpacked.folder().iterdir()} == written
        for one in (first, second):
            assert isinstance(one.nb_ptc.base, np.memmap)
            assert [one.rank(text) for text in texts] == expected

    def test_a_damaged_file_is_written_anew_and_a_folder_of_others_not_used(self) -> None:
        language._load.__wrapped__()
        [edges] = unpacked.folder().glob("*-edges.npy")
        content = edges.read_bytes()
        edges.write_bytes(content[:-1024])
        language._load.__wrapped__()
        assert edges.read_bytes() == content
        unpacked.folder().chmod(0o777)
        assert not isinstance(language._load.__wrapped__().nb_ptc.base, np.memmap)


def test_the_same_sequences_of_letters_are_found_as_the_library_finds() -> None:
    whole = langid.LanguageIdentifier.from_model_file(langid.MODEL_FILE)
    ours = language._identifier()
    for text in (
        "",
        "a",
        "Te voy a matar, idiota",
        "Ты полный идиот",
        "あなたはばかです",
        "x" * 300,
        "\x00\xff",
        *MIXED,
    ):
        letters = text.encode()
        found = langid.visit_counts(whole.tk_nextmove, whole._rowbase, whole.tk_output, letters)
        assert list(Counter(ours.find(letters)).items()) == list((found or {}).items())
