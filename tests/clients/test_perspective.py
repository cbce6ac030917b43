"""Perspective's protocol: Google's client for Python, and npm's."""

from __future__ import annotations

from typing import Any

import pytest
from googleapiclient import discovery
from googleapiclient.errors import HttpError

from moderation.sites.sites import CreatedSite
from tests.clients import node

pytestmark = pytest.mark.one_database


def test_googles_python_client_is_built_from_our_discovery_document(url: str, site: CreatedSite) -> None:
    client = discovery.build(
        "commentanalyzer",
        "v1alpha1",
        developerKey=site.compat_key,
        discoveryServiceUrl=f"{url}/$discovery/rest?version=v1alpha1",
        static_discovery=False,
    )
    analyze_request = {
        "comment": {"text": "friendly greetings from python"},
        "requestedAttributes": {"TOXICITY": {}},
    }
    response = client.comments().analyze(body=analyze_request).execute()
    assert response == {
        "attributeScores": {
            "TOXICITY": {
                "spanScores": [{"begin": 0, "end": 30, "score": {"value": 0.01, "type": "PROBABILITY"}}],
                "summaryScore": {"value": 0.01, "type": "PROBABILITY"},
            }
        },
        "languages": ["sv"],
        "detectedLanguages": ["sv"],
    }
    suggestion = {
        "comment": {"text": "friendly greetings from python"},
        "attributeScores": {"TOXICITY": {"summaryScore": {"value": 0}}},
        "clientToken": "token",
    }
    answer = client.comments().suggestscore(body=suggestion).execute()
    assert answer == {"clientToken": "token", "detectedLanguages": ["sv"]}
    several: dict[str, dict[str, Any]] = {"TOXICITY": {}, "FLIRTATION": {}, "INSULT": {}}
    partly = client.comments().analyze(body=analyze_request | {"requestedAttributes": several}).execute()
    assert set(partly["attributeScores"]) == {"TOXICITY", "INSULT"}, "what we have is answered, and nothing is raised"
    with pytest.raises(HttpError) as refused:
        client.comments().analyze(body=analyze_request | {"requestedAttributes": {"FLIRTATION": {}}}).execute()
    assert refused.value.status_code == 400
    assert refused.value.error_details[0]["errorType"] == "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE"


def test_the_npm_clients_published_examples(url: str, site: CreatedSite) -> None:
    """Its address is a constant of its module, so it is replaced as docs/migrating/perspective.md says."""
    script = """
        require('axios').interceptors.request.use(config => {
          config.url = config.url.replace('https://commentanalyzer.googleapis.com', process.env.WINNOW_URL);
          return config;
        });
        const Perspective = require('perspective-api-client');
        const perspective = new Perspective({apiKey: process.env.PERSPECTIVE_API_KEY});
        (async () => {
          const text = 'you empty-headed animal food trough wiper! toxicity=0.9';
          const found = [await perspective.analyze(text)];
          found.push(await perspective.analyze('<b>fools!</b>', {attributes: ['spam']}));
          const requestedAttributes = {TOXICITY: {scoreThreshold: 0.7}};
          found.push(await perspective.analyze({comment: {text}, requestedAttributes}));
          found.push(await perspective.analyze('fools!', {attributes: ['unsubstantial', 'spam']}));
          await perspective.analyze('fools!', {attributes: ['unsubstantial']}).catch(error => {
            found.push([error.name, error.message]);
          });
          const refused = new Perspective({apiKey: 'wrong'}).analyze(text);
          await refused.catch(error => found.push([error.name, error.message]));
          console.log(JSON.stringify(found));
        })();
    """
    found = node.run(script, WINNOW_URL=url, PERSPECTIVE_API_KEY=site.compat_key)
    first = found[0]["attributeScores"]["TOXICITY"]
    assert first["summaryScore"] == {"value": 0.9, "type": "PROBABILITY"}
    assert first["spanScores"][0]["end"] == 55
    assert found[1]["attributeScores"]["SPAM"]["spanScores"][0]["end"] == len("fools!")
    assert list(found[2]["attributeScores"]) == ["TOXICITY"]
    assert list(found[3]["attributeScores"]) == ["SPAM"]
    assert found[4] == ["ResponseError", "Attribute UNSUBSTANTIAL does not support request languages: sv"]
    assert found[5] == ["ResponseError", "API key not valid. Please pass a valid API key."]
