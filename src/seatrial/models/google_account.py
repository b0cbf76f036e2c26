"""Who asks Google Cloud: an access token, or Application Default Credentials through the google-auth library.

The library blocks while it reads files and fetches tokens, so it works in a thread of its own; importing it takes so
long that it happens there too. A token is kept until shortly before it expires, as the library judges it.

Sources: the Google Cloud documentation, "How Application Default Credentials works"; the reference of google-auth.
"""

from __future__ import annotations

import asyncio
from functools import partial
from importlib.util import find_spec
from threading import Lock
from typing import Any

from seatrial.core.errors import ErrorInfo, ModelError, OutsideError

SCOPE = "https://www.googleapis.com/auth/cloud-platform"

LONGEST_LOGIN = 30.0
"""Seconds until a token must be there."""


class GoogleAccount:
    """`name` is the environment variable with an access token and `token` its value. Without a token the credentials
    are those of the machine: of `gcloud auth application-default login`, of the file that
    GOOGLE_APPLICATION_CREDENTIALS names, or of the cloud it runs in. Raises OutsideError when that needs a library that
    is not installed.
    """

    def __init__(self, name: str | None, token: str | None) -> None:
        if not token:
            _check_library()
        self.name = name
        self.secrets: tuple[str, ...] = (token,) if token else ()
        self._token = token
        self._credentials: Any = None
        self._lock = Lock()

    async def headers(self, url: str, body: bytes) -> tuple[tuple[str, str], ...]:
        if self._token:
            return (("authorization", f"Bearer {self._token}"),)
        if not _is_fresh(self._credentials):
            await self._log_in()
        token, project = self._credentials.token, self._credentials.quota_project_id
        self.secrets = (token,)
        shown = ("authorization", f"Bearer {token}")
        return (shown, ("x-goog-user-project", project)) if project else (shown,)

    async def _log_in(self) -> None:
        try:
            await asyncio.wait_for(asyncio.to_thread(self._refresh), LONGEST_LOGIN)
        except TimeoutError as error:
            what = f"no Google access token within {LONGEST_LOGIN:g} seconds"
            raise ModelError(ErrorInfo(kind="timeout", message=what, retryable=True, switchable=True)) from error

    def _refresh(self) -> None:
        """Runs in a thread; of several at once the first fetches the token for all."""
        import google.auth
        import requests
        from google.auth.exceptions import GoogleAuthError
        from google.auth.transport.requests import Request

        with self._lock, requests.Session() as session:
            request: Any = partial(Request(session), timeout=LONGEST_LOGIN)
            try:
                if self._credentials is None:
                    self._credentials, _ = google.auth.default(scopes=[SCOPE], request=request)
                if not _is_fresh(self._credentials):
                    self._credentials.refresh(request)
            except GoogleAuthError as error:
                raise ModelError(self._fault(error)) from error

    def _fault(self, error: Any) -> ErrorInfo:
        from google.auth.exceptions import TransportError

        passing = isinstance(error, TransportError) or error.retryable
        variable = self.name or "GOOGLE_OAUTH_ACCESS_TOKEN"
        hint = f"gcloud auth application-default login, or  export {variable}=$(gcloud auth print-access-token)"
        return ErrorInfo(
            kind="connect" if passing else "auth",
            message=f"no Google access token: {str(error.args[0] if error.args else error)[:300]}",
            hint=None if passing else hint,
            retryable=passing,
            switchable=True,
        )


def _is_fresh(credentials: Any) -> bool:
    return credentials is not None and credentials.token_state.name == "FRESH"


def _check_library() -> None:
    try:
        found = find_spec("google.auth") and find_spec("requests")
    except ModuleNotFoundError:  # not even the namespace `google` is there
        found = None
    if not found:
        raise OutsideError(
            "Google credentials need the library google-auth, which is not installed",
            hint="pip install 'seatrial[vertex]', or put an access token into GOOGLE_OAUTH_ACCESS_TOKEN",
        )
