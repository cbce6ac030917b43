"""For the drop-in protocols: an app whose scores a test chooses, and one that real clients can reach."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from werkzeug.serving import make_server

from moderation.decisions.scoring import Scorer
from tests.support.classifier import ChosenScores


def choose_scores(app: Flask) -> ChosenScores:
    """Have an app score as the texts themselves say."""
    found = app.extensions["winnow"]
    classifier = ChosenScores()
    classifier.otherwise = "sv"
    app.extensions["winnow_scorer"] = Scorer(found.store, found.queues, classifier)
    return classifier


@contextmanager
def listening(app: Flask) -> Iterator[str]:
    """The app on a port of its own; its address."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # its threads may outlive what pytest captures with
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join(60)
        server.server_close()
