"""Compiles the sections of a prompt: each a template of its own, includes inside the folder, names checked at load."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from jinja2 import FunctionLoader, Template, TemplateNotFound, TemplateSyntaxError, meta, nodes

from seatrial.core.errors import Problem, SpecError
from seatrial.core.registry import nearest_name
from seatrial.prompts.inputs import Input
from seatrial.prompts.sections import Section
from seatrial.spec.files import read_text
from seatrial.spec.nodes import Node, Problems
from seatrial.spec.templates import PARSE_FAULTS, RENDER_FAULTS, environment, is_template

Parts = tuple[tuple[bool, str], ...]
"""Pieces of a section that holds only text and `{{ names }}`: literal text, or the name of an input."""


_NONE: frozenset[str] = frozenset()


class SectionTemplates:
    """The compiled sections of one prompt file; mistakes are noted in `problems`."""

    def __init__(self, file: str, folder: Path, root: Path, inputs: Mapping[str, Input], problems: Problems) -> None:
        self.file = file
        self.includes: dict[str, str] = {}
        self._folder = folder
        self._root = root.resolve()
        self._inputs = inputs
        self._problems = problems
        self._used: set[str] = set()
        self._compiled: dict[Section, Template] = {}
        self._plain: dict[Section, Parts] = {}
        self._environment = environment(FunctionLoader(self._include), finalize=_shown)

    def add(self, section: Section) -> None:
        """Parse a section, its includes too, and note every name that is no input."""
        if section.kind in ("history", "examples") or not is_template(section.text):
            return
        if self._check(section.text, self.file, section.line):
            try:
                self._compiled[section] = self._environment.from_string(section.text)
                parts = _plain_parts(self._environment.parse(section.text))
                if parts is not None and all(literal or part in self._inputs for literal, part in parts):
                    self._plain[section] = parts
            except PARSE_FAULTS as error:
                self._note(f"the template cannot be read: {error}", self.file, section.line)

    def renderer(self, section: Section) -> Callable[[dict[str, Any]], str]:
        template = self._compiled.get(section)
        if template is None:
            text = section.text
            return lambda values: text
        parts = self._plain.get(section)
        if parts is not None:
            return lambda values: "".join([part if literal else str(_shown(values[part])) for literal, part in parts])

        def render(values: dict[str, Any]) -> str:
            try:
                return template.render(values)
            except RENDER_FAULTS as error:
                raise SpecError(
                    f"the {section.kind} section cannot be rendered: {error}", file=self.file, line=section.line
                ) from error

        return render

    def check_unused(self, node: Node | None) -> None:
        for name in self._inputs:
            if name not in self._used and not self._problems.found:
                place = node.value.get(name) or node.value.get(name + "?") if node is not None else None
                if place is not None:
                    place.problem(
                        f"the input {name!r} is never used",
                        hint=f"write {{{{ {name} }}}} where it belongs, or take it out",
                    )

    def _check(
        self, source: str, file: str, line: int, within: tuple[str, ...] = (), given: frozenset[str] = _NONE
    ) -> bool:
        """Whether the template can be compiled. `within` are the files that include it, `given` the names they set."""
        try:
            tree = self._environment.parse(source)
            undeclared = meta.find_undeclared_variables(tree)
        except TemplateSyntaxError as error:
            self._note(f"the template cannot be read: {error.message}", file, line + error.lineno - 1)
            return False
        except PARSE_FAULTS as error:
            self._note(f"the template cannot be read: {error}", file, line)
            return False
        self._check_names(tree, undeclared - given, file, line)
        given |= {node.name for node in tree.find_all(nodes.Name) if node.ctx != "load"}
        sound = True
        for node in tree.find_all((nodes.Include, nodes.Extends, nodes.Import, nodes.FromImport)):
            for name in meta.find_referenced_templates(nodes.Template([node], lineno=1)):
                sound = self._check_include(name, file, line + node.lineno - 1, within, given) and sound
        return sound

    def _check_names(self, tree: nodes.Template, undeclared: set[str], file: str, line: int) -> None:
        self._used |= undeclared
        lines = {node.name: node.lineno for node in reversed(list(tree.find_all(nodes.Name)))}
        for name in sorted(undeclared - set(self._inputs) - set(self._environment.globals)):
            nearest = nearest_name(name, self._inputs)
            self._note(
                f"{name!r} is no input of this prompt",
                file,
                line + lines.get(name, 1) - 1,
                nearest=nearest,
                hint=None if nearest else f"declare it under inputs:, as  {name}: string",
            )

    def _check_include(
        self, name: str | None, file: str, line: int, within: tuple[str, ...], given: frozenset[str]
    ) -> bool:
        if name is None:
            self._note("an include must name its file", file, line, hint='write {% include "file.md" %}')
            return False
        if name in within:
            self._note(f"{name!r} includes itself", file, line, hint=" -> ".join((*within, name)))
            return False
        if name in self.includes:
            return True
        try:
            source = self._include(name)
        except TemplateNotFound:
            self._note(f"the included file {name!r} is not in the feature's folder", file, line)
            return False
        except SpecError as error:
            self._problems.extend(error)
            return False
        self.includes[name] = source
        return self._check(source, name, 1, (*within, name), given)

    def _include(self, name: str) -> str:
        """The text of an included file: beside the prompt, else from the feature's folder, never outside it."""
        for folder in (self._folder, self._root):
            try:
                path = (folder / name).resolve()
                inside = path.is_relative_to(self._root) and path.is_file()
            except (OSError, ValueError, RuntimeError) as error:  # no name of a file, or links in a circle
                raise TemplateNotFound(name) from error
            if inside:
                return read_text(path, file=name).replace("\r\n", "\n")
        raise TemplateNotFound(name)

    def _note(self, what: str, file: str, line: int, *, nearest: str | None = None, hint: str | None = None) -> None:
        self._problems.add(Problem(what=what, file=file, line=line, nearest=nearest, hint=hint))


def _shown(value: Any) -> Any:
    """An optional input that was not given is nothing in the text, not the word None."""
    return "" if value is None else value


def _plain_parts(tree: nodes.Template) -> Parts | None:
    """The pieces of a template without logic, which need no template engine: it takes 10 us a render where joining
    strings takes one. None for any other template.
    """
    if not all(isinstance(node, nodes.Output) for node in tree.body):
        return None
    found = [piece for node in tree.body if isinstance(node, nodes.Output) for piece in node.nodes]
    if not all(isinstance(piece, nodes.TemplateData | nodes.Name) for piece in found):
        return None
    return tuple(
        (True, piece.data) if isinstance(piece, nodes.TemplateData) else (False, piece.name)
        for piece in found
        if isinstance(piece, nodes.TemplateData | nodes.Name)
    )
