"""Brings a large past, killed half-way and resumed, on SQLite and on PostgreSQL; and looks at speed and memory.

    python -m tools.try_import [--comments 100000] [--mib 1024]

`winnow import wordpress` brings as many comments, is killed (SIGKILL) half-way and run again: nothing may be there
twice, nothing missing. What `winnow export` then writes is brought to an installation on the other database, killed
half-way too, and exported there: it has to be the same, byte for byte. Then a WXR file and a file of lines of `--mib`
each, of comments of some 10 KiB. Of each import the processor's seconds and the highest resident memory are told.
"""

from __future__ import annotations

import argparse
import filecmp
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from xml.sax.saxutils import escape

import psutil
from sqlalchemy import func, select

from benchmarks import texts
from benchmarks.installation import ROOT, Database, Installation, installed
from moderation import clock
from moderation.past import own_lines
from moderation.tables import Comment, Feedback, ReviewItem
from tools.trying import say

_WP = "http://wordpress.org/export/1.2/"
_BEGAN = datetime(2012, 3, 1, tzinfo=UTC)
_TO_A_POST = 50


def write_wxr(path: Path, bodies: Iterator[str]) -> None:
    """A WXR file of these comments: a third are answers, one in fifty is spam, one in two hundred waits."""
    with path.open("w", encoding="utf-8") as file:
        file.write(f'<?xml version="1.0" encoding="UTF-8" ?>\n<rss version="2.0" xmlns:wp="{_WP}"><channel>\n')
        for number, body in enumerate(bodies, 1):
            if number % _TO_A_POST == 1:
                file.write("</item>\n" if number > 1 else "")
                file.write(f"<item><link>https://blog.example/{number // _TO_A_POST}/</link>\n")
            file.write(_wxr_comment(number, body))
        file.write("</item></channel></rss>\n")


def _wxr_comment(number: int, body: str) -> str:
    written = f"{_BEGAN + timedelta(minutes=number):%Y-%m-%d %H:%M:%S}"
    state = "spam" if number % 50 == 0 else "0" if number % 200 == 1 else "1"
    fields = {
        "id": number,
        "author": f"Reader {number % 5000}",
        "author_email": f"reader{number % 5000}@example.org",
        "author_url": "https://reader.example/",
        "author_IP": f"198.51.100.{number % 250}",
        "date": written,
        "date_gmt": written,
        "content": escape(body),
        "approved": state,
        "type": "comment",
        "parent": number - 1 if number % 3 == 2 and number % _TO_A_POST != 1 else 0,
        "user_id": 0,
    }
    inner = "".join(f"<wp:comment_{name}>{value}</wp:comment_{name}>" for name, value in fields.items())
    return f"<wp:comment>{inner}</wp:comment>\n"


def write_lines(path: Path, bodies: Iterator[str]) -> None:
    """A file as `winnow export` writes it, of these comments."""
    with path.open("w", encoding="utf-8") as file:
        file.write(json.dumps(own_lines.HEADER) + "\n")
        for number, body in enumerate(bodies, 1):
            moment = _BEGAN + timedelta(minutes=number)
            shown = moment.strftime("%Y-%m-%dT%H:%M:%S.000000Z")
            document = {
                "id": clock.derived_id("c", moment, "try", str(number)),
                "name": f"Reader {number % 5000}",
                "comment": body,
                "created_at": shown,
                "accepted_at": shown,
                "updated_at": shown,
                "status": "published",
                "revision": 1,
                "version": 1,
                "decided_by": "site",
                "decided_at": shown,
            }
            file.write(json.dumps(document) + "\n")


def start(installation: Installation, site: str, source: str, path: Path) -> subprocess.Popen[bytes]:
    """`winnow import`, under way."""
    command = [sys.executable, "-m", "winnow", "import", source, str(path), "--site", site]
    return subprocess.Popen(command, cwd=ROOT, env=installation.environ, stdout=subprocess.PIPE)


def follow(process: subprocess.Popen[bytes]) -> tuple[str, float, float]:
    """What an import says at its end, the seconds that it took, and the most memory (MiB) that it held."""
    began, most, used = time.monotonic(), 0.0, 0.0
    while process.poll() is None:
        try:
            followed = psutil.Process(process.pid)
            most = max(most, followed.memory_info().rss / 2**20)
            used = sum(followed.cpu_times()[:2]) or used
        except psutil.Error:
            break
        time.sleep(0.05)
    said, _ = process.communicate()
    if process.returncode != 0:
        raise SystemExit(f"the import failed: {said.decode()}")
    return f"{said.decode().strip()} ({used:.1f} s of a processor)", time.monotonic() - began, most


def counted(installation: Installation, site_id: str) -> tuple[int, int, int]:
    """How many comments a site has, with how many names of the other system, and how many are answers."""
    query = select(func.count(), func.count(func.distinct(Comment.external_id)), func.count(Comment.parent_id))
    with installation.store.read() as session:
        comments, names, answers = session.execute(query.where(Comment.site_id == site_id)).one()
    return int(comments), int(names), int(answers)


def bring(installation: Installation, source: str, path: Path, comments: int) -> str:
    """Bring a file to a new site, killed half-way, and to another at a stretch; the former's id."""
    whole, halved = installation.add_site(f"Whole {source}"), installation.add_site(f"Halved {source}")
    killed = start(installation, halved.id, source, path)
    while counted(installation, halved.id)[0] < comments // 2 and killed.poll() is None:
        time.sleep(0.2)
    killed.kill()
    killed.wait()
    brought = counted(installation, halved.id)[0]
    said, seconds, most = follow(start(installation, halved.id, source, path))
    say(f"   {source}: killed after {brought:,}; again: {said} {seconds:.1f} s, {most:.0f} MiB")
    # Last, because the ids of an export go to the first site of an installation.
    said, seconds, most = follow(start(installation, whole.id, source, path))
    say(f"   {source}: {said} {seconds:.1f} s, {comments / seconds:,.0f} comments a second, {most:.0f} MiB")
    if counted(installation, halved.id) != counted(installation, whole.id):
        raise SystemExit("the import that was killed brought other comments than the one that was not")
    return halved.id


def export(installation: Installation, site_id: str, path: Path) -> None:
    """`winnow export` into a file."""
    began = time.monotonic()
    with path.open("wb") as file:
        command = [sys.executable, "-m", "winnow", "export", "--site", site_id]
        subprocess.run(command, cwd=ROOT, env=installation.environ, stdout=file, check=True)
    say(f"   export: {path.stat().st_size / 2**20:.0f} MiB in {time.monotonic() - began:.1f} s")


def follows(installation: Installation, site_id: str) -> str:
    """How many examples and review items a site has, and that its comments are there once."""
    comments, names, answers = counted(installation, site_id)
    with installation.store.read() as session:
        examples = session.scalar(select(func.count()).select_from(Feedback).where(Feedback.site_id == site_id))
        items = session.scalar(select(func.count()).select_from(ReviewItem).where(ReviewItem.site_id == site_id))
    return f"{comments:,} comments, {names:,} names, {answers:,} answers, {examples:,} examples, {items:,} wait"


def try_both(directory: Path, comments: int) -> None:
    """Bring to one database, take away, bring to the other, take away: for both orders."""
    wxr = directory / "comments.xml"
    write_wxr(wxr, islice(texts.comments(), comments))
    order: list[tuple[Database, Database]] = [("sqlite", "postgresql"), ("postgresql", "sqlite")]
    for first, second in order:
        say(f"{comments:,} comments: WordPress to {first}, from there to {second}")
        taken, again = directory / f"{first}.ndjson", directory / f"{first}-{second}.ndjson"
        with installed(first) as installation:
            site_id = bring(installation, "wordpress", wxr, comments)
            say(f"   {follows(installation, site_id)}")
            export(installation, site_id, taken)
        with installed(second) as installation:
            site_id = bring(installation, "ndjson", taken, comments)
            say(f"   {follows(installation, site_id)}")
            export(installation, site_id, again)
        same = filecmp.cmp(taken, again, shallow=False)
        say(f"   the exports are {'the same, byte for byte' if same else 'NOT the same'}")


def try_memory(directory: Path, mib: int) -> None:
    """Bring files of so many MiB, twice each, and tell how much memory that takes."""
    comments = mib * 2**20 // 10_400
    for source, write in (("wordpress", write_wxr), ("ndjson", write_lines)):
        path = directory / f"large.{source}"
        write(path, (f"{number} " + "A long remark, & more of it. " * 355 for number in range(comments)))
        with installed("sqlite") as installation:
            site = installation.add_site("Large")
            for _ in range(2):
                said, seconds, most = follow(start(installation, site.id, source, path))
                size = path.stat().st_size / 2**20
                say(f"{size:,.0f} MiB, {source}: {said} {seconds:.0f} s, {most:.0f} MiB of memory")
        path.unlink()


def main() -> None:
    """See above."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--comments", type=int, default=100_000)
    parser.add_argument("--mib", type=int, default=1024)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="winnow-past-") as name:
        if arguments.comments:
            try_both(Path(name), arguments.comments)
        if arguments.mib:
            try_memory(Path(name), arguments.mib)


if __name__ == "__main__":
    main()
