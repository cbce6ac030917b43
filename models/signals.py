"""What is known beside a comment's text, as evidence for spam.

No public data says how often spam fills a honeypot or a form in two seconds, so these weights are set by judgement:
each is the logarithm of how much likelier the observation is from spam than from a reader.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_LINK = re.compile(r"https?://|www\.", re.IGNORECASE)
_NAME_LOOKS_SOLD = re.compile(
    r"https?:|www\.|\.(?:com|net|ru|info)\b|\b(?:seo|casino|viagra|loans?|pills?|cheap|escorts?|betting|crypto|bitcoin)\b",
    re.IGNORECASE,
)


def weigh(text: str, signals: Mapping[str, object]) -> dict[str, dict[str, float]]:
    """The weights of a comment's signals on labels' logits: label -> signal name -> weight."""
    found: dict[str, float] = {}
    if signals.get("honeypot"):
        found["honeypot filled in"] = 4.0
    seconds = signals.get("seconds_on_page")
    if isinstance(seconds, int | float) and 0 <= seconds < 3:
        found["sent within 3 seconds"] = 1.5
    name = signals.get("name")
    if isinstance(name, str) and _NAME_LOOKS_SOLD.search(name):
        found["name advertises"] = 2.0
    url = signals.get("url")
    if (
        isinstance(url, str)
        and url.strip()
        and _NAME_LOOKS_SOLD.search(re.sub(r"^\w+://|\.com|\.net", "", url.strip()))
    ):
        found["author's address advertises"] = 1.5
    links = len(_LINK.findall(text))
    if links > 3:
        found["more than 3 links"] = 1.0
    agent = signals.get("user_agent")
    if isinstance(agent, str) and re.match(r"(?:curl|python|wget|libwww|go-http|java)", agent, re.IGNORECASE):
        found["sent by a program"] = 1.0
    return {"spam": found} if found else {}
