"""The detector of code that does harm where it is run: in a shell, a database, a template engine, a browser.

The families follow the Common Weakness Enumeration (78 command, 89 SQL, 1336 template, 79 cross-site scripting, 22
path traversal, 502 deserialisation). Every pattern has a bound, so that the check can stand on a stream.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Annotated, Any, Literal

import msgspec
import re2

from seatrial.checks.define import Example, builtin, failed, passed
from seatrial.checks.detectors.hosts import own_length
from seatrial.checks.folded import every, scanner
from seatrial.checks.holdback import Holdback
from seatrial.core.verdict import Verdict
from seatrial.spec.pattern_width import longest_match

Kind = Literal["shell", "sql", "template", "script", "path", "deserialisation"]

PATTERNS: dict[Kind, tuple[str, ...]] = {
    "shell": (
        r"\brm[ \t]{1,4}(?:-{1,2}[\w-]{1,20}[ \t]{1,4}){1,4}[\"']?(?:/\B|~\B|\$HOME\b|\*\B)",
        r"(?:;|&&|\|\|?|`|\$\()[ \t]{0,4}(?:rm[ \t]{1,4}-|wget[ \t]|curl[ \t]|nc[ \t]|ncat[ \t]|bash[ \t]|sh[ \t]-"
        r"|python[23]?[ \t]-c|perl[ \t]-e|cat[ \t]{1,4}/etc|whoami\b|id[ \t]{0,2}[;&)]|powershell|chmod[ \t]"
        r"|mkfifo[ \t]|reboot\b|shutdown\b)",
        r"\b(?:curl|wget)[ \t][^\n|;]{1,160}\|[ \t]{0,4}(?:sudo[ \t]{1,4})?(?:ba|z|da)?sh\b",
        r"\bbash[ \t]{1,4}-i[ \t]{0,4}>&|/dev/(?:tcp|udp)/[\w.-]{1,80}/\d{1,5}",
        r"\bnc(?:at)?[ \t][^\n]{0,80}-e[ \t]{0,4}(?:/bin/)?(?:ba)?sh\b",
        r":\(\)[ \t]{0,4}\{[ \t]{0,4}:\|:&[ \t]{0,4}\};[ \t]{0,4}:|\bmkfs(?:\.\w{1,8})?[ \t]{1,4}/dev/",
        r"\bdd[ \t][^\n]{0,80}\bof=/dev/[a-z]|>[ \t]{0,4}/dev/(?:sd[a-z]|nvme\d|hd[a-z])",
        r"\bchmod[ \t]{1,4}(?:-R[ \t]{1,4})?0?777[ \t]{1,4}/|/etc/(?:passwd|shadow|sudoers)\b",
        r"(?i)\bbase64[ \t]{1,4}(?:-d|--decode|-D)\b[^\n]{0,80}\|[ \t]{0,4}(?:ba|z)?sh\b",
        r"(?i)\bpowershell(?:\.exe)?[ \t][^\n]{0,80}-e(?:nc|ncodedcommand)?[ \t]|\bDownload(?:String|File)\("
        r"|\bInvoke-Expression\b|\bIEX[ \t]{0,4}\(",
        r"(?i)\b(?:del|rd|rmdir)[ \t]{1,4}(?:/[a-z][ \t]{1,4}){1,4}[\"']?[a-z]:\\|\bformat[ \t]{1,4}[a-z]:\B",
        r"\b(?:os\.system|subprocess\.(?:run|call|Popen|check_output)|child_process)\b[^\n]{0,60}\brm[ \t]{1,4}-",
    ),
    "sql": (
        r"(?i)['\")][ \t]{0,8}(?:or|and|\|\|)[ \t]{1,8}['\"(]?\w{1,20}['\")]?[ \t]{0,8}(?:=|like\b|<|>)"
        r"[ \t]{0,8}['\"(]?\w",
        r"(?i)['\")][ \t]{0,8}or[ \t]{1,8}(?:true\b|not[ \t]{1,4}false\b)",
        r"(?i)\b(?:or|and)[ \t]{1,8}(?:1[ \t]{0,4}=[ \t]{0,4}1\b|'1'[ \t]{0,4}=[ \t]{0,4}'1"
        r"|\"1\"[ \t]{0,4}=[ \t]{0,4}\"1)",
        r"(?i)\bunion[\s/*+]{1,12}(?:all[\s/*+]{1,12})?select\b",
        r"(?i)['\")\d][ \t]{0,8};[ \t]{0,8}(?:drop|delete|truncate|alter|insert|update|exec|shutdown|grant)[ \t]",
        r"(?i);[ \t]{0,8}(?:drop|truncate)[ \t]{1,8}(?:table|database|schema)\b",
        r"(?i)\b(?:sleep|benchmark|pg_sleep)[ \t]{0,4}\([ \t]{0,4}\d{1,9}[ \t]{0,4}[,)][^\n]{0,20}--"
        r"|\bwaitfor[ \t]{1,4}delay[ \t]{1,4}['\"]",
        r"(?i)\bxp_cmdshell\b|\bselect\b[^\n;]{1,120}\binformation_schema\.(?:tables|columns|schemata)\b",
        r"(?i)\binto[ \t]{1,4}(?:out|dump)file\b|\bload_file[ \t]{0,4}\(",
        r"['\"][ \t]{0,4};?[ \t]{0,4}--[ \t\r\n]",
    ),
    "template": (
        r"\{\{[^{}\n]{0,100}(?:__\w{2,30}__|\bconfig\b|\bself\.|\bcycler\b|\blipsum\b|\brequest\.|\bconstructor\b|\bpopen\b)"
        r"[^{}\n]{0,80}\}\}",
        r"\{\{[ \t]{0,4}\d{1,6}[ \t]{0,4}[*+-][ \t]{0,4}['\"]?\d{1,6}",
        r"\.__(?:class|mro|subclasses|globals|builtins|base|bases)__",
        r"\$\{[ \t]{0,4}(?:jndi:|sys:|env:|java:|script:|T\(|\d{1,6}[ \t]{0,4}[*+])[^}\n]{0,60}\}?",
        r"<%=?[^%\n]{0,100}(?:system|exec|eval|Runtime|`|\d[ \t]{0,4}\*[ \t]{0,4}\d)[^%\n]{0,80}%>",
        r"#\{[^}\n]{0,80}(?:system|exec|eval|T\(|\d[ \t]{0,4}\*[ \t]{0,4}\d)[^}\n]{0,80}\}",
        r"\{%[^%\n]{0,80}(?:import|include)\b[^%\n]{0,80}%\}|\bfreemarker\.template\.utility\.Execute\b",
    ),
    "script": (
        r"(?i)<script\b[^>]{0,200}>",
        r"(?i)<[a-z]{1,12}\b[^<>]{0,160}[\s/\"']on[a-z]{3,24}[ \t]{0,4}=",
        r"(?i)\b(?:javascript|vbscript)[ \t]{0,4}:[^\s/][^\s]{0,80}",
        r"(?i)<(?:iframe|object|embed)\b[^>]{0,200}\b(?:src|data|srcdoc)[ \t]{0,4}=",
        r"(?i)\bdata:text/html[;,][^\s]{0,80}",
    ),
    "path": (
        r"(?:\.\.[/\\]){2,8}[\w./\\-]{0,50}",
        r"(?i)(?:%2e%2e(?:%2f|%5c|/|\\)|\.\.(?:%2f|%5c)){1,8}[\w./\\%-]{0,50}",
        r"(?i)\b(?:file|php|phar|zip|expect)://[^\s\"'<>]{0,120}(?:etc/passwd|filter|win\.ini|\.\./)",
    ),
    "deserialisation": (
        r"\bc?[pP]ickle\.loads?\(|\bmarshal\.loads\(|\bjsonpickle\.decode\(",
        r"\byaml\.unsafe_load\(|!!python/(?:object|name|module)\S{0,80}",
        r"\brO0AB[A-Za-z0-9+/=]{10,80}|\baced0005[0-9a-f]{4,80}|O:\d{1,4}:\"[A-Za-z_\\]{1,60}\":\d{1,4}:\{",
    ),
}
"""RE2 patterns. None is anchored to the ends of the text, and each has a longest match."""


@cache
def _longest(kinds: tuple[Kind, ...]) -> int:
    return max(longest_match(pattern) or 0 for kind in kinds for pattern in PATTERNS[kind])


@builtin(
    "code-danger",
    kind="detector",
    example=Example(
        "code-danger",
        passes=["SELECT name FROM users WHERE id = 5;", "rm notes.txt", "Hello {{ name }}, it costs ${price}"],
        fails=["sudo rm -rf /", "' OR 1=1 --", "{{ ''.__class__.__mro__ }}", "<script>alert(1)</script>"],
    ),
    holdback=lambda *, kinds: Holdback(bound=_longest(tuple(kinds)), before=1),
)
def code_danger(
    text: str,
    *,
    kinds: Annotated[
        list[Kind],
        msgspec.Meta(description="what is looked for", min_length=1),
    ] = ["shell", "sql", "template", "script", "path", "deserialisation"],  # noqa: B006
) -> Verdict:
    """The text has no code that destroys, breaks out or injects where it is run.

    Shell commands that destroy or open a door, SQL injections, template injections, scripts for browsers, paths out of
    a folder, and data that runs when it is read back. For answers that are run, rendered or passed on; a text about
    security will fail where it quotes such code.
    """
    together, rows = _compiled()
    read = _bytes(text)
    spans: list[tuple[int, int, str]] = []
    for index in together.Match(read) or ():
        kind, pattern = rows[index]
        if kind in _GOING_ON & set(kinds):
            reach = _longest((kind,))
            spans.extend((start, _end(read, start, end, reach), kind) for start, end in every(pattern, read))
        elif kind in kinds:
            spans.extend((*place, kind) for place in every(pattern, read))
    if not spans:
        return passed()
    spans.sort()
    found = list(dict.fromkeys(kind for _, _, kind in spans))
    return failed(f"has code that may do harm ({', '.join(found)})", spans=spans, label=found[0])


def _bytes(text: str) -> bytes:
    """A byte for each character: places in bytes RE2 tells four times as fast. The long s and the sign of kelvin are
    letters beyond Latin-1 that patterns which ignore case take for theirs.
    """
    if text.isascii():
        return text.encode()
    return text.replace("\u017f", "s").replace("\u212a", "K").encode("latin-1", "replace")


_GOING_ON: set[Kind] = {"template", "script", "path"}
_WHOLE = {
    b"{{": re.compile(rb"\{\{[^{}\n]*(?:\{[^{}\n]*\}[^{}\n]*)*\}\}"),
    b"${": re.compile(rb"\$\{[^{}\n]*(?:\{[^{}\n]*\}[^{}\n]*)*\}"),
    b"#{": re.compile(rb"#\{[^{}\n]*(?:\{[^{}\n]*\}[^{}\n]*)*\}"),
    b"<%": re.compile(rb"<%(?:[^%\n]|%(?!>))*%>"),
    b"..": re.compile(rb"[\w./\\%-]+"),
    b"%2": re.compile(rb"[\w./\\%-]+"),
    b"<": re.compile(rb"(?i)<script\b[^<>]*>[^<]*</script[ \t]*>|<(?:[^<>\"']|\"[^\"<]*\"|'[^'<]*')*>"),
}
"""What begins so, up to where it ends."""

_NAMES = frozenset(b"JVDjvd")
"""What addresses that run as scripts begin with: javascript, vbscript, data."""

_CLOSED = ord(")")


def _end(read: bytes, start: int, end: int, reach: int) -> int:
    """Where that ends of which a dangerous part stands at these places: the rest of a path and closing brackets are
    told with it, so that none stays where it is redacted, if they stand within `reach` of its beginning. Brackets that
    it does not open are not.
    """
    if read[start] in _NAMES:
        return start + own_length(read[start:end].decode("latin-1")) if read[end - 1] == _CLOSED else end
    whole = _WHOLE.get(read[start : start + 2]) or _WHOLE.get(read[start : start + 1])
    found = whole.match(read, start, start + reach) if whole is not None else None
    return max(end, found.end()) if found is not None else end


@cache
def _compiled() -> tuple[Any, list[tuple[Kind, Any]]]:
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.max_mem = 64 << 20
    together = re2.Set.SearchSet(options)
    rows: list[tuple[Kind, Any]] = []
    for kind, patterns in PATTERNS.items():
        for pattern in patterns:
            together.Add(pattern.encode())
            rows.append((kind, scanner(pattern)))
    together.Compile()
    return together, rows
