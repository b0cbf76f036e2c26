"""What stands where a secret would, in examples and templates, and is none."""

from __future__ import annotations

from seatrial.checks.folded import scanner

_EMPTY = scanner(
    r"(?i)^(?:[x*.\-_#?0\x80]{3,}|<.*>?|\$?\{.*\}?|\$[a-z_][a-z0-9_]*|%[a-z_]+%?|\{\{.*|\[.*\]?|\(.*|(?:os\.)?(?:env"
    r"|environ|getenv|process|config|settings|secrets?"
    r"|self|args|params|options|request|req|ctx|var|local|data|vault|input|opts|user|props|state|this)[.\[(].*)$"
)
_SAID = frozenset(
    b"your my example sample dummy placeholder redacted changeme change replace insert todo fixme fake mock hidden"
    b" removed masked none null undefined nil true false test testing tbd password passwd pass secret token string"
    b" str required optional enter foo bar baz foobar lorem abc123 user username".split()
)
"""Words of example texts."""

_BESIDE = frozenset(
    b"a an the this that is of for in with to be me it here there goes go now new own real actual"
    b" key keys word words phrase value values name id app api access auth client server service account login admin"
    b" db database host email mail prod dev local".split()
)
"""Words that stand beside those: your-key-here, change_this_value."""

_NOT_LETTERS = bytes(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789\xff"))
_AS_SPACES = bytes.maketrans(_NOT_LETTERS, b" " * len(_NOT_LETTERS))


def is_placeholder(value: bytes) -> bool:
    """Whether a value stands for a secret: stars, `<password>`, `${TOKEN}`, `your-key-here`."""
    return len(set(value)) <= 3 or _EMPTY.search(value) is not None or _is_said(value)


def _is_said(value: bytes) -> bool:
    """Whether it is a word of example texts, or several with signs between them: my-pass-word is, hunter2secret and
    Example123! are not, as people do take such words into their passwords.
    """
    words = frozenset(value.translate(_AS_SPACES).lower().split())
    return words <= _SAID | _BESIDE and not words.isdisjoint(_SAID)
