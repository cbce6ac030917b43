"""OpenAI's moderation endpoint: its Python client runs unchanged."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import openai
import pytest
from openai import OpenAI

from moderation.sites.sites import CreatedSite

pytestmark = pytest.mark.one_database


@pytest.fixture
def client(url: str, site: CreatedSite) -> Iterator[OpenAI]:
    """OpenAI's own client, pointed at us."""
    with OpenAI(api_key=site.compat_key, base_url=f"{url}/v1", max_retries=0) as client:
        yield client


def test_the_published_example_for_text(client: OpenAI) -> None:
    response = client.moderations.create(
        model="omni-moderation-latest", input="...text to classify goes here... threat=0.95"
    )
    assert response.id.startswith("modr-")
    assert response.model == "omni-moderation-latest"
    [result] = response.results
    assert result.flagged
    assert result.categories.harassment_threatening
    assert result.categories.harassment
    assert not result.categories.hate
    assert result.category_scores.harassment_threatening == 0.95
    assert result.category_applied_input_types.harassment_threatening == ["text"]


def test_the_published_example_for_an_image_gets_an_error_of_openais_shape(client: OpenAI) -> None:
    inputs: list[Any] = [
        {"type": "text", "text": "...text to classify goes here..."},
        {"type": "image_url", "image_url": {"url": "https://example.com/image.png"}},
    ]
    with pytest.raises(openai.BadRequestError) as refused:
        client.moderations.create(model="omni-moderation-latest", input=inputs)
    assert (refused.value.type, refused.value.param, refused.value.code) == (
        "invalid_request_error",
        "input[1].type",
        "image_not_supported",
    )


def test_a_list_has_a_result_for_each_string_and_parts_share_one(client: OpenAI) -> None:
    several = client.moderations.create(input=["fine", "insult=0.9", "identity_attack=0.8 threat=0.6"]).results
    assert [result.flagged for result in several] == [False, True, True]
    assert several[2].category_scores.hate == 0.8
    assert several[2].category_scores.hate_threatening == 0.6
    inputs: list[Any] = [{"type": "text", "text": "fine"}, {"type": "text", "text": "insult=0.9"}]
    parts = client.moderations.create(input=inputs)
    assert [result.category_scores.harassment for result in parts.results] == [0.9]


def test_what_cannot_be_scored_is_an_error(client: OpenAI) -> None:
    with pytest.raises(openai.InternalServerError) as refused:
        client.moderations.create(input="unscorable")
    assert refused.value.status_code == 503


def test_an_error_says_which_input(client: OpenAI) -> None:
    for odd, code in (("in klingon", "unsupported_language"), ("\u200b", "empty_string")):
        with pytest.raises(openai.BadRequestError) as refused:
            client.moderations.create(input=["fine", odd])
        assert (refused.value.param, refused.value.code) == ("input[1]", code)
