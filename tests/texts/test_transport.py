"""What mail gateways and wrong charsets leave in a text is read as it was meant, and what only looks like it is not."""

from __future__ import annotations

import unicodedata

import pytest

from texts.normalization import normalize, normalize_with_offsets

MEANT = [
    ("you stupÃ\xadd", "you stupid"),
    ("you stupÃƒÂ\xadd", "you stupid"),
    ("donâ€™t", "don't"),
    ("donÃ¢â‚¬â„¢t", "don't"),
    ("Ã€ bientÃ´t", "A bientot"),
    ("ðŸ–•", " up your ass "),
    ("Ð¼Ð°Ð¼Ð°", normalize("мама")),
    ("%C3%83%C2%ADx", "ix"),
    ("&Atilde;&copy;t&Atilde;&copy;", "ete"),
    ("caf=C3=A9 au lait", "cafe au lait"),
    ("caf=C3=83=C2=A9", "cafe"),
    ("caf=E9 au lait", "cafe au lait"),
    ("you stup=\nid", "you stupid stup id"),
    ("you stup=  \r\nid", "you stupid stup id"),
    ("you stupid=\nidiot", "you stupididiot stupid idiot"),
    ("you =\nidiot", "you idiot"),
    ("stu=\npid=\nly you", "stupid stu pidly you"),  # over three lines it is read in halves
    ("don=92t know", "don't know"),
    ("id=81iot", "idiot"),  # no letter of Windows-1252
    ("1 =3D 1, idi=6Ft", "1 = 1, idiot"),
    ("a line=20\nanother", "a line \nanother"),
    ("one=0D=0Atwo", "one\ntwo"),
    ("=?utf-8?Q?you_stup=C3=ADd?= =?utf-8?B?IGlkaW90?=", "you stupid idiot"),
    ("=?iso-8859-1?q?caf=E9?=", "cafe"),
]
SOUND = [
    "a=20, b=30, c=4F",
    "x=AB, y=CD",
    "E=MC2",
    "2+2=4",
    "https://blog.example/?a=C3=A9&b=20&c=3D",
    "=====\nTitle\n== part ==",
    "=?no-such-charset?Q?abc?=",
    "=?utf-8?B?%%%?=",
    "«CAFÉ» and «CAFÉ»",
    "SÃO PAULO, NÃO",
    "à la carte",
]


@pytest.mark.parametrize(("text", "meant"), MEANT)
def test_it_is_read_as_it_was_meant(text: str, meant: str) -> None:
    read, starts, ends = normalize_with_offsets(text)
    assert read == normalize(text) == meant
    assert len(starts) == len(ends) == len(read)
    assert all(0 <= start < end <= len(text) for start, end in zip(starts, ends, strict=True))


@pytest.mark.parametrize("text", SOUND)
def test_what_only_looks_like_it_stays(text: str) -> None:
    letters = unicodedata.normalize("NFD", text)
    assert normalize(text) == "".join(one for one in letters if not unicodedata.combining(one))
