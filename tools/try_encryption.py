"""What encrypted e-mail and addresses cost, and a command that is killed half-way, on SQLite and on PostgreSQL.

    python -m tools.try_encryption [--comments 20000] [--rounds 40]

First each comment's processor time, submitted, scored and decided by a person, with encryption off and on by turns in
one process. Then `winnow privacy encrypt` over as many comments, killed (SIGKILL) half-way and run again, `encrypt
--new-key` the same, and `decrypt`: with how long it takes, and how long others wait for their turn to write meanwhile.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import cast

import sqlalchemy as sa
from sqlalchemy import Table, func, insert, select

import models
from benchmarks import texts
from benchmarks.installation import ROOT, Database, Installation, installed
from moderation import clock
from moderation.decisions import comments
from moderation.decisions.scoring import Classifier, Scorer
from moderation.identities import keyring
from moderation.intake import submissions
from moderation.intake.submissions import Request, Submission
from moderation.store import Store
from moderation.tables import Comment, Watermark
from operations.encryption import stages
from tools.trying import say

_AT_ONCE = 20
_COMMENTS = cast("Table", Comment.__table__)


class Side:
    """An installation whose comments are timed."""

    def __init__(self, installation: Installation, classifier: Classifier) -> None:
        self.site, self.queues = installation.site.id, installation.queues
        self.keys = installation.settings.secret_keys
        self.store = Store(installation.settings.database_url, secret_keys=self.keys)
        self.scorer = Scorer(self.store, self.queues, classifier)
        self.texts = texts.comments()

    def round(self, took: dict[str, list[float]]) -> None:
        """Note the microseconds of processor time that each comment takes, to submit, to score and to decide."""
        ids = []
        for number, words in enumerate(islice(self.texts, _AT_ONCE)):
            submission = one(number, words)
            with timed(took["submit"]):
                [outcome] = submissions.submit(self.store, self.queues, self.site, [submission])
            assert outcome.comment is not None
            ids.append(outcome.comment.id)
        scored = 1
        while scored:
            spans: list[float] = []
            with timed(spans):
                scored = self.scorer.run_batch().claimed
            took["score"] += [spans[0] / scored] * scored if scored else []
        for comment_id in ids:
            with timed(took["decide"]), self.store.write() as session:
                comments.decide(session, self.site, comment_id, "publish", actor="user:u_1")


@contextmanager
def timed(spans: list[float]) -> Iterator[None]:
    """Note the microseconds of processor time of a block."""
    began = time.process_time_ns()
    yield
    spans.append((time.process_time_ns() - began) / 1000)


def one(number: int, words: str) -> Submission:
    """A comment with an e-mail address and an IP address; every thousandth is by the same person."""
    who = number % 997
    return Submission(name="Somebody", comment=words, email=f"somebody{who}@example.org", ip=f"203.0.{who % 250}.7")


def compare(database: Database, rounds: int) -> None:
    """Time comments with encryption off and on, by turns."""
    classifier = models.load(reader="fast")
    with installed(database) as without, installed(database) as having:
        off, on = Side(without, classifier), Side(having, classifier)
        for _ in stages.encrypt(on.store, on.keys, pause=lambda _: None):
            pass
        took: dict[str, dict[str, list[float]]] = {name: defaultdict(list) for name in ("warm", "off", "on")}
        for side in (off, on):
            side.round(took["warm"])
        for _ in range(rounds):
            off.round(took["off"])
            on.round(took["on"])
        for what in took["off"]:
            medians = {name: statistics.median(took[name][what]) for name in ("off", "on")}
            more = medians["on"] - medians["off"]
            say(f"{database}: {what}: off {medians['off']:,.0f} us, on {medians['on']:,.0f} us ({more:+,.0f})")
        on.store.close()
        off.store.close()


def fill(installation: Installation, many: int) -> None:
    """Store decided comments, without a queue."""
    for begin in range(0, many, 1000):
        requests = [
            Request(installation.site.id, one(number, words))
            for number, words in enumerate(islice(texts.comments(begin), min(1000, many - begin)), begin)
        ]
        rows = [request.row | {"status": "published", "updated_at": clock.now()} for request in requests]
        with installation.store.write() as session:
            session.execute(insert(_COMMENTS), rows)


def run(installation: Installation, *arguments: str, kill: bool = False) -> None:
    """Run a command of `winnow privacy`, or kill it once it is half through; beside it somebody writes."""
    command = [sys.executable, "-m", "winnow", "privacy", *arguments]
    waits: list[float] = []
    over = threading.Event()
    writer = threading.Thread(target=write_meanwhile, args=(installation, waits, over))
    writer.start()
    began = time.monotonic()
    process = subprocess.Popen(command, env=installation.environ, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    while process.poll() is None:
        if kill and is_half_through(installation):
            process.kill()
        time.sleep(0.02)
    over.set()
    writer.join()
    said = process.stdout.read().strip() if process.stdout else ""
    seconds = time.monotonic() - began
    longest = f"the longest write beside it {max(waits) * 1000:,.0f} ms of {len(waits):,}"
    say(f"  {' '.join(arguments)}{' (killed)' if kill else ''}: {seconds:,.1f} s; {longest}. {said}")


def is_half_through(installation: Installation) -> bool:
    """Whether the walk is in the second half of the comments."""
    with installation.store.engine.connect() as connection:
        position = connection.scalar(select(Watermark.position).where(Watermark.name == "identities")) or ""
        ids = connection.scalar(select(func.count()).where(Comment.id <= position.rpartition(" ")[2])) or 0
        return " comments " in position and ids > (connection.scalar(select(func.count(Comment.id))) or 0) / 2


def write_meanwhile(installation: Installation, waits: list[float], over: threading.Event) -> None:
    """Insert comments one after another as the web server does, and note how long each took."""
    store = Store(installation.settings.database_url, secret_keys=installation.settings.secret_keys)
    for number, words in enumerate(texts.comments(7)):
        began = time.monotonic()
        submissions.insert_all(store, [Request(installation.site.id, one(number, words))])
        waits.append(time.monotonic() - began)
        if over.wait(0.01):
            break
    store.close()


def in_clear(installation: Installation) -> int:
    """How many comments have an e-mail or IP address in clear text."""
    plain = sa.table("comments", *(sa.column(name, sa.String) for name in ("email", "ip", "author_key")))
    clear = sa.or_(plain.c.email.contains("@"), plain.c.ip.contains("."), plain.c.author_key.contains("@"))
    with installation.store.engine.connect() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(plain).where(clear)) or 0


def kill_and_go_on(database: Database, many: int) -> None:
    """Encrypt, change the key and decrypt, each killed half-way and run again."""
    with installed(database) as installation:
        fill(installation, many)
        say(f"{database}: {many:,} comments, {in_clear(installation):,} in clear text")
        waits: list[float] = []
        over = threading.Event()
        threading.Timer(10.0, over.set).start()
        write_meanwhile(installation, waits, over)
        say(f"  nothing beside it: the longest write {max(waits) * 1000:,.0f} ms of {len(waits):,}")
        for arguments in (("encrypt",), ("encrypt", "--new-key")):
            run(installation, *arguments, kill=True)
            run(installation, "encrypt")
            say(f"  {in_clear(installation):,} in clear text")
            assert not in_clear(installation)
            installation.store.keyring.look_again()
            with installation.store.read() as session:
                [key] = keyring.read(session.connection())
                assert key.stage == "whole"
        run(installation, "decrypt")
        with installation.store.read() as session:
            assert not keyring.read(session.connection())


def main() -> None:
    """Try everything."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--comments", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=40)
    chosen = parser.parse_args()
    databases: tuple[Database, ...] = ("sqlite", "postgresql")
    for database in databases:
        if chosen.rounds:
            compare(database, chosen.rounds)
        if chosen.comments:
            kill_and_go_on(database, chosen.comments)


if __name__ == "__main__":
    main()
