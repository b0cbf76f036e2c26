"""A prompt file as an object that renders a Request into the messages a model gets."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec

from seatrial.core.conversation import Message, Request
from seatrial.core.errors import SpecError
from seatrial.core.identity import digest
from seatrial.core.parts import Text, ToolResult
from seatrial.core.registry import nearest_name
from seatrial.prompts.inputs import Input, fill_inputs, find_ask, read_inputs
from seatrial.prompts.sections import Section, split_sections
from seatrial.prompts.templates import SectionTemplates
from seatrial.spec.files import read_text, shown_from
from seatrial.spec.frontmatter import split_front_matter
from seatrial.spec.nodes import Node, Problems
from seatrial.spec.rows import read_rows

KEYS = ("description", "inputs", "ask", "examples")
"""What the front matter of a prompt holds."""

Render = Callable[[dict[str, Any]], str]


class PromptExample(msgspec.Struct, frozen=True):
    """An exchange shown to the model as an example."""

    user: str
    assistant: str


class Prompt:
    """`path` is relative to the feature's folder. `ask` is the input that the user's words fill, or None."""

    def __init__(
        self,
        path: str,
        text: str,
        sections: tuple[Section, ...],
        inputs: dict[str, Input],
        ask: str | None,
        examples: tuple[PromptExample, ...],
        templates: SectionTemplates,
        description: str = "",
    ) -> None:
        self.path = path
        self.text = text
        self.sections = sections
        self.inputs = inputs
        self.ask = ask
        self.examples = examples
        self.description = description
        self.takes_history = any(section.kind == "history" for section in sections)
        self.includes = templates.includes
        self._steps = [(section, templates.renderer(section)) for section in sections]
        self._untrusted = [name for name, each in inputs.items() if not each.trusted]
        texts = [(section.kind, section.text) for section in sections]  # not their lines: a comment moves those
        self.content_hash = digest([texts, self.includes, inputs, ask, examples])

    def version(self, params: dict[str, Any], schema: dict[str, Any] | None = None) -> str:
        """The hash of everything that shapes what is sent: text, includes, inputs, examples, parameters and the schema
        of the output.
        """
        return digest([self.content_hash, params] if schema is None else [self.content_hash, params, schema])

    def render(self, request: Request) -> tuple[tuple[Message, ...], tuple[str, ...]]:
        """The messages to send, and the texts of untrusted inputs among them. Raises SpecError when the request does
        not fit the prompt.
        """
        values = fill_inputs(self.inputs, self._values(request), prompt=self.path)
        messages: list[Message] = []
        for section, render in self._steps:
            if section.kind == "history":
                messages.extend(request.messages[:-1])
            elif section.kind == "examples":
                messages.extend(self._shown_examples())
            else:
                text = render(values)
                if text or section.kind != "system":
                    messages.append(Message(section.kind, text))
        self._check_text(messages)
        untrusted = [values[name] for name in self._untrusted if values[name]]
        return tuple(messages), tuple(text for value in untrusted for text in _texts(value))

    def check(self, request: Request) -> None:
        """Raises SpecError when `render` would refuse the request for its messages or variables."""
        fill_inputs(self.inputs, self._values(request), prompt=self.path)

    def _values(self, request: Request) -> dict[str, Any]:
        if not request.messages:
            return request.vars
        if self.ask is None:
            raise SpecError(
                "the prompt has no input for the user's words",
                file=self.path,
                hint="name one with  ask: NAME  in the front matter, or an input  question: string",
            )
        if self.ask in request.vars:
            raise SpecError(f"{self.ask!r} is given twice", file=self.path, expected="the ask, or the variable")
        self._check_messages(request)
        return {**request.vars, self.ask: request.messages[-1].text}

    def _check_messages(self, request: Request) -> None:
        *earlier, last = request.messages
        if last.role != "user":
            raise SpecError("the last message must be the user's", expected="role user", got=last.role)
        if earlier and not self.takes_history:
            raise SpecError(
                "the prompt takes no earlier messages",
                file=self.path,
                got=f"{len(earlier)} earlier messages",
                hint="add a line  history:  where they belong, above  user:",
            )
        for message in earlier:
            if message.role == "system":
                raise SpecError(
                    "an earlier message has the role 'system'",
                    expected="user, assistant or tool",
                    hint="the system text is the prompt's own",
                )
            results = [part for part in message.parts if isinstance(part, ToolResult)]
            if message.role == "tool" and (not results or len(results) < len(message.parts)):
                raise SpecError("a tool message is not right", expected="parts that are ToolResults")

    def _check_text(self, messages: list[Message]) -> None:
        """Half a surrogate pair is no text that can be sent, kept or hashed."""
        for message in messages:
            try:
                for part in message.parts:
                    if isinstance(part, Text | ToolResult):
                        part.text.encode()
            except UnicodeEncodeError as error:
                raise SpecError(
                    f"a {message.role} message is not text",
                    file=self.path,
                    got=f"the half character U+{ord(error.object[error.start]):04X}",
                    hint="it comes from text cut in two, or from bytes read with the wrong encoding",
                ) from error

    def _shown_examples(self) -> list[Message]:
        return [
            message
            for example in self.examples
            for message in (Message("user", example.user), Message("assistant", example.assistant))
        ]


def find_prompt(name: str, *, root: Path, used: Iterable[str]) -> Path:
    """The prompt file a person names: in the feature's folder `root`, or else from where they are. Raises SpecError
    with the nearest of the feature's prompts, those in use and all of prompts/.
    """
    path = root / name
    if path.is_file():
        return path
    if Path(name).exists():
        return Path(name)
    known = sorted({*used, *(file.relative_to(root).as_posix() for file in root.glob("prompts/*.md"))})
    by_name = {Path(file).name: file for file in known} | {file: file for file in known}
    nearest = nearest_name(name, by_name)
    raise SpecError(
        f"there is no prompt file {name!r}",
        nearest=by_name[nearest] if nearest else None,
        hint=None if nearest else f"prompts: {', '.join(known)}",
    )


def load_prompt(path: Path, *, root: Path, also: Iterable[str] = ()) -> Prompt:
    """Read a prompt file inside `root`. `also` are keys of its front matter that somebody else reads. Raises SpecError
    with every mistake in it.
    """
    shown = shown_from(path, root)
    problems = Problems()
    text = read_text(path, file=shown).replace("\r\n", "\n")
    head, body, body_line = split_front_matter(text, file=shown, problems=problems)
    empty = head.kind == "scalar" and head.value is None
    fields = {} if empty else head.fields("the front matter", (*KEYS, *also)) or {}
    inputs = read_inputs(fields.get("inputs"))
    ask = find_ask(inputs, fields.get("ask"))
    examples = _read_examples(fields.get("examples"), path.parent, problems)
    description = fields["description"].text("description") if "description" in fields else None
    sections = split_sections(body, file=shown, first_line=body_line, problems=problems)
    if examples and sections and not any(section.kind == "examples" for section in sections):
        head.problem("the examples have no place", expected="a line  examples:  in the prompt, below system:")
    templates = SectionTemplates(shown, path.parent, root, inputs, problems)
    for section in sections:
        templates.add(section)
    templates.check_unused(fields.get("inputs"))
    problems.raise_any()
    return Prompt(shown, text, sections, inputs, ask, examples, templates, description or "")


def _read_examples(node: Node | None, folder: Path, problems: Problems) -> tuple[PromptExample, ...]:
    """`examples:` is a list of {user, assistant}, or {from: FILE, first: K} for the first K rows of a file."""
    if node is None:
        return ()
    if node.kind == "list":
        found = [_read_example(item) for item in node.value]
        return tuple(example for example in found if example is not None)
    fields = node.fields("examples", ("from", "first"), required=("from", "first"))
    if fields is None or len(fields) < 2:
        return ()
    name, first = fields["from"].text("from"), fields["first"].integer("first", least=1, most=1000)
    if name is None or first is None:
        return ()
    try:
        return _example_rows(folder / name, name, first)
    except SpecError as error:
        problems.extend(error)
        return ()


def _example_rows(path: Path, shown: str, first: int) -> tuple[PromptExample, ...]:
    examples = []
    for row in read_rows(path, file=shown):
        try:
            examples.append(msgspec.convert(row.values, PromptExample))
        except msgspec.ValidationError as error:
            raise SpecError(
                f"not an example: {error}", file=row.file, line=row.line, expected="user, assistant"
            ) from error
        if len(examples) == first:
            return tuple(examples)
    raise SpecError(f"the file has {len(examples)} rows", file=shown, expected=f"at least first: {first}")


def _read_example(node: Node) -> PromptExample | None:
    fields = node.fields("an example", ("user", "assistant"), required=("user", "assistant"))
    if fields is None or len(fields) < 2:
        return None
    user, assistant = fields["user"].text("user"), fields["assistant"].text("assistant")
    return PromptExample(user, assistant) if user is not None and assistant is not None else None


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, list | tuple):
        return [text for item in value for text in _texts(item)]
    return [msgspec.json.encode(value).decode()]
