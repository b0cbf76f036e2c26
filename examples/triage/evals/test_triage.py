"""The answer as a value of a Python type: what a program that uses the feature works with."""

from typing import Literal

import msgspec
import pytest


class Entities(msgspec.Struct):
    order: str | None
    product: str | None


class Triage(msgspec.Struct):
    intent: Literal[
        "where_is_my_order",
        "return_item",
        "damaged_item",
        "change_address",
        "cancel_order",
        "invoice",
        "product_question",
        "other",
    ]
    urgency: Literal["low", "normal", "high"]
    entities: Entities


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            "hi, any news on 50417? the birthday is TOMORROW",
            Triage("where_is_my_order", "high", Entities("50417", None)),
        ),
        (
            "how do i return the wool blanket from order 50002",
            Triage("return_item", "normal", Entities("50002", "wool blanket")),
        ),
    ],
)
def test_the_answer_is_a_value_with_types(feature, message, expected):
    exchange = feature.with_output(Triage).ask(message)
    assert exchange.parsed == expected
    assert exchange.repairs  # one came in a code fence, the other with a comma too many
