"""The commands as programs: what they print, and with which status they end."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests import commands

from puhui.decisions.models import Application, Decision
from puhui.products import reading


def puhui(environment, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "puhui"), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)


def test_decide_and_replay(bank, database_environment, owner_connection):
    bank.firm("佳丽服装", inv_out_gap_days_max_12m=100)
    decided = puhui(database_environment, "decide", "佳丽服装", "invoice-working-capital", "--amount", "200000", "--key", "k", "--json")
    assert decided.returncode == 0, decided.stderr
    record = json.loads(decided.stdout)
    assert record["result"]["outcome"] == "refer"
    row = Decision.objects.get()
    assert (record["decision"], record["digest"]) == (row.pk, row.digest)

    again = ("--amount", "200000", "--key", "k", "--language", "zh-hans")
    told = commands.puhui("decide", "佳丽服装", "invoice-working-capital", *again)
    assert told.returncode == 0, told.stderr
    assert "一年内销售间断超过九十天" in told.stdout
    assert Decision.objects.count() == 1  # the same key is the same application

    looked = commands.puhui("decide", "佳丽服装", "invoice-working-capital", "--as-of", "2026-02-28", "--json")
    assert looked.returncode == 0, looked.stderr
    assert json.loads(looked.stdout)["facts"]["business_date"] == "2026-02-28"
    assert Application.objects.count() == 1  # what would have been is not kept

    replayed = commands.puhui("decisions", "replay", "--all")
    assert (replayed.returncode, replayed.stdout.strip()) == (0, "1 decisions replayed, no difference")
    owner_connection.execute("UPDATE decisions_decision SET limit_fen = 1")
    replayed = commands.puhui("decisions", "replay", str(row.pk))
    assert replayed.returncode == 1
    assert "column limit_fen: stored 1, replayed 75000000" in replayed.stdout


def test_bad_input_ends_with_2(bank):
    bank.firm("Firm", consent=False)
    for arguments, words in [
        (("Firm", "invoice-working-capitol"), "Did you mean invoice-working-capital?"),
        (("Firm", "invoice-working-capital", "--term", "99"), "term_months: found 99"),
        (("Firm", "invoice-working-capital"), "consent of Firm: found none"),
        (("Firm", "invoice-working-capital", "--as-of", "yesterday"), "--as-of: found 'yesterday'"),
    ]:
        answer = commands.puhui("decide", *arguments)
        assert answer.returncode == 2
        assert words in answer.stderr
        assert "Traceback" not in answer.stderr


def test_products_check_needs_no_database(tmp_path):
    environment = {
        "PATH": "/usr/bin:/bin",
        "PUHUI_HOME": str(tmp_path / "home"),
        "DATABASE_URL": "postgresql://nobody@nowhere.invalid/none",
    }
    assert puhui(environment, "products", "check").returncode == 0
    assert not (tmp_path / "home").exists()
    bad = tmp_path / "bad.toml"
    text = next(path for path in reading.product_paths() if path.name.startswith("invoice-working")).read_text(encoding="utf-8")
    bad.write_text(text.replace("inv_out_yoy >= -0.5", "inv_out_yoi >= -0.5"), encoding="utf-8")
    answer = commands.puhui("products", "check", str(bad), "--json")
    assert answer.returncode == 1
    assert "Did you mean inv_out_yoy?" in json.loads(answer.stdout)["faults"][0]["remedy"]
    wrong = text.replace('churn = "churn-curve"', 'churn = "churn-curv"')
    wrong = wrong.replace('inv_out_void_rate_12m = "ratio"', 'inv_out_void_rate_12m = "days"')
    bad.write_text(wrong, encoding="utf-8")
    answer = commands.puhui("products", "check", str(bad))
    assert answer.returncode == 1
    assert "Did you mean churn-curve?" in answer.stdout
    assert "'ratio', as the catalogue has it" in answer.stdout
    assert commands.puhui("products", "check", "nowhere.toml").returncode == 2


def test_holdings_that_came_before_are_linked(bank, database_environment, tmp_path):
    """Imported past the door that links them: the command makes the link, and a second time there is nothing to do."""
    from datetime import date

    from puhui.evidence.actions import import_records
    from puhui.parties.actions import grant_consents

    held, holder = bank.firm("甲公司"), bank.firm("乙公司")
    grant_consents(
        bank.institution, [held], purpose="credit_decision", classes=["C02"], expires_on=date(2030, 1, 1), text_version="1", text="yes",
        channel="counter", granted_by="owner",
    )  # fmt: skip
    path = tmp_path / "holdings.csv"
    path.write_text(f"股权信息日期,股东名称,股东类型,持股比例\n2026-01-05,{holder.name},企业,30%\n", encoding="utf-8")
    import_records(bank.institution, path, "C02", "shareholding", firm=held)
    linked = puhui(database_environment, "parties", "link", "--json")
    assert linked.returncode == 0, linked.stderr
    assert json.loads(linked.stdout) == {"links": [{"firm": held.name, "other": holder.name}]}
    assert commands.puhui("parties", "link").stdout.strip() == "0 new links"
