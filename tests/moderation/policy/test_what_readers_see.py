"""Rules compare what a reader reads: in the text, the name and the web site, through disguises; and who somebody is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from moderation.authors import Author, BlockedAuthors, TrustedAuthors
from moderation.decisions import comments
from moderation.decisions.scoring import Scorer
from moderation.intake.queues import Queues
from moderation.patterns import PatternError, PatternSet
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from tests.support.classifier import shipped
from tests.support.comments import accept, set_policy, stored
from texts import links
from texts.comparison import as_read
from texts.names import as_text

pytestmark = pytest.mark.one_database

KIND = "Nice post, thank you for it."


@pytest.fixture
def reader(store: Store, queues: Queues) -> Scorer:
    """What a worker runs, with the classifier that ships."""
    return Scorer(store, queues, shipped())


def decided(store: Store, scorer: Scorer, comment_id: str) -> tuple[str, set[str]]:
    while scorer.run_batch().claimed:
        pass
    row = stored(store, comment_id)
    return row.status, {str(reason["rule"]) for reason in row.reasons or ()}


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        ("casino", "my ca\u200bsino"),
        ("casino", "my ca\u00adsino"),
        ("casino", "my c\u0430sino"),
        ("casino", "my ca<b></b>sino"),
        ("casino", "my ca<!-- -->sino"),
        ("casino", "my ca<ins>si</ins>no"),
        ("casino", "my ca<x>si</x>no"),
        ("casino", "my c[b]as[/b]ino"),
        ("casino", "my c\na\ns\ni\nn\no"),
        ("casino", "my <bdo dir=rtl>onisac</bdo>"),
        ("casino", "my c&#97;sino"),
        ("casino", "my c a s i n o"),
        ("casino", "my c.a.s.i.n.o!"),
        ("casino", "my ＣＡＳＩＮＯ"),
        ("casino", "my _casino_"),
        ("casino", "my casino1"),
        ("casino", "my 24casino"),
        ("casino", "my CASINO’s"),
        ("casino", "CASİNO and CASINO"),
        ("casino", "my casıno"),
        ("casino", "my cásinò"),
        ("casino", "my cas1n0"),
        ("casino", "my c@sino"),
        ("casino", "my casin0"),
        ("casino", "at 5casino now, my casino24"),
        ("viagra", "my viagr4"),
        ("\u062e\u0628\u0631", "\u062e\u0640\u0628\u0640\u0640\u0631"),
        ("casino", "my ca-sino"),
        ("casino", "my caaaasino"),
        ("casino", "my 𝐜𝐚𝐬𝐢𝐧𝐨"),
        ("casino", "my cÃ¡sino"),
        ("casino", "my cÃƒÂ¡sino"),
        ("casino", "my c=C3=A1sino"),
        ("casino", "my cas=\nino"),
        ("casino", "my casino=\nroyal"),
        ("casino", "my Ⓒⓐⓢⓘⓝⓞ"),
        ("casino", "my ᴄᴀsɪɴᴏ"),
        ("casino", "my ƈɑsɨnø"),
        ("casino", "my ꓚꓮꓢꓲꓠꓳ"),
        ("casino", "my ᑕᗩᔕIᑎO"),
        ("casino", "my ꮯasꭵno"),
        ("casino", "my casוnס"),
        ("casino", "my casเn๏"),
        ("ᏣᎳᎩ", "they say ᏣᎳᎩ"),
        ("สวย", "she is สวย"),
        ("c\u0430sino", "my casino"),
        ("İDIOT", "you idiot"),
        ("buy pills", "buy&nbsp;p1lls"),
        ("viagra", "see v|agra"),
        ("hell", "what the he11"),
        ("кот", "это кот"),
        ("foo_bar", "my foo_bar"),
        ("⭐", "a ⭐ for you"),
        ("🖕", "🖕"),
        ("हिन्दी", "यह हिन्दी है"),
    ],
)
def test_a_listed_word_is_found_as_a_reader_reads_it(entry: str, text: str) -> None:
    assert PatternSet([entry]).matches(text) == [0]


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        ("class", '<p class="x">fine</p>'),
        ("strong", "<strong>fine</strong>"),
        ("color", "fi[color=red]ne[/color]ry"),
        ("casino", "casinos"),
        ("ass", "a first class"),
        ("mp", "an mp3"),
        ("casino", "the casin3 and casin"),
        ("\u062e\u0628\u0631", "\u062e\u0628\u0631\u0629"),
        ("⭐", "some *emphasis*"),
        ("はか", "ばか"),
        ("पल", "पुल"),
        ("סוס", "oio"),
        ("oio", "סוס"),
        ("nbsp", "a&nbsp;b"),
    ],
)
def test_what_no_reader_reads_is_not_found(entry: str, text: str) -> None:
    assert PatternSet([entry]).matches(text) == []


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Watch it at NEWSDAILY.CF", 1),
        ("see example.com/buy?x=1", 1),
        ("hxxp://example.com", 1),
        ("[buy](example.com)", 1),
        ("//example.com/x", 1),
        ("example。com", 1),
        ("https:\\\\example.com", 1),
        ("mailto:x@example.com", 1),
        ("write to x@example.com", 1),
        ("tg://resolve?domain=x", 1),
        ("a.com, b.net and c.ru", 3),
        ("exam\u200bple.com", 1),
        ("ｅｘａｍｐｌｅ．ｃｏｍ", 1),
        ("пример.рф", 1),
        ("[http://a.example](http://a.example)", 1),
        ("https://a.example/b.com?c=d.net", 1),
        ("write to t.me/abc or wa.me", 2),
        ("onet.pl and b92.rs", 2),
        ("cheap.sale, a.rocks, b.bank, c.wiki, d.studio, e.gay and f.рус", 7),
        ("a.co.uk/b.com is one", 1),
        ("a.com.b.net is one", 1),
        ("_example.com and -example.com", 2),
        ("a.b.c.d.e.f.g.h.i.j.example.com", 1),
        ("script.py/x is a host, and get.now/x", 2),
        ("1.2.3.4:8080 and 1.2.3.4/login", 2),
        ("example%2ecom, example[.]com, example(dot)com, example [DOT] com", 4),
        ("version 1.2.3.4, in 10.0.0.0/8, 10.30 a.m.", 0),
        ("run script.py, libc.so, run.sh, a.zip and b.mov", 0),
        ("it is fine.now we go.how are you", 0),
        ("an array[.] or f(.)x, a (dot) product", 0),
        ("it is done.So we left. e.g. this, i.e. that, Node.js 3.14, 10.30 p.m.", 0),
        ("see utils.py, README.md and setup.sh", 0),
        ("Mr.Smith and the U.S.A.", 0),
        ("...and so on...", 0),
    ],
)
def test_a_link_is_what_a_linkifier_makes_one_of(text: str, number: int) -> None:
    assert links.count(text) == number


@pytest.mark.parametrize(
    ("policy", "fields", "status", "rule"),
    [
        ({"banned_words": ["viagra*"]}, {"name": "Cheap Viagra Online"}, "rejected", "banned_words"),
        ({"banned_words": ["viagra*"]}, {"name": "V1agra"}, "rejected", "banned_words"),
        ({"banned_words": ["viagra*"]}, {"url": "https://viagra-shop.example"}, "rejected", "banned_words"),
        ({"suspect_words": ["viagra*"]}, {"url": "https://viagra-shop.example"}, "flagged", "suspect_words"),
        ({"banned_words": ["class"]}, {"comment": '<p class="x">Nice.</p>'}, "published", "clear"),
        ({"max_links": 0}, {"url": "https://a.example"}, "flagged", "links"),
        ({"max_links": 0}, {"name": "NEWSDAILY.CF"}, "flagged", "links"),
        ({"max_links": 0}, {}, "published", "clear"),
        ({}, {"name": "I will kill you all"}, "flagged", "flag_threshold"),
        ({}, {"name": "fuck you mods", "comment": "I agree."}, "flagged", "flag_threshold"),
        ({}, {"name": "f_ck_Eric", "comment": "I agree."}, "flagged", "flag_threshold"),
        ({}, {"name": "StupidIdiot99"}, "rejected", "reject_threshold"),
        ({}, {"name": "Dick Hancock"}, "published", "clear"),
        ({}, {"name": "Dick"}, "published", "clear"),
        ({}, {"name": "Gay Talese"}, "published", "clear"),
        ({}, {"comment": "I have the pills next to me and I want to end my life."}, "flagged", "flag_threshold"),
        ({}, {"name": "Harshit Dikshit"}, "published", "clear"),
        ({}, {"name": "Phuc Nguyen"}, "published", "clear"),
        ({}, {"name": "J_Smith"}, "published", "clear"),
        ({"blocked_authors": ["Eve"]}, {"name": "E\u200bv\u0435"}, "rejected", "blocked_author"),
        ({"blocked_ips": ["203.0.113.5"]}, {"ip": "::ffff:203.0.113.5"}, "rejected", "blocked_ip"),
        ({"blocked_ips": ["::ffff:203.0.113.0/120"]}, {"ip": "203.0.113.5"}, "rejected", "blocked_ip"),
    ],
)
def test_name_and_web_site_are_looked_at_beside_the_text(
    store: Store,
    queues: Queues,
    reader: Scorer,
    site: CreatedSite,
    policy: Mapping[str, Any],
    fields: dict[str, Any],
    status: str,
    rule: str,
) -> None:
    set_policy(store, site, **policy)
    comment = accept(store, queues, site, **{"comment": KIND, "name": "Ada"} | fields)
    found, rules = decided(store, reader, comment.id)
    assert (found, rule in rules) == (status, True)


@pytest.mark.parametrize("change", [{"name": "fuck you mods"}, {"url": "https://viagra-shop.example"}])
def test_an_edit_of_name_or_web_site_is_judged_again(
    store: Store, queues: Queues, reader: Scorer, site: CreatedSite, change: dict[str, str]
) -> None:
    set_policy(store, site, banned_words=["viagra*"])
    comment = accept(store, queues, site, KIND)
    assert decided(store, reader, comment.id)[0] == "published"
    with store.write() as session:
        comments.decide(session, site.id, comment.id, "publish", actor="user:u_1")
        comments.edit(session, site.id, comment.id, change)
    assert stored(store, comment.id).status == "pending", "gone from the thread at once"
    [decision] = reader.decide([stored(store, comment.id)])
    assert decision.status in {"flagged", "rejected"}


def test_the_message_says_that_it_is_the_name(store: Store, queues: Queues, reader: Scorer, site: CreatedSite) -> None:
    comment = accept(store, queues, site, KIND, name="I will kill you all")
    decided(store, reader, comment.id)
    row = stored(store, comment.id)
    assert row.reasons is not None
    assert "Threat of the name or web site" in " ".join(str(reason["message"]) for reason in row.reasons)
    assert not (row.spans or {}).get("threat"), "no word of the text is marked for it"


@pytest.mark.parametrize(
    "name", ["Seo Ji-won", "Kim Seo-yeon", "Cheap Trick fan", "Dr. Loan Nguyen", "Pill, Martin", "Martin Pills"]
)
def test_a_persons_name_makes_no_difference_to_spam(name: str) -> None:
    texts = [f"Great write-up, I learnt a lot about routing.{more}" for more in ("", " See https://blog.example/x")]
    spam = shipped().labels.index("spam")
    one, other = (shipped().score(texts, [{"name": who}] * 2)[:, spam] for who in (name, "Ada"))
    assert one == pytest.approx(other)


@pytest.mark.parametrize("name", ["Cheap Viagra Online", "best casino bonus", "Payday Loans", "www.shop.example"])
def test_a_name_that_sells_still_speaks_for_spam(name: str) -> None:
    classifier = shipped()
    spam = classifier.labels.index("spam")
    table = classifier.score([KIND, KIND], [{"name": name}, {"name": "Ada"}])
    assert table[0, spam] > table[1, spam]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Ada", "Ada"),
        ("f_ck_Eric", "f*ck Eric"),
        ("you_idiot", "you idiot"),
        ("sh_t_head", "sh*t head"),
        ("Dick Hancock", "Hancock"),
        ("Dick Head", "Dick Head"),
        ("suck my dick", "suck my dick"),
        ("Dick", ""),
        ("asshole99", "asshole"),
        ("", ""),
    ],
)
def test_what_a_name_says(name: str, said: str) -> None:
    assert as_text(name) == said


@pytest.mark.parametrize(
    ("entries", "author", "trusted"),
    [
        (["ada@example.org", "42"], Author(name="ada@example.org"), False),
        (["ada@example.org", "42"], Author(name="42"), False),
        (["ada@example.org", "42"], Author(name="x", email="42"), False),
        (["ada@example.org", "42"], Author(user_id="42"), True),
        (["ada@example.org"], Author(email="ADA@example.org"), True),
        (["ada@example.org"], Author(email="ada@example.org", is_vouched_for=False), False),
        (["id:42"], Author(user_id="42"), True),
        (["id:42"], Author(email="42"), False),
        (["email:ada@example.org"], Author(user_id="ada@example.org"), False),
        (["email:ada@example.org"], Author(email="ada@example.org"), True),
        (["ada"], Author(user_id="\u0430da"), False),
        (["ada"], Author(user_id="ａda"), False),
        (["kim"], Author(user_id="\u212aim"), False),
        (["ada"], Author(user_id="a\u200bda"), False),
    ],
)
def test_trust_needs_what_the_site_vouches_for(entries: list[str], author: Author, trusted: bool) -> None:
    assert (author in TrustedAuthors(entries)) is trusted


def test_a_name_cannot_be_trusted() -> None:
    with pytest.raises(PatternError, match="Anybody can type a name"):
        TrustedAuthors(["name:Ada"])


@pytest.mark.parametrize(
    ("entries", "author", "blocked"),
    [
        (["eve"], Author(name="EVE"), True),
        (["eve"], Author(user_id="eve"), True),
        (["eve@example.org"], Author(email="Eve@example.org"), True),
        (["name:eve"], Author(name="Eve"), True),
        (["name:eve"], Author(user_id="eve"), False),
        (["id:eve"], Author(name="eve"), False),
        (["email:eve@example.org"], Author(name="eve@example.org"), False),
        (["eve"], Author(name="e\u200bve"), True),
        (["eve"], Author(name="\u0435v\u0435"), True),
        (["eve"], Author(name="Ｅｖｅ"), True),
        (["eve"], Author(name="Evelyn"), False),
        (["eve"], Author(), False),
    ],
)
def test_blocks_know_ids_addresses_and_names_apart(entries: list[str], author: Author, blocked: bool) -> None:
    assert (author in BlockedAuthors(entries)) is blocked


@pytest.mark.parametrize("name", ["Anonymous", "guest", "GUEST", "(anonymous)"])
def test_the_nameless_share_nothing(store: Store, queues: Queues, reader: Scorer, site: CreatedSite, name: str) -> None:
    set_policy(store, site, blocked_authors=[name], flag_first_comment=True)
    first = accept(store, queues, site, KIND, name=name)
    assert stored(store, first.id).author_key is None
    assert decided(store, reader, first.id) == ("flagged", {"first_comment"}), "nobody is blocked by no name"
    with store.write() as session:
        comments.decide(session, site.id, first.id, "publish", actor="user:u_1")
    second = accept(store, queues, site, "Another thoughtful remark about soil.", name=name)
    assert decided(store, reader, second.id) == ("flagged", {"first_comment"}), "it is somebody else's"


def test_a_typed_name_is_not_the_person_with_that_id(
    store: Store, queues: Queues, reader: Scorer, site: CreatedSite
) -> None:
    set_policy(store, site, flag_first_comment=True)
    known = accept(store, queues, site, KIND, user_id="ada", name="Ada Lovelace")
    decided(store, reader, known.id)
    with store.write() as session:
        comments.decide(session, site.id, known.id, "publish", actor="user:u_1")
    typed = accept(store, queues, site, "A remark about soil.", name="ada")
    assert typed.author_key != known.author_key
    assert decided(store, reader, typed.id) == ("flagged", {"first_comment"})


@pytest.mark.parametrize("text", ["<b>Straße</b>", "strasse", "ＳＴＲＡＳＳＥ", "stra\u00adsse"])
def test_what_reads_alike_is_compared_alike(text: str) -> None:
    assert as_read(text) == "strasse"
