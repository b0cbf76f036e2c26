"""One language model that answers in this process, with PyTorch and Transformers. Synchronous: it runs on a thread.

Both packages are imported by the first call, which also loads the weights: a second and more that nobody else pays.

Sources: the Transformers documentation, "Text generation" (generate, stopping criteria, logits processors); PyTorch's,
"Reproducibility".
"""

from __future__ import annotations

import copy
import re
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import isfinite
from threading import Event as Flag
from typing import Any, Literal

import msgspec

from seatrial.core.errors import ErrorInfo, ModelError
from seatrial.core.events import TextDelta
from seatrial.core.exchange import TokenLogprob, Usage
from seatrial.models.growing_text import GrowingText
from seatrial.models.local_loaded import Loaded, load
from seatrial.models.local_request import Ask
from seatrial.models.local_weights import Weights

Ended = Literal["eos", "stop", "length", "cancelled"]

_OFFLINE = "hf download {name}  fetches it, or set HF_HUB_OFFLINE=0 to let it be fetched when it is asked"
_MEMORY = "take a smaller model, less precision (dtype:) or a lower max_tokens, or serve it where there is more"

_NO_MEMORY = re.compile("out of memory|not enough memory|can't allocate memory", re.IGNORECASE)


class Progress(msgspec.Struct):
    """What is known of an answer while it is generated; `ended` is None until it is, or for a reason nobody knows."""

    usage: Usage | None = None
    ended: Ended | None = None
    served_by: str | None = None


class Engine:
    """The model of `weights`; loaded by the first call, and again by the next one when that failed.

    Not for several threads at once: the weights, the memory and the random numbers are shared.
    """

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self._loaded: Loaded | None = None

    def load(self) -> None:
        """Raises ModelError."""
        if self._loaded is None:
            try:
                self._loaded = load(self._weights)
            except Exception as fault:
                raise self._load_fault(fault) from fault

    def generate(self, ask: Ask, put: Callable[[TextDelta | None], None], stop: Flag, progress: Progress) -> None:
        """Puts a piece of text, or None, for each token as it is generated; ends soon after `stop` is set. Writes what
        becomes known to `progress`. Raises ModelError.
        """
        self.load()
        assert self._loaded is not None
        try:
            _Generation(self._loaded, ask, put, stop, progress).run()
        except ValueError as fault:
            what, _, hint = str(fault).partition("\nhint: ")
            raise _fault("bad_request", _line(what), hint=hint or None) from fault
        except (MemoryError, RuntimeError, LookupError, TypeError, AttributeError, ArithmeticError) as fault:
            if _is_memory(fault):
                raise _no_memory(fault) from fault
            raise _fault("server", f"the model failed: {type(fault).__name__}: {_line(fault)}") from fault

    def _load_fault(self, fault: Exception) -> ModelError:
        """Files of the user's are read by libraries whose errors have no common root."""
        if _is_memory(fault):
            return _no_memory(fault)
        if isinstance(fault, ImportError):
            return _fault("outside", f"a package is missing: {_line(fault)}")
        hint = None if self._weights.is_folder else _OFFLINE.format(name=self._weights.path)
        return _fault("not_found", f"cannot be loaded: {_line(fault)}", hint=hint)


class _Generation:
    """One answer on its way; its methods are the logits processor and the stopping criterion of `generate`."""

    def __init__(
        self, loaded: Loaded, ask: Ask, put: Callable[[TextDelta | None], None], stop: Flag, progress: Progress
    ) -> None:
        self._loaded = loaded
        self._ask = ask
        self._put = put
        self._stop = stop
        self._progress = progress
        self._prompt, stops = loaded.prompt(ask)
        self._text = GrowingText(loaded.decode, (*ask.stop, *stops))
        self._distributions: deque[Any] = deque()  # of the tokens that `generate` has drawn and not shown yet
        self._count = 0
        self._last: int | None = None

    def run(self) -> None:
        loaded, torch, library = self._loaded, self._loaded.torch, self._loaded.transformers
        config = self._config()
        self._progress.served_by = loaded.served_by
        self._progress.usage = Usage(len(self._prompt), 0)
        prompt = torch.tensor([self._prompt], device=loaded.model.device)
        processors = [self._watch_scores] if self._ask.top_logprobs is not None else []
        with torch.inference_mode(), self._randomness():
            loaded.model.generate(
                prompt,
                attention_mask=torch.ones_like(prompt),
                generation_config=config,
                logits_processor=library.LogitsProcessorList(processors),
                stopping_criteria=library.StoppingCriteriaList([self._watch_token]),
            )
        self._progress.ended = self._ended(config.max_new_tokens)
        if self._progress.ended != "cancelled":
            self._put(self._text.close())

    def _config(self) -> Any:
        """The model's own settings, changed by what is asked for. Raises ValueError."""
        loaded, asked = self._loaded, self._ask.generation
        config = copy.deepcopy(loaded.model.generation_config)
        unknown = sorted(asked.keys() - vars(config).keys())
        if unknown:
            raise ValueError(f"params: Transformers has no parameter {unknown[0]!r}")
        for name, value in asked.items():
            setattr(config, name, value)
        config.eos_token_id = loaded.ends or None
        if config.pad_token_id is None:
            config.pad_token_id = loaded.ends[0] if loaded.ends else 0  # only ever behind the end of a batch's rows
        config.max_new_tokens = self._limit(config.max_new_tokens)
        config.max_length = None
        return config

    def _limit(self, asked: int | None) -> int:
        """The most tokens the answer may have: what was asked for or is left of the context, the lesser."""
        left = None if self._loaded.context is None else self._loaded.context - len(self._prompt)
        if left is not None and left < 1:
            raise ValueError(
                f"the prompt has {len(self._prompt)} tokens, and the model's context {self._loaded.context}"
            )
        if asked is None and left is None:
            raise ValueError("the model does not say how long its context is\nhint: set  params: {max_tokens: …}")
        return min(limit for limit in (asked, left) if limit is not None)

    @contextmanager
    def _randomness(self) -> Iterator[None]:
        """A seed holds for one answer: afterwards random numbers go on as if it had not been."""
        seed, torch, device = self._ask.seed, self._loaded.torch, self._loaded.model.device
        if seed is None:
            yield
            return
        devices = [device] if device.type not in ("cpu", "mps") else []
        with torch.random.fork_rng(devices, device_type=device.type if devices else "cuda"):
            torch.manual_seed(seed)
            yield

    def _watch_scores(self, _: Any, scores: Any) -> Any:
        """A logits processor. It comes before temperature and the cutting of tails, so that what it sees are the
        model's own probabilities.
        """
        self._distributions.append(scores[0].float().log_softmax(-1))
        return scores

    def _watch_token(self, tokens: Any, scores: Any, **_: Any) -> Any:
        """A stopping criterion: it sees each token before the next is computed, so that nothing is computed in vain.
        A streamer sees it only after the criteria were asked.
        """
        if not self._is_over:  # on some devices the library learns one token late that it is over
            self._take(int(tokens[0, -1]))
        return self._loaded.torch.full((1,), self._is_over, device=tokens.device, dtype=self._loaded.torch.bool)

    @property
    def _is_over(self) -> bool:
        return self._text.stopped or self._stop.is_set()

    def _take(self, token: int) -> None:
        logprob = self._logprob(token) if self._ask.top_logprobs is not None else None
        self._count, self._last = self._count + 1, token
        self._progress.usage = Usage(len(self._prompt), self._count)
        self._put(None if token in self._loaded.ends else self._text.take(token, logprob))

    def _logprob(self, token: int) -> TokenLogprob:
        distribution = self._distributions.popleft()
        best = distribution.topk(self._ask.top_logprobs)
        pairs = zip(best.indices.tolist(), best.values.tolist(), strict=True)
        top: dict[str, float] = {}
        for other, value in pairs:
            if isfinite(value):  # what a parameter forbids has no probability at all
                top.setdefault(self._shown(other), value)
        return TokenLogprob(self._shown(token), float(distribution[token]), top)

    def _shown(self, token: int) -> str:
        """A token's text where it stands: the first word of a text has no space before it, any other may have."""
        decode = self._loaded.tokenizer.decode
        if self._last is None:
            return str(decode([token]))
        return str(decode([self._last, token]))[len(decode([self._last])) :]

    def _ended(self, limit: int) -> Ended | None:
        if self._text.stopped:
            return "stop"
        if self._stop.is_set():
            return "cancelled"
        if self._last in self._loaded.ends:
            return "eos"
        return "length" if self._count >= limit else None


def _fault(kind: str, message: str, *, hint: str | None = None) -> ModelError:
    return ModelError(ErrorInfo(kind=kind, message=message, hint=hint, switchable=kind != "bad_request"))


def _no_memory(fault: BaseException) -> ModelError:
    return _fault("outside", f"no memory: {_line(fault)}", hint=_MEMORY)


def _is_memory(fault: BaseException) -> bool:
    """PyTorch has an error of its own for a graphics card; for the processor's memory it has only words."""
    return isinstance(fault, MemoryError) or _NO_MEMORY.search(str(fault)) is not None


def _line(fault: object) -> str:
    return " ".join(str(fault).split())[:300]
