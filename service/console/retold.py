"""What rules wrote of a comment and what the domain refuses, in the language of whoever looks at the page.

It is stored, audited, sent and answered by the API in English, as it was said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from babel.core import Locale

from moderation.policy.rules import MODERATOR
from moderation.sites.site_settings import REASONS, RejectionReason
from service.console.retelling import Retelling
from texts import translation, wording
from texts.translation import forms_later, later

#: What the rules say (`moderation/policy/rules.py`, and where a reason is made elsewhere).
_OF_RULES = (
    later("This author is blocked on this site."),
    later("This address is blocked on this site."),
    later("This author is suspended on this site for a while."),
    later("This author is trusted on this site."),
    later("This address is trusted on this site."),
    later("It could not be scored, so a person has to look."),
    later("The same text was posted here within the last day."),
    later("The classifier cannot judge its language."),
    later("Nothing can be seen in it."),
    later("Hidden characters have it read in another order than it is written in."),
    later("The host of a link has letters that only look like Latin ones."),
    later("Nothing can be seen in its author's name."),
    later("It has more than %(most)s marks on one letter."),
    later("The site's policy could not be applied, so a person has to look."),
    later("It is this author's first comment on this site."),
    later("People turned it down before it was edited, so a person looks again."),
    later("Every score is below its threshold and no rule applies."),
    later("This site holds every comment at these times."),
    later("This site holds every comment for a moderator."),
    later("This site publishes first and lets a moderator look afterwards."),
    later("This site only observes: nothing is held."),
    later("A moderator chose to publish it."),
    later("A moderator chose to reject it."),
    later("%(label)s of the name or web site %(score)s reaches this site's flag threshold of %(threshold)s."),
    later("%(label)s of the name or web site %(score)s reaches this site's reject threshold of %(threshold)s."),
    later("%(label)s %(score)s reaches this site's flag threshold of %(threshold)s."),
    later("%(label)s %(score)s reaches this site's reject threshold of %(threshold)s."),
    later("It contains entry %(entry)s of the site's banned words."),
    later("It contains entry %(entry)s of the site's suspect words."),
    forms_later(
        "It has %(number)s link; this site allows %(most)s.",
        "It has %(number)s links; this site allows %(most)s.",
    ),
    later("%(authors)s different authors wrote nearly the same on this site within the last week."),
    forms_later(
        "People rejected %(number)s comment of this author within the last %(days)s days.",
        "People rejected %(number)s comments of this author within the last %(days)s days.",
    ),
    forms_later(
        "People rejected %(number)s comment of this author within the last day.",
        "People rejected %(number)s comments of this author within the last day.",
    ),
    forms_later(
        "Nothing speaks against it, and people approved %(number)s comment of this author.",
        "Nothing speaks against it, and people approved %(number)s comments of this author.",
    ),
    forms_later(
        "%(number)s reader reported it whose reports were upheld before.",
        "%(number)s readers reported it whose reports were upheld before.",
    ),
    later("A person looks at every comment in its language on this site (%(language)s)."),
    later("The classifier cannot judge its language (%(language)s)."),
    later("This site holds every comment at these times until %(moment)s."),
    later("It contains entry %(entry)s of the list “%(list)s”."),
    later("It matches entry %(entry)s of the list “%(list)s”."),
    later("Its author is entry %(entry)s of the list “%(list)s”."),
    later("Its address is in entry %(entry)s of the list “%(list)s”."),
    later("It names the domain of entry %(entry)s of the list “%(list)s”."),
)
#: An author's standing (`moderation/decisions/standing.py`).
_OF_STANDING = (
    forms_later(
        "Trusted: people approved %(number)s comment of this author and rejected none since.",
        "Trusted: people approved %(number)s comments of this author and rejected none since.",
    ),
    forms_later(
        "Held: people rejected %(number)s comment of this author within the last %(days)s days.",
        "Held: people rejected %(number)s comments of this author within the last %(days)s days.",
    ),
    forms_later(
        "Held: people rejected %(number)s comment of this author within the last day.",
        "Held: people rejected %(number)s comments of this author within the last day.",
    ),
)
#: What is refused, where it is refused (`moderation/`).
_REFUSED = (
    later("This site asks for a reason when you reject: choose one of its list, or write a note."),
    later("The author appeals against your own decision, so another moderator has to look."),
    later("Only a person's decision can be undone."),
    later("Only whoever decided can take it back. You can decide anew."),
    later("The time to take it back is over: the author has been told that the decision stands."),
    later("An undo cannot be undone: decide again instead."),
    later("%(entry)s is in the list for ever, so only an admin of this site can take it out."),
    later("The list has %(number)s entries already, and no more fit."),
    later(r"\Q is not taken. Put a backslash before each sign instead."),
    later("It has nothing but stars: give it some letters."),
    later("It is empty: give it some letters."),
    wording.TOO_LONG["it"],
    later("It is no regular expression that RE2 can use: %(said)s."),
    later("It takes %(steps)s steps; at most %(most)s are allowed. Say it shorter."),
    later("It is found in every text, also in an empty one."),
    later("It has more than %(most)s * in a word. Say it in several entries."),
    later(
        "It is too much: a list takes %(most)s words with two or more *, since each slows the look at every comment. "
        "Write some of them out, or with one *."
    ),
    forms_later("It has %(number)s word; at most %(most)s fit.", "It has %(number)s words; at most %(most)s fit."),
    later("Anybody can type a name. Trust a user id (id:…) or an e-mail address (email:…)."),
    later("Give a domain such as example.com, without a path, a port or an address before it."),
    later("It is no domain. Give one such as example.com; its subdomains are meant with it."),
    later("It is no address. Give an address or a network such as 192.0.2.0/24."),
    later("It is no network. Give an address or a network such as 192.0.2.0/24."),
    later("It is more than IPv4. Give an address or a network such as 192.0.2.0/24."),
    later("The file is larger than %(most)s MiB. Divide it."),
    later("Line %(line)s is not in UTF-8. Save the file as a text in UTF-8."),
    later("There is no entry in it. Give one on each line."),
    forms_later(
        "It has %(number)s entry; at most %(most)s fit at once. Divide it.",
        "It has %(number)s entries; at most %(most)s fit at once. Divide it.",
    ),
    later("A list takes %(most)s entries with a * or without letters."),
    later("A list takes %(most)s entries in a list of patterns."),
    later("Choose a kind: %(kinds)s."),
    later("There are %(most)s lists already, and no more fit."),
    later("It is in use, so it stays. Take it out of these policies first: %(policies)s."),
    later("Some lines cannot be entries, so none was added."),
    later("Somebody else is changing this list at the moment. Try again."),
    later("The list would have %(entries)s entries; at most %(most)s fit."),
    later("The list would have %(entries)s entries with a * or without letters; at most %(most)s fit."),
    later("The list would have %(entries)s entries in a list of patterns; at most %(most)s fit."),
    later("Give a name of 1 to %(most)s characters."),
    later("There is a list of this name already."),
    later("%(most)s keys of this kind are valid, and no more can be. Revoke one of them first."),
    later("%(origins)s origins are too many: a key can be bound to %(most)s."),
    later("%(origin)s is no origin: give the address of a page's host, such as https://blog.example."),
    later("A site's name has 1 to 200 characters that can be seen."),
    later("There is a site %(name)s already. Choose another name."),
    later("Comments came to this site, so it stays. Revoke its keys to have nothing more come to it."),
    later("A site has at most %(most)s webhooks. Delete one first."),
    later("The URL must not hold a fragment (#…): it is not sent."),
    later('The URL holds a character that has to be percent-encoded, such as " or <.'),
    later("The URL has %(length)s characters; at most %(most)s fit."),
    later(
        "The URL holds a character that cannot be sent. Write a host's name in its ASCII form (xn--…), and "
        "percent-encode the rest."
    ),
    later("This is not a URL: its host or its port cannot be read."),
    later("Give a URL that starts with http:// or https:// and names a host."),
    later("The URL must not hold a user or a password."),
    later("The URL's port must be from 1 to 65535."),
    later("%(host)s cannot be the name of a host, nor its address."),
    later("The host %(host)s has no address."),
    later(
        "%(host)s is at a private or reserved address. The operator can permit its network with WINNOW_WEBHOOK_ALLOW."
    ),
    later(
        "%(host)s is a private or reserved address, so nothing can be sent there. The operator can allow it: set "
        "WINNOW_WEBHOOK_ALLOW=%(network)s and start Winnow again."
    ),
    later("This webhook is switched off, so nothing is sent there. Switch it on first."),
    later(
        "This decision was taken back before it was sent, or a later one took its place, so there is nothing to tell."
    ),
    later(
        "This message waits for the end of the site's grace time, in which its decision can be taken back. It leaves "
        "by itself."
    ),
    later("The comment has changed since, and this protocol has no word for which of two messages is the later."),
    later("Entry %(entry)s has more than %(most)s * in a word. Say it in several entries."),
    later(
        "Entry %(entry)s is too much: a list takes %(most)s words with two or more *, since each slows the look at "
        "every comment. Write some of them out, or with one *."
    ),
    later("There are %(times)s times; at most %(most)s fit."),
    later("Name the time zone of these times, such as Europe/Berlin."),
    later("There is no time zone “%(zone)s”. Perhaps %(zones)s?"),
    later("There is no time zone “%(zone)s”. Names are such as Europe/Berlin."),
    later("Name the days on which it begins: %(days)s."),
    later("Give a time such as 22:00."),
    later("It has no text."),
    later("Its text has %(length)s characters; at most %(most)s fit."),
    later("Its name is no name: one line of at most %(most)s characters."),
    later("What is expected of it is none of %(outcomes)s."),
    later("The file is not in UTF-8. Save it as CSV in UTF-8, or as NDJSON."),
    later("The file has no examples. It needs the columns text and expected."),
    later("The file has more than %(most)s examples, and no more fit."),
    later("The first line has to name the columns: text, expected and, if wanted, name."),
    later("A site has at most %(most)s tests. Remove some first."),
    later("Choose up to %(most)s languages."),
    later("A password needs at least %(least)s characters."),
    later("This is not your password."),
    later("There is no role %(role)s; choose one of %(roles)s."),
    later("A name has 1 to %(most)s characters that can be seen, and no space around them."),
    later("There is already a user named %(name)s."),
    later("%(name)s's account was not made for your sites. Ask an admin of every site."),
    later("%(name)s was disabled by an admin of every site, who alone can undo it."),
    later("%(name)s is disabled. Enable them first."),
    later("%(name)s is the last admin on every site who can sign in. Give somebody else that role first."),
    later("Choose whether comments are grey, blurred or covered."),
    later("This time zone is not known here."),
    later("Choose 1 to %(most)s minutes to a break, or leave the field empty."),
    later("Choose 1 to %(most)s decisions to a break, or leave the field empty."),
    later("Choose 1 to %(most)s decisions a day, or leave the field empty."),
    later("Choose at least one thing to hear of."),
    later("You have %(most)s ways already. Remove one first."),
    later("You have sent a test just now. Wait a minute before the next."),
    later("This installation sends no e-mail: its operator has to set WINNOW_SMTP_URL."),
    later("This is no e-mail address that can be written to."),
    later("A bot’s token is a number, a colon, and letters: BotFather tells it."),
    later("A chat is a number, which may be negative, or @ and the name of a channel."),
    later("The server’s address must not hold a question mark."),
)


def _value(name: str, value: str) -> str:
    """A value that fills a sentence in: a label, a language, a moment of the week; anything else as it is."""
    if name == "label":
        return translation.gettext(value)
    if name == "language":
        code = _codes().get(value)
        return wording.language(code) if code is not None else value
    if name == "moment":
        day, space, rest = value.partition(" ")
        return f"{_day(day)}{space}{rest}"
    return value


#: Say a reason's message, a standing or a refusal in the language of now.
retold = Retelling((*_OF_RULES, *_OF_STANDING, *_REFUSED), _value)


def reason(reason: RejectionReason) -> str:
    """A reason for rejecting as moderators read it: ours in their language, a site's own as it wrote it."""
    own = reason.texts.get(translation.current())
    return own or translation.gettext(reason.text) if reason.text in _OURS or own else reason.text


def reasons(given: Sequence[RejectionReason]) -> tuple[tuple[str, str], ...]:
    """Code of each of a site's reasons for rejecting, and the reason as moderators read it."""
    return tuple((one.code, reason(one)) for one in given)


def message(reason: Mapping[str, Any]) -> str:
    """What a reason of a decision says. A moderator's own note stays as it was written."""
    said = str(reason.get("message", "")).strip()
    if reason.get("rule") == MODERATOR.name and translation.current() != translation.SOURCE:
        first, colon, note = said.partition(": ")
        if first in _OURS:
            return f"{translation.gettext(first)}{colon}{note}"
    return retold(said)


_OURS = {reason.text for reason in REASONS}


def _day(name: str) -> str:
    """A day of the week whose English name this is."""
    days = Locale.parse(translation.SOURCE).days["format"]["wide"]
    index = next((index for index, english in days.items() if english == name), None)
    return name if index is None else str(Locale.parse(translation.current()).days["format"]["wide"][index])


@cache
def _codes() -> Mapping[str, str]:
    """English name of a language -> its code."""
    return {name: code for code, name in Locale.parse(translation.SOURCE).languages.items()}
