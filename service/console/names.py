"""Names and texts for the pages: of sites, people, roles, modes, languages, and kinds of review items."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import bindparam, exists, or_, select
from sqlalchemy.orm import Session

from moderation import actors
from moderation.tables import Membership, Site, User
from service.console import access
from texts.folding import fold
from texts.translation import gettext, later

#: Kind of a review item -> why the comment waits.
REVIEW_KINDS = {
    "flag": later("Held"),
    "report": later("Reported by readers"),
    "appeal": later("Appeal"),
    "second_look": later("Second look"),
}
#: Kind of a review item, or none -> the tab of the queue that has those.
TABS = {
    "": later("All"),
    "flag": later("Held"),
    "report": later("Reported"),
    "appeal": later("Appeals"),
    "second_look": later("Second looks"),
}
#: The tabs beside those: what is one's own turn, which the others have too, and what is put off, which none has.
TURN, PUT_OFF = "mine", "put_off"
CASE_TABS = {TURN: later("Mine"), PUT_OFF: later("Put off")}
#: Status of a comment -> what readers see of it, as a badge says it.
STANDING = {
    "published": later("Readers see it"),
    "flagged": later("Held"),
    "rejected": later("Rejected"),
    "pending": later("Being scored"),
    "erased": later("Erased"),
}
#: Status of a comment -> it, in a sentence.
STATUSES = {
    "published": later("published"),
    "flagged": later("held"),
    "rejected": later("rejected"),
    "pending": later("being scored"),
    "erased": later("erased"),
}
#: An author's standing, as it stands in a sentence.
STANDINGS = {
    "trusted": later("trusted"),
    "held": later("held"),
    "suspended": later("suspended"),
    "blocked": later("blocked"),
    "ordinary": later("ordinary"),
}
#: Role on one site -> what it allows.
SITE_ROLES = {
    "viewer": later("looks at comments and decisions"),
    "moderator": later("decides on comments as well"),
    "admin": later("changes the policy, keys, webhooks and people of the site as well"),
}
#: Role on every site -> what it allows.
ROLES = {
    "admin": later("everything, on every site, and this page"),
    "moderator": later("decides on comments, on every site"),
    "viewer": later("looks, on every site"),
    "none": later("only what their roles on single sites allow"),
}
#: The role of who has none on every site, as it is shown; `roles.py` has the others.
_NO_ROLE = later("none")
#: Mode of a site -> what it does with a comment.
MODES = {
    "auto": later("The policy decides; what it is unsure of waits for a moderator."),
    "hold": later("Every comment waits for a moderator. The emergency brake."),
    "open": later("Comments are published at once, and moderators look at doubtful ones afterwards."),
    "observe": later("Everything is published. Winnow only records what it would have done."),
}
#: Grade of a language -> its name, and what it means for comments in it.
GRADES = {
    "learnt": (later("Learnt"), later("The classifier has learnt from labelled comments in these languages.")),
    "understood": (
        later("Understood"),
        later("The classifier understands these by what it has learnt of others. It errs more often."),
    ),
    "listed": (later("Listed"), later("Only bad words are known of these. A score says little.")),
    "unknown": (
        later("Told only"),
        later("Winnow can tell these languages, and knows nothing more of them. A score says nothing."),
    ),
}
#: What a site does with the comments in a language.
TREATMENTS = {
    "judge": later("Judge by scores and rules"),
    "lenient": later("Judge by the lenient preset"),
    "balanced": later("Judge by the balanced preset"),
    "strict": later("Judge by the strict preset"),
    "hold": later("Hold every comment"),
    "rules": later("Publish unless a rule speaks"),
}
#: What a policy makes of a comment.
OUTCOMES = {"publish": later("publish it"), "flag": later("hold it"), "reject": later("reject it")}
#: Actors that are not people.
_NOT_PEOPLE = {
    actors.POLICY: later("the site's policy"),
    actors.SITE: later("the site"),
    actors.AUTHOR: later("the author"),
    actors.OPERATOR: later("the operator"),
}
_GONE = later("somebody who left")


def standing(status: str) -> str:
    """What readers see of a comment of this status, in the language of now."""
    return gettext(STANDING[status])


def status(name: str) -> str:
    """A status as it stands in a sentence, in the language of now."""
    return gettext(STATUSES.get(name, name))


def of_people(session: Session, who_acted: Sequence[str | None]) -> dict[str, str]:
    """Actor -> name: for the people (`user:<id>`) among these, and for those who are not people."""
    ids = {actors.user_id(actor) for actor in who_acted if actor is not None and actors.is_person(actor)}
    names = dict(session.execute(select(User.id, User.name).where(User.id.in_(ids))).all()) if ids else {}
    left = gettext(_GONE)
    nobody = {actor: gettext(name) for actor, name in _NOT_PEOPLE.items()}
    return nobody | {actors.of_user(user_id): names.get(user_id, left) for user_id in ids}


def beginning(name: str) -> str:
    """A name of `of_people` at the beginning of a sentence. What people are called is left as they write it."""
    ours = {gettext(one) for one in (*_NOT_PEOPLE.values(), _GONE)}
    return name[0].upper() + name[1:] if name in ours else name


def of_colleagues(session: Session, site_ids: Collection[str]) -> dict[str, str]:
    """Actor -> name of the people who may work on these sites, by name. A moderator sees no other people's names."""
    on_these_sites = exists().where(Membership.user_id == User.id, Membership.site_id.in_(site_ids))
    query = select(User.id, User.name).where(or_(User.role != "none", on_these_sites)).order_by(User.name).limit(500)
    return {actors.of_user(user_id): name for user_id, name in session.execute(query)}


def of_sites(session: Session, site_ids: Collection[str]) -> dict[str, str]:
    """Site id -> name, of these sites."""
    if not site_ids:
        return {}
    return {row[0]: row[1] for row in session.execute(select(Site.id, Site.name).where(Site.id.in_(site_ids)))}


def of_own_sites(session: Session, *, chosen: str | None = None) -> list[tuple[str, str]]:
    """The id and name of each site in use that the person signed in may see, in the order of names.

    An archived site is not offered: it is there only where it is `chosen` already.
    """
    shown = [site_id for site_id in access.roles() if site_id == chosen or not access.is_archived(site_id)]
    return [
        (site_id, gettext("%(site)s (archived)", site=name) if access.is_archived(site_id) else name)
        for site_id, name in session.execute(_SITES, {"ids": shown})
    ]


#: Built once, because building it takes longer than running it.
_SITES = select(Site.id, Site.name).where(Site.id.in_(bindparam("ids", expanding=True))).order_by(Site.name, Site.id)


def has(name: str, asked: str) -> bool:
    """Whether a name holds what was asked for, in any case."""
    return fold(asked) in fold(name)
