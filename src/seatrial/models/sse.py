"""Server-sent events: bytes split anywhere in, `data` payloads out.

Source: the WHATWG HTML standard, section 9.2 "Server-sent events"; only `data` fields matter to the model wires.
"""

from __future__ import annotations

MAX_EVENT_BYTES = 8 * 1024 * 1024


class EventTooLarge(ValueError):
    """An event grew past `MAX_EVENT_BYTES` without ending."""


class SseDecoder:
    """Feed it chunks; it gives the payloads that became complete. Lines end in LF, CRLF or CR."""

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[bytes] = []
        self._size = 0

    @property
    def unfinished(self) -> bool:
        """Whether an event has begun that has not ended."""
        return bool(self._rest.strip() or self._data)

    def feed(self, chunk: bytes) -> list[bytes]:
        buffer = self._rest + chunk if self._rest else chunk
        held = buffer.endswith(b"\r")  # the LF of a CRLF may come with the next chunk
        if held:
            buffer = buffer[:-1]
        lines = (buffer.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in buffer else buffer).split(b"\n")
        self._rest = lines.pop() + (b"\r" if held else b"")
        events: list[bytes] = []
        for line in lines:
            self._take(line, events)
        if len(self._rest) + self._size > MAX_EVENT_BYTES:
            raise EventTooLarge(f"an event of more than {MAX_EVENT_BYTES // 2**20} MiB")
        return events

    def _take(self, line: bytes, events: list[bytes]) -> None:
        if not line:
            if self._data:
                events.append(b"\n".join(self._data))
                self._data, self._size = [], 0
        elif line.startswith(b"data:"):
            value = line[6:] if line[5:6] == b" " else line[5:]
            self._data.append(value)
            self._size += len(value)
        elif line == b"data":
            self._data.append(b"")
