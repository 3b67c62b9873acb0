"""A risk manager trains a model at the desk: the table, what each column is for, what the guard finds, the work, the candidate."""

from __future__ import annotations

import io
import re
from typing import Any

import polars as pl
import pytest
from tests.scoring.conftest import loans

from puhui.calculations.faults import FaultsError

SIZE = 240


@pytest.fixture(name="table")
def table_fixture() -> bytes:
    """A table in which `recovered` tells the outcome, because it was written after it."""
    frame = loans(SIZE, seed=5).drop("start", "constant").with_columns(recovered=pl.col("defaulted") * 1.5 + pl.col("noise") * 0.01)
    out = io.BytesIO()
    frame.write_csv(out)
    return out.getvalue()


def upload(client: Any, table: bytes, **more: Any) -> Any:
    file = io.BytesIO(table)
    file.name = "loans.csv"
    return client.post("/models/training/", {"source": "upload", "table": file, "kept": ""} | more)


def form(row: Any, **parts: str) -> dict[str, str]:
    """The form as it is shown, with other parts for some columns."""
    from puhui.console.training_figures import fields_of

    fields = fields_of(row.configuration, row.columns)
    sent = {f"part_{place}": parts.get(each["name"], each["part"]) for place, each in enumerate(fields["columns"])}
    return sent | {
        "act": "look", "name": "desk", "folds": "2", "repeats": "1", "kind_scorecard": "1", "calibration": "platt", "leak_guard": "warn",
        "method": "none", "factor": "1.0",
    }  # fmt: skip


def test_from_a_table_to_a_candidate(scenario: Any, client_of: Any, table: bytes) -> None:
    from puhui.scoring import training_process
    from puhui.scoring.models import RegisteredModel, Training

    risk, approver, officer = client_of("risk"), client_of("approver"), client_of("officer")
    assert officer.get("/models/training/").status_code == 403
    assert upload(approver, table).status_code == 403
    address = upload(risk, table)["Location"]
    row = Training.objects.latest("pk")
    assert (row.rows, row.status, row.table_name) == (SIZE, "draft", "loans.csv")
    assert risk.post(address, {"act": "train"}).status_code == 422  # nobody has looked at it
    assert risk.post(address, form(row, loan_nr="id")).status_code == 302
    page = risk.get(address).content.decode()
    assert "<b>recovered</b>" in page and "Train now" in page
    row.refresh_from_db()
    assert risk.post(address, form(row, loan_nr="id", recovered="left_out") | {"reason_7": "written at the end"}).status_code == 302
    assert "No variable that knows too much" in risk.get(address).content.decode()
    before = RegisteredModel.objects.count()
    assert risk.post(address, {"act": "train"}).status_code == 302
    row.refresh_from_db()
    assert row.status == "waiting" and row.asked_by.username == "risk"
    assert 'hx-trigger="every 3s"' in risk.get(address).content.decode()
    assert training_process.work() == 1
    row.refresh_from_db()
    assert (row.status, row.fits_done, row.faults) == ("done", row.fits, [])
    model = RegisteredModel.objects.get(pk=row.results[0]["model"])
    assert RegisteredModel.objects.count() == before + 1
    assert (model.status, model.name, model.registered_by) == ("candidate", "desk", "risk")
    assert "recovered" not in {each["name"] for each in model.body["variables"]}
    page = risk.get(address).content.decode()
    assert f'href="/models/{model.pk}/"' in page and "hx-trigger" not in page.split('id="progress"')[1][:200]
    assert risk.post(address, form(row)).status_code == 422  # what was trained stays as it is
    assert risk.post(address, {"act": "another"}).status_code == 302
    assert Training.objects.latest("pk").table_digest == row.table_digest


def test_every_fault_of_the_form_is_told_and_nothing_is_kept(scenario: Any, client_of: Any, table: bytes) -> None:
    from puhui.scoring.models import Training

    risk = client_of("risk")
    address = upload(risk, table)["Location"]
    row = Training.objects.latest("pk")
    sent = form(row, defaulted="enters", months="weight", noise="weight") | {"name": " ", "folds": "0", "region": "x"}
    del sent["kind_scorecard"]
    response = risk.post(address, sent)
    page = response.content.decode()
    assert response.status_code == 422
    for words in ("months, noise", "the column that tells who defaulted", "kinds of model", "name: found", "from 1 to 100"):
        assert words in page, words
    assert re.search(r'aria-label="months: What it is for">.*?value="weight" selected', page, re.DOTALL)
    row.refresh_from_db()
    assert row.found == {} and row.configuration == {}
    assert upload(risk, b"a,b\n").status_code == 422
    few = b"x,defaulted\n" + b"".join(b"%d,%d\n" % (n, n == 7) for n in range(40))
    address = upload(risk, few)["Location"]
    response = risk.post(address, form(Training.objects.latest("pk")))
    assert response.status_code == 422 and "2 folds for 1 cases" in response.content.decode()
    assert risk.post("/models/training/", {"source": "upload"}).status_code == 422


def test_what_the_form_says_enters_is_what_the_trainer_lets_in(scenario: Any, client_of: Any) -> None:
    """Numbers of loans, dates and columns of one value are shown as left out, with the reason, and cannot be made to enter."""
    from puhui.scoring.models import Training

    risk, out = client_of("risk"), io.BytesIO()
    loans(SIZE, seed=5).with_columns(letter=pl.format("ref {}", "loan_nr")).write_csv(out)
    address = upload(risk, out.getvalue())["Location"]
    row = Training.objects.latest("pk")
    selects = re.findall(
        r'<select [^>]*name="part_\d+" aria-label="(\w+)[^"]*">(.*?)</select>', risk.get(address).content.decode(), re.DOTALL
    )
    parts = {name: re.findall(r'value="(\w+)" selected', options)[0] for name, options in selects}
    assert {name for name, part in parts.items() if part == "left_out"} == {"loan_nr", "start", "constant", "letter"}
    assert risk.post(address, form(row)).status_code == 302
    row.refresh_from_db()
    assert set(row.found["variables"]) == {name for name, part in parts.items() if part in ("enters", "category")}
    response = risk.post(address, form(row, loan_nr="enters", letter="category", constant="enters"))
    told = response.content.decode()
    assert response.status_code == 422
    assert all(f"<b>{name}</b>" in told or name in told for name in ("loan_nr", "letter", "constant"))
    assert "different in every row, left out as an identifier" in told and "the same value in every row, left out" in told


def test_a_training_that_cannot_be_done_says_why_and_may_be_mended(scenario: Any, client_of: Any, table: bytes) -> None:
    from puhui.scoring import training_process, trainings
    from puhui.scoring.models import Training

    risk = client_of("risk")
    address = upload(risk, table)["Location"]
    row = Training.objects.latest("pk")
    risk.post(address, form(row, loan_nr="id"))
    risk.post(address, {"act": "train"})
    Training.objects.filter(pk=row.pk).update(table=b"PAR1 cut short")
    training_process.work()
    row.refresh_from_db()
    assert row.status == "failed" and "upload it again" in row.faults[0]
    assert "The training failed" in risk.get(address).content.decode()
    Training.objects.filter(pk=row.pk).update(status="running", tries=training_process.MOST_TRIES)
    training_process.work()
    row.refresh_from_db()
    assert row.status == "failed" and "3 times" in row.faults[0]
    Training.objects.filter(pk=row.pk).update(found={})
    with pytest.raises(FaultsError, match="nobody looked at"):
        trainings.ask(row, scenario.users["risk"])


def test_a_kept_configuration_fills_the_form(scenario: Any, client_of: Any) -> None:
    from puhui.scoring.models import Training

    risk = client_of("risk")
    table = b"firm_id,inv_out_amt_12m,fs_debt_ratio,defaulted\n" + b"".join(b"%d,%d,0.5,%d\n" % (n, n * 3, n % 2) for n in range(40))
    address = upload(risk, table, kept="invoice-scorecard")["Location"]
    row = Training.objects.latest("pk")
    assert row.configuration["bins"]["maximum"] == 3
    parts = dict(re.findall(r'aria-label="(\w+): What it is for">.*?value="(\w+)" selected', risk.get(address).content.decode(), re.DOTALL))
    assert parts == {"firm_id": "id", "inv_out_amt_12m": "enters", "fs_debt_ratio": "left_out", "defaulted": "target"}
    assert upload(risk, table, kept="../../secrets").status_code == 422


def test_own_loans_become_a_table(scenario: Any, client_of: Any) -> None:
    from puhui.decisions.models import Application
    from puhui.reports.own_cases import own_cases
    from puhui.scoring.models import Training

    frame = own_cases(scenario.institution, scenario.institution.business_date, 1)
    assert frame["decision"].n_unique() == len(frame)
    assert (frame["answer"] == "refused").sum() == Application.objects.filter(status="refused", decisions__isnull=False).distinct().count()
    lent = frame.filter(pl.col("answer") == "lent")
    assert len(lent) and lent["inv_out_amt_12m"].is_not_null().all()
    assert frame.filter(pl.col("answer") != "lent")["defaulted"].is_null().all()
    risk = client_of("risk")
    assert risk.post("/models/training/", {"source": "own", "months": "0"}).status_code == 422
    assert risk.post("/models/training/", {"source": "own", "months": "1"}).status_code == 302
    row = Training.objects.latest("pk")
    assert row.rows == len(frame) and row.configuration["rejects"]["column"] == "answer"


def test_another_lender_sees_none_of_it(scenario: Any, client_of: Any) -> None:
    from datetime import date

    from puhui.parties.actions import create_institution, create_user

    create_user(create_institution("OTHER", "另一家银行", "bank", date(2026, 1, 1)), "stranger", "secret-secret", "risk_manager")
    stranger, address = client_of("stranger"), f"/models/training/{scenario.training.pk}/"
    assert stranger.get(address).status_code == 404
    assert stranger.post(address, {"act": "train"}).status_code == 404
    assert "sales-only" not in stranger.get("/models/training/").content.decode()


def test_a_table_from_a_workbook_is_deleted_by_a_person_with_a_reason(scenario: Any, client_of: Any, table: bytes) -> None:
    from puhui.scoring.models import Training

    risk, approver = client_of("risk"), client_of("approver")
    out = io.BytesIO()
    pl.read_csv(table).write_excel(out)
    out.seek(0)
    out.name = "案例.xlsx"
    address = risk.post("/models/training/", {"source": "upload", "table": out, "kept": ""})["Location"]
    row = Training.objects.latest("pk")
    assert (row.rows, row.table_name, row.columns[0]["type"]) == (SIZE, "案例.xlsx", "whole")
    assert "The table is kept until" in risk.get(address).content.decode()
    assert approver.post(address, {"act": "delete_table", "why": "x"}).status_code == 403
    assert risk.post(address, {"act": "delete_table", "why": " "}).status_code == 422
    assert risk.post(address, {"act": "delete_table", "why": "误传"}).status_code == 302
    page = risk.get(address).content.decode()
    assert "The table was deleted on" in page and "Delete the table for good" not in page
    assert risk.post(address, form(row)).status_code == 422
    assert "deleted" in risk.get("/models/training/").content.decode()
