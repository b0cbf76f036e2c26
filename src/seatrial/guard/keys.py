"""The key of fingerprints and pseudonyms: from the environment, else one made for this installation.

A plain hash of an e-mail address or card number can be found again by trying them all; with a key it cannot. The same
key gives the same fingerprint everywhere it is used, so that machines of one service can share one. Whoever has the
key can try values against fingerprints: it belongs where other secrets are.
"""

from __future__ import annotations

import base64
import hmac
import os
import secrets
import tempfile
from functools import lru_cache
from pathlib import Path

from seatrial.core.errors import SpecError

VARIABLE = "SEATRIAL_GUARD_KEY"
SHORTEST = 16
"""Characters of a key in the environment: less can be guessed."""

_SIZE = 32


class Keyed:
    """Fingerprints and pseudonyms under one key."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def fingerprint(self, text: str) -> str:
        """16 hex digits (64 bits of HMAC-SHA256) for what was matched."""
        return self._digest("fingerprint", text).hex()[:16]

    def code(self, label: str, text: str, size: int) -> str:
        """`size` letters and digits (base 32) that stand for a text of this label."""
        return base64.b32encode(self._digest(f"pseudonym {label}", text)).decode()[:size]

    def _digest(self, use: str, text: str) -> bytes:
        return hmac.digest(self._key, f"{use}\0{text}".encode("utf-8", "surrogatepass"), "sha256")


def installed_key() -> Keyed:
    """The key in the variable SEATRIAL_GUARD_KEY, else that of this installation, which is made when it is first
    needed; where its file cannot be written, one for the life of the process. Raises SpecError for a key too short.
    """
    given = os.environ.get(VARIABLE, "")
    if given:
        if len(given.strip()) < SHORTEST:
            raise SpecError(
                f"the key in {VARIABLE} is too short",
                expected=f"at least {SHORTEST} characters",
                got=str(len(given.strip())),
                hint="for example of  openssl rand -hex 32",
            )
        return Keyed(given.encode("utf-8", "surrogateescape"))
    return Keyed(_of_installation(key_file()))


def key_file() -> Path:
    """Where the key of this installation stands."""
    state = os.environ.get("XDG_STATE_HOME", "")
    return (Path(state) if state else Path.home() / ".local" / "state") / "seatrial" / "guard.key"


@lru_cache(maxsize=8)
def _of_installation(path: Path) -> bytes:
    try:
        return _read(path)
    except FileNotFoundError:
        pass
    except OSError:
        return secrets.token_bytes(_SIZE)
    try:
        _make(path)
    except FileExistsError:  # another process was faster
        pass
    except OSError:
        return secrets.token_bytes(_SIZE)
    return _read(path)


def _make(path: Path) -> None:
    """Linked into place when it is whole, so that nobody reads half a key."""
    path.parent.mkdir(parents=True, exist_ok=True)
    made, name = tempfile.mkstemp(dir=path.parent)  # readable by its owner alone
    try:
        with os.fdopen(made, "wb") as file:
            file.write(secrets.token_bytes(_SIZE))
        os.link(name, path)
    finally:
        os.unlink(name)


def _read(path: Path) -> bytes:
    """The key in the file."""
    key = path.read_bytes()
    if len(key) < _SIZE:
        raise SpecError("the key of the guards is not whole", file=str(path), hint="remove the file: a new one is made")
    return key
