"""Keep what a stage of the training made, so that a training that is broken off or repeated does not begin anew."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Stages:
    """A folder of finished stages; None: nothing is kept. A stage is made again when what it depends on has changed."""

    folder: Path | None

    def run(self, name: str, depends_on: Iterable[str], make: Callable[[], Arrays]) -> Arrays:
        """What `make` makes, or made before from the same."""
        if self.folder is None:
            return make()
        seal = hashlib.sha256()
        for part in depends_on:
            seal.update(part.encode("utf-8", "surrogatepass") + b"\0")
        place = self.folder / f"{name}-{seal.hexdigest()[:16]}.npz"
        if place.is_file():
            with np.load(place, allow_pickle=False) as kept:
                return {key: kept[key] for key in kept.files}
        made = make()
        self.folder.mkdir(parents=True, exist_ok=True)
        unfinished = place.with_suffix(".part.npz")
        np.savez(unfinished, **made)  # type: ignore[arg-type]
        unfinished.replace(place)
        return made
