"""A language model and its tokenizer, loaded into this process with PyTorch and Transformers.

Code that comes with a model is never run (`trust_remote_code=False`).

Source: the Transformers documentation, "Chat templates".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from secrets import token_hex
from typing import Any

from jinja2 import TemplateError

from seatrial.models.local_request import PLAIN_STOP, Ask, plain_prompt
from seatrial.models.local_weights import Weights, may_download


class Loaded:
    """Tokenizer and model, and what every generation wants to know of them."""

    def __init__(self, tokenizer: Any, model: Any, torch: Any, transformers: Any) -> None:
        self.tokenizer = tokenizer
        self.model = model
        self.torch = torch
        self.transformers = transformers
        text_config = model.config.get_text_config()
        self.context: int | None = getattr(text_config, "max_position_embeddings", None)
        ends = model.generation_config.eos_token_id
        ends = tokenizer.eos_token_id if ends is None else ends
        self.ends: list[int] = ends if isinstance(ends, list) else [] if ends is None else [ends]
        commit = getattr(model.config, "_commit_hash", None)
        self.served_by = f"{model.config.name_or_path}@{commit}" if commit else None

    def decode(self, tokens: Sequence[int]) -> str:
        text: str = self.tokenizer.decode(tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        return text

    def prompt(self, ask: Ask) -> tuple[list[int], tuple[str, ...]]:
        """The tokens of the prompt, and the stop strings its form brings with it. Raises ValueError."""
        if self.tokenizer.chat_template is None:
            plain = plain_prompt(ask.messages)
            return self.tokenizer(plain, split_special_tokens=True)["input_ids"], (PLAIN_STOP,)
        messages, forged = self._without_marks(ask.messages)
        text = self._rendered(messages, ask.template)
        tokens: list[int] = []
        for count, piece in enumerate(re.split(f"({'|'.join(forged)})", text) if forged else [text]):
            said = forged[piece] if count % 2 else piece
            tokens += self.tokenizer(said, add_special_tokens=False, split_special_tokens=count % 2 == 1)["input_ids"]
        return tokens, ()

    def _without_marks(self, messages: list[dict[str, str]]) -> tuple[list[dict[str, str]], dict[str, str]]:
        """The messages with a name in the place of each text that holds a mark of the model's own, such as the end of
        a turn, and these texts by name: read as one with the template, such a text could begin a turn of another role.
        """
        marks = [str(token) for token in self.tokenizer.added_tokens_decoder.values() if token.special]
        forged: dict[str, str] = {}
        safe = []
        for each in messages:
            if any(mark in each["content"] for mark in marks):
                name = token_hex(8)
                forged[name] = each["content"]
                each = {**each, "content": name}
            safe.append(each)
        return safe, forged

    def _rendered(self, messages: list[dict[str, str]], variables: dict[str, Any]) -> str:
        try:
            text: str = self.tokenizer.apply_chat_template(
                messages, tokenize=False, add_generation_prompt=True, **variables
            )
        except TemplateError as fault:
            raise ValueError(
                f"the model's chat template refuses the messages: {fault}\n"
                "hint: if it knows no system role, say  facts: {system: user}  of the model"
            ) from fault
        return text


def load(weights: Weights) -> Loaded:
    torch, transformers = import_module("torch"), import_module("transformers")
    where: dict[str, Any] = {"trust_remote_code": False, "local_files_only": not may_download()}
    if weights.revision is not None:
        where["revision"] = weights.revision
    with _without_bars(transformers.utils.logging):
        tokenizer = transformers.AutoTokenizer.from_pretrained(weights.path, **where)
        model, found = transformers.AutoModelForCausalLM.from_pretrained(
            weights.path, dtype=weights.dtype or "auto", output_loading_info=True, **where
        )
    if found["missing_keys"]:  # the library would fill them with random numbers, and only warn
        raise ValueError(f"the files hold no weights for {', '.join(sorted(found['missing_keys'])[:3])}")
    return Loaded(tokenizer, model.to(weights.device or _best_device(torch)).eval(), torch, transformers)


def _best_device(torch: Any) -> str:
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


@contextmanager
def _without_bars(logging: Any) -> Iterator[None]:
    """The terminal is ours while a feature runs; the library's progress bars come back as they were."""
    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()
