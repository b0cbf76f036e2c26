"""Who asks AWS: a Bedrock API key, or an access key with which every request is signed (Signature Version 4).

Source: the AWS Identity and Access Management user guide, "AWS Signature Version 4 for API requests". Signed are the
method, the path, the query, the host, the time, the session token and the body; other headers need not be.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import reduce
from urllib.parse import quote

from seatrial.core.errors import SpecError
from seatrial.models.accounts import Account, KeyHeader
from seatrial.models.http_head import parse_url

ALGORITHM = "AWS4-HMAC-SHA256"
SERVICE = "bedrock"

Headers = tuple[tuple[str, str], ...]


def aws_account(
    name: str | None, key: str | None, *, options: Mapping[str, str], environment: Mapping[str, str]
) -> Account:
    """With `key` an account that shows it, else one that signs with the access key of `environment`. Raises SpecError
    when there is none, or no region for it.
    """
    if key:
        return KeyHeader(name, key)
    given = {**environment, **options}
    missing = [each for each in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "region") if not given.get(each)]
    if missing:
        raise SpecError(f"requests to AWS cannot be signed without {missing[0]}", hint=f"{name} may hold a key instead")
    token = environment.get("AWS_SESSION_TOKEN")
    return AccessKey(given["AWS_ACCESS_KEY_ID"], given["AWS_SECRET_ACCESS_KEY"], token, region=given["region"])


def _now() -> datetime:
    return datetime.now(UTC)


class AccessKey:
    """Signs POST requests. `token` belongs to keys that expire."""

    name: str | None = "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"

    def __init__(
        self,
        key_id: str,
        secret: str,
        token: str | None = None,
        *,
        region: str,
        service: str = SERVICE,
        now: Callable[[], datetime] = _now,
    ) -> None:
        self.secrets: tuple[str, ...] = tuple(filter(None, (secret, token, key_id)))
        self._key_id, self._secret, self._token = key_id, secret, token
        self._region, self._service, self._now = region, service, now

    async def headers(self, url: str, body: bytes) -> Headers:
        return self.signed("POST", url, (), body)

    def signed(self, method: str, url: str, headers: Iterable[tuple[str, str]], body: bytes) -> Headers:
        """The headers to add to a request. `headers` of its own are signed with it. Raises ValueError for a URL that
        cannot be sent.
        """
        time = self._now().strftime("%Y%m%dT%H%M%SZ")
        own = (("x-amz-date", time), *((("x-amz-security-token", self._token),) if self._token else ()))
        origin, target = parse_url(url)
        told = canonical_headers((("host", origin.authority), *own, *headers))
        signed = ";".join(told)
        lines = [f"{name}:{value}" for name, value in told.items()]
        request = "\n".join([method, *_canonical_target(target), *lines, "", signed, hashlib.sha256(body).hexdigest()])
        scope = f"{time[:8]}/{self._region}/{self._service}/aws4_request"
        to_sign = "\n".join([ALGORITHM, time, scope, hashlib.sha256(request.encode()).hexdigest()])
        key = reduce(_mac, scope.split("/"), f"AWS4{self._secret}".encode())
        credential = f"Credential={self._key_id}/{scope}, SignedHeaders={signed}, Signature={_mac(key, to_sign).hex()}"
        return (*own, ("authorization", f"{ALGORITHM} {credential}"))


def canonical_headers(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """By name, in lower case and in order; values with single spaces, those of one name with commas between."""
    found: dict[str, list[str]] = {}
    for name, value in headers:
        found.setdefault(name.lower(), []).append(" ".join(value.split()))
    return {name: ",".join(found[name]) for name in sorted(found)}


def _canonical_target(target: str) -> tuple[str, str]:
    """The path, encoded once more than it is sent (as all services but S3 want it), and the query in order."""
    path, _, query = target.partition("?")
    pairs = sorted(pair.partition("=")[::2] for pair in query.split("&") if pair)
    return quote(path, safe="/~"), "&".join(f"{name}={value}" for name, value in pairs)


def _mac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
