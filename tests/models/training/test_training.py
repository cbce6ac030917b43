"""Training on a small data set of our own, and what the real one must not contain."""

from __future__ import annotations

import csv
import gzip
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

import models
from models.artifact import Artifact
from models.labels import CORE_LABELS
from models.package_data import read_lists
from models.reading.tokens import find_tokens
from models.reading.words import Reader
from models.scoring.terms import TermCache, Weights
from models.scoring.windows import Windows, window_sums
from models.training import datasets, training, understanding
from models.training.augmentation import everyday_examples, made_up_examples
from models.training.calibration import NATURAL_RATES, calibrate, natural_weights
from models.training.carried import CARRIED, LINED
from models.training.datasets import SOURCES, Examples, fingerprint, read_rows, read_source
from models.training.design import (
    FLOOR,
    GRAM_SHARE,
    PAIR_SHARE,
    Design,
    Rarity,
    ReadingIndex,
    list_readings,
    measure_rarity,
)
from models.training.estimator import PartialLabelLogisticRegression
from models.training.innocent import innocent_sentences
from models.training.languages import GAMBLING, LEARNT, REWRITTEN
from models.training.metrics import auc
from models.training.mixing import Mixture, learn_mixture
from tests.support import ROOT
from texts.normalization import normalize

pytestmark = pytest.mark.slow

DATA = Path(os.environ.get("WINNOW_TRAINING_DATA", ROOT.parent / "shared" / "data"))
needs_data = pytest.mark.skipif(
    not (DATA / "toxicity").is_dir(), reason=f"no training data in {DATA} (set WINNOW_TRAINING_DATA)"
)
GOOD = ["what a lovely garden", "the bus was late again", "thank you for the recipe", "I read this book in May"]
BAD = ["you stupid idiot", "shut up you moron", "what a pathetic loser you are", "go away you idiot"]
SPAM = ["buy cheap pills now", "click here for free money", "subscribe to my channel", "win a free prize now"]


def write(path: Path, rows: Sequence[Mapping[str, object]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wt", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def texts(kind: list[str], count: int) -> list[str]:
    return [f"{kind[number % len(kind)]} {'abcdefghij'[number % 10]}{number}" for number in range(count)]


@pytest.fixture(scope="session")
def small_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    six = dict.fromkeys(("toxic", "severe_toxic", "obscene", "threat", "insult", "identity_hate"), "")
    labelled = {**six, **dict.fromkeys(six, 1)}
    jigsaw = [{"text": text, "any_label": 0, "split": "train", **six} for text in texts(GOOD, 400)]
    jigsaw += [{"text": text, "any_label": 1, "split": "train", **labelled} for text in texts(BAD, 160)]
    jigsaw += [{"text": text, "any_label": 1, "split": "train", **six} for text in texts(BAD, 40)]
    write(folder / "toxicity/jigsaw.csv.gz", jigsaw)
    raters = dict.fromkeys(("identity_attack", "other", "profanity", "threat"), 0)
    text = "A foolish idea. The bus was late again. Really?"
    civil = [{"comment_id": 1, "text": text, "raters": 3, "not_toxic": 2, "insult": 1, **raters}]
    write(folder / "toxicity/civil_comments_spans.csv.gz", civil)
    marks = [{"comment_id": 1, "rater": 1, "type": "insult", "start": 2, "end": 9}]
    write(folder / "toxicity/civil_comments_spans_offsets.csv.gz", marks)
    write(
        folder / "toxicity/davidson_tweets.csv.gz",
        [{"text": "you idiot", "raters": 3, "hate": 0, "offensive": 3, "neither": 0}],
    )
    write(folder / "toxicity/hatemoji_build.csv.gz", [{"text": "I like 🐸", "split": "train", "label_gold": 0}])
    write(folder / "toxicity/roman_urdu.csv.gz", [{"text": "tum kutte ho", "abusive": 1, "split": "train"}])
    spam = [(text, 1) for text in texts(SPAM, 80)] + [(text, 0) for text in texts(GOOD, 80)]
    youtube = [{"video": f"Youtube0{n % 4 + 1}-X", "text": text, "spam": bad} for n, (text, bad) in enumerate(spam)]
    write(folder / "spam/youtube_comments.csv.gz", youtube)
    unknown = dict.fromkeys(("insult", "profanity", "identity_attack", "threat"), "")
    for code in LEARNT:
        rows = [{"text": f"{text} {code}", "toxic": 0, **unknown, "split": "train"} for text in texts(GOOD, 12)]
        rows += [{"text": f"{text} {code}", "toxic": 1, **unknown, "split": "train"} for text in texts(BAD, 12)]
        write(folder / f"languages/{code}.csv.gz", rows)
    write(folder / "languages/id_gambling_spam.csv.gz", [{"text": "judi slot", "spam": 1, "split": "train"}])
    write(folder / "languages/en_paradetox.csv.gz", [{"text": "a fool wrote this", "toxic": 1, "split": "train"}])
    write(folder / "languages/words.csv.gz", [{"language": "sv", "word": "dumskalle"}])
    sentences = folder / "languages/sentences"
    sentences.mkdir()
    for code in (*CARRIED, *LINED):
        pairs = [f"{text}\t{text} {code}\tCC BY" for text in (*GOOD, *BAD)]
        (sentences / f"{code}.txt").write_text("\n".join(pairs), encoding="utf-8")
    posts = [("sex", f"Horny and naked {number}", "She moaned.") for number in range(4)]
    posts += [("SuicideWatch", f"I want to die {number}", "Goodbye.") for number in range(4)]
    posts += [("gardening", f"My tomatoes {number}", "They grow well.") for number in range(400)]
    columns = ("subreddit", "title", "selftext")
    write(folder / "subjects/reddit.csv.gz", [{**dict(zip(columns, row, strict=True)), "over_18": 0} for row in posts])
    write(folder / "subjects/prompts.csv.gz", [{"source": "x", "text": "a poem", "sexual": 0, "self_harm": ""}])
    for name in ("sms", "web_forms"):
        write(folder / f"spam/{name}.csv.gz", [{"text": text, "spam": bad} for text, bad in spam])
    return folder


@pytest.fixture(autouse=True)
def small_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "WORD_BITS", 14)
    monkeypatch.setattr(training, "PAIR_BITS", 12)


@pytest.fixture
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine the threads of the linear algebra wait for each other by spinning, many times longer."""
    monkeypatch.setattr(training, "THREADS", 1)


@pytest.fixture
def few_made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    some = made_up_examples()
    for module in (training, understanding):
        monkeypatch.setattr(module, "made_up_examples", lambda: some.take(np.arange(0, len(some), 100)))


@pytest.mark.usefixtures("few_made_up", "one_thread")
def test_a_trained_model_loads_tells_good_from_bad_and_is_the_same_again_in_every_process(
    small_data: Path, tmp_path: Path
) -> None:
    messages: list[str] = []
    again: list[str] = []
    kept = tmp_path / "kept"
    with train_in_another_process(small_data, tmp_path / "third") as elsewhere:
        first = training.train(small_data, tmp_path / "first", messages.append, kept)
        second = training.train(small_data, tmp_path / "second", again.append, kept)
    assert elsewhere.returncode == 0
    classifier = models.load(tmp_path / "first")
    scores = classifier.score(["you pathetic moron", "what a lovely book", "buy free pills here"])
    toxicity, spam = classifier.labels.index("toxicity"), classifier.labels.index("spam")
    assert scores[0, toxicity] > 0.5 > scores[1, toxicity]
    assert scores[2, spam] > scores[1, spam]
    of_german = classifier.score(["Ich will sterben.", "Ich will tanzen."])[:, classifier.labels.index("self_harm")]
    assert of_german[0] > of_german[1]
    assert all(np.array_equal(first.arrays[name], second.arrays[name]) for name in first.arrays)
    assert first.words == second.words
    sentences = {f"sentences/{code}" for code in (*CARRIED, *LINED)}
    assert set(classifier.manifest["data"]) == {*SOURCES, *LEARNT, GAMBLING, REWRITTEN, "words"} | sentences | {
        "subjects/reddit", "subjects/prompts",
    }  # fmt: skip
    assert set(CARRIED) <= set(classifier.manifest["understanding"]["letters"])
    assert not any("fitted" in message or "encoded" in message for message in again)  # the stages were kept
    assert any("insult" in message for message in messages)
    checksums = [
        json.loads((tmp_path / name / "manifest.json").read_text(encoding="utf-8"))["files"]
        for name in ("first", "second", "third")
    ]
    assert checksums[0] == checksums[1] == checksums[2]
    assert "words.npy" in checksums[0]


@pytest.mark.parametrize("allowed", [1, 4])
def test_sums_are_split_into_as_many_parts_whatever_a_machine_allows(
    allowed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their last digits depend on it, and so did the weights of a model: by up to 0.0001."""
    split: list[int] = []

    def fit(*_: object) -> Artifact:
        split.extend(pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas")
        return Artifact({}, "", {})

    monkeypatch.setattr(training, "_train", fit)
    monkeypatch.setattr("models.artifact.write", lambda *_: None)
    with threadpool_limits(allowed):
        training.train(tmp_path, tmp_path, lambda _: None)
    assert set(split) == {training.THREADS}


def train_in_another_process(data: Path, out: Path) -> subprocess.Popen[bytes]:
    """Begin to train where Python's hashes, which order sets, are others than here."""
    script = (
        "import sys; import numpy as np; from pathlib import Path\n"
        "from models.training import training, understanding\n"
        "made = training.made_up_examples()\n"
        "some = lambda: made.take(np.arange(0, len(made), 100))\n"
        "training.made_up_examples = understanding.made_up_examples = some\n"
        "training.WORD_BITS, training.PAIR_BITS, training.THREADS = 14, 12, 1\n"
        "training.train(Path(sys.argv[1]), Path(sys.argv[2]), lambda _: None)"
    )
    seed = "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1"
    environment = os.environ | {"PYTHONHASHSEED": seed, "OPENBLAS_NUM_THREADS": "2", "OMP_NUM_THREADS": "2"}
    return subprocess.Popen([sys.executable, "-c", script, data, out], env=environment)


@pytest.mark.parametrize(
    "copy",
    ["You are AN  idiot!!", "<p>You are <b>an</b> id&#105;ot</p>", "Yоu аre аn idiоt", "Ｙｏｕ are an idi\u200bot"],
)
def test_copies_in_other_writing_have_one_fingerprint(copy: str) -> None:
    assert fingerprint(copy) == fingerprint("you are an idiot")
    assert fingerprint(copy) != fingerprint("you are an idea")


def test_missing_data_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"jigsaw\.csv\.gz"):
        training.train(tmp_path, tmp_path / "out", lambda _: None)


def test_unknown_labels_add_nothing_to_the_fit() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(200, 5)).astype(np.float32)
    targets = (features[:, :2] + rng.normal(size=(200, 2)) > 0).astype(np.float64)
    partial = np.vstack([targets, np.full((200, 2), np.nan)])
    both = np.vstack([features, rng.normal(size=(200, 5)).astype(np.float32)])
    alone = PartialLabelLogisticRegression(1.0).fit(features, targets)
    beside = PartialLabelLogisticRegression(1.0).fit(both, partial)
    assert np.allclose(alone.coef_, beside.coef_, atol=1e-2)
    assert auc(targets[:, 0] > 0.5, alone.predict_proba(features)[:, 0]) > 0.7


def test_groups_have_intercepts_of_their_own() -> None:
    rng = np.random.default_rng(1)
    features = rng.normal(size=(2000, 2)).astype(np.float32)
    groups = np.repeat([0, 1], 1000)
    bad = (features[:, 0] + 3.0 * groups - 1.5 + rng.logistic(size=2000) > 0).astype(np.float64)
    fitted = PartialLabelLogisticRegression(0.01).fit(features, bad[:, None], groups=groups)
    assert fitted.intercept_[1, 0] - fitted.intercept_[0, 0] == pytest.approx(3.0, abs=0.6)


def test_a_feature_that_tells_the_label_by_itself_is_favoured_over_its_noisy_likes() -> None:
    rng = np.random.default_rng(2)
    bad = rng.random(300) < 0.3
    telling = (rng.random(300) < np.where(bad, 0.9, 0.05)).astype(np.float32)
    noise = (rng.random((300, 400)) < 0.2).astype(np.float32)
    features = np.column_stack([telling, noise])
    weights = {
        favour: PartialLabelLogisticRegression(30.0, favour=favour)
        .fit(features, bad[:, None].astype(float))
        .coef_[:, 0]
        for favour in (0.0, 1.0)
    }
    shares = {favour: coef[0] / np.abs(coef[1:]).sum() for favour, coef in weights.items()}
    assert shares[1.0] > 2 * shares[0.0]


def test_training_counts_words_and_pairs_exactly_as_scoring_does() -> None:
    texts = [
        "You IDIOT, you idiot! Stop it.\nStop it NOW!!",
        "sh*t and gluedwordshere at https://www.example.com/some-page 🌟 (really)",
        "",
        "i d i o t s   i-d-i-o-t * ?!",
        "the the the cat's THE 1diot 2020",
    ]
    reader = Reader(
        dict.fromkeys(["idiot", "idiots", "shit", "glued", "words", "here", "the", "stop"], 400), {"idiot", "shit"}
    )
    index = ReadingIndex(reader)
    encoded = [index.encode(text) for text in texts]
    readings = list_readings(list(index.numbers))
    rarity = measure_rarity(encoded, readings, 14)
    design = Design(encoded, readings, rarity, word_bits=14, pair_bits=12)
    steps = np.random.default_rng(4).integers(-40, 41, size=(design.shape[1], len(CORE_LABELS)))
    coef = (steps * np.abs(steps) / 1000).astype(np.float32)  # as stored weights are, so that nothing is rounded
    weights = Weights(
        words=steps[: 1 << 14].astype(np.int8),
        pairs=steps[1 << 14 :].astype(np.int8),
        scale=np.array([[0.001] * len(CORE_LABELS), [0.001 * PAIR_SHARE] * len(CORE_LABELS)], dtype=np.float32),
        rarity=rarity.steps,
        rarity_scale=rarity.unit,
        gram_share=GRAM_SHARE,
    )
    cache = TermCache(weights, reader)
    cache.learn([token for text in texts for token in find_tokens(reader.rejoin(normalize(text)))])
    for text, expected in zip(texts, design.matmat(coef), strict=True):
        ids = np.array([cache.ids[token] for token in find_tokens(reader.rejoin(normalize(text)))], dtype=np.intp)
        whole = Windows(*(np.array([value], dtype=np.intp) for value in (0, len(ids), 0)))
        sums = window_sums(ids, whole, cache)[0]
        assert np.allclose(sums[:-1] / np.sqrt(sums[-1] + FLOOR), expected, atol=1e-4), text


def jigsaw_like(rng: np.random.Generator, count: int) -> Examples:
    """Comments of which a tenth is toxic; half of these are insults, and a fifth of these is known to be severe."""
    targets = np.zeros((count, len(CORE_LABELS)), dtype=np.float32)
    toxic = rng.random(count) < 0.1
    targets[toxic, 0] = 1.0
    targets[toxic & (rng.random(count) < 0.5), CORE_LABELS.index("insult")] = 1.0
    targets[toxic & (rng.random(count) < 0.2), CORE_LABELS.index("severe_toxicity")] = 1.0
    ones, none = np.ones(count, dtype=np.float32), np.full(count, -1)
    return Examples([""] * count, targets, ones, np.full(count, "jigsaw"), np.full(count, "train"), none)


def test_a_label_learns_from_the_logits_of_the_others() -> None:
    rng = np.random.default_rng(5)
    examples = jigsaw_like(rng, 5000)
    logits = rng.normal(size=(5000, len(CORE_LABELS)))
    column, telling = CORE_LABELS.index("insult"), CORE_LABELS.index("profanity")
    insult = examples.targets[:, column] > 0.5
    logits[:, telling] += 4.0 * insult
    mixture = learn_mixture(logits, examples)
    mixed = logits @ mixture.matrix + mixture.offset
    assert auc(insult, mixed[:, column]) > auc(insult, logits[:, column]) + 0.2
    assert np.array_equal(mixed[:, -1], logits[:, -1])  # spam
    assert np.array_equal(mixed[:, CORE_LABELS.index("threat")], logits[:, CORE_LABELS.index("threat")])  # never seen


def test_a_mixture_is_folded_into_the_weights() -> None:
    rng = np.random.default_rng(6)
    steps = rng.integers(-40, 41, size=(1 << 14, len(CORE_LABELS)))
    coef = np.concatenate([steps * np.abs(steps) / 1000, np.zeros((1 << 12, len(CORE_LABELS)))]).astype(np.float32)
    intercept = rng.normal(size=(8, len(CORE_LABELS)))
    rarity = Rarity(np.full(1 << 14, 200, dtype=np.uint8), 0.005)
    model = training.Model(training.Vocabulary({"idiot": 9}, frozenset()), rarity, coef, intercept)
    mixture = Mixture(
        np.eye(len(CORE_LABELS)) + rng.normal(scale=0.2, size=(len(CORE_LABELS),) * 2),
        rng.normal(size=len(CORE_LABELS)),
    )
    logits, mixed = (each.classifier().window_logits(["idiot"])[0] for each in (model, model.mixed(mixture)))
    assert np.allclose(mixed, logits @ mixture.matrix + mixture.offset, atol=0.05)  # weights are rounded


def test_labels_are_calibrated_to_their_natural_rates_on_comments_that_the_fit_did_not_see() -> None:
    rng = np.random.default_rng(7)
    examples = jigsaw_like(rng, 20_000)
    severe = examples.targets[:, CORE_LABELS.index("severe_toxicity")]
    examples.targets[:, 2:] = severe[:, None]  # something must be there of every label
    logits = rng.logistic(size=(20_000, len(CORE_LABELS))) + 6.0 * (examples.targets > 0.5) - 3.0
    column = CORE_LABELS.index("severe_toxicity")
    knots, values = calibrate(logits, examples)[column]
    weight = natural_weights(examples.targets, column)
    scores = np.interp(logits[:, column], knots, values)
    assert np.average(scores, weights=weight) == pytest.approx(NATURAL_RATES["severe_toxicity"], abs=0.001)
    assert (np.diff(values) > 0).all()


def test_the_sentences_that_no_rater_marked_are_harmless_examples(small_data: Path) -> None:
    sentences = read_source(small_data, "civil_unmarked")
    assert sentences.texts == ["The bus was late again."]
    assert not sentences.targets.any()


def test_hyperparameters_follow_the_conventions_of_scikit_learn() -> None:
    estimator = PartialLabelLogisticRegression(penalty=3.0)
    assert estimator.get_params() == {"penalty": 3.0, "max_iter": 50, "step": 5.0, "favour": 0.0}
    assert estimator.set_params(max_iter=5).max_iter == 5


def test_made_up_examples_hold_nothing_that_is_measured() -> None:
    made_up = {fingerprint(text) for text in [*made_up_examples().texts, *everyday_examples().texts]}
    for name in ("advertising.toml", "everyday.toml"):
        measured = read_lists("models.evaluation", name)
        assert not made_up & {fingerprint(text) for sentences in measured.values() for text in sentences}
    innocent = {fingerprint(text) for half in (False, True) for _, text in innocent_sentences(held_out=half)}
    assert len(innocent) >= 400
    assert not made_up & innocent


@needs_data
def test_no_tested_text_and_no_innocent_sentence_is_trained_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of what there is to train on every eighth text is enough to see it; what is tested is read whole."""

    def read_some(path: Path) -> Iterator[dict[str, str]]:
        return islice(read_rows(path), 0, None, 1 if path.parent.name == "evaluation" else 8)

    monkeypatch.setattr(datasets, "read_rows", read_some)
    examples = training._examples(DATA, lambda _: None)
    assert len(examples.texts) > 20_000
    trained = {fingerprint(text) for text in examples.texts}
    innocent = {fingerprint(text) for half in (False, True) for _, text in innocent_sentences(held_out=half)}
    assert not trained & innocent
    for path in sorted((DATA / "evaluation").glob("*.csv.gz")):
        assert not trained & {fingerprint(row["text"]) for row in read_rows(path)}, path.name
    for source in ("jigsaw", "civil", "roman_urdu"):
        examples = read_source(DATA, source)
        dev = {fingerprint(examples.texts[row]) for row in np.flatnonzero(examples.split == "dev")}
        assert not trained & dev, source
