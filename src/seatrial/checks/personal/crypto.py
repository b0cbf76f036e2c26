"""Addresses of crypto currencies: by checksum where they have one that hashlib can compute.

Base58Check is Bitcoin's (https://en.bitcoin.it/wiki/Base58Check_encoding), Bech32 BIP 173, Bech32m BIP 350. An Ethereum
address is 0x and 40 hexadecimal digits; its checksum in letter case (EIP-55) needs Keccak-256, which the standard library has
not, and most are written without it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from seatrial.checks.folded import scanner
from seatrial.checks.personal.found import Found, Recogniser

_BASE58 = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BASE58_VALUE = {byte: value for value, byte in enumerate(_BASE58)}
_VERSIONS = frozenset((0x00, 0x05, 0x30, 0x32, 0x1E, 0x16, 0x41, 0x4C, 0x10))
"""First bytes of addresses of Bitcoin, Litecoin, Dogecoin, Tron and Dash."""

_BECH32 = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_BECH32_VALUE = {byte: value for value, byte in enumerate(_BECH32)}

_CODED = scanner(r"\b[1-9A-HJ-NP-Za-km-z]{26,35}\b")
_SEGWIT = scanner(r"\b(?:(?:bc|ltc|tb)1[02-9ac-hj-np-z]{11,87}|(?:BC|LTC|TB)1[02-9AC-HJ-NP-Z]{11,87})\b")
_ETHER = scanner(r"\b0x[0-9a-fA-F]{40}\b")


def _addresses(folded: bytes, text: str) -> Iterator[Found]:
    for pattern, holds in ((_CODED, _base58check), (_SEGWIT, _bech32), (_ETHER, _any)):
        for match in pattern.finditer(folded):
            start, end = match.span()
            if holds(folded[start:end]):
                yield Found(start, end, "crypto-address", True)


def _any(address: bytes) -> bool:
    return any(byte not in b"0x" for byte in address)


def _base58check(address: bytes) -> bool:
    if address[0] not in b"13LMDATX9" or address.isalpha() or address.isdigit():
        return False
    number = 0
    for byte in address:
        number = number * 58 + _BASE58_VALUE[byte]
    if number.bit_length() > 200:
        return False
    raw = number.to_bytes(25)
    return raw[0] in _VERSIONS and hashlib.sha256(hashlib.sha256(raw[:21]).digest()).digest()[:4] == raw[21:]


def _bech32(address: bytes) -> bool:
    """The remainder of the polynomial is 1 (Bech32) or 0x2bc830a3 (Bech32m)."""
    prefix, _, data = address.lower().partition(b"1")
    values = [byte >> 5 for byte in prefix] + [0] + [byte & 31 for byte in prefix] + [_BECH32_VALUE[b] for b in data]
    remainder = 1
    for value in values:
        top = remainder >> 25
        remainder = (remainder & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            if top >> bit & 1:
                remainder ^= generator
    return remainder in (1, 0x2BC830A3)


RECOGNISERS = (
    Recogniser(
        ("crypto-address",),
        r"\b[1-9A-HJ-NP-Za-km-z]{26}|\b0x[0-9a-fA-F]{40}|(?i)\b(?:bc|ltc|tb)1[0-9a-z]{11}",
        _addresses,
    ),
)
