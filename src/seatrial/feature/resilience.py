"""What a model's line says about faults and limits (`retries`, `limits`, `circuit`, `hedge`), and what is put around
the model for it.

Where another model stands behind it in the route, a model is given up sooner: it has a circuit breaker unless told
otherwise, and a rate limit is not waited out. Behind the last there is nobody, and giving it up would turn a chance
into a certain error: it has no circuit unless one is written, and more patience.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import msgspec

from seatrial.core.conversation import ModelRequest
from seatrial.core.shapes import Model
from seatrial.cost.estimate import estimate_tokens
from seatrial.models.breaker import LONGEST_COOL_DOWN, Breaker, Circuit, Skip
from seatrial.models.hedge import Hedge
from seatrial.models.limits import Gate, Limited
from seatrial.models.retry import LONGEST_TOTAL, LONGEST_WAIT, PATIENCE, Retry, patience
from seatrial.spec.nodes import Node

KEYS = ("retries", "limits", "circuit", "hedge")
MOST_RETRIES = 10
RATE_LIMIT_RETRIES_BEFORE_ANOTHER = 2
LAST_WAITS = 2
"""How many times as long the last model of a route waits for a `Retry-After`, and in all: a minute, since most limits
are by the minute, and four.
"""

MOST_AT_ONCE = 100_000
MOST_IN_A_MINUTE = 10**9
LONGEST_HEDGE = 600.0
ANSWER_TOKENS = 500
"""What an answer is taken to use while nobody knows: `max_tokens` is not given, and it is put right afterwards."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """None is no limit, but for the calls at once, which a 429 narrows all the same."""

    concurrency: int | None = None
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None


class CircuitSpec(msgspec.Struct, frozen=True, kw_only=True):
    """`cool_down` is in seconds."""

    failures: int = 5
    cool_down: float = 30.0


class Resilience(msgspec.Struct, frozen=True, kw_only=True):
    """`retries` by kind of error, where they are not the usual ones; `circuit` is False for none, None where the place
    in the route decides; `hedge` is seconds.
    """

    retries: dict[str, int] = {}
    limits: Limits = Limits()
    circuit: CircuitSpec | Literal[False] | None = None
    hedge: float | None = None


def read_resilience(fields: dict[str, Node]) -> Resilience:
    """From the keys of a model's line; mistakes are noted at theirs."""
    retries, limits, circuit, hedge = (fields.get(key) for key in KEYS)
    return Resilience(
        retries=_read_retries(retries) if retries is not None else {},
        limits=_read_limits(limits) if limits is not None else Limits(),
        circuit=_read_circuit(circuit) if circuit is not None else None,
        hedge=_read_hedge(hedge) if hedge is not None else None,
    )


def _read_retries(node: Node) -> dict[str, int]:
    """A number for every kind of error, or numbers for some kinds."""
    if node.kind != "mapping":
        number = node.integer("retries", least=0, most=MOST_RETRIES)
        return {} if number is None else dict.fromkeys(PATIENCE, number)
    return _integers(node, "retries", tuple(PATIENCE), least=0, most=MOST_RETRIES)


def _read_limits(node: Node) -> Limits:
    read = _integers(node, "limits", Limits.__struct_fields__, least=1, most=MOST_IN_A_MINUTE)
    if read.get("concurrency", 1) > MOST_AT_ONCE:
        node.value["concurrency"].wanted("limits: concurrency", f"a whole number from 1 to {MOST_AT_ONCE}")
    return Limits(**read)


def _integers(node: Node, what: str, keys: tuple[str, ...], *, least: int, most: int) -> dict[str, int]:
    fields = node.fields(what, keys)
    if fields == {} and not node.value:
        node.problem(f"{what}: is empty", expected=f"at least one of {', '.join(keys)}", hint="or take the key out")
    read = {key: each.integer(f"{what}: {key}", least=least, most=most) for key, each in (fields or {}).items()}
    return {key: number for key, number in read.items() if number is not None}


def _read_circuit(node: Node) -> CircuitSpec | Literal[False] | None:
    if node.value is False:
        return False
    if node.kind != "mapping":
        node.wanted("circuit", "a mapping like {failures: 5, cool_down: 30s}, or false")
        return None
    fields = node.fields("circuit", CircuitSpec.__struct_fields__) or {}
    usual = CircuitSpec()
    failures = fields["failures"].integer("circuit: failures", least=1, most=1000) if "failures" in fields else None
    cool_down = (
        fields["cool_down"].duration("circuit: cool_down", most=LONGEST_COOL_DOWN) if "cool_down" in fields else None
    )
    return CircuitSpec(failures=failures or usual.failures, cool_down=cool_down or usual.cool_down)


def _read_hedge(node: Node) -> float | None:
    fields = node.fields("hedge", ("after",), required=("after",)) or {}
    return fields["after"].duration("hedge: after", most=LONGEST_HEDGE) if "after" in fields else None


class Traffic(NamedTuple):
    """What all calls to one model share: its limits, its circuit, and whether it is the last of its route."""

    gate: Gate
    circuit: Circuit | None
    last: bool

    @classmethod
    def of(cls, name: str, use: str, spec: Resilience, *, last: bool) -> Traffic:
        limits = msgspec.structs.asdict(spec.limits)
        return cls(Gate(**limits, longest_pause=_longest_wait(last)), _circuit(name, use, spec, last=last), last)


def _longest_wait(last: bool) -> float:
    return LONGEST_WAIT * LAST_WAITS if last else LONGEST_WAIT


def _circuit(name: str, use: str, spec: Resilience, *, last: bool) -> Circuit | None:
    if spec.circuit is False or (spec.circuit is None and last):
        return None
    chosen = spec.circuit or CircuitSpec()
    return Circuit(name, use, failures=chosen.failures, cool_down=chosen.cool_down)


def resilient(call: Model, name: str, use: str, spec: Resilience, traffic: Traffic) -> Model:
    """Put around what makes one call, from the inside out:

    - the breaker, which counts every call that is made and lets none through while the circuit is open, not even one
      that stood in line when it opened;
    - the limits, which hold for every call, retries and hedges included;
    - the hedge, whose two requests pass the limits one by one, and whose time begins when the first was let through;
    - the breaker's other half, which refuses before the line while the circuit is open;
    - the retry, which sees each refusal, and stops at an open circuit.
    """
    gate, circuit, last = traffic
    limited = Limited(call if circuit is None else Breaker(call, circuit), gate, most_tokens)
    model: Model = limited if spec.hedge is None else Hedge(limited, name, use, after=spec.hedge)
    if circuit is not None:
        model = Skip(model, circuit)
    retries = spec.retries if last else {"rate_limit": RATE_LIMIT_RETRIES_BEFORE_ANOTHER, **spec.retries}
    total = LONGEST_TOTAL * LAST_WAITS if last else LONGEST_TOTAL
    return Retry(model, patience(retries), longest_wait=_longest_wait(last), total=total)


def most_tokens(request: ModelRequest) -> int:
    """What a request may use, its prompt by estimate and its answer by `max_tokens`."""
    answer = request.params.get("max_tokens") or request.params.get("max_completion_tokens") or ANSWER_TOKENS
    return estimate_tokens(request) + int(answer)
