"""What happens to the classifier: comments at which it misbehaves, and its files."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from models.artifact import SHIPPED
from tests.faults import strange
from tests.faults.catalogue import Fault, Surroundings
from tests.faults.counting import Counts
from tests.faults.world import World
from tests.support.waiting import eventually

_STRANGE = Surroundings(strange=True)


def _post(world: World, word: str, number: int = 3) -> None:
    for one in range(number):
        world.arrivals.post_now(-1 - one, f"This is {word}, he said.")


def _raises(world: World) -> None:
    _post(world, strange.RAISES)


def _hangs(world: World) -> None:
    _post(world, strange.HANGS, 1)
    world.last(5)


def _slow(world: World) -> None:
    _post(world, strange.SLOW, 5)


def _huge(world: World) -> None:
    _post(world, strange.HUGE)


def _deadly(world: World) -> None:
    _post(world, strange.DEADLY, 1)
    world.last(5)


def _held(world: World, _counts: Counts) -> list[str]:
    """The comments that could not be scored wait for a person."""
    held = world.held()
    odd = [one for number, one in world.arrivals.accepted.items() if number < 0]
    return [] if set(odd) <= held else ["a comment that cannot be scored waits for a moderator"]


def _others_were_not_kept_waiting(world: World, counts: Counts) -> list[str]:
    wrong = _held(world, counts)
    longest = world.longest_wait()
    return [*wrong, f"other comments wait no longer than a lease ({longest:.0f} s)"] if longest > 45 else wrong


def artifact_of(world: World) -> Path:
    """A copy of the model, which the world's processes have loaded."""
    return world.directory / "artifact"


def _restart_scoring(world: World) -> None:
    for one in world.scoring():
        one.kill()


def _truncated(world: World) -> None:
    """Cut a file off in place, under the processes that have it mapped."""
    file = artifact_of(world) / "words.npy"
    with file.open("r+b") as opened:
        opened.truncate(1000)
    _restart_scoring(world)
    eventually(lambda: world.logged("truncated or was altered") > 0, within=30, what="the file is named in the log")
    world.last(2)
    _put_back(world)


def _newer(world: World) -> None:
    manifest = artifact_of(world) / "manifest.json"
    content = json.loads(manifest.read_text())
    manifest.write_text(json.dumps(content | {"format": 99}))
    _restart_scoring(world)
    eventually(lambda: world.logged("has format 99") > 0, within=30, what="the format is named in the log")
    world.last(2)
    _put_back(world)


def _replaced(world: World) -> None:
    """The model's files are written anew while processes have them mapped, as `winnow train` writes them."""
    from models import artifact  # noqa: PLC0415

    artifact.write(artifact_of(world), artifact.read(SHIPPED))
    world.last(6)


def _put_back(world: World) -> None:
    for file in SHIPPED.iterdir():
        part = artifact_of(world) / f"{file.name}.part"
        shutil.copy(file, part)
        part.replace(artifact_of(world) / file.name)


_ARTIFACT = Surroundings(strange=True, artifact=True)

FAULTS = [
    Fault("comment-raises", _raises, surroundings=_STRANGE, expect=_held),
    Fault("comment-too-large-for-memory", _huge, surroundings=_STRANGE, expect=_held),
    Fault("comment-slow", _slow, within=45, surroundings=_STRANGE),
    Fault("comment-hangs", _hangs, within=150, surroundings=_STRANGE, expect=_others_were_not_kept_waiting),
    Fault("comment-kills-its-worker", _deadly, within=150, surroundings=_STRANGE, expect=_others_were_not_kept_waiting),
    Fault("artifact-replaced", _replaced, within=90, surroundings=_ARTIFACT),
    Fault("artifact-truncated", _truncated, within=90, surroundings=_ARTIFACT),
    Fault("artifact-newer", _newer, within=90, surroundings=_ARTIFACT),
]
