"""What is worked out of words, and remembered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class Remembered(dict[Key, Value]):
    """What `work_out` makes of each key that was asked for. Any number of threads may ask.

    When there are more than `most`, all are forgotten: readers write new words for ever, and a larger memory would save
    hardly any time.
    """

    def __init__(self, work_out: Callable[[Key], Value], most: int = 20_000) -> None:
        super().__init__()
        self._work_out, self._most = work_out, most

    def __missing__(self, key: Key) -> Value:
        value = self._work_out(key)
        self._keep([(key, value)])
        return value

    def of(self, keys: Sequence[Key], together: Callable[[Sequence[Key]], Iterable[Value]]) -> list[Value]:
        """The values of some keys; `together` works out all new ones at once."""
        if new := [key for key in dict.fromkeys(keys) if key not in self]:
            self._keep(list(zip(new, together(new), strict=True)))
        return [self[key] for key in keys]

    def _keep(self, worked_out: Sequence[tuple[Key, Value]]) -> None:
        if len(self) >= self._most:
            self.clear()
        self.update(worked_out)
