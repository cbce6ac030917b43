"""What is worked out of words is worked out once, and what is remembered of it is bounded."""

from __future__ import annotations

from collections.abc import Sequence

from models.remembered import Remembered


def test_each_key_is_worked_out_once_alone_or_among_others() -> None:
    asked: list[str] = []

    def upper(word: str) -> str:
        asked.append(word)
        return word.upper()

    def together(words: Sequence[str]) -> list[str]:
        return [*map(upper, words)]

    remembered = Remembered(upper)
    assert [remembered["a"], remembered["a"]] == ["A", "A"]
    assert remembered.of(["b", "a", "b", "c"], together) == ["B", "A", "B", "C"]
    assert remembered.of([], together) == []
    assert remembered["c"] == "C"
    assert asked == ["a", "b", "c"]


def test_it_is_bounded_whatever_is_asked_and_what_was_forgotten_is_worked_out_again() -> None:
    remembered: Remembered[int, int] = Remembered(lambda number: 2 * number, most=10)
    for number in range(100):
        assert remembered[number] == 2 * number
        assert remembered.of([number, number + 1, 3], lambda new: [2 * one for one in new]) == [
            2 * number, 2 * number + 2, 6,
        ]  # fmt: skip
        assert len(remembered) <= 12


def test_what_another_thread_forgets_meanwhile_is_worked_out_again() -> None:
    remembered: Remembered[str, str] = Remembered(str.upper)
    remembered["a"]

    def together(words: Sequence[str]) -> list[str]:
        remembered.clear()
        return [*map(str.upper, words)]

    assert remembered.of(["a", "b"], together) == ["A", "B"]
