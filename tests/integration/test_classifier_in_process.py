"""`classifier: {use: transformers/FOLDER}` with PyTorch, Transformers and a real, tiny model."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest
from tiny_models import CONTEXT, need, tiny_classifier

from seatrial import screen
from seatrial.checks.classes import Classes, windows
from seatrial.core.verdict import Verdict

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("transformers"),  # one process imports PyTorch, once
    pytest.mark.filterwarnings("default"),  # the libraries warn of each other
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    need("torch", "transformers")
    return tiny_classifier(tmp_path_factory.mktemp("classifier"))


def judged(text: str, folder: Path, fails: str) -> Verdict:
    (verdict,) = screen(text, checks=[{"classifier": {"use": f"transformers/{folder}", "fails": [fails]}}]).verdicts
    return verdict


def test_the_likelier_class_fails_a_text(folder: Path) -> None:
    said = Classes.load(Path(), f"transformers/{folder}").scores("the quick brown fox")
    assert said.complete
    assert set(said.shares) == {"ok", "toxic"}
    assert sum(said.shares.values()) == pytest.approx(1.0, abs=1e-4)
    likelier, other = sorted(said.shares, key=lambda name: -said.shares[name])
    assert (judged("the quick brown fox", folder, likelier).state, likelier) == ("fail", likelier)
    assert judged("the quick brown fox", folder, other).state == "pass"


def test_a_class_that_it_does_not_have_is_an_error(folder: Path) -> None:
    verdict = judged("the quick brown fox", folder, "txoic")
    assert (verdict.state, "only ok, toxic" in verdict.reason) == ("error", True)


def test_a_text_longer_than_the_model_reads_is_judged_to_its_end(folder: Path) -> None:
    tokenizer = import_module("transformers").AutoTokenizer.from_pretrained(folder)
    text = "".join(f"the quick brown fox {number}, " for number in range(400))
    pieces = windows(tokenizer, text)
    assert len(pieces) > 10
    assert all(len(tokenizer(piece)["input_ids"]) <= CONTEXT for piece in pieces)
    end = 0
    for piece in pieces:
        place = text.index(piece, max(0, end - len(piece)))
        assert place <= end
        end = place + len(piece)
    assert end >= len(text.rstrip())
    shares = [Classes.load(Path(), f"transformers/{folder}").scores(piece).shares["toxic"] for piece in pieces[:3]]
    whole = Classes.load(Path(), f"transformers/{folder}").scores(text).shares["toxic"]
    assert whole >= max(shares) - 1e-4


def test_a_short_text_is_one_piece(folder: Path) -> None:
    tokenizer = import_module("transformers").AutoTokenizer.from_pretrained(folder)
    assert windows(tokenizer, "hello fox") == ["hello fox"]
    assert windows(tokenizer, "") == [""]
