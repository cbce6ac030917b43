"""Coral may serve several sites and tenants: a file of several is refused until somebody says of which."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from moderation.past import coral, coral_sites
from moderation.past.records import LeftOut, PastComment, Unreadable, WrongFile
from tests.moderation.past.test_readers import coral_comment

ELSEWHERE = LeftOut("are of other sites of Coral's")


def write(folder: Path, *comments: dict[str, Any], **beside: list[dict[str, Any]]) -> Path:
    for name, documents in {"comments": list(comments), **beside}.items():
        (folder / f"{name}.json").write_text("".join(f"{json.dumps(document)}\n" for document in documents))
    return folder / "comments.json"


def of(site: str | None, number: int, **more: Any) -> dict[str, Any]:
    return coral_comment(id=f"c-{number}", siteID=site, **more)


def read(path: Path, site: str | None = None) -> list[str]:
    """The ids of what is brought; what else a file holds in words."""
    words = []
    for found in coral.open_archive(path, site).comments:
        if isinstance(found, PastComment):
            words.append(found.key)
        else:
            words.append("elsewhere" if found == ELSEWHERE else found.why if isinstance(found, Unreadable) else "?")
    return words


SITES = [{"id": "s-a", "name": "The Daily"}, {"id": "s-b", "name": "The Weekly"}, {"id": "s-x", "name": "Closed"}]


def test_comments_of_several_sites_are_refused_with_their_names_and_how_to_go_on(tmp_path: Path) -> None:
    path = write(tmp_path, of("s-a", 1), of("s-b", 2), of("s-a", 3), sites=SITES)
    with pytest.raises(WrongFile) as refused:
        read(path)
    said = str(refused.value)
    assert "several of Coral's sites: s-a (The Daily, 2 comments), s-b (The Weekly, 1 comment)." in said
    assert "--coral-site" in said
    assert "Closed" not in said, "none of its comments is here"


@pytest.mark.parametrize(
    ("asked", "brought"),
    [
        ("s-a", ["c-1", "elsewhere", "c-3", "elsewhere"]),
        ("The Weekly", ["elsewhere", "c-2", "elsewhere", "c-4"]),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_the_comments_of_the_site_that_is_named_are_brought(
    tmp_path: Path, asked: str, brought: list[str], packed: bool
) -> None:
    """The last says by its story alone of which site it is."""
    stories = [{"id": "s-9", "siteID": "s-b", "url": "https://weekly.example/a"}]
    last = of(None, 4, storyID="s-9")
    path = write(tmp_path, of("s-a", 1), of("s-b", 2), of("s-a", 3), last, sites=SITES, stories=stories)
    if packed:
        path.write_bytes(gzip.compress(path.read_bytes()))
    assert read(path, asked) == brought


def test_a_comment_that_names_no_site_is_named_where_one_is_asked_for(tmp_path: Path) -> None:
    path = write(tmp_path, of("s-a", 1), of(None, 2), of("s-b", 3))
    assert read(path, "s-a") == ["c-1", "It does not say which of Coral's sites it is of.", "elsewhere"]


def test_one_site_needs_no_name_also_where_old_comments_have_none(tmp_path: Path) -> None:
    assert read(write(tmp_path, of("s-a", 1), of(None, 2), of("s-a", 3))) == ["c-1", "c-2", "c-3"]


def test_several_tenants_are_told_apart_where_there_are_no_sites(tmp_path: Path) -> None:
    tenants: list[dict[str, Any]] = [
        {"id": "t-1", "organization": {"name": "A paper"}},
        {"id": "t-2", "organization": 7},
    ]
    path = write(tmp_path, of(None, 1, tenantID="t-1"), of(None, 2, tenantID="t-2"), tenants=tenants)
    with pytest.raises(WrongFile, match=r"several tenants of Coral's: t-1 \(A paper, 1 comment\), t-2 \(1 comment\)"):
        read(path)
    assert read(path, "t-2") == ["elsewhere", "c-2"]
    assert read(path, "A paper") == ["c-1", "elsewhere"]


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ("s-z", r"No comment in it is of Coral's site 's-z'\. There are s-a \(Same, 1 comment\), s-b"),
        ("Same", r"Several of Coral's sites are called 'Same'"),
    ],
)
def test_a_site_that_nobody_can_tell_is_refused(tmp_path: Path, asked: str, why: str) -> None:
    sites = [{"id": "s-a", "name": "Same"}, {"id": "s-b", "name": "Same"}]
    path = write(tmp_path, of("s-a", 1), of("s-b", 2), sites=sites)
    with pytest.raises(WrongFile, match=why):
        read(path, asked)


def test_talk_knew_neither_sites_nor_tenants(tmp_path: Path) -> None:
    old = [{name: value for name, value in of(None, number).items() if name != "tenantID"} for number in (1, 2)]
    assert read(write(tmp_path, *old)) == ["c-1", "c-2"]
    with pytest.raises(WrongFile, match="There are none that say so"):
        read(tmp_path / "comments.json", "s-a")


def test_of_very_many_sites_some_are_named_and_no_more_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coral_sites, "_MOST", 30)
    path = write(tmp_path, *(of(f"s-{number}" if number else "x" * 201, number) for number in range(50)))
    with pytest.raises(WrongFile, match=r"s-20 \(1 comment\), and 10 more\. Make") as refused:
        read(path)
    assert "xxx" not in str(refused.value)


def test_a_broken_line_is_still_named_and_a_broken_end_still_told(tmp_path: Path) -> None:
    path = write(tmp_path, of("s-a", 1), of("s-b", 2))
    path.write_text("{\n" + path.read_text())
    bad, *others = read(path, "s-b")
    assert bad.startswith("It is no JSON")
    assert others == ["elsewhere", "c-2"]
    path.write_bytes(gzip.compress(path.read_bytes() * 100)[:-20])
    comments = coral.open_archive(path, "s-b").comments
    before = [next(comments) for _ in range(3)]
    assert (before[1], isinstance(before[2], PastComment)) == (ELSEWHERE, True), "what stands before the end is read"
    with pytest.raises(WrongFile, match="compressed, and broken"):
        list(comments)
