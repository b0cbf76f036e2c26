"""Writes the reference pages from what the code itself says; `--check` writes nothing and fails when one is stale.

Names, defaults, types and help come from the registries, the click commands and the tables that read the files. The
meaning of a file's keys stands here, beside the tables: a key without one, or one without its key, ends the build.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, get_args

import click
import msgspec

import seatrial.feature.lending  # noqa: F401 - joins the checks that ask a model to the table
from seatrial.checks.define import CHECKS, CheckDefinition
from seatrial.checks.describe import (
    GROUPS,
    CheckDescription,
    describe_check,
    group_of,
    groups,
    judged_words,
)
from seatrial.checks.signature import COMMON, GUARD_KEYS
from seatrial.cli import app as cli
from seatrial.core.decision import Action
from seatrial.datasets.source import TYPES
from seatrial.evals import cases, suite_file
from seatrial.feature import models_spec, parameters, resilience, reuse, spec
from seatrial.models.catalogue import PROVIDERS
from seatrial.models.retry import LONGEST_TOTAL, LONGEST_WAIT, PATIENCE
from seatrial.models.transport import Timeouts
from seatrial.prompts import inputs
from seatrial.spec.rows import SUFFIXES
from seatrial.testing.simulator.kinds import KINDS

FOLDER = Path(__file__).resolve().parent / "reference"
NOTE = "<!-- Written by docs/generate.py from the code: change the code, then run `make docs`. -->"


def checks_page() -> str:
    described = [describe_check(name) for name, definition in builtin_checks()]
    parts = [
        "# Checks",
        "A check judges one text of one exchange and gives a verdict: `pass`, `fail`, `unscored` (there was nothing to"
        " judge by) or `error` (the check broke). In YAML it is a name (`starts-lowercase`), a name with a value for"
        " its first parameter (`max-words: 60`), or with parameters (`number-equals: {value: 5, tolerance: 0.1}`).",
        "`not-` before a name swaps pass and fail and turns the score: `not-contains: robot`. Unscored and error stay.",
        "`seatrial checks explain NAME` says the same on a terminal, and `seatrial checks measure` holds a check"
        " against labelled data.",
        "## Parameters of every check",
        _table(["name", "meaning"], _described(COMMON, _COMMON)),
    ]
    for heading, members in groups(described):
        parts.append(f"## {heading}")
        parts.extend(_check_section(check) for check in members)
    return _page(parts)


def builtin_checks() -> Iterable[tuple[str, CheckDefinition]]:
    """Ours, and not those that a feature or another package registered in this process."""
    known = {name: CHECKS.get(name) for name in CHECKS}
    ours = {name: each for name, each in known.items() if each.function.__module__ in GROUPS}
    order = list(GROUPS.values())
    return sorted(ours.items(), key=lambda item: order.index(group_of(item[1])))


_COMMON = {
    "weight": "how much it counts: 0 reports and decides nothing; 1 is the default",
    "metric": "a name under which its score is averaged over the cases",
    "threshold": "the score, from 0 to 1, from which it passes",
    "on": "which text it judges: `answer` (as delivered, the default), `raw` (the model's own), `input` or `context`",
}


def _check_section(check: CheckDescription) -> str:
    parts = [f"### {check.name}", check.meaning]
    if check.details:
        parts.append(check.details)
    if check.parameters:
        rows = [
            [f"`{each.name}`", each.type, "required" if each.required else _default(each.default), each.meaning]
            for each in check.parameters
        ]
        parts.append(_table(["parameter", "type", "default", "meaning"], rows))
    if check.example is not None:
        parts.append(_code(check.example.write, "yaml"))
        lines = [
            f"- {word} `` {judged_words(each)} ``"
            for word, judged in (("passes", check.example.passes), ("fails", check.example.fails))
            for each in judged
        ]
        if lines:
            parts.append("\n".join(lines))
    return "\n\n".join(parts)


def commands_page() -> str:
    parts = [
        "# Commands",
        "Every command has `--json` where a program may want its answer, and `--help`. What the exit codes mean:"
        " [exit codes](exit-codes.md).",
    ]
    for section in dict.fromkeys(entry.section for entry in cli.COMMANDS.values()):
        parts.append(f"## {section}")
        for name, entry in cli.COMMANDS.items():
            if entry.section == section:
                command = import_module(f"seatrial.cli.{entry.module}").command
                parts.extend(_command_sections(f"seatrial {name}", command, "###"))
    return _page(parts)


def _command_sections(name: str, command: click.Command, heading: str) -> Iterable[str]:
    ctx = click.Context(command, info_name=name)
    yield f"{heading} {name}"
    pieces = command.collect_usage_pieces(ctx)
    yield _code(" ".join([name, *pieces]), "")
    yield _help(command.help or "")
    rows = [_option_row(param, ctx) for param in command.params if isinstance(param, click.Option)]
    if rows:
        yield _table(["option", "default", "meaning"], rows)
    if isinstance(command, click.Group):
        for inner in command.list_commands(ctx):
            found = command.get_command(ctx, inner)
            assert found is not None
            yield from _command_sections(f"{name} {inner}", found, heading + "#")


def _help(text: str) -> str:
    """Paragraphs as text; those that click keeps as they are written (after a line with a backspace) as code."""
    parts = []
    for paragraph in inspect.cleandoc(text).split("\n\n"):
        if paragraph.startswith("\b"):
            parts.append(_code(paragraph.removeprefix("\b").strip("\n"), ""))
        elif paragraph.strip():
            parts.append(" ".join(paragraph.split()).replace("<", "&lt;"))
    return "\n\n".join(parts)


def _option_row(option: click.Option, ctx: click.Context) -> list[str]:
    names = ", ".join(f"`{name}`" for name in (*option.opts, *option.secondary_opts))
    value = "" if option.is_flag or option.count else f" `{option.make_metavar(ctx)}`"
    default = "required" if option.required else _shown_default(option)
    return [names + value, default, option.help or ""]


def _shown_default(option: click.Option) -> str:
    default = option.to_info_dict()["default"]
    if option.is_flag or default in (None, (), []) or callable(default):
        return ""
    return f"`{default}`"


def exit_codes_page() -> str:
    names = [name for name, value in vars(cli).items() if name.isupper() and isinstance(value, int)]
    meanings = dict(_rows(names, _CODES))
    codes = {getattr(cli, name): meanings[name] for name in names}
    parts = [
        "# Exit codes",
        _table(["code", "meaning"], [[f"`{code}`", codes[code]] for code in sorted(codes)]),
        'With `--json` an error is printed as one object as well: `{"error": {"kind", "message"}}`, where `kind`'
        " is `usage`, `spec`, `model`, `outside` or `bug`.",
    ]
    return _page(parts)


_CODES = {
    "OK": "it did what was asked; of an eval: every gate is held, and every case of a suite without one passed",
    "NOT_HELD": "a gate is not held or lacks evidence; or in a suite without a gate a case failed or is unscored",
    "WRONG_INPUT": "the command line or one of your files is wrong; nothing ran",
    "OUTSIDE": "nothing failed, but something outside did: network, provider, disk",
    "BUG": "a bug of Seatrial",
    "INTERRUPTED": "interrupted; an eval keeps what finished, and `--resume` goes on from there",
    "UNREAD": "nobody reads what it prints any more, as behind `| head`",
}


def files_page() -> str:
    parts = [
        "# The files of a feature",
        "What each file may say. An unknown key is an error that names the nearest known one; a key that is not built"
        " yet is refused. Nothing is accepted and ignored.",
        "## feature.yaml",
        _table(["key", "meaning"], _described(spec.KEYS, _FEATURE)),
        f"Not in this version: {_listed(spec.LATER)}.",
        "### A guard",
        "`- CHECK: {its parameters, action: …}`, in the order in which they stand.",
        _table(["key", "meaning"], _described(GUARD_KEYS, _GUARD)),
        "### A model",
        _table(["key", "meaning"], _described(models_spec.MODEL_KEYS, _MODEL)),
        f"`params` may not name {_listed(parameters.RESERVED)}: the feature sets them itself."
        f" Not in this version: {_listed(models_spec.MODEL_LATER)}.",
        "### Retries",
        _table(["kind of error", "retries", "first wait at most", "longest wait"], [_retry_row(k) for k in PATIENCE]),
        "Each further wait may be twice as long as the one before. How long it is, is drawn evenly between nothing and"
        f" that limit. For `rate_limit` there are {resilience.RATE_LIMIT_RETRIES_BEFORE_ANOTHER} retries where another"
        " model of the route comes next. A `Retry-After` is kept instead, with up to a tenth added, when it is at most"
        f" {LONGEST_WAIT:g} seconds, and no retry begins {LONGEST_TOTAL:g} seconds after the first call; for the last"
        f" model of a route both are {resilience.LAST_WAITS} times as long.",
        "### Providers",
        _table(["`use:`", "wire", "address", "key"], [_provider_row(name) for name in PROVIDERS]),
        "## A prompt's inputs",
        "Types: " + _listed(inputs.TYPES) + ". A name that ends in `?` need not be given.",
        "## A suite",
        _table(["key", "meaning"], _described(suite_file.KEYS, _SUITE)),
        f"Not in this version: {_listed(suite_file.LATER)}.",
        "### A case",
        f"At most one of {_listed(cases.ASKED)}.",
        _table(["key", "meaning"], _described(cases.FIELDS, _CASE)),
        "### A turn",
        _table(["key", "meaning"], _described(cases.TURN_FIELDS, _TURN)),
        "### Cases from data",
        _table(["key", "meaning"], _described(suite_file.FROM_KEYS, _FROM)),
        f"`map` may fill {_listed(suite_file.MAP_KEYS)}. Column types are {_listed(TYPES)}.",
    ]
    return _page(parts)


_FEATURE = {
    "feature": "the feature's name",
    "description": "what it is for, in a sentence",
    "owner": "who answers for it",
    "models": "the models it may use, by name",
    "prompt": "the prompt file, or a mapping of patterns over `use` to files with a `default`",
    "route": "the models to try in order, first that answers; without it the first model alone",
    "output": "`text`, a JSON Schema file (.json or .yaml), or `{schema: FILE, retries: 1}`; see"
    " [Structured output](../guides/structured-output.md)",
    "guards": "checks before and behind the model, by stage (`input`, `context`, `output`), each with its action, and"
    " `budget`; see [Guards](../guides/guards.md)",
}
_GUARD = {
    "action": f"what is done when the check fails, one of {', '.join(get_args(Action))}; required",
    "with": "the reply of refuse, replace and retry (also `{reply: …, times: 2}`); the costlier guard of escalate",
    "mode": "`enforce` (default), or `shadow`: only say what it would do",
    "on_error": "`closed` (default): what cannot be judged is stopped; `open`: it goes on",
    "when": "`{cohort: [VALUE, {NAME: VALUE}]}`: for requests of these cohorts",
    "timeout": "how long one judgement may take",
    "window": "`all` or a number of characters: how much of an answer a check of whole texts judges at a time",
    "speculative": "`true`: it runs beside the model, whose answer waits (input)",
}
_CIRCUIT = resilience.CircuitSpec()
_MODEL = {
    "use": "`provider/model`; for `recording` and `scripted` the file, for `transformers` a folder or a name",
    "params": "what is sent with every call: temperature, max_tokens, …",
    "timeout": f"how long a call may take, like `20s`; {Timeouts().total:g}s by default",
    "retries": f"how often a call that may succeed later is made again, 0 to {resilience.MOST_RETRIES}: a number, or"
    " numbers by kind of error like `{rate_limit: 6, server: 3}`; see [Retries](#retries)",
    "limits": "`{concurrency, requests_per_minute, tokens_per_minute}`: calls that would exceed them wait",
    "circuit": f"`{{failures: {_CIRCUIT.failures}, cool_down: {_CIRCUIT.cool_down:g}s}}`, or `false`: after so many"
    " failures in a row the model is skipped, and tried again after the cool-down; by default so for every model of a"
    " route but the last",
    "hedge": "`{after: 800ms}`: a second request goes out when the first has brought nothing by then; off by default",
    "cache": f"`10m`, or `{{for: 10m, most: {reuse.MOST}}}`: an equal request is given the answer of before; see"
    " [Answers given again](../guides/resilience.md#answers-given-again)",
    "price": "`{input, output}`, and `cache_read` and `cache_write` where they differ from input, in US dollars per"
    " million tokens; without it the listed price, see [costs and budgets](../guides/cost.md)",
    "base_url": "the server's address, for a server of your own",
    "key": "the environment variable that holds the API key",
    "match": "how a recording finds its answer: `exact` by the hash of what is sent, `conversation` by what was said",
    "facts": "what is known of the model, where that is wrong or unknown, like `{images: false, schema: tool}`; see"
    " [Choose a model](../guides/models.md)",
    "api_version": "the dated version of an Azure OpenAI API",
    "region": "where the model is; else what the environment says: for Bedrock `AWS_REGION` or `AWS_DEFAULT_REGION`,"
    " for Vertex `GOOGLE_CLOUD_LOCATION`",
    "project": "the Google Cloud project of a Vertex model, else what `GOOGLE_CLOUD_PROJECT` says",
    "device": "where a model of this process runs, like `cpu` or `cuda:0`; by default a graphics card if there is one",
    "dtype": "its precision, like `bfloat16`; by default as its weights were saved",
    "revision": "which commit, branch or tag of a model of the Hugging Face hub",
}
_SUITE = {
    "suite": "the suite's name",
    "about": "what it holds the feature to, in a sentence",
    "vars": "values of prompt inputs for every case",
    "cohort": "whose requests they are, like `{age: 13-15}`: guards may differ by it; a case may say otherwise",
    "checks": "the checks that judge every answer of every case",
    "gate": '`{pass_rate: ">= 0.8"}`: the bound the pass rate is held to; `allow_unjudged` is how many cases may be'
    ' error or unscored, `repair_rate: "<= 0.05"` in how many something may have been mended,'
    ' `block_rate: "<= 0.02"` in how many a guard may have blocked the answer,'
    " `uncalibrated: allow` lets judges decide that were not held against people; see"
    " [Judge with a model](../guides/judges.md)",
    "cases": "the cases, written out or from data",
}
_CASE = {
    "ask": "what the user says",
    "turns": "a conversation, asked turn by turn",
    "messages": "a conversation up to the user's last message",
    "vars": "values of prompt inputs",
    "cohort": "whose request it is, like `{age: 13-15, locale: de}`: guards may differ by it",
    "answer": "a recorded answer, judged as it stands; no model is called",
    "id": "a name for programs, unique in the suite; without it the hash of what is asked",
    "name": "a name for people",
    "group": "cases that belong together",
    "tags": "words to filter by",
    "checks": "checks for this case, besides the suite's",
    "repeat": "how often to ask: `5`, or `{times: 5, need: 4}` when fewer may pass",
    "threshold": "the weighted mean score, from 0 to 1, from which the case passes",
}
_TURN = {
    "user": "what the user says",
    "vars": "values of prompt inputs for this turn",
    "assistant": "an answer that is said as it stands; no model is called",
    "checks": "checks that judge the answer of this turn alone",
}
_FROM = {
    "from": f"a file ({', '.join(SUFFIXES)}) relative to the suite, or `module:function`",
    "map": "fields of a case as templates over a row; a column reaches nothing by its name alone",
    "types": "the types of columns that are text, by name",
    "vars": _CASE["vars"] + ", as templates",
    "cohort": _CASE["cohort"] + ", as templates",
    "checks": _CASE["checks"] + ", as templates",
    "tags": _CASE["tags"] + ", as templates",
    "repeat": _CASE["repeat"],
    "threshold": _CASE["threshold"],
}


def _retry_row(kind: str) -> Sequence[str]:
    retries, first, longest = PATIENCE[kind]
    return [f"`{kind}`", str(retries), f"{first:g} s", f"{longest:g} s"]


def _provider_row(name: str) -> list[str]:
    provider = PROVIDERS[name]
    if provider.wire == "transformers":
        return [f"`{name}/NAME_OR_PATH`", "in this process", "a folder, or a model of the Hugging Face cache", ""]
    if not provider.over_http:
        return [f"`{name}/FILE`", provider.wire, "a file of the feature", ""]
    address = f"`{provider.base_url}`" if provider.base_url else "`base_url`, required"
    key = f"`{provider.key}`" if provider.key else "none by default"
    others = " and ".join(f"`{variable}`" for variable in provider.variables)
    return [f"`{name}/MODEL`", provider.wire, address, f"{key}, else {others}" if others else key]


def faults_page() -> str:
    described = dict(_described(_fault_parameters(), _FAULT_PARAMETERS))
    parts = [
        "# Faults of the simulator",
        'What `seatrial simulate` and `ProviderServer` can do to a call: `Fault("cut", after=3)` in Python, `cut: 3` or'
        " `cut: {after: 3}` in a schedule, `x-simulate: cut; after=3` as a header of a request. A bare value sets the"
        " first parameter. How they are used: [the guide](../guides/simulator.md).",
        _table(["fault", "parameters", "what is done"], map(_fault_row, KINDS)),
        "## Parameters",
        _table(["parameter", "meaning"], described.items()),
    ]
    return _page(parts)


def _fault_row(name: str) -> list[str]:
    kind = KINDS[name]
    given = [each if value is None else f"{each}={_plain(value)}" for each, value in kind.defaults.items()]
    return [f"`{name}`", ", ".join(f"`{each}`" for each in given), kind.meaning]


def _plain(value: Any) -> str:
    """A default as it is written; text between quotes where it begins or ends with what nobody sees."""
    return repr(value) if isinstance(value, str) and value.strip() != value else f"{value}"


def _fault_parameters() -> Iterable[str]:
    return dict.fromkeys(name for kind in KINDS.values() for name in kind.defaults)


_FAULT_PARAMETERS = {
    "retry_after": "the `Retry-After` header, in seconds; on the Gemini wire in the body too",
    "code": "the provider's own code of the error, instead of the usual one",
    "message": "what the error says",
    "reason": "the finish reason",
    "status": "the HTTP status; of an error inside a stream the one it would have had",
    "text": "what stands there",
    "title": "the title of the page",
    "content_type": "the content type",
    "after": "after so many tokens of a stream (words of its text, pieces of its tool calls); in the middle of a plain"
    " answer",
    "size": "bytes",
    "inside": "so many bytes of the next event still come, never all of them",
    "every": "between any two of them: seconds, or like `5ms`",
    "style": "`crlf` or `cr`",
    "seconds": "how long: seconds, or like `200ms`",
    "into": "`bytes` (each alone), `utf8` (inside every character of more than one byte), `events`, or so many bytes",
    "place": "after so many bytes of the body",
}


def _described(names: Iterable[str], meanings: Mapping[str, str]) -> list[list[str]]:
    return [[f"`{name}`", meaning] for name, meaning in _rows(names, meanings)]


def _rows(names: Iterable[str], meanings: Mapping[str, str]) -> list[tuple[str, str]]:
    """Each name with its meaning. Raises SystemExit when the two do not name the same."""
    listed = list(names)
    wrong = set(listed) ^ set(meanings)
    if wrong:
        raise SystemExit(f"error: docs/generate.py and the code differ on {', '.join(sorted(wrong))}")
    return [(name, meanings[name]) for name in listed]


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _default(value: Any) -> str:
    return "" if value is None else f"`{msgspec.json.encode(value, enc_hook=str).decode()}`"


def _table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heading, ["---"] * len(heading), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|").strip() for cell in line) + " |" for line in lines)


def _code(text: str, language: str) -> str:
    return f"```{language}\n{text}\n```"


def _page(parts: Iterable[str]) -> str:
    return "\n\n".join([NOTE, *parts]) + "\n"


PAGES: dict[str, Callable[[], str]] = {
    "checks.md": checks_page,
    "commands.md": commands_page,
    "exit-codes.md": exit_codes_page,
    "files.md": files_page,
    "faults.md": faults_page,
}


def stale(folder: Path = FOLDER) -> list[str]:
    """The pages that are missing or differ from what the code says."""
    return [
        name
        for name, page in PAGES.items()
        if not (folder / name).is_file() or (folder / name).read_text(encoding="utf-8") != page()
    ]


def main(arguments: Sequence[str]) -> int:
    if "--check" in arguments:
        found = stale()
        if found:
            print(f"error: stale: {', '.join(found)}\n\nhint: make docs", file=sys.stderr)
        return 1 if found else 0
    FOLDER.mkdir(exist_ok=True)
    for name, page in PAGES.items():
        (FOLDER / name).write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
