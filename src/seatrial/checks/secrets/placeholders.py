"""What stands where a secret would, in examples and templates, and is none."""

from __future__ import annotations

from seatrial.checks.folded import scanner

_EMPTY = scanner(
    r"(?i)^(?:[x*.\-_#?0\x80]{3,}|<.*>?|\$?\{.*\}?|\$[a-z_][a-z0-9_]*|%[a-z_]+%?|\{\{.*|\[.*\]?|\(.*|(?:os\.)?(?:env|environ|getenv|process|config|settings|secrets?"
    r"|self|args|params|options|request|req|ctx|var|local|data|vault|input|opts|user|props|state|this)[.\[(].*)$"
)
_SAID = scanner(
    r"(?i)(?:^|[^a-z])(?:your|my|example|sample|dummy|placeholder|redacted|changeme|change[_\-]me|change[_\-]this|replace|insert|todo|fixme|fake|mock|hidden"
    r"|removed|masked|secret[_\-]?here|goes[_\-]?here|none|null|undefined|nil|true|false|test|testing|tbd|n/a|password|passwd|pass|secret|token"
    r"|string|str|required|optional|enter|foo|bar|baz|foobar|lorem|abc123|user|username)(?:$|[^a-z])"
)


def is_placeholder(value: bytes) -> bool:
    """Whether a value stands for a secret: stars, `<password>`, `${TOKEN}`, `your-key-here`."""
    return len(set(value)) <= 3 or _EMPTY.search(value) is not None or _mostly_said(value)


def _mostly_said(value: bytes) -> bool:
    """Whether words of example texts make up most of it: my-pass-word is one, my-Rk3hT0q9 is not."""
    match = _SAID.search(value)
    rest = len(value)
    while match is not None:
        rest -= match.end() - match.start()
        match = _SAID.search(value, match.end() - 1) if match.end() - 1 > match.start() else None
    return rest * 2 <= len(value) and rest < 8
