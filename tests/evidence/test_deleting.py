"""Evidence goes when consent has ended, by one way only, and leaves a proof that stays."""

from __future__ import annotations

import datetime as dt
import hashlib
import json

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction
from tests.evidence.conftest import consent, line

from puhui.calculations.faults import FaultsError
from puhui.evidence import deleting, queries
from puhui.evidence.actions import import_records
from puhui.evidence.models import Batch, EvidenceDeletion, Invoice, InvoiceReplacement, Record, SeriesMonth
from puhui.parties.models import AuditRecord

PENALTIES = (
    "企业名称,处罚决定书文号,处罚决定日期,处罚类别\n甲公司,A1,2025-03-05,罚款\n甲公司,A2,2025-03-06,警告\n丁公司,B1,2025-03-05,罚款\n"
)
READINGS = "户号,用电日期,用电量\n0012,2025-01-01,10\n0012,2025-02-01,11\n"


@pytest.fixture
def shared(lender):
    """Two firms with penalties, one with invoices and readings as well."""
    consents = consent([lender.firm, lender.other], ["C03", "C11"])
    import_records(lender.institution, lender.write(PENALTIES, "p.csv"), "C03")
    import_records(lender.institution, lender.write(READINGS, "r.csv"), "C11", firm=lender.firm)
    lender.import_rows([line(1), line(2)])
    return lender, {each.firm_id: each for each in consents}


def withdraw(granted):
    from puhui.parties.actions import withdraw_consent

    withdraw_consent(granted, "owner")


def test_a_class_is_deleted_when_the_firm_asks_after_withdrawal(shared):
    lender, consents = shared
    with pytest.raises(FaultsError, match="a consent that lives"):
        deleting.delete_evidence(lender.firm, "C03", "clerk", firm_asked=True)
    withdraw(consents[lender.firm.pk])
    with pytest.raises(FaultsError, match="2026-07-04 or later"):  # 180 days after 2026-01-05
        deleting.delete_evidence(lender.firm, "C03", "clerk")
    keys = sorted(f"penalty{row.content_key}{row.occurrence}" for row in Record.objects.filter(firm=lender.firm))
    proof = deleting.delete_evidence(lender.firm, "C03", "clerk", firm_asked=True)
    assert (proof.counts, proof.reason, proof.deleted_by) == ({"penalty": 2}, "firm_asked", "clerk")
    assert (proof.consent_id, proof.consent_ended_on) == (consents[lender.firm.pk].pk, dt.date(2026, 1, 5))
    assert proof.content_digest == hashlib.sha256(",".join(keys).encode()).hexdigest()
    # The other firm's rows, the other classes and the batch are as they were.
    assert list(Record.objects.values_list("firm_id", flat=True)) == [lender.other.pk]
    assert (SeriesMonth.objects.count(), Invoice.objects.count(), Batch.objects.count()) == (2, 2, 3)
    assert AuditRecord.objects.filter(act="delete_evidence", subject_id=str(lender.firm.pk)).count() == 1
    with pytest.raises(FaultsError, match="nothing kept"):
        deleting.delete_evidence(lender.firm, "C03", "clerk", firm_asked=True)


def test_what_is_due_goes_by_itself_and_can_be_taken_in_again(shared, later):
    lender, consents = shared
    withdraw(consents[lender.firm.pk])
    assert [(each.firm_id, each.evidence_class) for each in deleting.kept_without_consent(lender.institution)] == [
        (lender.firm.pk, "C03"),
        (lender.firm.pk, "C11"),
    ]
    assert deleting.delete_due(lender.institution, "clerk") == []
    later(dt.date(2026, 7, 4))
    assert [proof.counts for proof in deleting.delete_due(lender.institution, "clerk")] == [{"penalty": 2}, {"electricity_day": 2}]
    assert not SeriesMonth.objects.exists()
    assert deleting.kept_without_consent(lender.institution) == []
    consent([lender.firm], ["C03"])
    assert import_records(lender.institution, lender.write(PENALTIES, "p.csv"), "C03").counts["accepted"] == 2
    assert queries.records_as_of(lender.institution, "penalty", dt.date(2026, 7, 4), [lender.firm]).height == 2


def test_invoices_go_with_their_replacements(lender, later):
    lender.import_rows([line(1)])
    later(dt.date(2026, 2, 10))
    lender.import_rows([line(1, 发票状态="作废")])
    later(dt.date(2027, 1, 1))  # the consent expires
    proof = deleting.delete_evidence(lender.firm, "C07", "clerk", firm_asked=True)
    assert (proof.counts, proof.consent_ended_on) == ({"invoice": 2}, dt.date(2027, 1, 1))
    assert not Invoice.objects.exists() and not InvoiceReplacement.objects.exists()


@pytest.mark.parametrize("table", ["evidence_record", "evidence_seriesmonth", "evidence_batchfirm", "evidence_evidencedeletion"])
@pytest.mark.parametrize("change", ["DELETE FROM {}", "UPDATE {} SET firm_id = firm_id", "TRUNCATE {}"])
def test_the_application_itself_may_change_nothing(shared, table, change):
    with pytest.raises(DatabaseError, match=r"permission denied|added and never changed"), transaction.atomic():
        connection.cursor().execute(change.format(table))


def test_the_function_refuses_while_a_consent_lives(shared):
    lender, consents = shared
    granted = consents[lender.firm.pk]
    with pytest.raises(DatabaseError, match="still covers"), transaction.atomic():
        connection.cursor().execute(
            "SELECT evidence_delete(%s, %s, 'C03', %s, %s, 'firm_asked', 'clerk')",
            [lender.institution.pk, lender.firm.pk, granted.pk, dt.date(2026, 1, 5)],
        )
    assert Record.objects.count() == 3 and not EvidenceDeletion.objects.exists()


def test_the_reader_may_not_call_it(server, database):
    with psycopg.connect(server.dsn("puhui_reader", database)) as reader, pytest.raises(psycopg.errors.InsufficientPrivilege):
        reader.execute("SELECT evidence_delete(1, 1, 'C03', 1, '2026-01-05', 'firm_asked', 'reader')")


def test_by_command(shared, capsys, monkeypatch):
    from puhui.site import command
    from puhui.site.commands import support

    lender, consents = shared
    monkeypatch.setattr(support, "start_django", lambda migrate=True: None)
    withdraw(consents[lender.firm.pk])
    assert command.run(["evidence", "delete", "--json"]) == 0
    assert [row["evidence_class"] for row in json.loads(capsys.readouterr().out)] == ["C03", "C11"]
    assert command.run(["evidence", "delete", "F1", "C03"]) == 2
    assert "2026-07-04 or later" in capsys.readouterr().err
    assert command.run(["evidence", "delete", "F1", "c03", "--firm-asked", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["rows"] == 2
    assert command.run(["evidence", "delete", "--due"]) == 0
    assert "nothing is due" in capsys.readouterr().out
    assert command.run(["evidence", "delete", "F1"]) == 2
