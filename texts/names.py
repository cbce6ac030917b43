"""What stands beside a text, where it is judged like one: an insult or a threat can be a name or an address, too."""

from __future__ import annotations

import re
from urllib.parse import unquote_plus


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Names, given and family ones of many languages, that are rude words in others: alone and beside other names, they say
#: nothing.
_REAL = _words("""
    assad babcock bich boner butt butts cockburn cocks cox crapper cuntz dick dickens dickinson dikshit dong dung fagan
    faggin faggioli fagin fanny fuchs fuk fücks gay gaye gaylord harshit harshita hitchcock ho hoare hore kock
    koch kok koontz kuntz kuttan long lund moby osama peacock phuc putz randy raper semen sexton shitto sick slaughter
    slutsky suk sucker titus twatt wang weiner wiener willy woodcock
    """)
#: The same, but an insult elsewhere than in the first place, or in the last of several.
_GIVEN = _words("fat fatty randi titti titty")
_FAMILY = _words("babi coglione crap dyke fagot hell hoe hooker moron perra puki puta schmuck troia zorra")
#: Words that make a rude one of them after all, since nobody is called so.
_NO_NAMES = _words("""
    a all am an are bag bags be big breath cheap cheese dirty dumb eat eater eats face filthy fuck fucking go hairy hard
    hate hates head heads hole huge hurt i im in is juice kill less lick licker licks little lover me milk my nice no
    nose not off on pic pics piss plug rider sex shit slap small stupid suck sucker sucking sucks that the their they
    this tiny to u ugly ur wad was we weed you your yourself
    """)
_MOST_NAMES = 5
#: A letter that `_` stands for, as in `f_ck`, and digits that only tell one account from another.
_HIDDEN_LETTER = re.compile(r"(?<!\w)(?:([^\W_])_(?=[^\W\d_])|([^\W_]{2,3})_(?=[^\W\d_](?![^\W_])))")
_NUMBERED = re.compile(r"(?<=[^\W\d_])\d{1,6}(?=\s|$)")
#: An address that a mail reader has written, with its owner's name.
_MAILBOX = re.compile(r"[^<>@]*<[^<>\s]+@[^<>\s]+>")
#: A blank, or what stands for one in an address.
_BLANK = re.compile(r"\s|[+%]")
_BETWEEN_WORDS = re.compile(r"[\s/?&#]+")


def as_text(name: str) -> str:
    """The text of a name that is to be judged; empty for a name that is nothing but a real name.

    `_` is read as a space or as a hidden letter; a number at the end is left out.
    """
    spaced = _HIDDEN_LETTER.sub(r"\1\2*", name).replace("_", " ")
    return " ".join(_without_real(_NUMBERED.sub("", spaced).split()))


def beside(name: str, email: str | None, url: str | None) -> str:
    """All that is to be judged of what stands beside a text; empty where there is nothing but a name and addresses."""
    return "\n".join(filter(None, (as_text(name), in_address(email or ""), in_address(url or ""))))


def in_address(address: str) -> str:
    """The words that somebody wrote where an e-mail address or a web site belongs; empty where it is one."""
    if address.isascii() and not _BLANK.search(address):  # as nearly all are
        return ""
    plain = unquote_plus(address).strip()
    if not any(map(str.isspace, plain)) or _MAILBOX.fullmatch(plain):
        return ""
    return _BETWEEN_WORDS.sub(" ", plain).strip()


def _without_real(words: list[str]) -> list[str]:
    """`words` without those that are names, if all of them may be somebody's."""
    folded = [word.strip(".,").casefold() for word in words]
    if len(words) > 1 and (len(words) > _MOST_NAMES or not _NO_NAMES.isdisjoint(folded)):
        return words
    last = len(words) - 1
    return [word for place, word in enumerate(words) if not _is_real(folded[place], place, last)]


def _is_real(word: str, place: int, last: int) -> bool:
    return word in _REAL or (place == 0 and word in _GIVEN) or (place == last > 0 and word in _FAMILY)
