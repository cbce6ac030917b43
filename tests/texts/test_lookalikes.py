"""Letters that look like Latin ones are read as these; words of other scripts and languages stay what they are."""

from __future__ import annotations

import pytest

from texts.comparison import as_read
from texts.lookalikes import in_cyrillic, is_false_host
from texts.normalization import normalize, normalize_with_offsets

DISGUISED = {
    "hooks": "ƒuƈƙɨɲɠ ɨɗɨɵƭ",
    "strokes": "fʉckɨng ɨđɨøŧ",
    "small capitals": "ꜰᴜᴄᴋɪɴɢ ɪᴅɪᴏᴛ",
    "other small capitals": "ғᴜᴄᴋɪɴɢ ɪᴅɪᴏᴛ",
    "phonetic letters": "fʊcĸɩŋɡ ɪɖɪɵt",
    "phonetic extensions": "ᵮᵾꞔꝃᵻnᶃ ᵻᶁᵻoᵵ",
    "Latin Extended-D": "ꟻꞟꞓꝁinꞡ iꝺiꝋꞇ",
    "turned": "fucʞᴉng ᴉdᴉoʇ",
    "Lisu": "ꓝꓴꓚꓗꓲꓠꓖ ꓲꓓꓲꓳꓔ",
    "Cherokee": "fuᏟᏦᏆnᏀ ᏆᎠᏆoᎢ",
    "small Cherokee": "fuꮯꮶꭵnꮐ ꭵꭰꭵoꭲ",
    "Canadian syllabics": "ᖴᑌᑕking iᗪiot",
    "three scripts": "ꓝuᏟᏦing iᗪiot",
    "Coptic": "fⳙⲥⲕⲓⲛg ⲓⲇⲓⲟⲧ",
    "Deseret": "f𐐳𐐽king idi𐐬t",
    "Old Italic": "𐌅uc𐌊𐌉ng 𐌉d𐌉𐌏𐌕",
    "Gothic": "𐍆𐌿ck𐌹ng 𐌹d𐌹𐍉𐍄",
    "Tifinagh": "fuckⵏng ⵏdⵏⵔt",
    "Hebrew": "fuckוng וdוסט",
    "Arabic": "fuckاng اdاہt",
    "Thai": "fยckเภg เ๔เ๏Շ",
    "Cyrillic of other languages": "fцҫӄіnԍ іԁіөt",
}


@pytest.mark.parametrize("way", DISGUISED)
def test_a_letter_is_read_as_the_one_it_looks_like(way: str) -> None:
    written = DISGUISED[way]
    assert normalize(written).lower() == "fucking idiot"
    assert as_read(written) == "fucking idiot"
    shown, starts, ends = normalize_with_offsets(written)
    assert shown == normalize(written)
    assert len(starts) == len(ends) == len(shown)


@pytest.mark.parametrize(
    "text",
    [
        "זה סוס ועוד סוסט",  # Hebrew
        "ה-iPhone שלי, הiPhone",
        "هاه، الـGPS والGPS وGoogle",  # Arabic
        "เธอ ใช้ iPhoneเก่า และ Facebookได้ด้วย",  # Thai
        "ყოველი ხე",  # Georgian
        "ⴰⵣⵓⵍ ⵏⵏⵙ",  # Tifinagh
        "Tシャツと千円のiPhoneを買う口",  # Japanese and Chinese
        "ᐃᓄᒃ",  # Inuktitut, without a letter that looks Latin
    ],
)
def test_a_word_of_another_script_stays_what_it_is(text: str) -> None:
    assert [one for one in normalize(text) if one.isascii()] == [one for one in text if one.isascii()]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("Zażółć gęślą jaźń, rødgrød med fløde, sıkça ışık", "Zazolc gesla jazn, rodgrod med flode, sikca isik"),
        ("Người Việt đọc tiếng Đức", "Nguoi Viet doc tieng Duc"),
        ("Mən Azərbaycanlıyam", "Men Azerbaycanliyam"),
        ("Ƙasar Hausa: ɗan, ɓera, 'ƴa", "Kasar Hausa: dan, bera, 'ya"),
        ("The word red is pronounced /ɹɛd/.", "The word red is pronounced /red/."),
        ("Қазақстан, ғана", "Қa3aқctah, ғaha"),
        ("Die Straße, garçon, año, ångström", "Die Strasse, garcon, ano, angstrom"),
    ],
)
def test_real_words_are_read_letter_by_letter(text: str, read: str) -> None:
    assert normalize(text) == read


def test_a_character_for_a_sentence_is_read_and_a_flood_of_them_is_not() -> None:
    assert len(normalize("\ufdfa")) == 18
    assert len(normalize("\ufdfa\ufdfb\u3316" * 5_000)) < 3 * 5_000 + 2_000


@pytest.mark.parametrize(
    "host",
    [
        "pаypal.com",  # a Cyrillic a
        "PАYPAL.COM",
        "www.gооgle.com",
        "аррӏе.com",  # all twins
        "раура1.com",
        "xn--80ak6aa92e.com",  # the same as browsers write it
        "ο.com",
    ],
)
def test_a_host_that_passes_for_another(host: str) -> None:
    assert is_false_host(host)


@pytest.mark.parametrize(
    "host",
    [
        "paypal.com",
        "münchen.de",
        "яндекс.ru",  # a д is nobody's twin
        "пример.рф",
        "сор.рф",  # under an ending of its own letters it passes for none
        "日本.jp",
        "xn--mnchen-3ya.de",
        "xn--zz.com",  # which cannot be read
        "xn--é.com",
        "xn--.com",
        "1.2.3.4",
        "",
    ],
)
def test_a_host_that_is_what_it_shows(host: str) -> None:
    assert not is_false_host(host)


@pytest.mark.parametrize(
    ("word", "read"),
    [
        ("cука", "сука"),  # a Latin c
        ("пидoр", "пидор"),
        ("сосk", "соск"),
        ("рутa", "рута"),  # three of four are Cyrillic
        ("сука", "сука"),
        ("хuй", None),  # a Latin u passes for no Cyrillic letter
        ("paypаl", None),  # Latin in disguise
        ("coк", None),
        ("со", "со"),
        ("cо", None),  # half of it
        ("abc", None),
        ("", None),
    ],
)
def test_a_word_of_two_alphabets_is_read_in_the_one_that_it_is_in(word: str, read: str | None) -> None:
    assert in_cyrillic(word) == read


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("₿itch f₳t", "bitch fat"),
        ("₮₴₱₭₦₲₳₵", "₮₴₱₭₦₲₳₵"),  # signs alone
        ("a₿c1", "a₿c1"),  # a number
        ("₿ 5, 5₫, §3", "₿ 5, 5₫, §3"),
        ("ж₫", "ж₫"),  # another letter, which looks like none
        ("iـdـiـoـt", "idiot"),
        ("ـ", "ـ"),
        ("FЦCK fцck♥", "FUCK fuck♥"),
    ],
)
def test_a_sign_stands_for_a_letter_among_letters_alone(text: str, read: str) -> None:
    assert normalize(text) == read
