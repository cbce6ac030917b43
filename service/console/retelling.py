"""Sentences that were said in English, said anew in the language of now.

What is stored, sent and raised is in English. Where a page shows it, it is recognised by the sentence that it was made
from, and what fills that in is filled in again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from texts import translation

#: A sentence, or its forms for one and for several of `%(number)s`.
Sentence = str | tuple[str, str]
#: How a value is said, by its name in the sentence and as it stands there.
Say = Callable[[str, str], str]

_FILLED = re.compile(r"%\((\w+)\)s")
_NUMBER = re.compile(r"[0-9][0-9,]*(?:\.[0-9]+)?")


@dataclass(frozen=True, slots=True)
class _Form:
    pattern: re.Pattern[str]
    sentence: Sentence


class Retelling:
    """Recognises these sentences, and says them in the language of now."""

    def __init__(self, sentences: Iterable[Sentence], say: Say | None = None) -> None:
        self._whole: set[str] = set()
        self._forms: list[_Form] = []
        self._say = say or (lambda _name, value: value)
        for sentence in sentences:
            for form in (sentence,) if isinstance(sentence, str) else sentence:
                if "%(" in form or not isinstance(sentence, str):
                    self._forms.append(_Form(_pattern(form), sentence))
                else:
                    self._whole.add(form)

    def __call__(self, said: str) -> str:
        """The sentence in the language of now; as it is where none of ours is recognised."""
        if translation.current() == translation.SOURCE:
            return said
        if said in self._whole:
            return translation.gettext(said)
        for form in self._forms:
            if (found := form.pattern.fullmatch(said)) is not None:
                return self._filled(form.sentence, found.groupdict())
        return said

    def _filled(self, sentence: Sentence, values: dict[str, str]) -> str:
        number = int(values.get("number", "1").replace(",", "")) if not isinstance(sentence, str) else 1
        filled = {name: localised(value) or self._say(name, value) for name, value in values.items()}
        if isinstance(sentence, str):
            return translation.gettext(sentence, **filled)
        filled.pop("number", None)
        return translation.ngettext(*sentence, number, **filled)


def localised(number: str) -> str | None:
    """A number that was written in English as it is written in the language of now; None for any other text."""
    if _NUMBER.fullmatch(number) is None:
        return None
    whole, point, places = number.replace(",", "").partition(".")
    return translation.decimal(int(whole)) + (translation.decimal_point() + places if point else "")


def _pattern(sentence: str) -> re.Pattern[str]:
    parts = _FILLED.split(sentence.replace("%%", "%"))
    written = [
        re.escape(part) if at % 2 == 0 else (r"(?P<number>[0-9,]+)" if part == "number" else f"(?P<{part}>.+?)")
        for at, part in enumerate(parts)
    ]
    return re.compile("".join(written), re.DOTALL)
