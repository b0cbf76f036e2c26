"""Whether a request to AWS carries the key: as a Bedrock API key, or as the secret that it is signed with.

Sources: the AWS Identity and Access Management user guide, "AWS Signature Version 4 for API requests", and the common
errors of the AWS API references.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from urllib.parse import quote, urlencode

from seatrial.models.aws_account import ALGORITHM, AccessKey
from seatrial.testing.simulator.asked import Refused
from seatrial.testing.simulator.call import Call
from seatrial.testing.simulator.wire import bearer

_FIELDS = re.compile(r"(Credential|SignedHeaders|Signature)=([^,\s]+)")
_OWN = ("host", "x-amz-date", "x-amz-security-token")
"""What our own signer signs by itself."""

_WRONG_SIGNATURE = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key"
    " and signing method. Consult the service documentation for details."
)


def check_aws_key(call: Call, key: str) -> None:
    """Raises Refused as AWS would. Whose access key it is, and when it was signed, is not looked at."""
    proof = call.headers.get("authorization", "")
    if not proof:
        raise Refused(403, "Missing Authentication Token", code="MissingAuthenticationTokenException")
    if proof.startswith(ALGORITHM):
        _check_signature(call, key, dict(_FIELDS.findall(proof)))
    elif bearer(call) != key:
        raise Refused(403, "Authentication failed: Please make sure your API Key is valid.")


def _check_signature(call: Call, key: str, given: dict[str, str]) -> None:
    if set(given) != {"Credential", "SignedHeaders", "Signature"}:
        said = "Authorization header requires 'Credential', 'SignedHeaders' and 'Signature' parameters."
        raise Refused(403, said, code="IncompleteSignatureException")
    if _signature(call, key, given) != given["Signature"]:
        raise Refused(403, _WRONG_SIGNATURE, code="InvalidSignatureException")


def _signature(call: Call, key: str, given: dict[str, str]) -> str:
    """The signature that the request as it came would have with this secret; empty where it can have none."""
    names = given["SignedHeaders"].split(";")
    try:
        key_id, _, region, service, _ = given["Credential"].split("/")
        time = datetime.strptime(call.headers["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        token = call.headers["x-amz-security-token"] if "x-amz-security-token" in names else None
        others = [(name, call.headers[name]) for name in names if name not in _OWN]
        signer = AccessKey(key_id, key, token, region=region, service=service, now=lambda: time)
        query = f"?{urlencode(call.query, quote_via=quote)}" if call.query else ""
        url = f"http://{call.headers['host']}{call.path}{query}"
        signed = signer.signed(call.method, url, others, call.body)
    except (ValueError, KeyError):
        return ""
    return dict(signed)["authorization"].rpartition("Signature=")[2]
