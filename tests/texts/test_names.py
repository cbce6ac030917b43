"""Real names of many languages are no insult, whatever they mean in others; and an insult may be a name."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest

from tests.support.classifier import shipped
from texts import names

REAL = """
Philip K. Dick | Sucker | Cockburn | Dickinson | Fanny Hill | Gaylord | Randy | Nguyen Phuc Dat | Assad |
Semen Ivanov | Dick Hancock | Harshit Dikshit | Phuc Nguyen | Alexander Cockburn | Emily Dickinson |
Bashar al-Assad | Gaylord Perry | Randy Newman | Dick Van Dyke | dick hancock | DICK CHENEY | Bich Ngoc Tran |
Fuk Yuen | Wang Dong | Ji-suk Park | Nguyen Tien Dung | Titti Karlsson | Fanny Ardant | Willy Brandt |
John Thomas | Salman Butt | Jos Buttler | Seymour Butts | John Lee Hooker | Anthony Weiner | Norbert Wiener |
Karin Slaughter | Carrie Coon | Andy Kuntz | Dean Koontz | Manfred Cuntz | Anke Fuchs | Ralf Fücks |
Gay Talese | Marvin Gaye | Tyson Gay | Osama Ahmed | Saddam Hussein | Islam Ahmed | Jihad Abdullah |
Isis Torres | Jesus Garcia | Christian Black | Octavio Negro | Kike Hernandez | Kim Gook | Chris Pratt |
Ismael Moron | Idi Amin | Thomas Crapper | Kaka | Shital Patel | Matsushita Ken | Shitto Mensah |
Hassan Nasrallah | Arsene Wenger | Anne Sexton | Titus Andronicus | Alexandre Dumas | Bart Stupak |
Donald Trump | Dan Savage | Tony Hoare | Boris Slutsky | Alfred Hitchcock | Leonard Woodcock | Emma Babcock |
Brian Cox | Michael Cocks | Greg Dyke | Federico Faggin | Marco Faggioli | Richard Hell | Mohan Satan |
Emil Sick | Marc Boner | Ivan Suchkov | Sukarno | Maria Puta | Paul de Kock | Robert Koch | Rainer Knobel |
Chris Poon | Ho Ling | Hoe Lim | Fat Joe | Fats Domino | Terry Gross | Tim Pigott | Nick Chubb | Ilse Lund |
Dolph Lundgren | Asha Bhosle | Randi Zuckerberg | Randi | Bhaskar Chutia | Juan Polla | Giovanni Verga |
Buika Concha | Ruth Negga | Nigel Farage | Abu Bakar | Rohit Paki | Dmitri Bykov | Семён Иванов | 王东 | 김석 |
محمد أسد
"""

INSULTS = """
You are all idiots | fuck you mods | I will kill you all | f_ck_Eric | you stupid idiot | you_stupid_idiot |
Fuck Eric | Eric is an idiot | Fuck You | Go kill yourself | kill yourself | Dirty Faggot | Idiot | Moron |
stupid bitch | Eat Shit | Asshole | asshole99 | dickhead | Dick Head | Dick Sucker | suck my dick |
Suck My Cock | Cock Sucker | cocksucker | Cunt | You Cunt | Dirty Whore | Your mom is a whore | motherfucker |
Piece of Shit | Shit Face | Fat Ugly Bitch | Die Bitch | You Suck | Bob the Asshole | Dick You Idiot |
Randy You Moron | Peter is a cunt | Trump is a moron | shut the fuck up | Shut Up Idiot | f*ck you |
f u c k you | dumb nigger | Dumbass | Jackass | Fuckface | Dick is an idiot | You are an idiot Phuc |
Fanny is a stupid bitch
"""


def in_table(table: str) -> list[str]:
    return re.split(r"\s*[|\n]\s*", table.strip().replace(" |\n", "\n"))


@pytest.fixture(scope="module")
def held() -> Mapping[str, str]:
    """Name -> the labels that would hold it, with the thresholds that sites begin with."""
    classifier = shipped()
    judged = {name: names.beside(name, None, None) for name in (*in_table(REAL), *in_table(INSULTS))}
    thresholds = classifier.thresholds["balanced"]
    found = {}
    as_names = [{"languages": ["en"]}] * len(judged)  # as the scorer says it of names
    for name, line in zip(judged, classifier.score([*judged.values()], as_names), strict=True):
        labels = [
            label
            for label, score in zip(classifier.labels, line, strict=True)
            if (flag_at := thresholds[label]["flag_at"]) is not None and score >= flag_at
        ]
        found[name] = ", ".join(labels) if judged[name] else ""
    return found


@pytest.mark.parametrize("name", in_table(REAL))
def test_a_real_name_holds_nobody_back(held: Mapping[str, str], name: str) -> None:
    assert held[name] == ""


@pytest.mark.parametrize("name", in_table(INSULTS))
def test_an_insult_for_a_name_is_held(held: Mapping[str, str], name: str) -> None:
    assert held[name]


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("ada@example.org", ""),
        ("Ada Lovelace <ada@example.org>", ""),
        ("https://blog.example/a%20picture.png?x=1", "https: blog.example a picture.png x=1"),
        ("https://blog.example/?a=b+c", "https: blog.example a=b c"),
        ("https://blog.example/a-b/c%C3%A9", ""),
        ("you stupid idiot", "you stupid idiot"),
        ("you\u3000stupid\u00a0idiot", "you\u3000stupid\u00a0idiot"),
        ("you%20stupid+idiot", "you stupid idiot"),
        ("", ""),
    ],
)
def test_words_in_the_place_of_an_address_are_read(address: str, says: str) -> None:
    assert names.beside("", address, None) == says.replace("\u3000", " ").replace("\u00a0", " ")
    assert names.beside("", None, address) == names.beside("", address, None)


#: A name -> what of it is judged.
JUDGED = {
    "Ada Lovelace": "Ada Lovelace",
    # a real name says nothing, alone and beside others
    "Dick": "",
    "DICK": "",
    "Ho, Ling.": "Ling.",
    "Randy Newman": "Newman",
    # but it does beside a word that is nobody's name
    "Dick Head": "Dick Head",
    "the Dick": "the Dick",
    "Eat, Dick!": "Eat, Dick!",
    # a given name stands first, a family name last and never alone
    "Randi": "",
    "Randi Smith": "Smith",
    "Smith Randi": "Smith Randi",
    "Fat Joe": "Joe",
    "Joe Fat": "Joe Fat",
    "Hooker": "Hooker",
    "John Lee Hooker": "John Lee",
    "Hooker John": "Hooker John",
    # nobody has more than five names
    "Dick Dick Dick Dick Dick": "",
    "Dick Dick Dick Dick Dick Dick": "Dick Dick Dick Dick Dick Dick",
    # `_` is a gap, or a letter that is hidden
    "you_stupid_idiot": "you stupid idiot",
    "_a_": "a",
    "f_ck_Eric": "f*ck Eric",
    "fu_k": "fu*k",
    "the_man": "the man",
    "no_one": "no one",
    "x_": "x",
    # a number tells one account from another
    "John99": "John",
    "Ada99 B7": "Ada B",
    "Dick1970": "",
    "John 99": "John 99",
    "a1234567": "a1234567",  # too long for that
    "4ever": "4ever",
    "": "",
    "  ": "",
}


@pytest.mark.parametrize("name", JUDGED)
def test_of_a_name_that_is_judged_which_may_be_an_insult(name: str) -> None:
    assert names.as_text(name) == JUDGED[name]


def test_all_that_stands_beside_a_text_is_judged_in_one() -> None:
    assert names.beside("Ada", "you idiot", "go away") == "Ada\nyou idiot\ngo away"
    assert names.beside("Dick", None, "go away") == "go away"
    assert names.beside("Dick", "ada@example.org", "https://ada.example/") == ""


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("münchen.example", ""),
        ("\u3000", ""),
        ("a%", ""),
        ("Ada <a b@c>", "Ada <a b@c>"),  # no mailbox
        ("https://x.example/you+idiot?a&b#c", "https: x.example you idiot a b c"),
    ],
)
def test_an_address_has_words_where_there_is_a_gap_in_it(address: str, words: str) -> None:
    assert names.in_address(address) == words
