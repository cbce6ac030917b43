"""What counts as a link: all that a browser or a site's linkifier makes a link of, bare or in markup. Linear time.

`count` and `hosts` find them all, as a linkifier would: also a host's name alone, an e-mail address, and any scheme.
`addresses` and the classifier's signals know only what begins with http://, https:// or www. (`BEGINNING`). The
classifier's tokens have an expression of their own, with which it was trained.
"""

from __future__ import annotations

import re
from itertools import groupby
from urllib.parse import unquote, urlsplit

from texts import markup
from texts.folding import normalized

#: The beginning of an address, for use in larger expressions; the classifier's signals use it with case. Letters of a
#: script that is written without spaces may stand directly before `www.`.
BEGINNING = r"(?:https?://|(?<![A-Za-z0-9_])www\.)"

_ADDRESS = re.compile(rf"{BEGINNING}[^\s\"'<>]+", re.IGNORECASE)
#: Top-level domains of hosts that people write without a scheme: countries, and endings that are common or cheap.
_COUNTRIES = (
    "ac|ad|ae|af|ag|ai|al|am|ao|ar|as|at|au|aw|ax|az|ba|bb|bd|be|bf|bg|bh|bi|bj|bm|bn|bo|br|bs|bt|bw|by|bz|ca|cc|cd|"
    "cf|cg|ch|ci|ck|cl|cm|cn|co|cr|cu|cv|cw|cx|cy|cz|de|dj|dk|dm|dz|ec|ee|eg|er|es|et|eu|fi|fj|fk|fm|fo|fr|ga|gd|ge|"
    "gf|gg|gh|gi|gl|gm|gn|gp|gq|gr|gs|gt|gu|gw|gy|hk|hm|hn|hr|ht|hu|id|ie|il|im|in|io|iq|ir|is|it|je|jm|jo|jp|ke|kg|"
    "kh|ki|km|kn|kp|kr|kw|ky|kz|la|lb|lc|li|lk|lr|ls|lt|lu|lv|ly|ma|mc|me|mg|mh|mk|ml|mm|mn|mo|mp|mq|mr|ms|mt|mu|mv|mw|"
    "mx|my|mz|na|nc|ne|nf|ng|ni|nl|no|np|nr|nu|nz|om|pa|pe|pf|pg|ph|pk|pl|pm|pn|pr|pt|pw|qa|re|ro|rs|ru|rw|sa|sb|sc|sd|"
    "se|sg|si|sk|sl|sm|sn|sr|ss|st|su|sv|sx|sy|sz|tc|td|tf|tg|th|tj|tk|tl|tm|tn|to|tr|tt|tv|tw|tz|ua|ug|uk|us|uy|uz|va|"
    "vc|ve|vg|vi|vn|vu|wf|ws|ye|yt|za|zm|zw"
)
_ENDINGS = (
    "com|net|org|info|biz|edu|gov|mil|int|name|mobi|asia|tel|jobs|travel|museum|coop|aero|arpa|cat|post|app|dev|"
    "blog|news|email|shop|store|online|site|website|web|space|tech|top|xyz|club|icu|live|life|vip|click|link|"
    "work|works|world|today|fun|cyou|buzz|monster|rest|bid|loan|loans|win|date|racing|download|stream|review|"
    "reviews|trade|party|science|men|pro|host|press|pub|one|ltd|llc|inc|group|agency|media|digital|network|cloud|"
    "systems|solutions|center|company|support|help|chat|social|video|tube|film|movie|music|game|games|casino|bet|"
    "poker|bingo|porn|sex|sexy|xxx|adult|dating|cam|webcam|onion|quest|bond|sbs|cfd|beauty|hair|skin|makeup|"
    "autos|boats|homes|yachts|lol|wtf|ninja|guru|zone|page|land|city|money|cash|finance|financial|credit|fund|"
    "capital|exchange|market|markets|crypto|eth|pharmacy|health|clinic|care|diet|example|рф|бел|укр|срб|онлайн|"
    "сайт|中国|中國|公司|网络|網絡|香港|台湾|한국|xn--[a-z0-9-]{2,59}|academy|accountant|accountants|actor|africa|airforce|"
    "apartments|architect|archi|army|art|associates|attorney|auction|audio|auto|baby|band|bank|bar|barcelona|"
    "bargains|baseball|basketball|bayern|beer|berlin|bible|bike|bio|black|blackfriday|blue|boston|boutique|box|"
    "brussels|build|builders|business|buy|cab|cafe|camera|camp|capetown|cards|career|careers|cars|casa|catering|"
    "charity|cheap|christmas|church|claims|cleaning|clothing|coach|codes|coffee|college|cologne|community|"
    "compare|computer|condos|construction|consulting|contact|contractors|cooking|cool|corsica|country|coupon|"
    "coupons|courses|cricket|cruise|cruises|dance|data|deal|deals|degree|delivery|democrat|dental|dentist|desi|"
    "design|diamonds|direct|directory|discount|doctor|dog|domains|durban|earth|eco|education|energy|engineer|"
    "engineering|enterprises|equipment|estate|eus|events|expert|exposed|express|fail|faith|family|fan|fans|farm|"
    "fashion|fish|fishing|fit|fitness|flights|florist|flowers|food|football|forex|forsale|forum|foundation|frl|"
    "furniture|futbol|fyi|gal|gallery|garden|gay|gdn|gift|gifts|gives|giving|glass|global|gmbh|gold|golf|"
    "graphics|gratis|green|gripe|guide|guitars|hamburg|haus|helsinki|hiphop|hiv|hockey|holdings|holiday|horse|"
    "hospital|hosting|house|immo|immobilien|industries|ing|ink|institute|insurance|insure|international|"
    "investments|irish|ist|istanbul|jetzt|jewelry|joburg|kaufen|kids|kim|kitchen|kiwi|koeln|krd|kyoto|lat|law|"
    "lawyer|lease|legal|lgbt|lighting|limited|limo|london|lotto|ltda|luxe|luxury|madrid|maison|management|map|"
    "marketing|mba|med|meme|memorial|menu|miami|moda|moe|mom|mortgage|moscow|motorcycles|nagoya|navy|ngo|nrw|nyc|"
    "observer|okinawa|onl|ong|ooo|organic|osaka|paris|parts|partners|pet|phd|photo|photography|photos|physio|"
    "pics|pictures|pink|pizza|place|plumbing|plus|productions|prof|promo|properties|property|protection|quebec|"
    "realestate|realty|recipes|red|rehab|reise|reisen|rent|rentals|repair|report|republican|restaurant|rich|rio|"
    "rip|rocks|rodeo|rsvp|rugby|ruhr|run|ryukyu|saarland|safety|sale|salon|sarl|school|schule|scot|security|"
    "services|shiksha|shoes|shopping|show|singles|ski|soccer|software|solar|soy|spa|sport|storage|studio|study|"
    "style|sucks|supplies|supply|surf|surgery|sydney|taipei|tatar|tattoo|tax|taxi|team|technology|tennis|theater|"
    "theatre|tickets|tienda|tips|tires|tirol|tokyo|tools|tours|town|toys|training|university|uno|vacations|vegas|"
    "ventures|versicherung|vet|viajes|villas|vin|vision|vlaanderen|vodka|vote|voting|voto|voyage|wales|wang|"
    "watch|watches|wed|wedding|wien|wiki|wine|yoga|yokohama|zuerich|рус|орг|ком|дети|москва|қаз|мкд|ευ|ελ|在线|网址|"
    "网站|我爱你|商城|商店|集团|移动|手机|みんな|コム|닷컴|닷넷|شبكة|موقع|السعودية|امارات|مصر|ایران|भारत|संगठन|ไทย"
)
#: Endings that rather belong to a file's name, and words with which a sentence may begin, unless a path follows.
_WITH_A_PATH = "md|py|sh|so|ps|do|zip|mov|now|how|here|new|you|call|best|love|day|case|like|open|read|next|see"


def _any_of(endings: str) -> str:
    """An expression for any of these. By their first letter, so that most are never looked at."""
    groups = groupby(sorted(endings.split("|")), key=lambda ending: ending[0])
    return "|".join(f"{first}(?:{'|'.join(ending[1:] for ending in group)})" for first, group in groups)


#: A host begins where no other part of a host's name is before it, so that each dot is looked at once.
_HOST = (
    r"(?<![\w@-])(?<!\w\.)(?:[\w-]++\.)*[\w-]*+(?<=[^\W_])\."
    rf"(?:(?:{_any_of(f'{_COUNTRIES}|{_ENDINGS}')})(?![\w-])|(?:{_WITH_A_PATH})(?=[/?#]))"
)
#: A number as a host, with a port or a path: without these it is rather a version, and with a short one a network.
_NUMBER = r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?=:\d{2}|/(?!\d{1,2}\b))"
_REST = r"(?:(?!https?:|www\.)[^\s\"'<>()\[\]])*"
#: Any scheme with slashes of either kind; an e-mail address, alone or after `mailto:`; a host by itself, and its path.
_BARE = (
    rf"(?:(?<![a-z0-9+.-])[a-z][a-z0-9+.-]{{1,20}}:[/\\]{{2}}|https?:[/\\]{{2}})(?:www\.)?{_REST}|(?<![a-z0-9_])www\.{_REST}"
    r"|(?:(?<!\w)mailto:)?(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}"
    rf"|(?:{_HOST}|{_NUMBER})(?::\d{{1,5}})?(?:[/?#]{_REST})?"
)
#: A link in markup or bare. An address in the markup, and a link text that repeats it, are part of the same link.
_LINK = re.compile(
    rf"(?:<a\s[^<>]*>?\s*|\[url[^\[\]]*\]?\s*)(?:{_BARE})?|(?:\[[^\[\]]*\]\(\s*)?(?:{_BARE})", re.IGNORECASE
)
_ONE = re.compile(_BARE, re.IGNORECASE)
_SCHEME = re.compile(r"^(?:mailto:|[a-z][a-z0-9+.-]*:[/\\]{2,})")
_PATH = re.compile(r"[/\\?#]")
#: A comma, say, that ends the part of a sentence that an address stands in.
_NO_HOST = re.compile(r"[^\w.-]")
#: The end of a sentence without a space after it, as in `done.So`: no host's name is written like that.
_NO_SPACE = re.compile(r"(?<=[a-z])\.(?=[A-Z][a-z])")
#: How people write a dot that a machine shall not see, as in `example[.]com`.
_HIDDEN_DOT = re.compile(r"(?<=\w)(?:%2e|[^\S\n]?[\[({](?:\.|dot)[\])}][^\S\n]?)(?=\w)", re.IGNORECASE)
#: Every link contains one of these. A host's name ends with letters; what has numbers alone has four of them.
_MARKED = re.compile(r"\w\.[^\W\d_]|\d\.\d{1,3}\.\d|:[/\\]{2}|www\.|<a\s|\[url|\w@\w", re.IGNORECASE)
_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff\u180e"))
#: Characters that a browser reads as dots in a host's name.
_DOTS = dict.fromkeys(map(ord, "\u3002\uff0e\uff61"), ".")
_SHOWN = str.maketrans(_INVISIBLE | _DOTS)
_NOT_IN_ADDRESSES = re.compile(r"[\s\"<>\\^`{|}]")


def count(text: str) -> int:
    """How many links a text holds, as addresses, hosts' names, `<a>`, BBCode or Markdown."""
    text = _readable(text)
    if _MARKED.search(text) is None:  # so it is with most comments
        return 0
    return sum(1 for _ in _LINK.finditer(_NO_SPACE.sub(". ", text)))


def _readable(text: str) -> str:
    """A text as a browser would read the addresses in it."""
    if not text.isascii():
        text = normalized("NFKC", text.translate(_SHOWN)).translate(_SHOWN)
    return _HIDDEN_DOT.sub(".", markup.unescape(text))


def hosts(text: str) -> set[str]:
    """The hosts of all links in a text, in markup or not, and those of e-mail addresses; as written, in lower case."""
    text = _readable(text)
    if _MARKED.search(text) is None:
        return set()
    ways = {text, _NO_SPACE.sub(". ", text)}  # `evil.Com` is a host all the same
    return {host for way in ways for link in _ONE.finditer(way) if (host := _host_of(link[0]))}


def _host_of(link: str) -> str:
    """The host of a link or an e-mail address: without the scheme, what stands before an `@`, and what comes behind."""
    whole = _PATH.split(_SCHEME.sub("", link.lower()), maxsplit=1)[0]
    host = unquote(whole.rpartition("@")[2], errors="ignore")  # as a browser reads it
    return _NO_HOST.split(host, maxsplit=1)[0].strip(".")


def addresses(text: str) -> list[str]:
    """The addresses in a text, in markup or not, in order."""
    return _ADDRESS.findall(text)


def is_address(text: str) -> bool:
    """Whether the whole text is one address that a browser can open, with a scheme and a host."""
    try:
        parts = urlsplit(text)
        whole = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return whole and _NOT_IN_ADDRESSES.search(text) is None
