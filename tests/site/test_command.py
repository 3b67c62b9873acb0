"""The `puhui` program: what it lists, how it ends, and what it does not load."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from importlib import import_module
from pathlib import Path

import pytest
import typer

from puhui.calculations.faults import Fault, FaultsError
from puhui.site import command
from puhui.site.commands import support
from puhui.site.postgresql.errors import EmbeddedServerError

PUHUI = Path(sys.executable).with_name("puhui")
COMMAND_MODULES = sorted(path.stem for path in Path(command.__file__).with_name("commands").glob("*.py"))


@pytest.fixture
def replaced(monkeypatch):
    """Lets `puhui doctor` do something else, to see how it ends."""

    def replace(deed):
        monkeypatch.setattr(command, "_invoke", lambda name, arguments: deed())
        return command.run(["doctor"])

    return replace


def test_help_lists_each_command_that_is_there(capsys):
    assert command.run([]) == 0
    shown = capsys.readouterr().out
    for name, meaning in command.COMMANDS.items():
        assert (f"  {name:<11}{meaning}" in shown) == (name in COMMAND_MODULES)


def test_every_module_of_a_command_is_a_command():
    """What only helps commands has no `app` of its own."""
    commands = {name for name in COMMAND_MODULES if hasattr(import_module(f"puhui.site.commands.{name}"), "app")}
    assert len(commands) > 10 and commands <= set(command.COMMANDS)


@pytest.mark.parametrize("name", [name for name in command.COMMANDS if name in COMMAND_MODULES])
def test_each_command_and_subcommand_has_help_with_an_example(name):
    app = __import__(f"puhui.site.commands.{name}", fromlist=["app"]).app
    found = typer.main.get_command(app)
    subcommands = getattr(found, "commands", None)
    for path, each in ({name: found} if subcommands is None else subcommands).items():
        assert each.help, f"{name} {path} has no help"
        assert "puhui" in each.help and "xample" in each.help, f"{name} {path} shows no example"


def test_an_unknown_command_is_named_with_a_near_one(capsys):
    assert command.run(["doktor"]) == 2
    assert "no command 'doktor'. Did you mean puhui doctor?" in capsys.readouterr().err


def test_an_unknown_option_ends_with_2(capsys):
    assert command.run(["doctor", "--jsn"]) == 2
    assert "--jsn" in capsys.readouterr().err


def test_version(capsys):
    assert command.run(["--version"]) == 0
    assert capsys.readouterr().out.startswith("puhui ")


def _raise(error):
    raise error


ENDINGS = [
    (lambda: None, 0, ""),
    (support.found_wrong, 1, ""),
    (lambda: _raise(typer.Exit(1)), 1, ""),
    (lambda: _raise(KeyboardInterrupt()), 130, "stopped"),
    (lambda: _raise(typer.Abort()), 1, "stopped"),
    (lambda: support.fail("the file is empty"), 2, "the file is empty"),
    (lambda: support.fail([Fault("rate", "x", "a number"), "and more"]), 2, "rate: found x, expected a number\nand more"),
    (lambda: support.fail(FaultsError([Fault("rate", "x", "a number")])), 2, "rate: found x, expected a number"),
    (lambda: support.fail(ValueError("no such day")), 2, "no such day"),
    (lambda: _raise(FaultsError([Fault("a", "1", "2"), Fault("b", "3", "4")])), 2, "a: found 1, expected 2\nb: found 3, expected 4"),
    (
        lambda: _raise(EmbeddedServerError("The disk is full.", "/x", "Free some.")),
        2,
        "The disk is full.\n  found: /x\n  mend:  Free some.",
    ),
    (lambda: _raise(ZeroDivisionError("a mistake of ours")), 70, "ZeroDivisionError: a mistake of ours"),
]


@pytest.mark.parametrize(("deed", "status", "words"), ENDINGS)
def test_how_a_command_ends(replaced, capsys, deed, status, words):
    assert replaced(deed) == status
    assert words in capsys.readouterr().err


def test_a_reader_who_goes_away_is_no_mistake():
    program = """
from puhui.site import command
command._invoke = lambda name, arguments: [print("x" * 1000) for _ in range(10_000)]
import sys
sys.argv = ["puhui", "doctor"]
command.main()
"""
    run = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    run.stdout.readline()
    run.stdout.close()
    assert run.stderr.read() == ""
    run.stderr.close()
    assert run.wait() == 141


def test_help_loads_neither_the_web_framework_nor_the_driver():
    program = "import sys; from puhui.site import command; command.run(['--help']); import puhui.site.commands.support\n"
    program += "print([name for name in ('django', 'psycopg', 'polars', 'rich') if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[-1] == "[]"


@dataclass(frozen=True)
class Row:
    day: date
    rate: Decimal
    name: str


ROWS = [Row(date(2026, 1, 31), Decimal("0.0435"), "周大米行"), Row(date(2026, 2, 28), Decimal("0.05"), "Li")]


def test_results_for_programs(capsys):
    support.print_result(ROWS, as_json=True)
    assert json.loads(capsys.readouterr().out)[0] == {"day": "2026-01-31", "rate": "0.0435", "name": "周大米行"}


def test_results_for_people_stand_under_each_other(capsys):
    support.print_result(ROWS, as_json=False)
    assert capsys.readouterr().out == (
        "day         rate    name\n"
        "----------  ------  --------\n"
        "2026-01-31  0.0435  周大米行\n"
        "2026-02-28  0.05    Li\n"
    )  # fmt: skip
    support.print_result([], as_json=False)
    assert capsys.readouterr().out == "none\n"
    support.print_result({"total": 3, "none": None}, as_json=False)
    assert capsys.readouterr().out == "total  3\nnone\n"


def test_short_work_shows_no_progress_and_long_work_says_so(capsys, monkeypatch):
    with support.progress("importing") as shown:
        shown.advance(5)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(support, "_QUIET_SECONDS", -1)
    with support.progress("importing") as shown:
        shown.advance(1200)
    assert capsys.readouterr().err.startswith("importing, 1,200 (")


def _doctor(home, **environ):
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PUHUI_") and name != "DATABASE_URL"}
    return subprocess.run([PUHUI, "doctor", "--json"], env={**clean, "PUHUI_HOME": str(home), **environ}, capture_output=True, text=True)


def test_doctor_on_a_new_machine_finds_nothing_wrong_and_makes_nothing(home):
    run = _doctor(home)
    findings = json.loads(run.stdout)
    assert [finding for finding in findings if finding["state"] == "wrong"] == []
    assert run.returncode == 0 and list(home.iterdir()) == []


def test_doctor_finds_what_is_wrong(home):
    run = _doctor(home, PUHUI_PORT="x", PUHUI_HTPS="1")
    findings = {finding["what"]: finding for finding in json.loads(run.stdout)}
    assert run.returncode == 1
    assert findings["PUHUI_PORT"]["state"] == "wrong" and "1 to 65535" in findings["PUHUI_PORT"]["found"]
    assert findings["PUHUI_HTPS"]["state"] == "note" and "PUHUI_HTTPS" in findings["PUHUI_HTPS"]["mend"]


def test_doctor_looks_into_the_database(home):
    from puhui.site import embedded, keys

    with embedded.server(home, throwaway=True) as server:
        data = server.layout.data
    keys.path_in(home).chmod(0o644)
    run = _doctor(home)
    findings = {finding["what"]: finding for finding in json.loads(run.stdout)}
    assert findings["keys"]["state"] == "wrong" and "chmod 600" in findings["keys"]["mend"]
    assert findings["database"]["state"] == "fine" and findings["tables"]["state"] == "note"
    keys.path_in(home).chmod(0o600)
    (data / "PG_VERSION").write_text("15\n")
    run = _doctor(home)
    findings = {finding["what"]: finding for finding in json.loads(run.stdout)}
    assert run.returncode == 1 and "made by PostgreSQL 15" in findings["database"]["found"]
    (data / "PG_VERSION").write_text("18\n")


def test_doctor_says_when_an_own_server_does_not_answer(home):
    run = _doctor(home, DATABASE_URL="postgresql://app:hunter2@127.0.0.1:1/lending")
    findings = {finding["what"]: finding for finding in json.loads(run.stdout)}
    assert run.returncode == 1 and findings["DATABASE_URL"]["state"] == "wrong" and findings["keys"]["state"] == "wrong"
    assert "hunter2" not in run.stdout + run.stderr
