"""Industry and region at decision: the limits of the table, the room left, promises that count at once, and sums counted anew."""

from __future__ import annotations

import threading
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from puhui.calculations.concentration import Cap, Place, caps_of, cells_of
from puhui.calculations.faults import FaultsError

ROWS: list[dict[str, Any]] = [
    {"lender_kind": "bank", "level": "section", "share": 0.6, "of": "loans", "base_yuan": 1_000_000},
    {"lender_kind": "bank", "level": "section", "code": "K", "share": 0.175, "of": "loans", "base_yuan": 1_000_000},
    {"lender_kind": "bank", "level": "county", "share": 0.8, "of": "capital", "base_yuan": 500_000},
    {"lender_kind": "micro_lender", "level": "division", "share": 1.0, "of": "capital", "base_yuan": 1},
]
TABLE = """
[table]
name = "concentration-limits"
names = {{ en = "Limits", zh-hans = "限额", zh-hant = "限額" }}
columns = {{ lender_kind = "text", level = "text", code = "text", share = "ratio", of = "text", base_yuan = "CNY" }}
source = "made up for a test"
verified = false

[[rows]]
lender_kind = "bank"
level = "division"
code = "13"
share = {share}
of = "loans"
base_yuan = 1_000_000

[[rows]]
lender_kind = "bank"
level = "county"
share = 0.9
of = "loans"
base_yuan = 1_000_000
"""


def test_a_row_with_a_code_holds_for_that_one_and_a_row_without_for_the_others():
    place = Place("K", "7010", "330781")
    assert caps_of(ROWS, "bank", place) == (
        Cap("section", "industry:K", 0.175, "loans", 17_500_000),
        Cap("county", "region:330781", 0.8, "capital", 40_000_000),
    )
    assert [one.most_fen for one in caps_of(ROWS, "bank", Place("C", "1310", ""))] == [60_000_000]
    assert caps_of(ROWS, "bank", Place("", "", "33")) == ()
    assert cells_of(place) == ("industry:K", "industry:70", "region:33", "region:3307", "region:330781")


def test_every_division_has_a_section_and_every_section_a_name():
    from puhui.evidence.codes import code_table
    from puhui.products.parameters import table

    rows = table("industry-sections").rows
    found = {division: row["code"] for row in rows for division in row["divisions"]}
    assert found == {division: name[0] for division, name in code_table("gbt4754").codes.items()}
    assert all(row[language] for row in rows for language in ("en", "zh_hans", "zh_hant"))


@pytest.fixture
def limits(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Writes a table of limits of the institution's own: a share of 1,000,000 yuan for division 13, 900,000 for a county."""
    from django.conf import settings

    def write(share: float) -> None:
        (tmp_path / "parameters").mkdir(exist_ok=True)
        (tmp_path / "parameters" / "concentration-limits.toml").write_text(TABLE.format(share=share), encoding="utf-8")
        monkeypatch.setattr(settings, "PUHUI_CATALOGUE", tmp_path)

    return write


def firm(bank, name: str, industry: str = "1310", county: str = "330781", **more: Any):
    made = bank.firm(name, **more)
    made.industry_code, made.division_code = industry, county
    made.save()
    return made


def independent_sums() -> dict[str, int]:
    """Cell → fen, added up row by row from the exposures, with the sections read from the code table."""
    from puhui.decisions.models import Exposure
    from puhui.evidence.codes import code_table

    section = {division: name[0] for division, name in code_table("gbt4754").codes.items()}
    sums: dict[str, int] = {}
    for one in Exposure.objects.select_related("firm"):
        industry, county = one.firm.industry_code, one.firm.division_code
        cells = {f"industry:{section[industry[:2]]}", f"industry:{industry[:2]}", *(f"region:{county[:n]}" for n in (2, 4, 6))}
        for cell in cells:
            sums[cell] = sums.get(cell, 0) + one.reserved_fen + one.outstanding_fen
    return {cell: fen for cell, fen in sums.items() if fen}


def kept_sums() -> dict[str, int]:
    from puhui.decisions.credit_models import ConcentrationFigure

    sums: dict[str, int] = {}
    for one in ConcentrationFigure.objects.all():
        sums[one.cell] = sums.get(one.cell, 0) + one.amount_fen
    return {cell: fen for cell, fen in sums.items() if fen}


def test_the_room_of_an_industry_binds_and_is_told_in_three_languages(bank, limits):
    """500,000 for division 13: the first firm takes 300,000, the second gets 200,000 of 300,000, the third nothing."""
    from puhui.decisions import actions

    limits(0.5)
    decisions = [actions.decide(bank.apply(firm(bank, f"Firm {number}"), 300_000), "system") for number in range(3)]
    assert [(one.outcome, one.amount_fen) for one in decisions] == [("approve", 30_000_000), ("approve", 20_000_000), ("refuse", 0)]
    less = next(one for one in decisions[1].record["reasons"] if one["code"] == "less_than_asked")
    assert less["bound"] == "industry:13" and set(less["bound_text"]) == {"en", "zh-hans", "zh-hant"}
    assert less["bound_text"]["en"] == "Loans to industry division 13, of the loans planned"
    assert decisions[2].record["facts"]["concentration"]["cells"][0] == {
        "level": "division", "cell": "industry:13", "share": 0.5, "of": "loans", "most_fen": 50_000_000, "used_fen": 50_000_000,
    }  # fmt: skip
    other = actions.decide(bank.apply(firm(bank, "Shop", "5210"), 300_000), "system")
    assert other.amount_fen == 30_000_000  # its industry has no limit, its county 900,000 of which 500,000 are taken
    assert actions.replay_all(bank.institution) == []


def test_in_a_set_the_room_is_taken_in_order(bank, limits):
    """Decided together as decided one after another."""
    from puhui.decisions import actions

    limits(0.5)
    applications = [bank.apply(firm(bank, f"Firm {number}"), 200_000) for number in range(4)]
    batch = actions.decide_many(bank.institution, applications, "system")
    assert [one.amount_fen for one in batch.decided] == [20_000_000, 20_000_000, 10_000_000, 0]
    assert kept_sums() == {cell: fen for cell, fen in independent_sums().items() if cell in ("industry:13", "region:330781")}


def test_a_count_brings_every_cell_to_the_sum_of_its_exposures(bank, limits):
    """After approvals, payouts, repayments and a release, and beside a promise that is made after it."""
    from puhui.decisions import actions, concentration
    from puhui.decisions.models import Exposure

    limits(1.0)
    places = [("1310", "330781"), ("1310", "330782"), ("2610", "330781"), ("5210", "110101")]
    firms = [firm(bank, f"Firm {number}", *place) for number, place in enumerate(places)]
    decisions = [actions.decide(bank.apply(one, 100_000 + 10_000 * number), "system") for number, one in enumerate(firms)]
    actions.draw_exposure(decisions[0], 10_000_000)
    actions.repay_exposure(decisions[0], 3_000_000)
    actions.answer_offer(decisions[1].application.offer, accepted=False, actor="owner")
    assert Exposure.objects.filter(reserved_fen=0).count() == 2
    assert concentration.recount(bank.institution) > 0
    assert kept_sums() == independent_sums()
    assert concentration.recount(bank.institution) == 0
    actions.decide(bank.apply(firm(bank, "Later"), 120_000), "system")
    assert kept_sums()["industry:13"] == independent_sums()["industry:13"] == 7_000_000 + 12_000_000
    concentration.recount(bank.institution)
    assert kept_sums() == independent_sums()


def test_a_person_cannot_pass_the_limit_either(bank, limits):
    from puhui.decisions import actions

    limits(0.5)
    referred = actions.decide(bank.apply(firm(bank, "Young", inv_out_gap_days_max_12m=100), 300_000), "system")
    assert referred.outcome == "refer"
    actions.decide(bank.apply(firm(bank, "Quick"), 300_000), "system")
    answers = {one.pk: ("settled", "seen") for one in referred.questions.all()}
    if answers:
        actions.answer_questions(referred, bank.users["officer"], answers, key="answers")
    with pytest.raises(FaultsError, match="industry:13"):
        for name in ("officer", "second", "approver"):
            actions.review(referred, bank.users[name], "approve", "known for years")


def test_what_is_repaid_or_released_makes_room_for_the_next_decision(bank, limits):
    """An industry with half a million in all: full, then 200,000 come back and a promise of 240,000 is declined, before any count."""
    from puhui.decisions import actions, concentration

    limits(0.5)
    held = [actions.decide(bank.apply(firm(bank, f"Before {number}"), 240_000), "system") for number in range(2)]
    concentration.recount(bank.institution)
    assert actions.decide(bank.apply(firm(bank, "Early"), 240_000), "system").amount_fen <= 2_000_000
    actions.draw_exposure(held[0], 24_000_000)
    actions.repay_exposure(held[0], 20_000_000)
    actions.answer_offer(held[1].application.offer, accepted=False, actor="owner")
    assert actions.decide(bank.apply(firm(bank, "Next"), 240_000), "system").amount_fen == 24_000_000
    assert actions.decide(bank.apply(firm(bank, "Then"), 240_000), "system").amount_fen == 50_000_000 - 4_000_000 - 24_000_000 - early(bank)
    concentration.recount(bank.institution)
    assert kept_sums() == independent_sums()


def test_a_small_lender_counts_its_exposures_only_where_the_kept_figure_leaves_too_little_room(bank, limits):
    """Of half a million 240,000 are promised and 200,000 of them repaid: 100,000 fit by the kept figure, 300,000 by the exposures alone."""
    from puhui.decisions import actions, concentration

    limits(0.5)
    held = actions.decide(bank.apply(firm(bank, "Before"), 240_000), "system")
    concentration.recount(bank.institution)
    actions.draw_exposure(held, 24_000_000)
    actions.repay_exposure(held, 20_000_000)

    def seen_fen(name: str, amount_yuan: int) -> int:
        decision = actions.decide(bank.apply(firm(bank, name), amount_yuan), "system")
        assert decision.amount_fen == amount_yuan * 100
        (used,) = {one["used_fen"] for one in decision.record["facts"]["concentration"]["cells"] if one["cell"] == "industry:13"}
        return int(used)

    assert seen_fen("Fits", 100_000) == 24_000_000, "as kept, without a look at the exposures"
    assert seen_fen("Fits no more", 300_000) == 4_000_000 + 10_000_000, "counted anew"


def early(bank: Any) -> int:
    from puhui.decisions.models import Decision

    return Decision.objects.get(firm__name="Early").amount_fen


def test_near_the_limit_decisions_go_one_by_one(bank, limits):
    """Two firms at once for the last 100,000 of an industry: one gets it, whichever comes first."""
    from django.db import connections

    from puhui.decisions import actions, concentration

    limits(0.5)
    for number in range(2):
        actions.decide(bank.apply(firm(bank, f"Before {number}"), 240_000), "system")
    concentration.recount(bank.institution)
    waiting = [bank.apply(firm(bank, f"Last {number}"), 20_000) for number in range(4)]
    amounts: list[int] = []
    start = threading.Barrier(len(waiting))

    def one(application: Any) -> None:
        try:
            start.wait()
            amounts.append(actions.decide(application, "system").amount_fen)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one, args=[each]) for each in waiting]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(amounts) == [0, 0, 0, 2_000_000]
    assert kept_sums()["industry:13"] == 50_000_000


def test_replay_finds_a_limit_that_is_not_that_of_its_table(bank, limits):
    from puhui.decisions.replaying import replay

    limits(0.5)
    from puhui.decisions import actions

    decision = actions.decide(bank.apply(firm(bank, "Firm"), 100_000), "system")
    limits(0.6)  # the table has changed since; the decision rests on the one that was kept
    assert replay(decision) == []
    decision.record["facts"]["concentration"]["cells"][0]["share"] = 0.4
    assert "concentration industry:13" in {one.where for one in replay(decision)}


def test_day_of_the_figures_is_that_of_the_table(bank, limits):
    from puhui.decisions.concentration import rooms_now

    limits(0.5)
    assert rooms_now(bank.institution, [firm(bank, "Firm")]).used == {"industry:13": 0, "region:330781": 0}
    assert bank.institution.business_date == date(2026, 3, 2)


@pytest.mark.parametrize("room_yuan", [450_000, 0, 10_000_000])
def test_the_engine_for_many_takes_the_room_in_order_as_one_after_another(room_yuan: int) -> None:
    """Thirty firms of two industries and two counties against the engine for one with the room that the ones before leave."""
    import polars as pl
    from tests.decisions.test_batch import MODEL, PRODUCT, TABLES, solid

    from puhui.decisions.batch import COLUMNS, decide_many
    from puhui.decisions.batch_rooms import in_order

    wishes = [(100_000 + 37_000 * (number % 7), number % 5 == 3) for number in range(30)]
    rows = [solid(requested_amount=float(yuan), inv_out_gap_days_max_12m=100 if is_referred else 20) for yuan, is_referred in wishes]
    cells = [(f"industry:{13 + number % 2}", f"region:33078{number % 3}") for number in range(30)]
    rooms = {"industry:13": room_yuan * 100, "industry:14": 2 * room_yuan * 100, "region:330780": 60_000_000}

    def decide(frame: pl.DataFrame) -> pl.DataFrame:
        found = decide_many(frame, PRODUCT, MODEL, TABLES, day=date(2026, 3, 2), lender_kind="bank")
        return found.with_columns(pl.when(pl.col("outcome") == "approve").then(pl.col("amount_fen")).otherwise(0).alias("promised_fen"))

    left, expected = dict(rooms), []
    for row, places in zip(rows, cells, strict=True):
        room = min((left[cell] for cell in places if cell in left), default=10**15)
        (one,) = decide(pl.DataFrame([row | {"lender_headroom": room / 100}])).to_dicts()
        expected.append({name: one[name] for name in COLUMNS})
        for cell in places:
            if cell in left:
                left[cell] -= one["promised_fen"]
    found = in_order(decide, pl.DataFrame(rows), cells, rooms, PRODUCT.maximum_fen)
    assert found.select(list(COLUMNS)).to_dicts() == expected
    assert {one["outcome"] for one in expected} == ({"refuse"} if room_yuan == 0 else {"refuse", "approve", "refer"})


@pytest.mark.parametrize(
    ("level", "code", "language", "told"),
    [
        ("division", "13", "en", "13 (Manufacturing)"),
        ("division", "13", "zh-hans", "13 农副食品加工业"),
        ("division", "13", "zh-hant", "13（製造業）"),
        ("province", "33", "zh-hans", "33 浙江"),
        ("city", "3307", "zh-hans", "3307 浙江 金华市"),
        ("county", "330781", "zh-hans", "330781 浙江 金华市 兰溪市"),
        ("county", "110101", "zh-hans", "110101 北京 东城区"),
        ("county", "990121", "zh-hans", "990121"),
        ("county", "330781", "en", "330781"),
    ],
)
def test_the_page_names_industries_and_regions(level: str, code: str, language: str, told: str) -> None:
    from puhui.reports.concentration import place_name

    assert place_name(level, code, language) == told
