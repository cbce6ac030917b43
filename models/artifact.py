"""Read and write the trained model: plain arrays and JSON, each with its checksum."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

FORMAT = 1
MANIFEST = "manifest.json"
SHIPPED = Path(__file__).parent / "artifact"
_MEND = "Restore it from the release, or build it again with `winnow train`."


class ArtifactError(Exception):
    """The trained model cannot be used; the message names the file and the mend."""


@dataclass(frozen=True)
class Artifact:
    """A trained model as it lies on disk: arrays by name, the known words, and everything else in a manifest."""

    arrays: dict[str, NDArray[Any]]
    words: str
    manifest: dict[str, Any]


def write(folder: Path, artifact: Artifact) -> None:
    """Write the model's files into a folder, which is made when missing.

    Processes that have a former model of the folder mapped into memory keep it: no file is written over.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in artifact.arrays.items():
        with _in_place_of(folder / f"{name}.npy") as path, path.open("wb") as file:
            np.save(file, array, allow_pickle=False)
    with _in_place_of(folder / "words.txt") as path:
        path.write_text(artifact.words, encoding="utf-8")
    names = [f"{name}.npy" for name in artifact.arrays] + ["words.txt"]
    manifest = dict(artifact.manifest)
    manifest["format"] = FORMAT
    manifest["files"] = {name: _digest(folder / name) for name in names}
    with _in_place_of(folder / MANIFEST) as path:
        path.write_text(json.dumps(_sealed(manifest), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


@contextmanager
def _in_place_of(path: Path) -> Iterator[Path]:
    """A new file, which takes the place of `path` once it is whole."""
    part = path.with_name(f"{path.name}.part")
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def read(folder: Path) -> Artifact:
    """Read the model, its arrays mapped into memory, so that forked processes share them.

    Raises
    ------
    ArtifactError : a file is missing, truncated, altered, or of a newer format
    """
    manifest = _read_manifest(folder / MANIFEST)
    for name, expected in manifest["files"].items():
        if not (folder / name).is_file():
            raise ArtifactError(f"{folder / name} is missing. {_MEND}")
        if _digest(folder / name) != expected:
            raise ArtifactError(f"{folder / name} is truncated or was altered (its checksum differs). {_MEND}")
    arrays = {
        Path(name).stem: np.load(folder / name, mmap_mode="r", allow_pickle=False)
        for name in manifest["files"]
        if name.endswith(".npy")
    }
    return Artifact(arrays, (folder / "words.txt").read_text(encoding="utf-8"), manifest)


def _read_manifest(path: Path) -> dict[str, Any]:
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ArtifactError(f"{path} is missing. {_MEND}") from None
    except (ValueError, OSError) as error:
        raise ArtifactError(f"{path} cannot be read ({error}). {_MEND}") from None
    if not isinstance(manifest, dict) or not isinstance(manifest.get("format"), int):
        raise ArtifactError(f"{path} is not a model's manifest. {_MEND}")
    if manifest["format"] > FORMAT:
        raise ArtifactError(
            f"{path} has format {manifest['format']}, and this Winnow reads up to {FORMAT}. Upgrade Winnow, "
            "or use the model that ships with it."
        )
    if manifest.get("seal") != _sealed(manifest)["seal"]:
        raise ArtifactError(f"{path} was altered (its checksum differs). {_MEND}")
    return manifest


def _sealed(manifest: dict[str, Any]) -> dict[str, Any]:
    content = {key: value for key, value in manifest.items() if key != "seal"}
    seal = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    return {**content, "seal": seal}


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
