"""Akismet's protocol: the clients that PyPI and npm publish."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import akismet
import httpx
import pytest
from flask import Flask

from moderation.sites.sites import CreatedSite
from tests.clients import node
from tests.support.compat import listening

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
    with httpx.Client(headers=headers, timeout=30.0, event_hooks={"request": [send_on]}) as sender:
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
      found.push(await client.checkSpam({content: 'spam=0.95 and no address'}));
      console.log(JSON.stringify(found));
    })();
"""
_NPM_ANSWERS = [True, False, True, True, False, THANKS, THANKS, False, "Invalid API key", True]


def test_npms_client_with_its_host_option_sends_the_key_as_a_label_of_the_host(url: str, site: CreatedSite) -> None:
    host = f"winnow.example:{urlsplit(url).port}"
    script = node.run(_NPM_EXAMPLES, requires=(RESOLVE,), AKISMET_KEY=site.compat_key, AKISMET_HOST=host)
    assert script == _NPM_ANSWERS


def test_npms_client_unchanged_where_the_network_leads_akismets_host_to_us(url: str, site: CreatedSite) -> None:
    script = node.run(_NPM_EXAMPLES, requires=(REDIRECT,), AKISMET_KEY=site.compat_key, WINNOW_URL=url)
    assert script == _NPM_ANSWERS


_CEDX = """
    import('@cedx/akismet').then(async ({Author, Blog, Client, Comment}) => {
      const client = new Client(process.env.AKISMET_KEY, new Blog({url: 'https://blog.example'}),
        {baseUrl: process.env.WINNOW_URL});
      const of = content => new Comment({author: new Author({ipAddress: '192.0.2.7', name: 'Ada'}), content});
      const found = [];
      for (const content of JSON.parse(process.env.TEXTS))
        found.push(await client.checkComment(of(content)).catch(error => error.message));
      console.log(JSON.stringify(found));
    });
"""


def cedx(url: str, key: str, *texts: str) -> Any:
    """What npm's @cedx/akismet makes of each text: 0 ham, 1 spam, 2 pervasive spam, or the message that it throws."""
    return node.run(_CEDX, WINNOW_URL=url, AKISMET_KEY=key, TEXTS=json.dumps(texts))


def test_cedx_throws_on_no_verdict(url: str, site: CreatedSite) -> None:
    """It takes X-akismet-debug-help for a failure, and applications publish when it fails."""
    texts = ("Hello", "toxicity=0.6", "toxicity=0.95", SPAM, BLATANT, "unscorable", "word " * 20_000)
    assert cedx(url, site.compat_key, *texts) == [0, 1, 1, 1, 2, 1, 1]


def test_cedx_hears_of_a_wrong_key(url: str) -> None:
    assert cedx(url, "000000000000", "Hello") == ["This key is not valid. `winnow site rotate-key` makes a new one."]


@pytest.mark.usefixtures("without_a_model")
def test_while_nothing_can_be_judged_both_npm_clients_hear_spam(app: Flask, site: CreatedSite) -> None:
    with listening(app) as url:
        assert cedx(url, site.compat_key, "Hello") == [1]
        host = f"winnow.example:{urlsplit(url).port}"
        script = """
            const {AkismetClient} = require('akismet-api');
            const {AKISMET_KEY: key, AKISMET_HOST: host} = process.env;
            const client = new AkismetClient({key, blog: 'https://blog.example', host, protocol: 'http'});
            client.checkSpam({ip: '192.0.2.7', content: 'Hello'}).then(found => console.log(JSON.stringify(found)));
        """
        assert node.run(script, requires=(RESOLVE,), AKISMET_KEY=site.compat_key, AKISMET_HOST=host) is True


def test_pypis_client_hears_spam_of_what_is_held(pypi: Callable[..., akismet.SyncClient]) -> None:
    said: dict[str, Any] = {"user_ip": "127.0.0.1", "comment_author": "Ada"}
    assert pypi().comment_check(comment_content="toxicity=0.6", **said) == akismet.CheckResponse.SPAM
