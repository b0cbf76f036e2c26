"""The detectors held against real jailbreaks, injections and benign traffic.

The rules were written looking at one half of these rows at most; other halves of the same sets are kept elsewhere, so
the bounds leave a margin. Measured when written: wild jailbreaks 0.87, CyberSecEval 0.66, false positives 0 of 1,540
(banking77), 0 of 375 (CyberSecEval) and 0 of 250 (XSTest).
"""

import json
from pathlib import Path
from typing import Any

import pytest

from seatrial import screen

ATTACKS = ["prompt-injection", "jailbreak"]
pytestmark = pytest.mark.slow


def rows(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def rate(texts: list[str], checks: list[Any]) -> float:
    """The share of texts that one of the checks fails."""
    return sum(any(each.state == "fail" for each in screen(text, checks=checks).verdicts) for text in texts) / len(
        texts
    )


@pytest.mark.parametrize(
    ("file", "column", "least"),
    [("jailbreaks_in_the_wild.jsonl", "prompt", 0.82), ("cyberseceval/prompt_injection.jsonl", "user_input", 0.60)],
)
def test_attacks_are_found(data: Path, file: str, column: str, least: float) -> None:
    assert rate([row[column] for row in rows(data / file)], ATTACKS) >= least


@pytest.mark.parametrize(
    ("file", "column", "most"),
    [
        ("banking77.jsonl", "text", 0.005),
        ("cyberseceval/false_refusal.jsonl", "mutated_prompt", 0.015),
        ("xstest/gpt4.jsonl", "prompt", 0.015),
    ],
)
def test_benign_texts_are_left_alone(data: Path, file: str, column: str, most: float) -> None:
    texts = [row[column] for row in rows(data / file) if row.get("safe", True)]
    assert rate(texts, ATTACKS) <= most


@pytest.mark.parametrize(
    "check",
    ["invisible-text", "gibberish", "repetition", "code-danger", "markdown-exfiltration", {"language": "en"}],
    ids=str,
)
def test_messages_of_customers_are_left_alone_by_the_other_detectors(data: Path, check: Any) -> None:
    assert rate([row["text"] for row in rows(data / "banking77.jsonl")], [check]) <= 0.005
