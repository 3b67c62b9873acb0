"""`puhui features` on a folder: values, files, faults, and no Django."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from puhui.features import registry
from puhui.features.compute import compute
from puhui.site.commands.features import app

from .frames import frame
from .test_worked_firm import AS_OF, ROWS


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    frame(ROWS).write_parquet(tmp_path / "invoices.parquet")
    return tmp_path


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_compute_writes_the_values(folder: Path, engine: str) -> None:
    out = folder / "values.parquet"
    arguments = ["compute", "--source", str(folder), "--as-of", "2020-03-31", "--engine", engine, "--out", str(out), "--json"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    summary = json.loads(result.stdout)
    assert (summary["firms"], summary["rows"], summary["as_of"]) == (1, len(ROWS), "2020-03-31")
    expected = compute(frame(ROWS), AS_OF)
    written = pl.read_parquet(out)
    assert written.columns == ["firm_id", *(variable.name for variable in registry.catalogue())]
    for name in expected.columns[1:]:
        assert written[name].item() == pytest.approx(expected[name].item(), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("name", ["values.csv", "values.json"])
def test_other_files(folder: Path, name: str) -> None:
    arguments = ["compute", "--source", str(folder), "--as-of", "2020-03-31", "--out", str(folder / name)]
    assert CliRunner().invoke(app, arguments).exit_code == 0
    read = pl.read_csv(folder / name) if name.endswith("csv") else pl.read_json(folder / name)
    assert read["inv_out_amt_3m"].item() == 700


def test_without_a_file_json_holds_the_values(folder: Path) -> None:
    result = CliRunner().invoke(app, ["compute", "--source", str(folder), "--as-of", "2020-03-31", "--json"])
    assert json.loads(result.stdout)["values"][0]["inv_out_amt_3m"] == 700


def test_bad_options_are_all_named(folder: Path) -> None:
    result = CliRunner().invoke(app, ["compute", "--source", str(folder), "--engine", "pandas", "--out", "absent/values.xls"])
    assert result.exit_code == 2
    for part in ("pandas", "values.xls", "does not exist"):
        assert part in result.output


def test_list_names_every_variable() -> None:
    rows = json.loads(CliRunner().invoke(app, ["list", "--json"]).stdout)
    assert len(rows) > 100 and rows[0]["title"] == "Sales, 3 months"


def test_a_folder_is_computed_without_django(folder: Path) -> None:
    program = (
        "import sys; from puhui.site.commands.features import app;"
        f"app(['compute', '--source', {str(folder)!r}, '--as-of', '2020-03-31'], standalone_mode=False);"
        "sys.exit(3 if 'django' in sys.modules else 0)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False, capture_output=True).returncode == 0
