"""The artifact is small, plain, and refused when it is not what was written."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import models
from models import artifact
from models.package_data import read_lists
from models.training.training import VERSION


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(artifact.SHIPPED, tmp_path / "artifact"))


def test_the_shipped_artifact_is_at_most_16_mebibytes_and_holds_no_pickle() -> None:
    files = list(artifact.SHIPPED.iterdir())
    assert sum(file.stat().st_size for file in files) <= 16 * 2**20
    assert {file.suffix for file in files} <= {".npy", ".txt", ".json"}


def test_the_shipped_model_has_todays_version_and_lists() -> None:
    manifest = artifact.read(artifact.SHIPPED).manifest
    insults = read_lists("models.training", "insults.toml")
    facts = manifest["understanding"]
    assert manifest["version"] == VERSION
    assert facts["insults"] == insults
    assert all(set(insults[code]) <= set(its) for code, its in facts["listed"].items() if code in insults)


def test_a_copy_loads_and_scores_as_the_shipped_one(folder: Path) -> None:
    assert (models.load(folder).score(["You idiot"]) == models.load().score(["You idiot"])).all()


@pytest.mark.parametrize("name", ["words.npy", "pairs.npy", "words.txt", "calibration.npy"])
def test_a_truncated_file_is_refused_by_name(folder: Path, name: str) -> None:
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[: len(content) // 2])
    with pytest.raises(models.ArtifactError, match=rf"{name} is truncated or was altered.*winnow train"):
        models.load(folder)


def test_a_model_written_in_the_place_of_another_leaves_who_has_that_mapped_alone(folder: Path) -> None:
    """Writing into the files themselves would end every process that reads them, or change what it reads."""
    mapped = artifact.read(folder)
    before = {name: array.copy() for name, array in mapped.arrays.items()}
    zeros = {name: array[:1] * 0 for name, array in before.items()}
    artifact.write(folder, artifact.Artifact(zeros, "", mapped.manifest))
    assert all((mapped.arrays[name] == array).all() for name, array in before.items())
    assert artifact.read(folder).words == ""
    assert not list(folder.glob("*.part"))


def test_a_missing_file_is_refused_by_name(folder: Path) -> None:
    (folder / "pairs.npy").unlink()
    with pytest.raises(models.ArtifactError, match=r"pairs\.npy is missing"):
        models.load(folder)


def test_an_altered_manifest_is_refused(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["thresholds"]["balanced"]["spam"]["flag_at"] = 0.0
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(models.ArtifactError, match=r"manifest\.json was altered"):
        models.load(folder)


def test_a_newer_format_is_refused_with_the_mend(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**manifest, "format": 99}))
    with pytest.raises(models.ArtifactError, match=r"format 99.*Upgrade Winnow"):
        models.load(folder)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": "one"}'])
def test_a_manifest_that_is_none_is_refused(folder: Path, content: str) -> None:
    (folder / "manifest.json").write_text(content)
    with pytest.raises(models.ArtifactError, match=r"manifest\.json"):
        models.load(folder)


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(models.ArtifactError, match=r"manifest\.json is missing"):
        models.load(tmp_path)


def test_a_model_for_other_labels_is_refused_and_names_both(folder: Path, tmp_path: Path) -> None:
    shipped = artifact.read(folder)
    manifest = {**shipped.manifest, "labels": ["spam", "toxicity"]}
    artifact.write(tmp_path / "other", artifact.Artifact(shipped.arrays, shipped.words, manifest))
    with pytest.raises(models.ArtifactError, match=r"scores spam, toxicity, and this Winnow expects toxicity, .*spam"):
        models.load(tmp_path / "other")
