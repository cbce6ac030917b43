"""The languages that Winnow tells apart, and how well it judges each: the one table of them.

A language's name is in no table of ours: `texts.wording.language` has it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Literal

#: `learnt`: there were labelled comments of its own to learn from. `understood`: judged by what was learnt of others,
#: through the reader that understands it. `listed`: of it, only bad words are known. `unknown`: it is told, no more.
Grade = Literal["learnt", "understood", "listed", "unknown"]

#: Grade -> the codes of its languages. To move a language is to move its code.
_OF_GRADE: Mapping[Grade, str] = {
    "learnt": "en ur-Latn de pt pl zh ko fr es it tr hi ar ro da ja",
    "understood": "hi-Latn nl ru th id cs sv ar-Latn ru-Latn",
    "listed": "fa fi hu no",
    "unknown": (
        "af am as az ba be bg bn bo ca cy el et eu ga gl gu ha he hr hy is ka kk km kn ky lo lt lv mk ml mn mr mt my "
        "ne or pa ps sa si sk sl so sq sr sw ta te tg tl tt ug uk uk-Latn ur uz vi yo zu"
    ),
}
#: Every language that is told, by its code.
GRADES: Mapping[str, Grade] = {code: grade for grade, codes in _OF_GRADE.items() for code in codes.split()}
#: What a comment without words is in, and one that nobody can be sure of: it is judged by what it contains.
UNTOLD = "und"
#: A language of which not even the script is known.
FOREIGN = "mis"
#: What a model reads that says nothing of it. Hindi in Latin letters is spelt, and insults, as Urdu is.
FIRST_LEARNT = frozenset({"en", "ur-Latn", "hi-Latn"})


def grades(readable: Collection[str]) -> Mapping[str, Grade]:
    """The grade of each language for a model that reads these: of the others it knows nothing."""
    return {code: grade if code in readable else "unknown" for code, grade in GRADES.items()}


def is_judged(grade: Grade) -> bool:
    """Whether a comment in a language of this grade is decided by its scores."""
    return grade in ("learnt", "understood")


def base(tag: str) -> str:
    """The code in our table of a language tag (BCP 47) or a locale: `pt` for `pt-BR`, `ur-Latn` for `ur_LATN_PK`.

    A tag of which the table has nothing comes back as its language alone, such as `xx` for `xx-YY`.
    """
    parts = tag.strip().replace("_", "-").split("-")
    language = parts[0].lower()
    scripts = [part.title() for part in parts[1:] if len(part) == 4 and part.isalpha()]
    language = _SAME.get(language, language)
    with_script = f"{language}-{scripts[0]}" if scripts else language
    return with_script if with_script in GRADES else language


#: Codes that mean one of ours.
_SAME = {
    "nb": "no", "nn": "no", "iw": "he", "in": "id", "fil": "tl", "cmn": "zh", "yue": "zh", "wuu": "zh", "arz": "ar",
    "ary": "ar", "prs": "fa",
}  # fmt: skip
