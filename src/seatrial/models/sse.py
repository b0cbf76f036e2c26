"""Server-sent events: bytes split anywhere in, `data` payloads out, and `error` fields as `{"error": …}`.

Sources: the WHATWG HTML standard, section 9.2 "Server-sent events", of whose fields only `data` matters to the model
wires; for `error` llama.cpp's change "server: fix SSE and OpenAI compatibility for error messages when streaming".
"""

from __future__ import annotations

MAX_EVENT_BYTES = 8 * 1024 * 1024
_BOM = b"\xef\xbb\xbf"


class EventTooLarge(ValueError):
    """An event grew past `MAX_EVENT_BYTES` without ending."""


class SseDecoder:
    """Feed it chunks; it gives the payloads that became complete. Lines end in LF, CRLF or CR."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []  # of a line that has no end yet, joined when it has: else long ones take long
        self._waiting = 0
        self._held = False  # the line ends in CR, and the LF of a CRLF may come with the next chunk
        self._data: list[bytes] = []
        self._size = 0
        self._begun = False

    def close(self) -> list[bytes]:
        """The payload of an event that had begun when the stream ended, if any. The standard drops it, since it may be
        cut; but some servers end their last event without the empty line, so the caller decides.
        """
        rest = b"".join(self._pieces).rstrip(b"\r")
        self._keep(b"")
        events: list[bytes] = []
        for line in (rest, b""):
            self._take(line, events)
        return events

    def feed(self, chunk: bytes) -> list[bytes]:
        events: list[bytes] = []
        if self._pieces and self._begun and not self._held and b"\n" not in chunk and b"\r" not in chunk:
            self._pieces.append(chunk)
            self._waiting += len(chunk)
        else:
            self._split(b"".join((*self._pieces, chunk)) if self._pieces else chunk, events)
        if self._waiting + self._size > MAX_EVENT_BYTES:
            raise EventTooLarge(f"an event of more than {MAX_EVENT_BYTES // 2**20} MiB")
        return events

    def _split(self, buffer: bytes, events: list[bytes]) -> None:
        if not self._begun:
            if len(buffer) < len(_BOM) and _BOM.startswith(buffer):
                self._keep(buffer)
                return
            self._begun = True
            buffer = buffer.removeprefix(_BOM)
        self._held = buffer.endswith(b"\r")
        if self._held:
            buffer = buffer[:-1]
        lines = (buffer.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in buffer else buffer).split(b"\n")
        self._keep(lines.pop() + (b"\r" if self._held else b""))
        for line in lines:
            self._take(line, events)

    def _keep(self, rest: bytes) -> None:
        self._pieces = [rest] if rest else []
        self._waiting = len(rest)

    def _take(self, line: bytes, events: list[bytes]) -> None:
        if not line:
            payload = b"\n".join(self._data)
            if payload:  # `data:` alone keeps a connection alive and is no event
                events.append(payload)
            self._data, self._size = [], 0
        elif line.startswith(b"data:"):
            value = line[6:] if line[5:6] == b" " else line[5:]
            self._data.append(value)
            self._size += len(value)
        elif line == b"data":
            self._data.append(b"")
        elif line.startswith(b"error:"):  # no field of the standard: llama.cpp's servers up to autumn 2025
            events.append(b'{"error":' + line[6:] + b"}")
