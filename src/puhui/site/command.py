"""The `puhui` command.

Each of its commands is a module of `site/commands/`, imported only when it is called, so that a quote of a loan does not wait for
the web framework, let alone the database. What all commands share stands here: how they end.

    0    done                          2    input, settings or surroundings that cannot be used; every fault named
    1    a check found something wrong 130  stopped by the user
    70   a mistake of the program itself, with its trace
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import traceback
from collections.abc import Iterator, Sequence
from importlib import import_module, metadata
from importlib.util import find_spec
from typing import Any

__all__ = ["COMMANDS", "main", "present", "run"]

#: every command and what it does; those whose module is not there are not shown
COMMANDS = {
    "demo": "everything at once, on a made-up county or on real data",
    "serve": "migrate, then serve the console",
    "doctor": "what is set, missing or wrong, and how to mend it",
    "lender": "a lender of one's own, its branches and accounts",
    "evidence": "take in and show what firms agreed to share",
    "features": "the variables of firms",
    "score": "train, evaluate and explain scorecards",
    "decide": "decide on one firm and product",
    "factory": "decide on many firms in one go",
    "decisions": "replay decisions taken",
    "lab": "compare strategies on a past population",
    "loans": "quote, keep and follow loans; the day end",
    "payments": "payments, statements, debits, matching, reconciliation",
    "api": "keys and document of the interface for other programs",
    "books": "verify the books",
    "parties": "people who borrow, firms entered twice or belonging together",
    "report": "a report as of a day",
    "products": "check product files",
}
_FOLDER = "puhui.site.commands"
_MISTAKE = 70


def main() -> None:
    """Entry of the `puhui` program: runs one command and ends the process with its exit status."""
    for ending in (signal.SIGTERM, signal.SIGHUP):
        # As an exception, so that files are closed and the database is let go.
        signal.signal(ending, _end)
    status = run(sys.argv[1:])
    with contextlib.suppress(OSError):
        sys.stderr.flush()
    sys.exit(status)


def run(arguments: Sequence[str]) -> int:
    """Runs `puhui ARGUMENTS` in this process and returns its exit status."""
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        return _ending(lambda: print(_help_text()))
    if arguments[0] in ("-V", "--version"):
        return _ending(lambda: print(f"puhui {metadata.version('puhui')}"))
    name, rest = arguments[0], list(arguments[1:])
    if name not in present():
        print(_unknown(name), file=sys.stderr)
        return 2
    return _ending(lambda: _invoke(name, rest))


def _invoke(name: str, arguments: list[str]) -> object:
    import typer

    app: typer.Typer = import_module(f"{_FOLDER}.{name}").app
    app._add_completion = False
    command = typer.main.get_command(app)
    with command.make_context(f"puhui {name}", arguments) as context:
        return command.invoke(context)


def _ending(work: Any) -> int:
    """Does the work and turns every way it can end into an exit status; says in plain words what is for a person to read."""
    try:
        work()
        # Here rather than when the interpreter ends, where a closed pipe would be reported as an ignored exception.
        sys.stdout.flush()
    except BrokenPipeError:
        _drop_output()
        return 128 + signal.SIGPIPE
    except KeyboardInterrupt:
        print("\nstopped", file=sys.stderr)
        return 128 + signal.SIGINT
    except SystemExit as ended:
        if isinstance(ended.code, str):
            print(ended.code, file=sys.stderr)
            return 1
        return ended.code or 0
    except Exception as error:
        return _failed(error)
    return 0


def _failed(error: Exception) -> int:
    faults = getattr(error, "faults", None)
    if faults is not None:
        for fault in faults:
            print(str(fault), file=sys.stderr)
        return 2
    show, exit_code = getattr(error, "show", None), getattr(error, "exit_code", None)
    if callable(show):  # a wrong option or argument: usage and the fault
        show()
        return exit_code if isinstance(exit_code, int) else 2
    if isinstance(exit_code, int):  # typer.Exit
        return exit_code
    if type(error).__name__ == "Abort":  # a question answered with no
        print("stopped", file=sys.stderr)
        return 1
    traceback.print_exception(error)
    return _MISTAKE


def present() -> Iterator[str]:
    """The names of the commands that are there."""
    return (name for name in COMMANDS if find_spec(f"{_FOLDER}.{name}") is not None)


def _help_text() -> str:
    lines = [f"  {name:<11}{meaning}" for name, meaning in COMMANDS.items() if name in set(present())]
    return "\n".join(
        [
            "Usage: puhui COMMAND [OPTIONS]",
            "",
            "Puhui lends to small firms: from their invoices to a decision, a loan, and books that balance.",
            "",
            *lines,
            "",
            "puhui COMMAND --help tells more. To begin: puhui demo",
        ]
    )


def _unknown(name: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, list(present()), n=1)
    hint = f"Did you mean puhui {near[0]}?" if near else "puhui --help lists them."
    return f"puhui has no command {name!r}. {hint}"


def _end(number: int, frame: object) -> None:
    sys.exit(128 + number)


def _drop_output() -> None:
    """Whoever read our output has gone: what is left of it goes nowhere, without a complaint at the end."""
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
