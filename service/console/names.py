"""Names and texts for the pages: of sites, people, roles, modes, languages, and kinds of review items."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation import actors
from moderation.tables import Site, User
from service.console import access

#: Kind of a review item -> why the comment waits.
REVIEW_KINDS = {
    "flag": "Held",
    "report": "Reported by readers",
    "appeal": "Appeal",
    "second_look": "Second look",
}
#: Kind of a review item, or none -> the tab of the queue that has those.
TABS = {"": "All", "flag": "Held", "report": "Reported", "appeal": "Appeals", "second_look": "Second looks"}
#: The tabs beside those: what is one's own turn, which the others have too, and what is put off, which none has.
TURN, PUT_OFF = "mine", "put_off"
CASE_TABS = {TURN: "Mine", PUT_OFF: "Put off"}
#: Role on one site -> what it allows.
SITE_ROLES = {
    "viewer": "looks at comments and decisions",
    "moderator": "decides on comments as well",
    "admin": "changes the policy, keys, webhooks and people of the site as well",
}
#: Role on every site -> what it allows.
ROLES = {
    "admin": "everything, on every site, and this page",
    "moderator": "decides on comments, on every site",
    "viewer": "looks, on every site",
    "none": "only what their roles on single sites allow",
}
#: Mode of a site -> what it does with a comment.
MODES = {
    "auto": "The policy decides; what it is unsure of waits for a moderator.",
    "hold": "Every comment waits for a moderator. The emergency brake.",
    "open": "Comments are published at once, and moderators look at doubtful ones afterwards.",
    "observe": "Everything is published. Winnow only records what it would have done.",
}
#: Grade of a language -> its name, and what it means for comments in it.
GRADES = {
    "learnt": ("Learnt", "The classifier has learnt from labelled comments in these languages."),
    "understood": (
        "Understood",
        "The classifier understands these by what it has learnt of others. It errs more often.",
    ),
    "listed": ("Listed", "Only bad words are known of these. A score says little."),
    "unknown": ("Told only", "Winnow can tell these languages, and knows nothing more of them. A score says nothing."),
}
#: What a site does with the comments in a language.
TREATMENTS = {
    "judge": "Judge by scores and rules",
    "lenient": "Judge by the lenient preset",
    "balanced": "Judge by the balanced preset",
    "strict": "Judge by the strict preset",
    "hold": "Hold every comment",
    "rules": "Publish unless a rule speaks",
}
#: What a policy makes of a comment.
OUTCOMES = {"publish": "publish it", "flag": "hold it", "reject": "reject it"}
#: Actors that are not people.
_NOT_PEOPLE = {
    actors.POLICY: "the site's policy",
    actors.SITE: "the site",
    actors.AUTHOR: "the author",
    actors.OPERATOR: "the operator",
}


def of_people(session: Session, who_acted: Sequence[str | None]) -> dict[str, str]:
    """Actor -> name: for the people (`user:<id>`) among these, and for those who are not people."""
    ids = {actors.user_id(actor) for actor in who_acted if actor is not None and actors.is_person(actor)}
    names = dict(session.execute(select(User.id, User.name).where(User.id.in_(ids))).all()) if ids else {}
    return _NOT_PEOPLE | {actors.of_user(user_id): names.get(user_id, "somebody who left") for user_id in ids}


def of_sites(session: Session, site_ids: Collection[str]) -> dict[str, str]:
    """Site id -> name, of these sites."""
    return {row[0]: row[1] for row in session.execute(select(Site.id, Site.name).where(Site.id.in_(site_ids)))}


def of_own_sites(session: Session) -> list[tuple[str, str]]:
    """The id and name of each site that the person signed in may see, in the order of names."""
    query = select(Site.id, Site.name).where(Site.id.in_(access.roles())).order_by(Site.name, Site.id)
    return [(site_id, name) for site_id, name in session.execute(query)]
