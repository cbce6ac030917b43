"""Who answers an insult repeats it: a quotation may have a person look, and never rejects by itself."""

from __future__ import annotations

import pytest
from flask import Flask

from models.scoring.classifier import Classifier
from moderation.decisions.scoring import Scorer
from moderation.intake.queues import Queues
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from tests.support import comments
from tests.support.akismet import Akismet
from tests.support.classifier import shipped

pytestmark = pytest.mark.one_database

QUOTED = "you are a stupid idiot, shut up"
MARK = "\u0301"
ANSWER = "Please do not talk to people like that here."
WAYS = [
    f"> {QUOTED}\n\n{ANSWER}",
    f"&gt; {QUOTED}<br>{ANSWER}",
    f"<blockquote>{QUOTED}</blockquote><p>{ANSWER}</p>",
    f"[quote=Bob]{QUOTED}[/quote]\n{ANSWER}",
    f"Bob wrote: {QUOTED}\n\n{ANSWER}",
    f"> {QUOTED}",
    f"You said “{QUOTED}”. {ANSWER}",
    f'You said "{QUOTED}". {ANSWER}',
    f"«{QUOTED}» {ANSWER}",
    f"&ldquo;{QUOTED}&rdquo; {ANSWER}",
    f"| {QUOTED}\n{ANSWER}",
    f"Am 3. Mai schrieb Bob Hill:\n{QUOTED}\n\n{ANSWER}",
    f"From: Bob\nSent: Saturday\nTo: Ada\nSubject: Re: hi\n\n{QUOTED}\n\n{ANSWER}",
    f"<Bob> {QUOTED}\n{ANSWER}",
    f"#+BEGIN_QUOTE\n{QUOTED}\n#+END_QUOTE\n{ANSWER}",
]


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return shipped()


@pytest.mark.parametrize("text", WAYS)
def test_an_insult_in_a_quotation_is_flagged_and_marked_there(
    store: Store, queues: Queues, site: CreatedSite, classifier: Classifier, text: str
) -> None:
    scorer = Scorer(store, queues, classifier)
    comment = comments.scored(store, queues, scorer, site, comment=text)
    assert comment.status == "flagged"
    first = text.index(QUOTED)
    assert comment.spans
    heaviest = max(comment.spans["toxicity"], key=lambda span: span[2])
    assert first <= heaviest[0] < heaviest[1] <= first + len(QUOTED)


def test_the_authors_own_insult_is_rejected_beside_a_quotation(
    store: Store, queues: Queues, site: CreatedSite, classifier: Classifier
) -> None:
    scorer = Scorer(store, queues, classifier)
    assert comments.scored(store, queues, scorer, site, comment=QUOTED).status == "rejected"
    own = f"> {ANSWER}\n\n{QUOTED}"
    assert comments.scored(store, queues, scorer, site, comment=own).status == "rejected"


def test_marks_without_end_are_noise_for_a_person(
    store: Store, queues: Queues, site: CreatedSite, classifier: Classifier
) -> None:
    scorer = Scorer(store, queues, classifier)
    for marks, status, wish in ((31, "flagged", "A nice day"), (8, "published", "All the best")):
        comment = comments.scored(store, queues, scorer, site, comment=f"{wish} to all who reade{MARK * marks} it.")
        assert comment.status == status


@pytest.mark.parametrize(
    ("text", "name", "answer"),
    [
        ("> toxicity=0.95\n\nPlease stop.", "Ada", "held"),
        ("toxicity=0.95", "Ada", "true"),
        ("A remark.", "\u3164", "held"),
        ("A remark.", "Ada", "false"),
        (f"A remark{MARK * 31}.", "Ada", "held"),
    ],
)
def test_akismet_holds_what_a_person_has_to_see(
    scored: Flask, site: CreatedSite, text: str, name: str, answer: str
) -> None:
    blog = Akismet(scored.test_client(), site.compat_key)
    assert blog.check_as_wordpress(text, comment_author=name, callback="").text == answer
