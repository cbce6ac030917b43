"""Labelled examples for `winnow train`: what people say of a text, kept and weighed for each site.

One site cannot poison a model that others use too: whatever it sends, its examples together weigh no more than
`SITE_WEIGHT` examples do (docs/decisions/0020-feedback-weighs-by-site.md). No site keeps more than `MOST_EXAMPLES`, and
none for longer than `retention.FEEDBACK_KEPT`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from moderation import clock
from moderation.intake.submissions import content_hash
from moderation.store import Store, take_turn
from moderation.tables import Feedback

#: What all examples of one site together weigh at most, in examples.
SITE_WEIGHT = 1000.0
#: Examples that are kept of one site: the oldest make room for new ones, so that no site fills the disk.
MOST_EXAMPLES = 20_000
#: Characters of a text that are kept: more than a comment may have.
LONGEST_TEXT = 20_480
_PAGE = 1000


def record(
    store: Store,
    site_id: str,
    *,
    source: str,
    text: str,
    labels: Mapping[str, float],
    detail: Mapping[str, Any] | None = None,
) -> int:
    """Keep what a site says of a text: label -> value from 0 (it is not) to 1 (it is). Returns how many were new.

    A new value for the same label, text and source replaces the earlier one, so that a changed mind or a repeated
    request leaves one example. `detail` must not hold an author's details.

    Raises:
        ValueError: a value is not between 0 and 1.
    """
    rows = as_rows(site_id, source, text, labels, detail)
    with store.write() as session:
        return keep(session, site_id, source, rows)


def as_rows(
    site_id: str, source: str, text: str, labels: Mapping[str, float], detail: Mapping[str, Any] | None = None
) -> list[dict[str, Any]]:
    """The rows of one text's examples, for `keep`.

    Raises:
        ValueError: a value is not between 0 and 1.
    """
    if any(not 0.0 <= value <= 1.0 for value in labels.values()):
        raise ValueError("a label's value is not between 0 and 1")
    moment = clock.now()
    shared = {
        "site_id": site_id,
        "source": source,
        "text_hash": content_hash(text),  # of the whole text, by which its comment's erasure finds it
        "text": text[:LONGEST_TEXT],
        "created_at": moment,
        "detail": dict(detail) if detail else None,
    }
    return [
        shared | {"id": clock.new_id("f", moment), "label": label, "value": value}
        for label, value in sorted(labels.items())
    ]


def keep(session: Session, site_id: str, source: str, rows: Sequence[dict[str, Any]]) -> int:
    """Store examples in the caller's transaction. Returns how many were new; of two alike the later one counts."""
    if not rows:
        return 0
    latest = {(row["text_hash"], row["label"]): row for row in rows}
    take_turn(session, f"feedback {site_id}")
    of_texts = Feedback.text_hash.in_({text_hash for text_hash, _ in latest})
    said = select(Feedback.id, Feedback.text_hash, Feedback.label).where(
        Feedback.site_id == site_id, Feedback.source == source, of_texts
    )
    earlier = [row_id for row_id, text_hash, label in session.execute(said) if (text_hash, label) in latest]
    if earlier:
        session.execute(delete(Feedback).where(Feedback.id.in_(earlier)))
    session.execute(insert(Feedback), list(latest.values()))
    _make_room(session, site_id)
    return len(latest) - len(earlier)


def keep_as_they_were(session: Session, site_id: str, rows: Sequence[dict[str, Any]]) -> int:
    """Store the examples of another installation, in the caller's transaction. Returns how many were new.

    What the site has said itself of a text stays. Ids, by which examples grow old, stay too, but for those that
    another site has.
    """
    take_turn(session, f"feedback {site_id}")
    this = select(Feedback.text_hash, Feedback.source, Feedback.label).where(Feedback.site_id == site_id)
    said = session.execute(this.where(Feedback.text_hash.in_({row["text_hash"] for row in rows}))).all()
    known = {tuple(key) for key in said}
    new = {}
    for row in rows:
        key = (row["text_hash"], row["source"], row["label"])
        if key not in known:
            new[key] = row
    taken = set(session.scalars(select(Feedback.id).where(Feedback.id.in_([row["id"] for row in new.values()]))))
    stored = [row | {"site_id": site_id, "id": clock.free_id("f", row["id"], site_id, taken)} for row in new.values()]
    if stored:
        session.execute(insert(Feedback), stored)
        _make_room(session, site_id)
    return len(stored)


def last_word(
    session: Session, site_id: str, source: str, text: str, label: str, *, about: Mapping[str, str]
) -> float | None:
    """The value that the site gave a text's label last, where the example's detail has all of `about`, the sender's
    data; None: it gave none."""
    query = select(Feedback.value, Feedback.detail).where(
        Feedback.site_id == site_id,
        Feedback.text_hash == content_hash(text),
        Feedback.source == source,
        Feedback.label == label,
    )
    row = session.execute(query).one_or_none()
    return row.value if row is not None and about.items() <= (row.detail or {}).items() else None


def erase(session: Session, site_id: str, text: str) -> int:
    """Forget what a site said of a text, in the caller's transaction. Returns how many examples went."""
    query = delete(Feedback).where(Feedback.site_id == site_id, Feedback.text_hash == content_hash(text))
    return int(session.execute(query).rowcount)  # type: ignore[attr-defined]


def export(store: Store, site_id: str | None = None) -> Iterator[dict[str, Any]]:
    """Labelled examples, one for each text of a site and source: `{text, labels, source, site, weight}`.

    `weight` is 1, or less where a site has more than `SITE_WEIGHT` examples.
    """
    each_text = func.count(func.distinct(Feedback.text_hash + Feedback.source))
    with store.read() as session:
        rows = session.execute(select(Feedback.site_id, each_text).group_by(Feedback.site_id))
        sizes = {str(site): int(number) for site, number in rows}
    for site in sorted(sizes if site_id is None else {site_id} & set(sizes)):
        weight = weight_of(sizes[site])
        for example in _examples(store, site):
            yield example | {"site": site, "weight": weight}


def weight_of(examples: int) -> float:
    """What each example of a site weighs, when the site has `examples` of them."""
    return round(min(1.0, SITE_WEIGHT / max(1, examples)), 6)


def _examples(store: Store, site_id: str) -> Iterator[dict[str, Any]]:
    """A site's examples, read in pages of whole texts."""
    after = ""
    while True:
        with store.read() as session:
            hashes = session.scalars(
                select(Feedback.text_hash)
                .where(Feedback.site_id == site_id, Feedback.text_hash > after)
                .group_by(Feedback.text_hash)
                .order_by(Feedback.text_hash)
                .limit(_PAGE)
            ).all()
            if not hashes:
                return
            rows = session.scalars(
                select(Feedback)
                .where(Feedback.site_id == site_id, Feedback.text_hash.in_(hashes))
                .order_by(Feedback.text_hash, Feedback.source, Feedback.label)
            ).all()
        examples: dict[tuple[str, str], dict[str, Any]] = defaultdict(dict)
        for row in rows:
            example = examples[row.text_hash, row.source]
            example.setdefault("text", row.text)
            example.setdefault("labels", {})[row.label] = row.value
            example["source"] = row.source
        yield from examples.values()
        after = hashes[-1]


def _make_room(session: Session, site_id: str) -> None:
    """Delete the oldest examples above `MOST_EXAMPLES`: ids sort by time, so their index finds them."""
    newest = select(Feedback.id).where(Feedback.site_id == site_id).order_by(Feedback.id.desc())
    last_kept = session.scalar(newest.offset(MOST_EXAMPLES - 1).limit(1))
    if last_kept is not None:
        session.execute(delete(Feedback).where(Feedback.site_id == site_id, Feedback.id < last_kept))
