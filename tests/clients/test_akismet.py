"""Akismet's protocol: the clients that PyPI and npm publish."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import akismet
import httpx
import pytest

from moderation.sites.sites import CreatedSite
from tests.clients import node

pytestmark = [pytest.mark.one_database, pytest.mark.slow]

RESOLVE, REDIRECT = node.LOCKED / "resolve.js", node.LOCKED / "redirect.js"
SPAM, BLATANT = "spam=0.95", "spam=0.9995 http://pills.example"
THANKS = "Thanks for making the web a better place."


@pytest.fixture
def pypi(url: str, site: CreatedSite) -> Iterator[Callable[..., akismet.SyncClient]]:
    """Makes PyPI's client. Its address is a constant, so its requests are sent on; they are otherwise its own."""
    to = urlsplit(url)

    def send_on(request: httpx.Request) -> None:
        request.url = request.url.copy_with(scheme=to.scheme, host=to.hostname, port=to.port)

    headers = {"User-Agent": akismet.USER_AGENT}
    with httpx.Client(headers=headers, timeout=1.0, event_hooks={"request": [send_on]}) as sender:
        yield lambda key=site.compat_key: akismet.SyncClient(
            config=akismet.Config(key=key, url="https://blog.example"), http_client=sender
        )


def test_pypis_client_and_its_published_examples(pypi: Callable[..., akismet.SyncClient]) -> None:
    with pypi() as client:
        assert client.verify_key()
        guaranteed: dict[str, Any] = {"user_ip": "127.0.0.1", "is_test": True}
        assert (
            client.comment_check(comment_author="akismet-guaranteed-spam", **guaranteed) == akismet.CheckResponse.SPAM
        )
        assert client.comment_check(user_role="administrator", **guaranteed) == akismet.CheckResponse.HAM
        said: dict[str, Any] = {"user_ip": "127.0.0.1", "comment_author": "Ada", "comment_type": "comment"}
        assert client.comment_check(comment_content="Hello", **said) == akismet.CheckResponse.HAM
        assert client.comment_check(comment_content=SPAM, **said) == akismet.CheckResponse.SPAM
        assert client.comment_check(comment_content=BLATANT, **said) == akismet.CheckResponse.DISCARD
        assert client.submit_spam(comment_content="Hello", **said)
        assert client.submit_ham(comment_content=SPAM, **said)
        assert client.usage_limit() == {"limit": "none", "usage": 5, "percentage": "0.00", "throttled": False}


def test_pypis_client_hears_of_a_wrong_key(pypi: Callable[..., akismet.SyncClient]) -> None:
    client = pypi("000000000000")
    assert not client.verify_key()
    with pytest.raises(akismet.APIKeyError):
        client.comment_check(user_ip="127.0.0.1", comment_content="Hello")
    with pytest.raises(akismet.APIKeyError):
        client.submit_ham(user_ip="127.0.0.1", comment_content="Hello")


_NPM_EXAMPLES = """
    const {AkismetClient} = require('akismet-api');
    const key = process.env.AKISMET_KEY, blog = 'https://myblog.com';
    const options = process.env.AKISMET_HOST ? {host: process.env.AKISMET_HOST, protocol: 'http'} : {};
    const client = new AkismetClient({key, blog, ...options});
    const comment = {ip: '123.123.123.123', useragent: 'CommentorsAgent 1.0 WebKit',
      content: 'Very nice blog! Check out mine!', email: 'not.a.spammer@gmail.com', name: 'John Doe'};
    const tested = {user_ip: '123.123.123.123', user_agent: "My user's user agent",
      referrer: 'https://google.com', is_test: true};
    (async () => {
      const found = [await client.verifyKey(), await client.checkSpam(comment)];
      found.push(await client.checkSpam({...comment, content: 'spam=0.95', honeypot: 'filled in'}));
      found.push(await client.checkSpam({...tested, comment_author_email: 'akismet-guaranteed-spam@example.com'}));
      found.push(await client.checkSpam({...tested, user_role: 'administrator'}));
      found.push((await client.submitSpam(comment)).text, (await client.submitHam(comment)).text);
      const stranger = new AkismetClient({key: '000000000000', blog, ...options});
      found.push(await stranger.verifyKey());
      await stranger.checkSpam(comment).catch(error => found.push(error.message));
      await client.checkSpam({content: 'no address'}).catch(error => found.push(error.message));
      console.log(JSON.stringify(found));
    })();
"""
_NPM_ANSWERS = [True, False, True, True, False, THANKS, THANKS, False, "Invalid API key"]
_NPM_ANSWERS.append("Missing required field: user_ip")


def test_npms_client_with_its_host_option_sends_the_key_as_a_label_of_the_host(url: str, site: CreatedSite) -> None:
    host = f"winnow.example:{urlsplit(url).port}"
    script = node.run(_NPM_EXAMPLES, requires=(RESOLVE,), AKISMET_KEY=site.compat_key, AKISMET_HOST=host)
    assert script == _NPM_ANSWERS


def test_npms_client_unchanged_where_the_network_leads_akismets_host_to_us(url: str, site: CreatedSite) -> None:
    script = node.run(_NPM_EXAMPLES, requires=(REDIRECT,), AKISMET_KEY=site.compat_key, WINNOW_URL=url)
    assert script == _NPM_ANSWERS
