"""A critic: a prompt file of the feature, beside the task's own prompt, that asks a question of each answer.

It is answered with yes or no, or with words of its own (`verdicts:` and `passes:` in its front matter, as in any
rubric). Its inputs are filled by name: `answer` (or `text`), `input`, `context`, `conversation`, and the variables that
the task's prompt was given. All of them are fenced, whatever the file says of them: a critic reads what others wrote.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from seatrial.checks.parameters import Converted
from seatrial.core.errors import SpecError
from seatrial.core.registry import nearest_name
from seatrial.core.view import View
from seatrial.judges.rubric import Rubric, read_question
from seatrial.judges.seen import conversation_of

VERDICTS = {"yes": "What is asked holds.", "no": "It does not hold, or not wholly."}


class Critic(Converted):
    """A critic's file, read. `version` is the hash of all that it shapes."""

    def __init__(self, rubric: Rubric) -> None:
        self.rubric = rubric
        self.version = rubric.version

    @classmethod
    def load(cls, folder: Path, name: str) -> Critic:
        """Raises SpecError with every mistake in the file."""
        path = folder / name
        prompt, verdicts, passes = read_question(path)
        if not any(section.kind == "user" for section in prompt.sections):
            raise SpecError("the critic asks nothing", file=prompt.path, expected="a section  user:  with its question")
        for given in prompt.inputs.values():
            if given.type not in ("string", "array"):
                raise SpecError(f"the input {given.name!r} of a critic is text", file=prompt.path, got=given.type)
        fenced = {name: msgspec.structs.replace(each, trusted=False) for name, each in prompt.inputs.items()}
        prompt.inputs.update(fenced)
        said = "\n\n".join(f"{{{{ {name} }}}}" for name in prompt.inputs) or prompt.path
        return cls(Rubric(prompt, "choice", verdicts or VERDICTS, passes or ("yes",), said))

    def values(self, view: View) -> dict[str, Any]:
        """What its inputs are in this view. Raises SpecError for one that is nothing a critic sees."""
        known = known_values(view)
        for name, each in self.rubric.prompt.inputs.items():
            if name not in known and each.required:
                raise SpecError(
                    f"the critic's input {name!r} is nothing that it can see",
                    file=self.rubric.prompt.path,
                    nearest=nearest_name(name, known),
                    hint=f"it sees {', '.join(known)}",
                )
        return {name: _fitting(known[name], each.type) for name, each in self._inputs() if name in known}

    def _inputs(self) -> list[tuple[str, Any]]:
        return list(self.rubric.prompt.inputs.items())


def known_values(view: View) -> Mapping[str, Any]:
    """What can be seen, by name; the judged text by two, since a file reads better with the one that fits it."""
    exchange = view.exchange
    return {
        **exchange.request.vars,
        "input": exchange.request.ask,
        "context": list(exchange.context),
        "conversation": conversation_of(exchange),
        "text": view.text,
        "answer": view.text,
    }


def _fitting(value: Any, wanted: str) -> Any:
    """As text or as a list, whichever the file declares."""
    if wanted == "array":
        return value if isinstance(value, list) else [str(value)]
    if isinstance(value, list):
        return "\n\n".join(": ".join(item) if isinstance(item, tuple) else str(item) for item in value)
    return str(value)
