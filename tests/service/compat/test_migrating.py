"""Moving here: thresholds translated by equal flags, and the commands that help with it."""

from __future__ import annotations

import csv
import functools
import gzip
import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import migrations
from moderation.history import feedback
from moderation.settings import Settings
from moderation.sites import sites
from moderation.store import Store
from operations import environment
from operations.errors import OperatorError
from operations.perspective_thresholds import REFERENCE_SHARES, Comments, equal_flags, propose, read, reference_share
from tests.conftest import SECRET_KEY
from tests.support.classifier import ChosenScores
from tests.support.command_line import winnow

pytestmark = pytest.mark.slow

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def classifier() -> ChosenScores:
    return ChosenScores()


def write_csv(path: Path, rows: list[dict[str, object]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    return path


# --- thresholds ---------------------------------------------------------------------------------------------------


def test_the_proposed_threshold_flags_as_many_comments(tmp_path: Path, classifier: ChosenScores) -> None:
    rows = [{"text": f"toxicity=0.{number:02}", "TOXICITY": number / 100} for number in range(20, 100)]
    comments = read(write_csv(tmp_path / "comments.csv", list(rows)), classifier)  # type: ignore[arg-type]
    [found] = propose(comments, classifier, {"TOXICITY": 0.9})  # type: ignore[arg-type]
    assert (found.comments, found.old_flagged, found.flagged, found.flagged_by_both) == (80, 10, 10, 10)
    assert found.threshold == 0.895


def test_scores_that_differ_are_matched_by_number_and_not_by_value(classifier: ChosenScores) -> None:
    texts = [f"toxicity=0.{number}" for number in (1, 2, 3, 4, 5)]
    old = {"TOXICITY": np.array([0.95, 0.9, 0.1, 0.2, float("nan")])}
    [found] = propose(Comments(texts, old), classifier, {"TOXICITY": 0.8})  # type: ignore[arg-type]
    assert (found.comments, found.old_flagged, found.flagged, found.flagged_by_both) == (4, 2, 2, 0)
    assert found.threshold == 0.25


def test_without_old_scores_the_share_flagged_before_counts(classifier: ChosenScores) -> None:
    texts = [f"toxicity=0.{number:03}" for number in range(1000)]
    comments = Comments(texts, {})
    [told] = propose(comments, classifier, {"TOXICITY": 0.8}, 0.05)  # type: ignore[arg-type]
    [usual] = propose(comments, classifier, {"TOXICITY": 0.5})  # type: ignore[arg-type]
    assert (told.flagged, told.threshold, told.flagged_by_both) == (50, 0.9495, None)
    assert usual.flagged == round(1000 * REFERENCE_SHARES[0.5])


def test_nothing_flagged_before_proposes_nothing() -> None:
    assert equal_flags(np.array([0.1, 0.2]), 0) is None
    assert equal_flags(np.array([1.0, 0.99999, 0.5]), 2) == pytest.approx(0.75)
    assert equal_flags(np.array([0.2, 0.2, 0.2]), 1) == 0.2


@given(st.lists(st.integers(0, 1_000), min_size=1, max_size=40), st.integers(0, 45))
def test_as_many_are_flagged_as_before_but_for_ties(thousandths: list[int], flagged: int) -> None:
    scores = np.array(thousandths) / 1_000
    threshold = equal_flags(scores, flagged)
    if threshold is None:
        assert flagged == 0
        return
    assert 0.0 <= threshold <= 1.0
    wanted = min(flagged, len(scores))
    tied = np.sort(scores)[::-1][wanted - 1]
    assert wanted <= (scores >= threshold).sum() <= (scores >= tied).sum(), (
        "no fewer, and no more than tie with the last"
    )


def test_the_reference_shares_fall_as_the_threshold_rises() -> None:
    shares = [reference_share(threshold / 100) for threshold in range(101)]
    assert shares == sorted(shares, reverse=True)
    assert (shares[0], shares[-1]) == (1.0, 0.0)


def test_comments_in_other_languages_and_empty_ones_are_left_out(tmp_path: Path, classifier: ChosenScores) -> None:
    rows: list[dict[str, object]] = [{"Comment": text} for text in ("fine", "in klingon", "  ")]
    found = read(write_csv(tmp_path / "comments.csv", rows), classifier)  # type: ignore[arg-type]
    assert (found.texts, found.unjudged, found.old_scores) == (["fine"], 1, {})


def test_a_compressed_file_is_read(tmp_path: Path, classifier: ChosenScores) -> None:
    path = tmp_path / "comments.csv.gz"
    path.write_bytes(gzip.compress(b"text,perspective_toxicity\r\nfine,0.3\r\n"))
    found = read(path, classifier)  # type: ignore[arg-type]
    assert found.old_scores["TOXICITY"].tolist() == [0.3]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("words\nfine\n", "no column of comments"),
        ("text,TOXICITY\nfine,7\n", "Line 2"),
        ("text,TOXICITY\nfine,high\n", "Line 2"),
        ("text\n", "no comment"),
        ("", "no column of comments"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_in_a_sentence(
    tmp_path: Path, classifier: ChosenScores, content: str, says: str
) -> None:
    path = tmp_path / "comments.csv"
    path.write_text(content)
    with pytest.raises(OperatorError, match=says):
        read(path, classifier)  # type: ignore[arg-type]


# --- commands -----------------------------------------------------------------------------------------------------


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"WINNOW_DATA_DIR": str(tmp_path / "data"), "WINNOW_SECRET_KEY": SECRET_KEY}


@pytest.fixture
def run(environ: dict[str, str], tmp_path: Path) -> Run:
    return functools.partial(winnow, cwd=tmp_path, **environ)


@pytest.fixture
def installation(environ: dict[str, str], run: Run) -> tuple[Settings, Store]:
    found = environment.read(environ)
    found.data_dir.mkdir()
    assert run("migrate").returncode == 0
    return found, Store(found.database_url)


def test_perspective_thresholds_need_no_installation(tmp_path: Path, run: Run) -> None:
    rows: list[dict[str, object]] = [
        {"text": "You are a complete idiot, shut up.", "TOXICITY": 0.95},
        {"text": "Thank you, this helped me a lot.", "TOXICITY": 0.02},
    ]
    path = str(write_csv(tmp_path / "comments.csv", rows))
    shown = run("migrate", "perspective-thresholds", "--data", path)
    assert "TOXICITY" in shown.stdout, shown.stderr
    found = json.loads(run("migrate", "perspective-thresholds", "--data", path, "--json").stdout)
    assert 0.0 < found["thresholds"]["toxicity"]["flag_at"] < 1.0
    refused = run("migrate", "perspective-thresholds", "--data", path, "--threshold", "NICENESS=0.8")
    assert "--threshold NICENESS=0.8 is not understood" in refused.stderr
    assert not (tmp_path / "data").exists()


def test_migrate_by_itself_is_still_about_the_database(installation: tuple[Settings, Store]) -> None:
    assert migrations.current(installation[1]) == migrations.newest()


def test_feedback_export_writes_a_line_for_each_example(installation: tuple[Settings, Store], run: Run) -> None:
    found, store = installation
    made = sites.create_site(store, found, "A blog")
    feedback.record(store, made.id, source="akismet", text="Käufe jetzt", labels={"spam": 1.0})
    [line] = run("feedback", "export", "--site", "A blog").stdout.splitlines()
    assert json.loads(line) == {
        "text": "Käufe jetzt",
        "labels": {"spam": 1.0},
        "source": "akismet",
        "site": made.id,
        "weight": 1.0,
    }
    assert "There is no site named 'nowhere'" in run("feedback", "export", "--site", "nowhere").stderr


def test_site_coral_takes_the_secret_from_standard_input(installation: tuple[Settings, Store], run: Run) -> None:
    found, store = installation
    made = sites.create_site(store, found, "A blog")
    shown = run("site", "coral", "A blog", "--secret-stdin", stdin="s3cret\n").stdout
    assert f"/coral/phase?site={made.id}" in shown
    with store.read() as session:
        assert sites.find_secret(session, found, made.id, "coral") == "s3cret"
    assert "No secret came" in run("site", "coral", "A blog", "--secret-stdin").stderr
    assert "secret-stdin" in run("site", "coral", "A blog").stderr


def test_site_create_prints_all_three(installation: tuple[Settings, Store], run: Run) -> None:
    made = json.loads(run("site", "create", "A blog", "--json").stdout)
    assert list(made) == ["id", "api_key", "compat_key"]
    assert len(made["compat_key"]) == 12
    rotated = json.loads(run("site", "rotate-key", "A blog", "--only", "compat", "--json").stdout)
    assert list(rotated) == ["id", "compat_key"]
    with installation[1].read() as session:
        caller = sites.authenticate_compat(session, rotated["compat_key"])
        assert caller is not None
        assert caller.site_id == made["id"]


def test_site_browser_key_makes_a_key_for_pages(installation: tuple[Settings, Store], run: Run) -> None:
    store = installation[1]
    assert run("site", "create", "Blog").returncode == 0
    asked = ("site", "browser-key", "Blog", "--origin", "https://blog.example", "--origin", "http://localhost:3000")
    made = json.loads(run(*asked, "--json").stdout)
    with store.read() as session:
        caller = sites.authenticate_compat(session, made["browser_key"])
    assert caller is not None
    assert (caller.site_id, caller.from_browser) == (made["id"], True)
    assert caller.origins == {"https://blog.example", "http://localhost:3000"}
    refused = run("site", "browser-key", "Blog", "--origin", "blog.example")
    assert refused.returncode == 2
    assert "is no origin" in refused.stderr
