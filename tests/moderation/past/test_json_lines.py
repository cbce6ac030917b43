"""Files of JSON objects in whatever layout somebody's tool wrote them: all are read, and what is none is named."""

from __future__ import annotations

import gzip
import io
import json
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.past import json_lines
from moderation.past.records import NotReadable, WrongFile

A, B = {"id": "a", "text": 'Grüße\n"]}'}, {"id": "b", "more": {"list": [1, {"x": []}]}}
LINES = f"{json.dumps(A)}\n{json.dumps(B)}\n"


def read(text: str | bytes) -> list[tuple[int, Any]]:
    """Line and object; of what cannot be read, line and why."""
    content = text if isinstance(text, bytes) else text.encode()
    found = json_lines.objects(io.BytesIO(content))
    return [(number, str(one) if isinstance(one, NotReadable) else one) for number, one in found]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("\n \n\t\n", []),
        (LINES, [(1, A), (2, B)]),
        (LINES.strip(), [(1, A), (2, B)]),
        # Empty lines count, so that a line has the number that an editor shows.
        (f"\n\n{json.dumps(A)}\n\n{json.dumps(B)}", [(3, A), (5, B)]),
        (LINES.replace("\n", "\r\n"), [(1, A), (2, B)]),
        ("\ufeff" + LINES, [(1, A), (2, B)]),
        # An array, with each object on a line of its own.
        (f"[\n{json.dumps(A)},\n{json.dumps(B)}\n]\n", [(2, A), (3, B)]),
        (f"[{json.dumps(A)},\n{json.dumps(B)}]", [(1, A), (2, B)]),
        (f"[{json.dumps(A)}\n,{json.dumps(B)}\n]", [(1, A), (2, B)]),
        (f"[ {json.dumps(A)} ,\n {json.dumps(B)} , ]", [(1, A), (2, B)]),
        # All on one line.
        (json.dumps([A, B]), [(1, A), (1, B)]),
        (json.dumps(A) + json.dumps(B), [(1, A), (1, B)]),
        # Pretty, one after the other or as an array.
        (json.dumps([A, B], indent=2), [(2, A), (6, B)]),
        (f"{json.dumps(A, indent=1)}\n{json.dumps(B, indent=1)}", [(1, A), (5, B)]),
        ("\ufeff" + json.dumps([A, B], indent=2), [(2, A), (6, B)]),
        # A line that is none, among those that are: it is named, and the others come.
        (f"{json.dumps(A)}\n7\n{json.dumps(B)}", [(1, A), (2, "It is no JSON object."), (3, B)]),
        (
            f"{json.dumps(A)}\n[1]\n{json.dumps(B)}",
            [(1, A), (2, "It is no JSON object."), (3, B)],
        ),
        # Something else than objects in a file of any layout.
        (json.dumps([A, 7, B], indent=2), [(2, A), (6, "It is no JSON object."), (7, B)]),
    ],
)
def test_objects_are_read_in_each_layout_with_their_lines(text: str, found: list[tuple[int, Any]]) -> None:
    assert read(text) == found


@settings(max_examples=10)
@given(
    st.lists(
        st.dictionaries(
            st.text(max_size=3),
            st.recursive(st.none() | st.integers() | st.text(max_size=5), st.lists, max_leaves=4),
            min_size=1,
        ),
        min_size=2,
        max_size=5,
    ),
    st.sampled_from([None, 0, 2]),
    st.booleans(),
)
def test_whatever_the_layout_the_objects_are_the_same(
    documents: list[dict[str, Any]], indent: int | None, ascii_only: bool
) -> None:
    whole = json.dumps(documents, indent=indent, ensure_ascii=ascii_only)
    apart = "\n".join(json.dumps(one, indent=indent, ensure_ascii=ascii_only) for one in documents)
    for text in (whole, apart):
        assert [one for _, one in read(text.encode("utf-8", "surrogatepass"))] == documents


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_where_the_reading_is_cut_makes_no_difference(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(json_lines, "_CHUNK", size)
    assert read(json.dumps([A, B], indent=2, ensure_ascii=False)) == [(2, A), (6, B)]


def test_bytes_that_are_no_text_cost_a_character(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the file ends in the middle of one."""
    monkeypatch.setattr(json_lines, "_CHUNK", 1)
    assert read(b'{\n"id": "\xff\xc3"\n}') == [(1, {"id": "\ufffd\ufffd"})]


@pytest.mark.parametrize(
    ("text", "before", "why"),
    [
        (f'[\n{json.dumps(A, indent=1)},\n{{"id": \n', [A], r"Line 6 begins what is no JSON \(.*\), or is longer"),
        (f"[\n{json.dumps(A, indent=1)},\nnonsense\n]", [A], "Line 6 begins what is no JSON"),
        ('{\n"a":' * 50_000, [], "Line 1 is nested too deeply"),
        ("nothing of the kind\nat all", [], "Line 1 begins what is no JSON"),
    ],
    ids=["cut off", "another thing", "deep", "no JSON"],
)
def test_what_stands_before_a_fault_is_read(text: str, before: list[Any], why: str) -> None:
    found = json_lines.objects(io.BytesIO(text.encode()))
    assert [one for _, one in islice(found, len(before))] == before
    with pytest.raises(WrongFile, match=why):
        next(found)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"{", "It is no JSON: Expecting property name"),
        (b"[1]", "It is no JSON object."),
        (b"null", "It is no JSON object."),
        (b'{"a":' * 50_000, "It is nested too deeply."),
        (b"\xff", "It is no JSON: "),
    ],
    ids=["cut off", "a list", "null", "deep", "no text"],
)
def test_a_line_that_is_no_object_says_why(line: bytes, why: str) -> None:
    with pytest.raises(NotReadable) as refused:
        json_lines.parse(line)
    assert str(refused.value).startswith(why)
    assert len(str(refused.value)) < 130


def test_a_line_without_an_end_is_refused_and_one_that_just_fits_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_lines, "_LONGEST", 20)
    fits = b'{"id": "%s"}\n' % (b"x" * 8)  # 19 bytes with the end of the line
    assert [number for number, _ in json_lines.lines(io.BytesIO(fits * 2))] == [1, 2]
    with pytest.raises(WrongFile, match="Line 2 is longer than 16 MiB"):
        list(json_lines.lines(io.BytesIO(fits + fits.replace(b"\n", b" ") + b" " + fits)))


@pytest.mark.parametrize("endless", ["\n", " \n", "\t\r\n", ",\n", "[\n", "]\n"])
def test_lines_that_hold_nothing_end_a_file_after_very_many(monkeypatch: pytest.MonkeyPatch, endless: str) -> None:
    monkeypatch.setattr(json_lines, "_MOST_EMPTY", 5)
    assert [one for _, one in read(LINES.replace("\n", "\n" + endless * 5))] == [A, B]
    found = json_lines.objects(io.BytesIO((LINES + endless * 20).encode()))
    assert [one for _, one in islice(found, 2)] == [A, B]
    with pytest.raises(WrongFile, match=r"^Up to line 8 more than 5 lines in a row hold nothing"):
        next(found)
    assert read(endless * 100) == [], "nothing but such lines is no more than an empty file"


@pytest.mark.parametrize("packed", [False, True])
def test_a_file_beside_another_may_be_compressed_or_absent(tmp_path: Path, packed: bool) -> None:
    content = f"{json.dumps(A)}\nnonsense\n7\n{json.dumps(B)}\n".encode()
    name = "users.json.gz" if packed else "users.json"
    (tmp_path / name).write_bytes(gzip.compress(content) if packed else content)
    comments = tmp_path / "comments.json"
    assert list(json_lines.objects_beside(comments, "users.json")) == [A, B], "what is none is left out"
    assert list(json_lines.objects_beside(comments, "stories.json")) == []
