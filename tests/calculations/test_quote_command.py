"""`puhui loans quote` as another program meets it: bytes in, JSON out, exit status."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

GOOD = {"amount": "120000.00", "start": "2026-01-15", "rate_annual": "0.0435", "instalments": 12, "every": "1 month"}


def run(arguments: list[str], given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    program = "from puhui.site.commands.loans import app; app()"
    return subprocess.run([sys.executable, "-c", program, "quote", *arguments], input=given, capture_output=True, check=False)


def test_one_document_from_standard_input() -> None:
    done = run(["-"], json.dumps(GOOD).encode())
    assert done.returncode == 0
    answered = json.loads(done.stdout)
    assert set(answered) == {"instalments", "totals", "state", "annual_cost"}
    assert len(answered["instalments"]) == 12
    assert answered["instalments"][0]["interest"] == "435.00"


def test_lines_are_answered_in_order_and_bad_ones_named(tmp_path: Path) -> None:
    lines = [
        json.dumps(GOOD),
        '{"amount": ',
        json.dumps(GOOD | {"amount": "0", "colour": "red"}),
        "",
        "[1, 2]",
        '{"amount": "1.00", "amount": "2.00"}',
        '{"amount": NaN}',
        json.dumps(GOOD | {"instalments": 1}),
    ]
    file = tmp_path / "documents.jsonl"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    done = run([str(file), "--lines"])
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 2
    assert len(answers) == len(lines)
    assert ["instalments" in answer for answer in answers] == [True, False, False, False, False, False, False, True]
    assert [fault["field"] for fault in answers[2]["error"]] == ["amount", "colour"]
    assert all(set(fault) == {"field", "found", "expected"} for answer in answers if "error" in answer for fault in answer["error"])


def test_lines_that_are_all_good_end_with_nought() -> None:
    done = run(["-", "--lines"], (json.dumps(GOOD) + "\n" + json.dumps(GOOD)).encode())
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == 2


@pytest.mark.parametrize("arguments", [["--lines"], ["--lines", "-"], ["-", "--lines"]])
def test_lines_come_from_standard_input_unless_a_file_is_named(arguments: list[str]) -> None:
    done = run(arguments, (json.dumps(GOOD) + "\n").encode())
    assert done.returncode == 0
    assert len(json.loads(done.stdout)["instalments"]) == 12


@pytest.mark.parametrize("given", [b"", b"\xff\xfe{}", b"[" * 100_000, b'"text"', b"null", b'{"amount": 1e400}'])
def test_what_is_no_document_is_refused(given: bytes) -> None:
    done = run(["-"], given)
    assert done.returncode == 2
    assert json.loads(done.stdout)["error"]
    assert b"Traceback" not in done.stderr


def test_a_file_that_is_not_there() -> None:
    done = run(["nowhere.json"])
    assert done.returncode == 2
    assert b"nowhere.json" in done.stderr


def test_help_has_an_example_and_no_database_is_touched() -> None:
    done = run(["--help"])
    assert done.returncode == 0
    assert b"rate_annual" in done.stdout
    program = "import sys; from puhui.site.commands.loans import app; import puhui.calculations.quote; print('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout.strip() == b"False"
