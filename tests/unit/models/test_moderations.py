"""Moderations over a transport made of bytes."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from bytes_transport import KEY, Answer, BytesTransport, json_answer

from seatrial.core.errors import ModelError, SpecError
from seatrial.core.moderation import Moderation
from seatrial.core.shapes import Moderator
from seatrial.models.provider import moderator

SAFE = {"flagged": False, "categories": {"hate": False, "illicit": None}, "category_scores": {"hate": 0.01}}
RUDE = {"flagged": True, "categories": {"hate": True}, "category_scores": {"hate": 0.97, "illicit": None}}


def answer(*results: Any) -> Answer:
    return json_answer({"id": "modr-1", "model": "omni-moderation-latest", "results": list(results)})


def moderate(texts: Sequence[str], *answers: Answer, **settings: Any) -> tuple[tuple[Moderation, ...], BytesTransport]:
    transport = BytesTransport(*answers)
    made: Moderator = moderator(
        "safety", "openai/omni-moderation-latest", transport=lambda: transport, key=KEY, **settings
    )
    return asyncio.run(made.moderate(texts)), transport


def test_one_for_each_text() -> None:
    found, transport = moderate(["hi", "you!"], answer(SAFE, RUDE))
    assert transport.sent[0].url == "https://api.openai.com/v1/moderations"
    assert transport.bodies == [{"model": "omni-moderation-latest", "input": ["hi", "you!"]}]
    assert found == (
        Moderation(False, {"hate": False}, {"hate": 0.01}),
        Moderation(True, {"hate": True}, {"hate": 0.97}),
    )


@pytest.mark.parametrize("hate", [True, False])
def test_a_server_that_leaves_flagged_out_is_read_by_its_categories(hate: bool) -> None:
    found, _ = moderate(["a"], answer({"categories": {"hate": hate, "law": False}, "category_scores": {}}))
    assert found[0].flagged is hate


def test_texts_go_in_batches() -> None:
    found, transport = moderate(["a"] * 33, answer(*[SAFE] * 32), answer(RUDE))
    assert [len(body["input"]) for body in transport.bodies] == [32, 1]
    assert [each.flagged for each in found] == [False] * 32 + [True]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (answer(SAFE), "it is for 1 texts, and 2 were sent"),
        (answer(SAFE, {"flagged": True}), "missing required field `categories`"),
        (answer(SAFE, {"flagged": "yes", "categories": {}}), "Expected `bool | null`, got `str`"),
        (json_answer({"error": {"message": f"no {KEY}", "code": 401}}), "no [key]"),
    ],
)
def test_what_cannot_be_read_is_an_error_and_never_safe(given: Answer, said: str) -> None:
    with pytest.raises(ModelError) as caught:
        moderate(["a", "b"], given)
    assert said in str(caught.value)


def test_a_provider_without_moderations_is_named() -> None:
    with pytest.raises(SpecError, match="gemini/g has no moderations here"):
        moderator("safety", "gemini/g", transport=BytesTransport, key="k")
