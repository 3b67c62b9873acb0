"""OCDS packages become awards, contracts and payments; what is wrong with one is said, with the place."""

from __future__ import annotations

import copy
import json

import pytest
from tests.evidence.conftest import BUSINESS_DATE, consent

from puhui.evidence import queries
from puhui.evidence.models import Batch, Record
from puhui.evidence.procurement import import_ocds
from puhui.evidence.reading.faults import RefusedFileError
from puhui.evidence.reading.ocds import is_ocds, read_ocds
from puhui.site import command
from puhui.site.commands import support

MARCH = "2025-03-01T00:00:00Z"
BUYER = {"id": "B", "name": "某市城市管理局"}
PRICE = {"amount": 300000.50, "currency": "CNY"}
PARTIES = [
    {"id": "B", "name": "某市城市管理局", "roles": ["buyer"]},
    {"id": "S1", "name": "甲公司", "identifier": {"scheme": "CN-USCC", "id": "91320106MA1ABCDE0X"}, "roles": ["supplier"]},
]
AWARD = {
    "id": 1,
    "date": "2025-02-03T00:00:00Z",
    "status": "active",
    "value": PRICE,
    "suppliers": [{"id": "S1"}],
}
CONTRACT = {
    "id": "c1", "awardID": 1, "status": "active", "dateSigned": "2025-02-20", "value": PRICE,
    "period": {"startDate": "2025-03-01T00:00:00Z", "endDate": "2025-12-31"},
}  # fmt: skip
PAID = {"id": "t1", "date": "2025-06-01T00:00:00Z", "value": {"amount": 100000, "currency": "CNY"}}


def release(date: str, **parts):
    return {
        "ocid": "ocds-1",
        "id": date,
        "date": date,
        "tag": ["award"],
        "parties": PARTIES,
        "buyer": {"id": "B", "name": "某市城市管理局"},
        **parts,
    }


RELEASES = [
    # Out of order on purpose: the later one lowers the contract and pays a part, and says nothing of what it leaves as it was.
    release(
        "2025-06-10T08:00:00Z",
        contracts=[{"id": "c1", "value": {"amount": 280000}, "implementation": {"transactions": [PAID]}}],
    ),
    release("2025-02-25T08:00:00Z", tender={"title": "街道保洁"}, awards=[AWARD], contracts=[CONTRACT]),
]


def package(*releases) -> bytes:
    return json.dumps({"uri": "x", "version": "1.1", "releases": list(releases or RELEASES)}).encode()


def test_releases_are_merged_into_rows():
    tables = read_ocds(package(), "p.json")
    assert tables.notes == []
    assert tables.frames["procurement_award"].rows(named=True) == [
        {
            "firm": "91320106MA1ABCDE0X", "notice": "ocds-1/1", "awarded_on": "2025-02-03", "buyer": "某市城市管理局", "title": "街道保洁",
            "amount_fen": "300000.5", "currency": "CNY", "status": "active", "known_at": "2025-06-10T08:00:00Z",
        }
    ]  # fmt: skip
    (contract,) = tables.frames["procurement_contract"].rows(named=True)
    assert (contract["amount_fen"], contract["first_amount_fen"], contract["currency"]) == ("280000", "300000.5", "CNY")
    assert (contract["contract"], contract["award"], contract["signed_on"]) == ("ocds-1/c1", "ocds-1/1", "2025-02-20")
    assert (contract["starts_on"], contract["ends_on"], contract["status"]) == ("2025-03-01", "2025-12-31", "active")
    (payment,) = tables.frames["contract_payment"].rows(named=True)
    assert (payment["contract"], payment["paid_on"], payment["amount_fen"], payment["reference"]) == (
        "ocds-1/c1",
        "2025-06-01",
        "100000",
        "t1",
    )


def test_a_record_package_gives_the_same_by_its_compiled_release_and_by_its_releases():
    plain = read_ocds(package(), "p.json").frames
    embedded = json.dumps({"records": [{"ocid": "ocds-1", "releases": RELEASES}]}).encode()
    assert all(read_ocds(embedded, "r.json").frames[name].equals(plain[name]) for name in plain)
    whole = copy.deepcopy(RELEASES[1])
    whole["contracts"][0] |= {"value": {"amount": 280000, "currency": "CNY"}, "implementation": {"transactions": [PAID]}}
    compiled = json.dumps({"records": [{"ocid": "ocds-1", "compiledRelease": {**whole, "date": RELEASES[0]["date"]}}]}).encode()
    found = read_ocds(compiled, "r.json").frames
    assert found["contract_payment"].equals(plain["contract_payment"]) and found["procurement_award"].equals(plain["procurement_award"])


def test_what_cannot_be_placed_is_left_out_and_said():
    two = [{"id": "S1"}, {"id": "S2", "name": "乙公司"}]
    parts = {
        "awards": [
            {**AWARD, "suppliers": two}, {**AWARD, "id": 2, "date": None}, {**AWARD, "id": 3, "suppliers": []}, {**AWARD, "id": 4},
        ],
        "contracts": [
            CONTRACT, {**CONTRACT, "id": "c2", "awardID": 9}, {**CONTRACT, "id": "c3", "awardID": 4, "dateSigned": None},
            {**CONTRACT, "id": "c4", "awardID": 4, "value": None},
        ],
    }  # fmt: skip
    tables = read_ocds(package(release(MARCH, **parts)), "p.json")
    assert tables.notes == [
        "left out: 1 amounts of joint awards",
        "left out: 1 awards without a date",
        "left out: 1 awards without a supplier",
        "left out: 1 contracts of joint awards",
        "left out: 1 contracts without a value",
        "left out: 1 contracts without an award of the process",
        "left out: 1 contracts without the day they were signed",
    ]
    joint = tables.frames["procurement_award"].filter(notice="ocds-1/1")
    assert joint.select("firm", "amount_fen").rows() == [("91320106MA1ABCDE0X", ""), ("乙公司", "")]
    assert tables.frames["procurement_contract"].is_empty()


BROKEN = {
    "cut off": (package()[:-40], "p.json", "JSON"),
    "a list": (b"[]", "p.json", "without releases or records"),
    "no package": (b'{"ocid": "x"}', "p.json", "without releases or records"),
    "releases that are an object": (b'{"releases": {}}', "p.json, releases", "a list"),
    "a release that is a text": (b'{"releases": ["x"]}', "releases[0]", "an object"),
    "a record of links": (b'{"records": [{"ocid": "x", "releases": [{"url": "http://x"}]}]}', "records[0]", "embedded releases"),
    "no ocid": (package({**RELEASES[1], "ocid": None}), "releases[0].ocid", "a text"),
    "no moment": (package({**RELEASES[1], "date": "yesterday"}), "releases[0].date", "2024-03-31T09:00:00Z"),
    "an award without id": (package(release(MARCH, awards=[{**AWARD, "id": None}])), "awards[0].id", "a text"),
    "a bad day": (package(release(MARCH, awards=[{**AWARD, "date": "3.2.2025"}])), "awards[0].date", "2024-03-31"),
    "a bad amount": (
        package(release(MARCH, awards=[{**AWARD, "value": {"amount": "a lot"}}])), "awards[0].value.amount", "a number",
    ),
    "an amount alone": (package(release(MARCH, awards=[{**AWARD, "value": 3}])), "awards[0].value", "amount and currency"),
    "a bad currency": (
        package(release(MARCH, awards=[{**AWARD, "value": {"amount": 3, "currency": "yuan"}}])), "value.currency", "ISO 4217",
    ),
    "awards that are an object": (package(release(MARCH, awards={"id": 1})), "awards", "a list of objects"),
    "nobody buys": (package({**release(MARCH, awards=[AWARD]), "buyer": None, "parties": PARTIES[1:]}), "awards[0]", "buyer"),
    "a payment in another currency": (
        package(
            release(
                MARCH, awards=[AWARD],
                contracts=[{**CONTRACT, "implementation": {"transactions": [{**PAID, "value": {"amount": 1, "currency": "USD"}}]}}],
            )
        ),
        "contracts[0].implementation.transactions[0].value.currency",
        "the currency of the contract",
    ),
}  # fmt: skip


@pytest.mark.parametrize("data, place, said", BROKEN.values(), ids=BROKEN)
def test_every_fault_is_named_with_its_place(data, place, said):
    with pytest.raises(RefusedFileError) as refusal:
        read_ocds(data, "p.json")
    assert place in str(refusal.value) and said in str(refusal.value)
    assert all(fault.where and fault.found and fault.expected and fault.remedy for fault in refusal.value.faults)


def test_all_faults_are_named_at_once():
    awards = [{**AWARD, "date": "soon"}, {**AWARD, "id": 2, "value": "much"}]
    with pytest.raises(RefusedFileError) as refusal:
        read_ocds(package(release(MARCH, awards=awards)), "p.json")
    assert [fault.where.split(".", 2)[-1] for fault in refusal.value.faults] == ["awards[0].date", "awards[1].value"]


def test_a_package_is_told_from_other_json():
    assert is_ocds(package()) and not is_ocds(b'[{"ocid": "x"}]') and not is_ocds(b'{"rows": []}')


def test_a_package_is_stored_for_known_firms_as_of_its_releases(lender):
    consent([lender.firm, lender.other], ["C14"])
    stranger = {**AWARD, "id": 2, "suppliers": [{"id": "x", "name": "无关公司"}]}
    path = lender.write(package(*RELEASES, release("2025-06-09T00:00:00Z", awards=[stranger])), "p.json")
    results = import_ocds(lender.institution, path, business_date=BUSINESS_DATE, actor="clerk")
    assert [(each.record, each.counts["accepted"]) for each in results] == [
        ("procurement_award", 1), ("procurement_contract", 1), ("contract_payment", 1),
    ]  # fmt: skip
    assert "no firms of this institution: 1" in results[0].notes[-1]
    rows = queries.records_as_of(lender.institution, "procurement_contract", BUSINESS_DATE)
    assert rows.select("firm_id", "contract", "amount_fen", "first_amount_fen", "status").rows() == [
        (lender.firm.pk, "ocds-1/c1", 28_000_000, 30_000_050, "active")
    ]
    assert queries.records_as_of(lender.institution, "procurement_contract", BUSINESS_DATE.replace(year=2025, month=6, day=9)).is_empty()
    again = import_ocds(lender.institution, path, business_date=BUSINESS_DATE, actor="clerk")
    assert [each.counts["accepted"] for each in again[:2]] == [0, 0]


def test_a_package_without_a_row_of_ours_says_why(lender):
    consent([lender.firm, lender.other], ["C14"])
    undated = {name: value for name, value in AWARD.items() if name != "date"}
    path = lender.write(package(release("2025-06-09T00:00:00Z", awards=[undated])), "p.json")
    (result,) = import_ocds(lender.institution, path, business_date=BUSINESS_DATE, actor="clerk")
    assert (result.batch_id, result.counts["accepted"], Batch.objects.count()) == (None, 0, 0)
    assert any("without a date" in note for note in result.notes) and "nothing was changed" in result.notes[0]


def test_the_command_knows_a_package_by_its_content(lender, capsys, monkeypatch):
    monkeypatch.setattr(support, "start_django", lambda migrate=True: None)
    consent([lender.firm, lender.other], ["C14"])
    path = lender.write(package(), "anything.txt")
    assert command.run(["evidence", "import", "c14", str(path), "--json"]) == 0
    results = json.loads(capsys.readouterr().out)["results"]
    assert [each["record"] for each in results] == ["procurement_award", "procurement_contract", "contract_payment"]
    assert command.run(["evidence", "import", "C14", str(path), "--firm", "丁公司"]) == 0
    assert "nothing of a firm of this institution" in capsys.readouterr().out


def test_nothing_of_a_package_is_stored_when_one_table_has_a_fault(lender):
    consent([lender.firm, lender.other], ["C14"])
    bad = copy.deepcopy(RELEASES)
    bad[0]["contracts"][0]["implementation"]["transactions"][0]["date"] = "2031-01-01"  # not yet
    path = lender.write(package(*bad), "p.json")
    with pytest.raises(RefusedFileError, match="2031-01-01"):
        import_ocds(lender.institution, path, business_date=BUSINESS_DATE, actor="clerk")
    assert (Batch.objects.count(), Record.objects.count()) == (0, 0)
