"""`winnow import` and `winnow export`, as an operator runs them."""

from __future__ import annotations

import functools
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import func, select

from moderation.past import bringing
from moderation.sites import sites
from moderation.store import Store
from moderation.tables import Comment
from operations import environment
from tests.moderation.past.test_readers import WXR, coral_comment, item, wxr_comment
from tests.support import command_line
from tests.support.command_line import make_data_dir, sentence

pytestmark = [pytest.mark.slow, pytest.mark.one_database]

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs `winnow` in a directory with an installation and the site A."""
    settings = environment.read({}, make_data_dir(tmp_path))
    store = Store(settings.database_url)
    sites.create_site(store, settings, "A")
    sites.create_site(store, settings, "B")
    store.close()
    return functools.partial(command_line.winnow, cwd=tmp_path)


TWO_SITES = "\n".join(json.dumps(coral_comment(id=f"c-{site}", siteID=site)) for site in ("s-a", "s-b"))


def write_wxr(path: Path, comments: int, *more: str) -> None:
    posts = (item(*(wxr_comment(10 * post + n) for n in range(1, 11))) for post in range(comments // 10))
    path.write_text(WXR.format(items="".join([*posts, *more]), encoding="UTF-8", version="1.2"))


def test_what_came_is_counted_what_did_not_is_named_and_both_go_on(run: Run, tmp_path: Path) -> None:
    write_wxr(tmp_path / "wp.xml", 20, item(wxr_comment(901, comment_approved="0"), wxr_comment(902, content="")))
    result = run("import", "wordpress", "wp.xml", "--site", "A")
    assert result.stdout == "Brought 21 comments; 1 wait for a moderator; 1 could not be read.\n"
    assert result.stderr == "Line 4 (comment 902) was left out: It has no text that can be seen.\n"
    assert result.returncode == 1
    again = run("import", "wordpress", "wp.xml", "--site", "A")
    assert again.stdout == "Brought 0 comments; 21 were there already; 1 could not be read.\n"


def test_an_export_is_a_file_that_import_takes(run: Run, tmp_path: Path) -> None:
    write_wxr(tmp_path / "wp.xml", 20)
    assert run("import", "wordpress", "wp.xml", "--site", "A").returncode == 0
    (tmp_path / "a.ndjson").write_text(run("export", "--site", "A").stdout)
    assert run("import", "ndjson", "a.ndjson", "--site", "B").stdout == "Brought 20 comments.\n"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("import", "wordpress", "wp.xml", "--site", "C"), "no site named 'C'"),
        (("import", "wordpress", "text", "--site", "A"), "Line 1 is not XML"),
        (("import", "isso", "text", "--site", "A"), "no database of Isso"),
        (("import", "ndjson", "text", "--site", "A"), "no export of Winnow"),
        (("import", "wordpress", "wp.xml", "--site", "A", "--coral-site", "x"), "--coral-site is for Coral's"),
        (("import", "coral", "sites.json", "--site", "A"), "sites: s-a (1 comment), s-b (1 comment). Make"),
        (("export", "--site", "C"), "no site named 'C'"),
    ],
)
def test_a_mistake_gets_a_sentence(run: Run, tmp_path: Path, arguments: tuple[str, ...], told: str) -> None:
    write_wxr(tmp_path / "wp.xml", 10)
    (tmp_path / "text").write_text("nothing of the kind")
    (tmp_path / "sites.json").write_text(TWO_SITES)
    assert told in sentence(run(*arguments))


def test_what_is_left_out_because_it_is_to_be_is_counted(run: Run, tmp_path: Path) -> None:
    write_wxr(tmp_path / "wp.xml", 10, item(wxr_comment(901, comment_type="pingback")))
    result = run("import", "wordpress", "wp.xml", "--site", "A")
    assert result.stdout == "Brought 10 comments; 1 are no readers' words (pingbacks, trackbacks, notes).\n"
    (tmp_path / "comments.json").write_text(TWO_SITES)
    result = run("import", "coral", "comments.json", "--site", "B", "--coral-site", "s-b")
    assert result.stdout == "Brought 1 comments; 1 are of other sites of Coral's.\n"
    assert result.returncode == 0


def test_an_archived_site_is_refused_until_it_is_brought_back(run: Run, tmp_path: Path) -> None:
    write_wxr(tmp_path / "wp.xml", 20)
    assert run("site", "archive", "A").returncode == 0
    refused = sentence(run("import", "wordpress", "wp.xml", "--site", "A"))
    assert refused == (
        "Error: This site is archived: nothing can be imported until an admin brings it back. "
        '`winnow site unarchive "A"` does that.\n'
    )
    assert run("site", "unarchive", "A").returncode == 0
    assert run("import", "wordpress", "wp.xml", "--site", "A").stdout == "Brought 20 comments.\n"


#: It dies when the rows of a batch are written, and not yet committed.
_KILLED_IN_THE_SECOND_BATCH = """
import os, signal
from moderation.past import bringing
import winnow
ask, batches = bringing._ask, []
def ask_or_die(*arguments):
    batches.append(arguments)
    return ask(*arguments) if len(batches) == 1 else os.kill(os.getpid(), signal.SIGKILL)
bringing._ask = ask_or_die
winnow.main()
"""


def test_an_import_that_was_killed_is_run_again(run: Run, tmp_path: Path) -> None:
    write_wxr(tmp_path / "wp.xml", 2 * bringing.BATCH + 20)
    store = Store(environment.read({}, tmp_path / "winnow-data").database_url)

    def stored() -> int:
        with store.read() as session:
            return session.scalar(select(func.count()).select_from(Comment)) or 0

    command = [sys.executable, "-c", _KILLED_IN_THE_SECOND_BATCH, "import", "wordpress", "wp.xml", "--site", "A"]
    environ = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    killed = subprocess.run(command, cwd=tmp_path, env=environ, timeout=120, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert stored() == bringing.BATCH, "nothing of the batch in which it died"
    result = run("import", "wordpress", "wp.xml", "--site", "A")
    there, rest = bringing.BATCH, bringing.BATCH + 20
    assert result.stdout == f"Brought {rest:,} comments; {there:,} were there already.\n"
    assert stored() == there + rest
    store.close()


def test_what_a_file_holds_commands_no_terminal(run: Run, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "isso.db")) as connection:
        connection.execute("CREATE TABLE threads (id, uri, title)")
        connection.execute("CREATE TABLE comments (id, tid, parent, created, mode, text, author, email, website)")
        connection.execute("INSERT INTO comments VALUES (?, 1, 0, 1e9, 1, '', 'a', '', '')", ["\x1b[2J\nError: \x9b"])
        connection.commit()
    result = run("import", "isso", "isso.db", "--site", "A")
    assert "\\x1b[2J\\nError: \\x9b was left out" in result.stderr
    (tmp_path / "other.xml").write_text("<\u202ea/>")
    result = run("import", "disqus", "other.xml", "--site", "A")
    assert not set(result.stderr) & set("\x1b\x9b\u202e")
