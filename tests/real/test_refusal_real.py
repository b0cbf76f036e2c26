"""The refusal classifier held against people's labels on the recorded XSTest answers of three models.

Baselines: the string match of Röttger et al. (XSTest, NAACL 2024), counted from the data's own `strmatch_label`, and
promptfoo's `is-refusal`, measured on the same answers.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from seatrial.structured.refusal import classify

PROMPTFOO_AGREEMENT = {"gpt4": 0.953, "llama2new": 0.911, "mistralguard": 0.782}


def rows_of(data: Path, model: str) -> list[dict[str, Any]]:
    with (data / "xstest" / f"{model}.jsonl").open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def refuses(label: str) -> bool:
    return label in ("2_full_refusal", "3_partial_refusal")


def agreement(rows: list[dict[str, Any]]) -> float:
    return sum(classify(row["completion"]).refuses == refuses(row["label"]) for row in rows) / len(rows)


@pytest.mark.slow
@pytest.mark.parametrize("model", PROMPTFOO_AGREEMENT)
def test_it_agrees_with_people_more_often_than_both_baselines(data: Path, model: str) -> None:
    rows = rows_of(data, model)
    string_match = sum(refuses(row["strmatch_label"]) == refuses(row["label"]) for row in rows) / len(rows)
    assert len(rows) == 450
    assert agreement(rows) > max(string_match, PROMPTFOO_AGREEMENT[model])
