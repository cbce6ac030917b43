"""`make check` names what has grown too large."""

from __future__ import annotations

from pathlib import Path

from tools.sizes import FOLDER, FUNCTION, MODULE, too_large


def test_what_has_grown_too_large_is_named_and_what_has_not_is_not(tmp_path: Path) -> None:
    def write(path: str, *, function: int = 2, lines: int = 0) -> None:
        text = "def grown():\n" + "    x = 1\n" * (function - 1) + "x = 1\n" * lines
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)

    for number in range(FOLDER):
        write(f"service/fits/m{number}.py", function=FUNCTION, lines=MODULE - FUNCTION)
    write("service/fits/__init__.py")
    write("winnow.py")
    assert list(too_large(tmp_path)) == []
    write("service/fits/one_more.py")
    write("worker/long.py", lines=MODULE)
    write("winnow.py", function=FUNCTION + 1)
    write("tests/story.py", function=2 * FUNCTION)
    named = [sentence.split(" ")[0] for sentence in too_large(tmp_path)]
    assert named == ["winnow.py:1", "worker/long.py", "service/fits"]
