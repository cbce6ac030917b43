"""The catalogues in texts/catalogues, brought up to date with the code: `make catalogues`.

A sentence that is new comes into each catalogue without a translation, one that is gone leaves it; a translation stays
as long as its English does not change. `tests/texts/test_catalogues.py` says what is still to be translated.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.plurals import get_plural
from babel.messages.pofile import read_po, write_po

from models import LABELS
from moderation.alerts.channels import CHANNELS
from moderation.alerts.conditions import KINDS
from moderation.decisions import erasing
from moderation.history import calls
from moderation.people.roles import ROLES
from moderation.people.wellbeing import HIDES
from moderation.policy.list_kinds import KINDS as LIST_KINDS
from moderation.policy.rules import BY_NAME, MODERATOR
from moderation.policy.switches import EntryList, Limit, OnOff, Switch, Times
from moderation.sites import author_sentences
from moderation.sites.site_settings import REASONS
from service.api.schemas import COMMENT_MISSING, NAME_MISSING, REPORT_REASONS
from service.console.navigation import ENTRIES
from texts.translation import CATALOGUES, LANGUAGES, SOURCE
from texts.wording import named

ROOT = Path(__file__).parent.parent
#: Function -> which of its arguments are sentences.
KEYWORDS = {"_": None, "gettext": None, "later": None, "ngettext": (1, 2), "forms_later": (1, 2)}
_METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2.ext:babel_extract")]
_OPTIONS = {"**/templates/**.html": {"trimmed": "true", "silent": "false"}}
#: Babel's own rule has a form for whole millions in these.
_PLURALS = {
    "fr": "nplurals=2; plural=(n > 1);",
    "pt": "nplurals=2; plural=(n > 1);",
    "es": "nplurals=2; plural=(n != 1);",
    "it": "nplurals=2; plural=(n != 1);",
}


def template() -> Catalog:
    """Every sentence that people read in their language, and where it is."""
    found = Catalog()
    for room in ("moderation", "service", "texts"):
        inside = extract_from_dir(ROOT / room, _METHODS, _OPTIONS, KEYWORDS)
        for file, _line, sentence, comments, context in sorted(inside, key=lambda one: (one[0], one[1])):
            found.add(sentence, locations=[(f"{room}/{file}", 0)], auto_comments=comments, context=context)
    for place, sentence in _kept_as_data():
        found.add(sentence, locations=[(place, 0)])
    return found


def updated(language: str) -> str:
    """A language's catalogue as it has to be: with the sentences of today, and the translations that there are."""
    path = CATALOGUES / f"{language}.po"
    if path.exists():
        with path.open("rb") as file:
            catalogue = read_po(file, locale=language)
    else:
        catalogue = read_po(BytesIO(_header(language).encode()), locale=language)
    catalogue.update(template(), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    written = BytesIO()
    write_po(written, catalogue, width=110, omit_header=True, include_lineno=False)
    return _header(language) + "\n" + written.getvalue().decode().strip() + "\n"


def _kept_as_data() -> Iterator[tuple[str, str]]:
    """Sentences that stand in records: where, and what it says."""
    yield from _of_rules()
    yield from _of_lists()
    yield from _of_others()


def _of_rules() -> Iterator[tuple[str, str]]:
    for rule in BY_NAME.values():
        if rule is not MODERATOR:  # it says what a moderator wrote
            yield "moderation/policy/rules.py", rule.for_authors
        yield "moderation/policy/rules.py", rule.title
        for switch in rule.switches:
            for sentence in _of_switch(switch):
                yield "moderation/policy/rules.py", sentence


def _of_switch(switch: Switch) -> Iterator[str]:
    yield switch.title
    match switch:
        case EntryList():
            yield from (switch.added, switch.effect, switch.kind.hint)
        case Limit():
            yield switch.hint
            if not switch.unset.isdigit():
                yield switch.unset
        case OnOff():
            yield switch.description.removesuffix(".")
        case Times():
            yield switch.hint


def _of_lists() -> Iterator[tuple[str, str]]:
    for list_kind in LIST_KINDS.values():
        for sentence in (list_kind.title, list_kind.hint):
            yield "moderation/policy/list_kinds.py", sentence


def _of_others() -> Iterator[tuple[str, str]]:
    for reason in REASONS:
        yield "moderation/sites/site_settings.py", reason.text
    for name in (*author_sentences.LABELS.values(), author_sentences.NO_LABEL):
        yield "moderation/sites/author_sentences.py", name
    for sentence in ("A moderator chose to publish it.", "A moderator chose to reject it."):
        yield "moderation/decisions/comments.py", sentence
    for sentence in (erasing.GONE, erasing.NOT_KEPT):
        yield "moderation/decisions/erasing.py", sentence
    for sentence in (NAME_MISSING, COMMENT_MISSING):
        yield "service/api/schemas.py", sentence
    for label in (*LABELS, *REPORT_REASONS):
        yield "models/labels.py", named(label)
    for kind in KINDS.values():
        yield "moderation/alerts/conditions.py", kind.title
    for why in calls.REFUSED.values():
        yield "moderation/history/calls.py", why
    for name in CHANNELS.values():
        yield "moderation/alerts/channels.py", name
    for name in HIDES.values():
        yield "moderation/people/wellbeing.py", name
    for entry in ENTRIES:
        yield "service/console/navigation.py", entry.text
    for role in ROLES[1:]:
        yield "moderation/people/roles.py", role


def _header(language: str) -> str:
    plural = _PLURALS.get(language) or str(get_plural(language))
    return (
        'msgid ""\nmsgstr ""\n'
        f'"Language: {language}\\n"\n'
        '"MIME-Version: 1.0\\n"\n'
        '"Content-Type: text/plain; charset=utf-8\\n"\n'
        '"Content-Transfer-Encoding: 8bit\\n"\n'
        f'"Plural-Forms: {plural}\\n"\n'
    )


if __name__ == "__main__":
    for code in LANGUAGES:
        if code != SOURCE:
            (CATALOGUES / f"{code}.po").write_text(updated(code))
