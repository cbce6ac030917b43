"""Comments that arrive at a steady rate, as from a site's back end: each is posted again until it was accepted."""

from __future__ import annotations

import threading
import time
from collections import Counter

import requests
from requests.adapters import HTTPAdapter

#: Words that occur nowhere else, so that a log that holds one of them can be told.
PRIVATE = ("quixotically", "Zebediah", "zebediah@example.com")
TEXTS = ("Thanks", "You idiot", "Buy pills")

_POSTERS = 8
_AGAIN_SECONDS = 0.2


class Arrivals:
    """A context: comments arrive from its beginning until `stop`. `accepted`: number -> id."""

    def __init__(self, url: str, api_key: str, *, rate: float, first: int = 0) -> None:
        self.url = url
        self.rate = rate
        self.accepted: dict[int, str] = {}
        #: What became of requests that were not accepted, as a status or an exception's name.
        self.refused: Counter[str] = Counter()
        self.last_refused = 0.0
        #: Seconds that the slowest answer took.
        self.longest = 0.0
        self._headers = {"Authorization": f"Bearer {api_key}"}
        self._next = self._first = first
        self._began = time.monotonic()
        self._lock = threading.Lock()
        self._ending = threading.Event()
        self._threads = [threading.Thread(target=self._post_all, daemon=True) for _ in range(_POSTERS)]

    def __enter__(self) -> Arrivals:
        self._began = time.monotonic()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()

    def stop(self, *, within: float = 90.0) -> None:
        """No more comments; those under way are accepted first."""
        self._ending.set()
        until = time.monotonic() + within
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
            assert not thread.is_alive(), f"comments are still refused: {dict(self.refused)}"

    def _post_all(self) -> None:
        with requests.Session() as session:
            session.mount("http://", HTTPAdapter(max_retries=0))
            session.headers.update(self._headers)
            while not self._ending.is_set():
                with self._lock:
                    number, self._next = self._next, self._next + 1
                due = self._began + (number - self._first) / self.rate
                if self._ending.wait(max(0.0, due - time.monotonic())):
                    return
                while not self._post(session, number):
                    time.sleep(_AGAIN_SECONDS)

    def post_now(self, number: int, comment: str) -> None:
        """One more comment, at once."""
        with requests.Session() as session:
            session.headers.update(self._headers)
            while not self._post(session, number, comment):
                time.sleep(_AGAIN_SECONDS)

    def _post(self, session: requests.Session, number: int, comment: str | None = None) -> bool:
        body = {
            "name": PRIVATE[1],
            "email": PRIVATE[2],
            "comment": comment or f"{TEXTS[number % 3]}, he said {PRIVATE[0]}, {number}.",
            "external_id": str(number),
        }
        began = time.monotonic()
        try:
            answer = session.post(f"{self.url}/api/v1/comments", json=body, timeout=20)
            self.longest = max(self.longest, time.monotonic() - began)
        except requests.RequestException as error:
            return self._not_accepted(type(error).__name__)
        if answer.status_code not in (200, 202):  # 200: it was accepted before, and the answer was lost
            return self._not_accepted(str(answer.status_code))
        self.accepted[number] = answer.json()["id"]
        return True

    def _not_accepted(self, why: str) -> bool:
        with self._lock:
            self.refused[why] += 1
            self.last_refused = time.monotonic()
        return False
