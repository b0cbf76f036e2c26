"""A rubric: the prompt a judge gets, and the verdicts it may give, read from a Markdown file that people can read.

It is a prompt file with more in its front matter: `form` (`choice`, `claims` or `scale`), `verdicts` (each with what it
means), `passes` (which of them pass) and `said` (how the ask reads as it is said: what recordings matched by
conversation compare, and scripts search). Inputs that are not trusted are what is judged: they are fenced.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

import msgspec

from seatrial.core.conversation import Message, ModelRequest, Request
from seatrial.core.identity import digest
from seatrial.judges.fence import fenced, mark_of
from seatrial.prompts.prompt import KEYS, Prompt, load_prompt
from seatrial.spec.files import read_text
from seatrial.spec.frontmatter import split_front_matter
from seatrial.spec.nodes import Node, Problems
from seatrial.spec.templates import compile_template

Form = Literal["choice", "claims", "scale"]
FOLDER = Path(__file__).parent / "rubrics"
FRAME = Path(__file__).parent / "frame.md"
KEYS_OF_RUBRIC = ("form", "verdicts", "passes", "said")

ID, REASON, VERDICT, SCORE, CLAIMS, NUMBER = "id", "reason", "verdict", "score", "claims", "n"
"""The keys of what a judge answers with."""


class Asking(msgspec.Struct, frozen=True):
    """One ask of a judge: what is sent, the mark that a verdict of its own carries, and the texts that are judged."""

    request: ModelRequest
    mark: str
    judged: tuple[str, ...]


class Rubric:
    """`verdicts` are the words a judge may say, with what they mean. `version` is the hash of all that is sent."""

    def __init__(
        self, prompt: Prompt, form: Form, verdicts: dict[str, str], passes: tuple[str, ...], said: str
    ) -> None:
        self.prompt = prompt
        self.form = form
        self.verdicts = verdicts
        self.passes = passes
        self._said = compile_template(said, file=prompt.path, line=1)
        self._frame = _frame()
        sent = [prompt.content_hash, self._frame.content_hash, self._form("", 0)]
        self.version = digest([sent, verdicts, passes, said])

    def schema(self, scale: int = 0) -> dict[str, Any]:
        """The JSON Schema of an answer; the same for every ask, since providers compile schemas and keep them."""
        text, verdict = {"type": "string"}, {"type": "string", "enum": list(self.verdicts)}
        if self.form == "claims":
            claim = _object({NUMBER: {"type": "integer"}, REASON: text, VERDICT: verdict})
            return _object({ID: text, CLAIMS: {"type": "array", "items": claim}})
        if self.form == "scale":
            return _object({ID: text, REASON: text, SCORE: {"type": "integer", "enum": list(range(1, scale + 1))}})
        return _object({ID: text, REASON: text, VERDICT: verdict})

    def asking(
        self, values: Mapping[str, Any], *, params: Mapping[str, Any], scale: int = 0, repeat: int = 1
    ) -> Asking:
        """What to ask with these values of the inputs. Raises SpecError where they do not fit the rubric."""
        given = {name: values.get(name) for name in self.prompt.inputs}
        parts = {name: _parts(name, given[name]) for name in given if self._is_judged(name) and given[name] is not None}
        judged = tuple(text for each in parts.values() for _, text in each)
        trusted = [str(value) for name, value in given.items() if value is not None and name not in parts]
        mark = mark_of([*judged, *trusted])
        shown = {name: value for name, value in given.items() if value is not None}
        for name, each in parts.items():
            blocks = [fenced(label, text, mark) for label, text in each]
            shown[name] = blocks if isinstance(given[name], list | tuple) else blocks[0]
        rendered, _ = self.prompt.render(Request(vars=shown))
        request = ModelRequest(
            messages=self._framed(rendered, mark, scale),
            conversation=(Message("user", self._said(given)),),
            params=dict(params),
            schema=self.schema(scale),
            repeat=repeat,
        )
        return Asking(request, mark, judged)

    def _is_judged(self, name: str) -> bool:
        return not self.prompt.inputs[name].trusted

    def _framed(self, rendered: Sequence[Message], mark: str, scale: int) -> tuple[Message, ...]:
        system = next((message.text for message in rendered if message.role == "system"), "You are a judge.")
        rest = [message for message in rendered if message.role != "system"]
        values = {"system": system, "task": rest[-1].text, "mark": mark, "form": self._form(mark, scale)}
        framed, _ = self._frame.render(Request(vars=values))
        return (framed[0], *rest[:-1], framed[1])

    def _form(self, mark: str, scale: int) -> str:
        """How the answer is to look, in words."""
        shape, told = _FORMS[self.form]
        verdicts = " | ".join(f'"{verdict}"' for verdict in self.verdicts)
        shown = shape.replace("MARK", mark).replace("VERDICTS", verdicts).replace("SCALE", str(scale))
        meanings = [f"- {verdict}: {meaning}" for verdict, meaning in self.verdicts.items()]
        return "\n".join(
            ["Answer with one JSON object and nothing else:", shown, told.replace("SCALE", str(scale)), *meanings]
        )


_FORMS: dict[Form, tuple[str, str]] = {
    "choice": (
        f'{{"{ID}": "MARK", "{REASON}": "…", "{VERDICT}": VERDICTS}}',
        "with a reason of one or two sentences, and as the verdict",
    ),
    "claims": (
        f'{{"{ID}": "MARK", "{CLAIMS}": [{{"{NUMBER}": 1, "{REASON}": "…", "{VERDICT}": VERDICTS}}, …]}}',
        "with every number once, a reason of one short sentence, and as the verdict",
    ),
    "scale": (
        f'{{"{ID}": "MARK", "{REASON}": "…", "{SCORE}": 1 to SCALE}}',
        "with a reason of one or two sentences, and a score from 1 (worst) to SCALE (best)",
    ),
}
"""How an answer looks in each form, and what is said of it."""


def _parts(name: str, value: Any) -> list[tuple[str, str]]:
    """The texts of a value that is judged, each with what it is called; of a list each item is one, so that none can
    pass for two.
    """
    if not isinstance(value, list | tuple):
        return [(name, str(value))]
    items = [item if isinstance(item, tuple) else (name, item) for item in value]
    return [(f"{number} {label}", str(text)) for number, (label, text) in enumerate(items, 1)]


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


@cache
def _frame() -> Prompt:
    return load_prompt(FRAME, root=FRAME.parent)


@cache
def packaged(name: str) -> Rubric:
    """A rubric of ours, by its name."""
    return load_rubric(FOLDER / f"{name}.md", root=FOLDER)


def load_rubric(path: Path, *, root: Path) -> Rubric:
    """Read a rubric file inside `root`. Raises SpecError with every mistake in it."""
    prompt = load_prompt(path, root=root, also=KEYS_OF_RUBRIC)
    problems = Problems()
    head, _, _ = split_front_matter(read_text(path, file=prompt.path), file=prompt.path, problems=problems)
    fields = head.fields("the front matter", (*KEYS, *KEYS_OF_RUBRIC), required=("verdicts", "said")) or {}
    form = fields["form"].choice("form", get_args(Form)) if "form" in fields else "choice"
    verdicts = _read_verdicts(fields.get("verdicts"))
    passes = _read_passes(fields.get("passes"), verdicts)
    said = fields["said"].text("said") if "said" in fields else None
    problems.raise_any()
    return Rubric(prompt, form, verdicts, passes, said or "")  # type: ignore[arg-type]  # form is one of Form


def read_question(path: Path) -> tuple[Prompt, dict[str, str], tuple[str, ...]]:
    """A prompt file that may say which words it is answered with: the prompt, the words, and those that pass. Raises
    SpecError with every mistake in the file.
    """
    prompt = load_prompt(path, root=path.parent, also=("verdicts", "passes"))
    problems = Problems()
    head, _, _ = split_front_matter(read_text(path, file=prompt.path), file=prompt.path, problems=problems)
    fields = (head.fields("the front matter", (*KEYS, "verdicts", "passes")) or {}) if head.kind == "mapping" else {}
    verdicts = _read_verdicts(fields.get("verdicts"))
    passes = _read_passes(fields.get("passes"), verdicts)
    problems.raise_any()
    return prompt, verdicts, passes


def _read_passes(node: Node | None, verdicts: Mapping[str, str]) -> tuple[str, ...]:
    """By default the first verdict passes."""
    names = list(verdicts)[:1] if node is None else node.texts("passes") or []
    for name in names:
        if node is not None and name not in verdicts:
            node.problem(f"passes: {name!r} is no verdict", expected=f"some of {', '.join(verdicts) or 'verdicts:'}")
    return tuple(names)


def _read_verdicts(node: Node | None) -> dict[str, str]:
    entries = node.entries("verdicts") if node is not None else None
    read = {name: each.text(f"the verdict {name}") for name, each in (entries or {}).items()}
    return {str(name): meaning for name, meaning in read.items() if meaning is not None}
