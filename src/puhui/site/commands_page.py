"""The commands as a page of documentation: `python -m puhui.site.commands_page > docs/commands.md`.

The help texts are the truth: what a command is for, its arguments and options, and its examples are read from the program itself.
"""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from puhui.site.command import COMMANDS, present

__all__ = ["Example", "Leaf", "examples_of", "leaves", "page"]

_HEAD = """# Commands

Every `puhui` command, from its own help. Written by `python -m puhui.site.commands_page > docs/commands.md`; a test fails when this page
and the program differ, when an option has no help, or when an example is not accepted by its command.

Where a command needs the database it starts the embedded server, or uses `DATABASE_URL` ([settings](settings.md)). Work of more than two
seconds shows how far it is on a terminal; `--json` prints one JSON document on standard output, and everything else goes to standard error.

## How a command ends

| Exit status | Meaning |
|---|---|
| 0 | done |
| 1 | a check found something wrong: `books verify`, `payments reconcile`, `decisions replay`, `products check`, `doctor` |
| 2 | input, settings or surroundings that cannot be used; every fault is named, and nothing was changed |
| 70 | a mistake of the program itself, with its trace |
| 130 | stopped by the user (143: ended by the system) |
"""
_EXAMPLE = re.compile(r"^\s*Examples?:\s*", re.MULTILINE)
_NO_BRACES = str.maketrans("", "", "{}")


@dataclass(frozen=True)
class Leaf:
    """A command that does something (not a group of commands): its name as typed after `puhui`, and the parsed command itself."""

    name: str
    command: Any


@dataclass(frozen=True)
class Example:
    """One example of a help text: the text as printed, and the arguments that follow the command's name."""

    text: str
    arguments: tuple[str, ...]


def leaves() -> Iterator[Leaf]:
    """Every command and subcommand, in the order of `puhui --help`."""
    import typer

    for name in present():
        app = import_module(f"puhui.site.commands.{name}").app
        app._add_completion = False
        yield from _below(name, typer.main.get_command(app))


def _below(name: str, command: Any) -> Iterator[Leaf]:
    children = getattr(command, "commands", None)
    if children is None:
        yield Leaf(name, command)
    for child, each in (children or {}).items():
        yield from _below(f"{name} {child}", each)


def examples_of(leaf: Leaf) -> list[Example]:
    """The examples of a command's help; what is piped into it is shown and not taken apart."""
    found = []
    for text in _EXAMPLE.split(leaf.command.help or "")[1:]:
        lines = "\n".join(line.strip() for line in text.strip().splitlines())
        call = lines.replace("|\n", "| ").split("| ")[-1]
        words = shlex.split(call)
        if words[: 1 + len(leaf.name.split())] == ["puhui", *leaf.name.split()]:
            found.append(Example(lines, tuple(words[1 + len(leaf.name.split()) :])))
    return found


def page() -> str:
    """The whole page, Markdown."""
    lines, group = [_HEAD], ""
    for leaf in leaves():
        first = leaf.name.split()[0]
        if first != group:
            lines += [f"## puhui {first}", "", f"{COMMANDS[first].capitalize()}.", ""]
            group = first
        lines += [f"### puhui {leaf.name}", ""] if leaf.name != first else []
        lines += _leaf(leaf)
    return "\n".join(lines).rstrip() + "\n"


def _leaf(leaf: Leaf) -> Iterator[str]:
    usage = " ".join(leaf.command.collect_usage_pieces(leaf.command.context_class(leaf.command)))
    yield f"    puhui {leaf.name} {usage.translate(_NO_BRACES)}\n"
    yield _EXAMPLE.split(leaf.command.help or "")[0].strip().replace("\n    ", "\n") + "\n"
    shown = [parameter for parameter in leaf.command.params if not getattr(parameter, "hidden", False)]
    if shown:
        yield "| | Meaning | Default |\n|---|---|---|"
        yield from (_parameter(each) for each in shown)
        yield ""
    for example in examples_of(leaf):
        yield "```sh\n" + example.text + "\n```\n"


def _parameter(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        name = f"`{(parameter.metavar or parameter.name.upper()).strip('[]')}`"
    else:
        name = " ".join(f"`{each}`" for each in [*parameter.opts, *parameter.secondary_opts])
    default = parameter.default
    known = "" if callable(default) or default in (None, "", False, 0) or default is ... else str(default)
    known = "yes" if known == "True" else known
    needed = "needed" if parameter.required else known
    return f"| {name} | {(parameter.help or '').replace('|', chr(92) + '|')} | {needed} |"


if __name__ == "__main__":
    sys.stdout.write(page())
