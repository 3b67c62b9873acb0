"""What programs do: find a firm, import a file, decide, act on a loan with a second person, quote, take vouchers."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

JSON = "application/json"


def post(client: Any, address: str, body: Any, key: str = "") -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    return client.post(f"/api/v1{address}", json.dumps(body), content_type=JSON, headers=headers)


def test_a_firm_is_found_by_name_and_by_identifier(scenario: Any, caller_of: Any) -> None:
    from puhui.parties.models import FirmIdentifier

    known = FirmIdentifier.objects.select_related("firm").first()
    client = caller_of("officer")
    for text in (known.value, known.firm.name):
        found = client.get("/api/v1/firms", {"search": text}).json()["firms"]
        assert known.firm_id in [each["id"] for each in found]
    told = client.get(f"/api/v1/firms/{known.firm_id}").json()
    assert {"scheme": known.scheme, "value": known.value} in told["identifiers"]
    assert client.get("/api/v1/firms", {"page": 999}).json()["firms"] == []


def test_a_decision_is_made_once_for_a_key(scenario: Any, caller_of: Any) -> None:
    from puhui.decisions.models import Application, Decision

    earlier = Decision.objects.select_related("firm", "application").first()
    asked = {"firm": earlier.firm.name, "product": earlier.application.product_code, "amount_fen": 20_000_000, "term_months": 12}
    client = caller_of("officer")
    count = Application.objects.count()
    foreseen = post(client, "/decisions/preview", asked).json()["record"]
    assert Application.objects.count() == count
    first = post(client, "/decisions", asked, "partner-1").json()
    again = post(client, "/decisions", asked, "partner-1").json()
    assert first == again and Application.objects.count() == count + 1
    assert first["record"]["result"]["outcome"] == foreseen["result"]["outcome"]
    assert Application.objects.get(pk=first["application"]).channel == "api"
    assert client.get(f"/api/v1/decisions/{first['decision']}").json() == first
    other = post(client, "/decisions", asked | {"amount_fen": 30_000_000}, "partner-1")
    assert other.status_code == 422 and "partner-1" in json.dumps(other.json())
    assert post(client, "/decisions", asked).status_code == 422  # no key


def test_every_fault_of_an_application_is_named(scenario: Any, caller_of: Any) -> None:
    answer = post(caller_of("officer"), "/decisions", {"firm": "x", "amount_fen": -1, "term_months": "long"}, "k")
    assert answer.status_code == 422
    assert {fault["where"].rsplit(".", 1)[1] for fault in answer.json()["faults"]} == {"product", "amount_fen", "term_months"}


def test_a_file_is_imported_once_and_a_bad_one_not_at_all(scenario: Any, caller_of: Any, tmp_path: Path) -> None:
    from puhui.evidence.layouts import layout
    from puhui.evidence.models import Batch, Record
    from puhui.evidence.samples import write_sample
    from puhui.parties.actions import grant_consent
    from puhui.parties.models import FirmIdentifier

    client, before = caller_of("officer"), Record.objects.count()
    path = tmp_path / "tax.csv"
    known = FirmIdentifier.objects.select_related("firm").first()
    write_sample(layout("tax_return"), path, known.value)

    def send(body: bytes) -> Any:
        file = SimpleUploadedFile("tax.csv", body)
        return client.post("/api/v1/evidence/C06/tax_return", {"file": file})

    refused = send(path.read_bytes())
    assert refused.status_code == 422 and "consent" in refused.json()["faults"][0]["expected"]
    grant_consent(
        known.firm, purpose="credit_decision", classes=["C06"], expires_on=date(2099, 1, 1), text_version="1", text="tax returns",
        channel="counter", granted_by="officer",
    )  # fmt: skip
    first = send(path.read_bytes())
    assert first.status_code == 200, first.content.decode()
    stored = Record.objects.count() - before
    assert stored == first.json()[0]["counts"]["accepted"] > 0
    assert send(path.read_bytes()).json()[0]["counts"]["accepted"] == 0
    batches = Batch.objects.count()
    bad = send(b"not,a,tax\n1,2,3\n")
    assert bad.status_code == 422 and bad.json()["faults"][0]["expected"]
    assert Record.objects.count() - before == stored and Batch.objects.count() == batches
    assert client.get("/api/v1/evidence/batches").json()["batches"][0]["received_by"] == "officer"


def test_a_sheet_of_a_workbook_is_named(scenario: Any, caller_of: Any) -> None:
    """Two sheets with the same headings are refused until one is named; a name that is not there is told with those that are."""
    import io

    import xlsxwriter

    from puhui.parties.actions import grant_consent
    from puhui.parties.models import Firm

    firm = Firm.objects.filter(institution=scenario.institution).first()
    grant_consent(
        firm, purpose="credit_decision", classes=["C15"], expires_on=date(2099, 1, 1), text_version="1", text="accounts",
        channel="counter", granted_by="officer",
    )  # fmt: skip
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        for month in ("03", "04"):
            page = book.add_worksheet(month)
            page.write_row(0, 0, ["账号", "交易日期", "收入金额", "支出金额", "余额", "对方户名", "摘要"])
            page.write_row(1, 0, ["3305", f"2024-{month}-05", "1000.00", "", "5000.00", "乙公司", "货款"])
    client = caller_of("officer")

    def send(**form: str) -> Any:
        file = SimpleUploadedFile("bank.xlsx", buffer.getvalue())
        return client.post("/api/v1/evidence/C15/account_flow", {"file": file, "firm": firm.name, **form})

    refused = send()
    assert refused.status_code == 422 and "sheets with the same headings" in refused.json()["faults"][0]["found"]
    assert send(sheet="05").status_code == 422
    for month in ("03", "04"):
        assert send(sheet=month).json()[0]["counts"]["accepted"] == 1


def test_a_mapping_goes_with_a_file_by_name_or_as_a_file(scenario: Any, caller_of: Any) -> None:
    from puhui.parties.actions import grant_consents
    from puhui.parties.models import Firm

    firm = Firm.objects.filter(institution=scenario.institution).order_by("pk").first()
    grant_consents(
        scenario.institution, [firm], purpose="credit_decision", classes=["C03"], expires_on=date(2030, 1, 1), text_version="2",
        text="同意", channel="counter", granted_by="officer",
    )  # fmt: skip
    client = caller_of("officer")
    mapping = '[format]\namount_unit = "wan_yuan"\n'

    def send(number: str, **form: Any) -> Any:
        text = f"决定书文号,处罚决定日期,处罚类别,处罚领域,罚款金额（万元）\n{number},2024-05-06,罚款,市场监管,1.5\n"
        file = SimpleUploadedFile("fines.csv", text.encode())
        return client.post("/api/v1/evidence/C03/penalty", {"file": file, "firm": firm.name, **form})

    assert send("1").status_code == 422
    assert send("2", mapping="amounts-in-ten-thousands").json()[0]["counts"]["accepted"] == 1
    assert send("3", mapping_file=SimpleUploadedFile("m.toml", mapping.encode())).json()[0]["counts"]["accepted"] == 1
    unknown = send("4", mapping="/etc/passwd")
    assert unknown.status_code == 422 and "uk-council-awards" in unknown.json()["faults"][0]["expected"]


def test_a_quote_is_the_commands_own(scenario: Any, caller_of: Any) -> None:
    from puhui.calculations.quote import answer_text
    from puhui.products.law import law_on

    document = {"amount": "120000.00", "start": "2026-01-15", "rate_annual": "0.0435", "instalments": 12, "every": "1 month"}
    client = caller_of("officer")
    assert post(client, "/loans/quotes", document).json() == answer_text(json.dumps(document).encode(), law_on)[0]
    refused = post(client, "/loans/quotes", document | {"method": "magic"})
    assert refused.status_code == 422 and refused.json()["faults"][0]["where"] == "method"


def test_a_repayment_is_previewed_and_done_once(scenario: Any, caller_of: Any) -> None:
    from puhui.loans.models import Loan

    client = caller_of("accountant")
    loan = Loan.objects.filter(status="performing").order_by("pk").first()
    before = client.get(f"/api/v1/loans/{loan.pk}").json()
    address, body = f"/commands/loan/{loan.pk}/repay", {"amount_fen": 10_000}
    seen = post(client, f"{address}/preview", body)
    assert seen.status_code == 200, seen.content.decode()
    assert client.get(f"/api/v1/loans/{loan.pk}").json() == before
    first, again = post(client, address, body, "pay-1"), post(client, address, body, "pay-1")
    assert first.status_code == again.status_code == 200 and first.json() == again.json()
    after = client.get(f"/api/v1/loans/{loan.pk}").json()
    assert [each["type"] for each in after["events"]].count("repayment") == [each["type"] for each in before["events"]].count(
        "repayment"
    ) + 1
    assert client.get(f"/api/v1/commands/{first.json()['id']}").json()["status"] == "done"
    assert client.get(f"/api/v1/loans/{loan.pk}", {"as_of": "1999-01-01"}).status_code == 422


def test_an_act_waits_for_a_second_person(scenario: Any, caller_of: Any) -> None:
    from puhui.loans.models import Loan

    loan = Loan.objects.filter(status="performing").order_by("pk").last()
    maker, checker = caller_of("officer"), caller_of("approver")
    asked = post(maker, f"/commands/loan/{loan.pk}/change_rate", {"rate_annual": "0.0400", "reason": "agreed with the borrower"}, "rate-1")
    assert asked.status_code == 202, asked.content.decode()
    number = asked.json()["id"]
    assert post(maker, f"/commands/{number}/approve", {}).status_code == 422  # not oneself
    done = post(checker, f"/commands/{number}/approve", {})
    assert done.status_code == 200 and done.json()["status"] == "done", done.content.decode()


def test_vouchers_come_to_the_day(scenario: Any, caller_of: Any) -> None:
    from puhui.books.models import ClosedDay, VoucherDelivery

    day = ClosedDay.objects.filter(institution=scenario.institution).order_by("-date").first().date
    client = caller_of("accountant")
    seen = client.get("/api/v1/vouchers", {"date": day.isoformat()}).json()
    assert seen["is_closed"] and not seen["faults"]
    debit, credit = (sum(line[side] for line in seen["lines"]) for side in ("debit_fen", "credit_fen"))
    assert debit == credit
    taken = post(client, "/vouchers/deliveries", {"date": day.isoformat()}).json()
    assert taken == seen and VoucherDelivery.objects.filter(date=day, delivered_by="accountant").exists()
    late = post(client, "/vouchers/deliveries", {"date": scenario.institution.business_date.isoformat()})
    assert late.status_code == 422


def test_query_budgets(scenario: Any, caller_of: Any) -> None:
    """A list costs as many queries for a hundred rows as for one."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from puhui.loans.models import Loan

    client = caller_of("risk")
    for address in ("/firms", "/loans", "/scores/alarms", "/evidence/batches", "/products", f"/loans/{Loan.objects.first().pk}"):
        client.get(f"/api/v1{address}")
        with CaptureQueriesContext(connection) as seen:
            assert client.get(f"/api/v1{address}").status_code == 200
        assert len(seen) <= 7, (address, len(seen))


def test_a_household_is_registered_once_and_its_numbers_are_not_answered(scenario: Any, caller_of: Any) -> None:
    from puhui.parties.identifiers import identity_check_character

    numbers = [body + identity_check_character(body) for body in ("99012119800101601", "99012119820202602")]
    people = [
        {"part": part, "name": name, "identity_number": number}
        for part, name, number in zip(("head", "spouse"), ("张文", "李兰"), numbers, strict=True)
    ]
    asked = {"kind": "household", "people": people, "household_number": "BS601"}
    client = caller_of("officer")
    answer = post(client, "/firms/borrowers", asked)
    assert answer.status_code == 200 and not any(number in answer.content.decode() for number in numbers)
    told = answer.json()
    assert (told["kind"], told["name"]) == ("household", "张文户") and {"scheme": "household", "value": "BS601"} in told["identifiers"]
    again = post(client, "/firms/borrowers", asked)
    assert again.status_code == 422 and "张文户" in json.dumps(again.json(), ensure_ascii=False)
    assert post(caller_of("risk"), "/firms/borrowers", asked).status_code == 403
    leaving = {"identity_number": numbers[1], "day": scenario.institution.business_date.isoformat(), "reason": "分户"}
    assert post(caller_of("risk"), f"/firms/{told['id']}/leavings", leaving).status_code == 403
    left = post(client, f"/firms/{told['id']}/leavings", leaving).json()
    assert left == {"parts": ["member", "spouse"], "consents_ended": 0, "stale_drafts": []}
    twice = post(client, f"/firms/{told['id']}/leavings", leaving)
    assert twice.status_code == 422 and numbers[1] not in twice.content.decode()


def test_an_alarm_of_a_score_is_listed_noted_once_and_ended_by_a_look(scenario: Any, caller_of: Any) -> None:
    """The score of the alarm is not in use, so a look ends it: it is past then, with its note."""
    from puhui.scoring.models import RegisteredModel, ScoreAlarm

    model = RegisteredModel.objects.filter(institution=scenario.institution).first()
    stale = RegisteredModel.objects.create(institution=model.institution, name="retired", digest="0" * 64, body={}, registered_by="test")
    alarm = ScoreAlarm.objects.create(
        institution=scenario.institution, model=stale, measure="separation", subject="development", level="alarm", figure=0.2, limit=0.3,
        raised_on=date(2026, 1, 31), seen_on=date(2026, 1, 31), causes=[{"variable": "inv_out_yoy", "points": -3.1, "share": 0.6}],
    )  # fmt: skip
    risk, officer = caller_of("risk"), caller_of("officer")
    told = officer.get(f"/api/v1/scores/alarms/{alarm.pk}").json()
    assert (told["model"], told["asks"], told["noted_by"], told["causes"][0]["points"]) == ("retired", True, "", -3.1)
    assert alarm.pk in [one["id"] for one in officer.get("/api/v1/scores/alarms").json()["alarms"]]
    address = f"/scores/alarms/{alarm.pk}/note"
    assert post(officer, address, {"note": "seen"}).status_code == 403
    assert post(risk, address, {"note": " "}).json()["faults"][0]["where"] == "note"
    first, again = post(risk, address, {"note": "a new channel"}), post(risk, address, {"note": "a new channel"})
    assert first.status_code == again.status_code == 200 and first.json() == again.json()
    assert (first.json()["asks"], first.json()["noted_by"]) == (False, "risk")
    assert post(risk, address, {"note": "something else"}).status_code == 422
    made = post(risk, "/scores/looks", {})
    assert made.status_code == 200 and made.json()["closed"] >= 1 and made.json()["looked_by"] == "risk"
    past = {one["id"]: one for one in officer.get("/api/v1/scores/alarms", {"state": "past"}).json()["alarms"]}
    assert past[alarm.pk]["note"] == "a new channel" and past[alarm.pk]["closed_on"]
    assert alarm.pk not in [one["id"] for one in officer.get("/api/v1/scores/alarms").json()["alarms"]]
    assert officer.get("/api/v1/scores/alarms", {"state": "lost"}).status_code == 422
