"""Tell which language a comment is in.

English and what is written in Latin letters for want of others are told by words of our own; all else by py3langid.
Why, and how well: docs/decisions/0070-languages.md.
"""

from __future__ import annotations

import hashlib
import os
import re
import string
import threading
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from functools import cache
from math import inf, log10
from types import MappingProxyType

import numpy as np
from py3langid.langid import MODEL_DIR, MODEL_FILE, LanguageIdentifier
from py3langid.modelio import load_model

from models.languages import FOREIGN, UNTOLD
from models.reading.letters import find_words
from models.reading.listed import WordList
from models.reading.unpacked import Tables, unpacked
from texts import markup
from texts.edits import kinds, outline
from texts.normalization import folded, without_markup

#: Characters of a text.
LOOKED_AT = 2000
#: Of these, what the library is asked about: more tells it nothing new.
_ASKED_ABOUT = 400
#: Script -> its letters, and the languages that are written in it; the rarer ones, after the bar, need to be likelier.
_SCRIPTS = {
    "Latin": ("A-Za-zªºÀ-ÖØ-öø-ɏḀ-ỿ", "en de pt pl fr es it tr ro da nl id cs sv fi hu vi | af az ca cy et eu ga gl "
              "ha hr is lt lv mt no sk sl so sq sw tl uz yo zu"),
    "Cyrillic": ("Ѐ-ԯ", "ru uk | ba be bg kk ky mk mn sr tg tt"),
    "Arabic": ("\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff\ufb50-\ufdff\ufe70-\ufefe", "ar fa ur | ps ug"),
    "Devanagari": ("ऀ-ॿ", "hi | mr ne sa"),
    "Bengali": ("ঀ-৿", "bn | as"),
    "Hangul": ("가-힯ᄀ-ᇿㄱ-ㆎ", "ko"), "Han": ("一-鿿㐀-䶿\uf900-\ufaff", "zh"), "Kana": ("ぁ-ヿｦ-ﾝ", "ja"),
    "Thai": ("฀-๿", "th"), "Ethiopic": ("ሀ-፿", "am"), "Tibetan": ("ༀ-࿿", "bo"),
    "Greek": ("Ͱ-Ͽἀ-῿", "el"), "Hebrew": ("֐-׿", "he"), "Armenian": ("԰-֏", "hy"), "Georgian": ("Ⴀ-ჿ", "ka"),
    "Tamil": ("஀-௿", "ta"), "Telugu": ("ఀ-౿", "te"), "Kannada": ("ಀ-೿", "kn"), "Malayalam": ("ഀ-ൿ", "ml"),
    "Gujarati": ("઀-૿", "gu"), "Gurmukhi": ("਀-੿", "pa"), "Oriya": ("଀-୿", "or"), "Sinhala": ("඀-෿", "si"),
    "Lao": ("຀-໿", "lo"), "Khmer": ("ក-៿", "km"), "Burmese": ("က-႟", "my"),
}  # fmt: skip
_OF_SCRIPT = {name: re.compile(f"[{letters}]") for name, (letters, _) in _SCRIPTS.items()}
#: A letter of these says as much as several others do.
_DENSE = {"Han": 3, "Kana": 2, "Hangul": 2}
#: Languages in Latin letters that have others, by words that other languages have not; the last are Russian and Arabic.
_ROMANISED_WORDS = {
    "ur-Latn": "hai hain hay hy tha thi hoon hun ho hota hoti hua hona hoga ka ki ko ke kay kia kya kiya kuch koi kis "
    "kisi kyu kyun kyon kahan kaha jahan yahan yaha bhi bhe nahi nahin nhi nai nae kar kr karo kro karna karne karte "
    "karta krna krta raha rahi rahe rha rhi rhe gaya gya gayi gaye mujhe mujhy tujhe tum tumhari tumhe tumko hum "
    "humko mera meri mere tera teri tere apna apni apne apka apki apke apko aap iska uska yeh ye woh wo wala wali "
    "wale walay liye liya laga agar lekin phir phr toh jab abhi itna itni jaise aise jis jo saath sath baat log "
    "logon bohat bohot bahut bht acha achi accha achha sahi yaar bhai baap maa dekh dekho khud chor jao jaye sab "
    "sabko mein main mai se aur deta diya wahi yahi haal maze bilkul pagal sirf unko jata jaata aaya gandi ganda "
    "hn sy gy yahoodi yahodi aurat chod hijra akhrot bharwe aik bhen kon bhaunk pta chahiye beghairt beghairat "
    "bhenchod randi rundi kanjar charsi harami gashti kabhi apny rona kaam ghar aaj jb lanat laanat lanti lanati "
    "ahmaq pehle rhy aulad lagta gaand nikal ly sakta sakti sakte skta chutiya kha dy madarchod madharchod aisa "
    "bna kutte kutta kutti kuttay yad uski waly krty krne krny yaad ghr duniya hote phudi zindagi krti boht theek "
    "apnay tarah bta hogi dena waqt mery inko jaldi hoty ajeeb aisi bhenchodo cheez rahy baki kch hone kaise hue "
    "tumhara jahil jese saale thori krte khatam lgta lye bache isko pyar mujy samjh chahye bakwas aata kehna gyi "
    "jagah mtlb yehi pehly jesy dete bsdk bosdk itne behan larki wohi kehta rahay aulaad aati chl randdi kitni "
    "kbhi sach gye behen behn kharab thora jesi izzat uske mujh jayega mjhy mjhe yhi aor jesa tumhare jaty bap "
    "hamesha dafa galat wese howa chuka dain saalay lun dushman kitne mily kehty hamari chut jaisa zyada keya "
    "dekhna kese baji nhe jaisi jitni smjh tujhy phle aesi unke iski pehlay krwa wesy aisy aukat hyn hamara wahan "
    "samajh dekhi aisay thek talaq rahega galti kaho thk thik yha tatti pahle wja lant mjy unka tujh poora jitna "
    "bayghart teray paise zuban neend bhool krni zada tarha choda jhoot aaye bharway karwa kitny jyada bss kissi "
    "rakho raho bolna haramkhor halat usne dimag begherat paisay samny nafrat zra achy pyari kuchh zindgi btao "
    "tmhari aate bhn begairat chali kutya hmari aapke aapko aapne hamary nhn milega munh shareef nehi honi paisy "
    "kehtay ladka hisab zameen gaali hmary kerna kanjri mry guzar arey shukria shukriya larky aesa bhosra bosdika "
    "bhosdika bolte kaisa yrr jayegi ghatiya yaqeen khtm tumhein humein jhut dekhta huwa bahanchod dallali haan "
    "nakhun murdabad munafiq bikao kahy dunga dalunga jootey jooty maro ladli bolne chup kahiye moqa rishta bhar "
    "khub chahat",
    UNTOLD: "eto chto kak vse net ochen tebya menya nado nelzya gde kogda pochemu potomu durak privet spasibo "
    "pozhaluysta khorosho horosho takoy kakoy tolko uzhe esche eshche seychas nichego tvoy moy zachem "
    "enta enti inta inti ana msh mesh mish ya wallah walla habibi 7abibi yalla kalb 3ala 3an 3ayez 3ayz 3arf 7aga 7elw "
    "leh ezay kulo bta3 ba3d keda kda shukran mabrouk 7mar 5ara 2na 2nta zay mafish mfish",
}
_ROMANISED = {language: frozenset(words.split()) for language, words in _ROMANISED_WORDS.items()}
#: What no text is taken for that has one of these words.
_RARER = frozenset(_SCRIPTS["Latin"][1].partition("|")[2].split())
_ANY_ROMANISED = frozenset().union(*_ROMANISED.values())
_OTHER = "Other"
#: The letters that Russian lacks; without any of them, Ukrainian must be so much likelier.
_UKRAINIAN, _UKRAINIAN_LEAD = re.compile("[іїєґ]"), 4.0
#: The languages that are told by their script; insults tell those in Latin letters.
_OWN_SCRIPTS = frozenset(
    code for name, (_, its) in _SCRIPTS.items() if name != "Latin" for code in its.replace("|", " ").split()
)
_LATIN = re.compile("[a-zß-öø-ʯᴀ-ᶿḀ-ỿⱠ-Ɀ꜠-ꟿꬰ-ꭤ]")
#: Scripts without gaps between words have Latin ones in their midst.
_UNSPACED = "".join(_SCRIPTS[name][0] for name in ("Han", "Kana", "Hangul", "Thai", "Lao", "Khmer", "Burmese"))
_GAPLESS = re.compile(f"[{_UNSPACED}]+")
_PIECE = re.compile(rf"[{_UNSPACED}]+|(?:(?![{_UNSPACED}])[^\W\d_])+")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
#: The same with the digits that stand for letters in Arabic chats.
_CHAT_WORD, _DIGIT = re.compile(r"[^\W_]+"), re.compile(r"\d")
#: In an address or a piece of markup, but in no word.
_NO_PROSE = re.compile(r"://|www\.|\w[./@:]\w|[\[\]{}|=]|@\w")
#: Of its characters in ASCII: what is in words, between two of them, before one, and anywhere.
_IN_ADDRESSES = kinds({"a": f"{string.ascii_letters}{string.digits}_", ".": "./:", "@": "@", "[": "[]{}|="})
_OUTLINED_FROM = 50  # characters
_BBCODE = re.compile(markup.BBCODE, re.IGNORECASE)
_DRAWN_OUT = re.compile(r"(.)\1{2,}")
#: Which part of a text's words must be in one of these lists.
_ENOUGH = 0.15
# The mean of log10(1 + training comments that hold the word) over a text's words; English ones lie near 3.
_ENGLISH = 3.0  # no text in another language came near it
_UNFAMILIAR = 1.6  # and the library has no other language for it either
#: How much likelier the library must find another language than English: more, the more familiar the words are. A few
#: words may be a name, so that the language must be much likelier than English, and likelier than any other, too.
_LIKELIER, _USUAL, _A_FAMILIAR_WORD = 5.0, 2.2, 4.0
_FEW, _LIKELIER_OF_FEW, _LEAD_OF_FEW = 3, 8.0, 2.0
#: Where half of three words or more were never met in English ("Te voy a matar"), less will do, if no third language is
#: as likely.
_STRANGE, _LIKELIER_OF_STRANGE = 0.5, 2.0
#: Among so many characters and words at most an insult tells the language, unless English comments hold it so often.
_SHORT, _FEW_WORDS, MET_IN_ENGLISH = 100, 5, 20
_ABBREVIATED = 3  # letters
#: Of harmless scraps of one to three words, 6 % are above a line when read as Turkish; in the others at most 3 %.
_NOT_GUESSED = frozenset({"tr"})
_LOADING = threading.Lock()
# A process that is split off meanwhile would wait for ever.
os.register_at_fork(before=_LOADING.acquire, after_in_parent=_LOADING.release, after_in_child=_LOADING.release)
#: How much likelier one of the rarer languages must be than the others.
_RARE = 14.0


def detect(
    text: str,
    known: Mapping[str, int],
    strong: Set[str] = frozenset(),
    insults: Mapping[str, WordList] = MappingProxyType({}),
) -> str:
    """The code of the language of a text, as `normalization.visible` shows it; `models.languages` has the codes.

    `known` says how many English comments hold each word, of those that were learnt from; a text of nothing
    but `strong` words is English. A text of a few words is in the language of an insult among them. "und": there are no
    words, or too few to be sure of. "mis": most words are in a script of which nothing is known.
    """
    text = text[:LOOKED_AT]
    told = _detect(text, known, strong)
    return _by_insults(text, told, known, insults) if insults and told not in _OWN_SCRIPTS else told


def likeliest(text: str) -> str:
    """The likeliest language of a text in Latin letters of which none can be told, of the usual ones.

    English where it has no words, where one may be romanised, or where its words would be read too harshly.
    """
    text = text[:LOOKED_AT]
    words = _plain_words(text)
    if not words or _ANY_ROMANISED.intersection(words):
        return "en"
    best = next(code for code in _scores(_prose(text), "Latin") if code not in _RARER)
    return "en" if best in _NOT_GUESSED else best


def _by_insults(text: str, told: str, known: Mapping[str, int], insults: Mapping[str, WordList]) -> str:
    """The language of the insult in a text of few words, where it is another than what was told."""
    if len(text) > _SHORT:
        return told
    prose = _prose(text)
    words = [prose[a:b] if _is_abbreviated(prose[a:b]) else spelt for spelt, a, b in find_words(prose)]
    if sum(map(str.isalpha, words)) > _FEW_WORDS or not _foreign(words, known):
        return told
    if told in insults and insults[told].find(words):
        return told
    codes = [code for code, its in insults.items() if any(_foreign(words[a:b], known) for _, a, b in its.find(words))]
    return likelier_of(prose, codes) if codes else told


def _is_abbreviated(word: str) -> bool:
    """Whether a word is short and in capitals, as names of parties and firms are: it tells no language as an insult."""
    return len(word) <= _ABBREVIATED and word.isascii() and word.isupper()


def likelier_of(text: str, codes: Sequence[str]) -> str:
    """The likeliest language of a text among some."""
    if len(codes) == 1:
        return codes[0]
    scores = _scores(text, "Latin")
    return max(codes, key=lambda code: scores.get(code, -inf))


def is_romanised(word: str) -> bool:
    """Whether a word is one of a language that is written in Latin letters for want of its own."""
    return word in _ANY_ROMANISED


def _foreign(words: Sequence[str], known: Mapping[str, int]) -> bool:
    """Whether one of some words is none of English."""
    return any(known.get(word, 0) < MET_IN_ENGLISH for word in words if word.isalpha())


def _detect(text: str, known: Mapping[str, int], strong: Set[str]) -> str:
    if not text.isascii():
        own = _own_script(text)
        if own:
            return own
    words = _plain_words(text)
    if not words or set(words) <= strong:
        return "en" if words else UNTOLD
    romanised, speaks = _romanised(words, text)
    if romanised:
        return romanised
    met = [known.get(word) or _times_met(word, known) for word in words]
    familiar = sum(log10(1 + times) for times in met) / len(words)
    if familiar >= _ENGLISH:
        return "en"
    # A word said 200 times tells as much as said once.
    scores = _scores(words[0] if len(words) == 1 else _prose(text), "Latin")
    best, second, *_ = scores  # the likeliest comes first
    likelier = scores[best] - scores["en"]
    needed = max(_LIKELIER, _LIKELIER + _A_FAMILIAR_WORD * (familiar - _USUAL))
    leads = scores[best] - scores[second] >= _LEAD_OF_FEW
    latin = [times for word, times in zip(words, met, strict=True) if _LATIN.search(word)]
    strange = len(latin) >= _FEW and latin.count(0) >= _STRANGE * len(latin)
    if strange and leads and best not in _RARER:
        needed = _LIKELIER_OF_STRANGE
    elif len(words) <= _FEW:
        needed = max(needed, _LIKELIER_OF_FEW) if leads else inf
    if likelier > needed:
        return UNTOLD if speaks and best in _RARER else best
    return "en" if familiar >= _UNFAMILIAR else UNTOLD


def prepare() -> None:
    """Begin to load the library's model, which takes most of a second, before a comment has to wait for it."""
    threading.Thread(target=_identifier, name="language model", daemon=True).start()


def _own_script(text: str) -> str:
    """The language of the words without a Latin letter, where they are a third of the text; mixed words are disguised.

    "" where they are fewer.
    """
    text = _prose(without_markup(unicodedata.normalize("NFKC", text)))
    words = _PIECE.findall(text.lower())
    # Marks and dots of a script are no letters of it: they stand on and between Latin ones, too.
    letters = "".join(filter(str.isalpha, "".join(word for word in words if not _LATIN.search(word))))
    if not letters:
        return ""
    counts = Counter({name: len(found.findall(letters)) for name, found in _OF_SCRIPT.items()})
    counts[_OTHER] = len(letters) - counts.total()
    weight = sum(count * _DENSE.get(name, 1) for name, count in counts.items())
    if weight * 2 < sum(map(len, words)) - len(letters):
        return ""
    script = counts.most_common(1)[0][0]
    if script == _OTHER:
        return FOREIGN
    languages = _SCRIPTS["Kana" if script == "Han" and counts["Kana"] else script][1].split()
    if len(languages) == 1:
        return languages[0]
    ranked = _scores(" ".join(piece for piece in text.split() if not _LATIN.search(piece.lower())), script)
    best = next(iter(ranked))
    if best == "uk" and ranked["uk"] - ranked["ru"] < _UKRAINIAN_LEAD and not _UKRAINIAN.search(letters):
        return "ru"  # a few words of the one are often words of the other, too
    return best


def _romanised(words: Sequence[str], text: str) -> tuple[str, bool]:
    """The language of what is in Latin letters for want of others ("": none), and whether any word speaks for one."""
    romanised_words = _ANY_ROMANISED.intersection(words)
    if _DIGIT.search(text) if text.isascii() else any(map(str.isdigit, text)):
        romanised_words |= _ANY_ROMANISED.intersection(_CHAT_WORD.findall(text.lower()))
    for language, own in _ROMANISED.items():
        many = len(own & romanised_words)
        if many >= 2 and many >= _ENOUGH * len(words):
            return language, True
    return "", bool(romanised_words)


def _identifier() -> LanguageIdentifier:
    with _LOADING:
        return _load()


@cache
def _load() -> LanguageIdentifier:
    """The library's model, for our languages only, shared by all processes."""
    several = [languages.partition("|") for _, languages in _SCRIPTS.values() if " " in languages]
    usual, rare = (" ".join(parts).split() for parts in zip(*((one[0], one[2]) for one in several), strict=True))
    codes = [*usual, *rare]
    of_this = hashlib.sha256((MODEL_DIR / MODEL_FILE).read_bytes() + " ".join(codes).encode()).hexdigest()[:16]
    names = [f"language-{of_this}-{part}" for part in ("weights", "priors", "moves", "rows", "outputs")]

    def unpack() -> Tables:
        weights, priors, classes, moves, rows, outputs = load_model(MODEL_DIR / MODEL_FILE)
        columns = [classes.index(code) for code in codes]
        steps = np.asarray(moves), np.asarray(rows), np.array(outputs, np.int32)
        return dict(zip(names, (np.ascontiguousarray(weights[:, columns]), priors[columns], *steps), strict=True))

    def are_whole(tables: Tables) -> bool:
        weights, priors, moves, rows, outputs = tables.values()
        fitting = weights.shape[1] == len(priors) == len(codes) and len(rows) == len(outputs)
        return fitting and len(moves) == (int(rows.max()) + 1) * 256

    weights, priors, *steps = unpacked(names, unpack, are_whole).values()
    moves, rows, outputs = (its.data for its in steps)  # whose items are read as fast as a list's
    handicap = np.array([0.0] * len(usual) + [_RARE] * len(rare), dtype=np.float32)
    return LanguageIdentifier(weights, priors - handicap, codes, moves, outputs, tk_row=rows)


def _scores(text: str, script: str) -> dict[str, float]:
    """How likely each language is that is written in a script, the likeliest first."""
    languages = _SCRIPTS[script][1].split()
    return {code: score for code, score in _identifier().rank(text[:_ASKED_ABOUT]) if code in languages}


def _prose(text: str) -> str:
    """A text without its addresses, its markup, and the names that it calls."""
    if "[" in text and "](" not in text and not _BBCODE.search(text):  # nor is it Markdown
        text = text.replace("[", " ").replace("]", " ")
    if _is_prose(text):
        return text
    # Where no gaps are between words, an address has words on both sides.
    words = (one if one.isalpha() or _is_prose(one) else "".join(_GAPLESS.findall(one)) for one in text.split())
    return " ".join(words)


def _is_prose(text: str) -> bool:
    if len(text) < _OUTLINED_FROM or not text.isascii():
        return not _NO_PROSE.search(text)
    outlined = outline(text, _IN_ADDRESSES)  # the same in a quarter of the time
    return not (b"[" in outlined or b"a.a" in outlined or b"@a" in outlined or "://" in text or "www." in text)


def _plain_words(text: str) -> list[str]:
    """The different words of a text, as a reader sees them, without addresses and markup."""
    return list(dict.fromkeys(_WORD.findall(_prose(folded(text)).lower().replace("’", "'"))))


def _times_met(word: str, known: Mapping[str, int]) -> int:
    word = word.replace("'", "")
    met = known.get(word, 0)
    if met or not _DRAWN_OUT.search(word):
        return met
    return max(known.get(_DRAWN_OUT.sub(once, word), 0) for once in (r"\1", r"\1\1"))  # "loooove"
