"""Public registers on the made-up firms: who they are, who owns them, licences and penalties, courts, lists, property, patents.

Most small firms have little in them, and that they were asked and had nothing is itself a paper (the `…_search` records). Trouble brings
court cases and penalties; software and machine firms have patents; owners have a home, and some a workshop.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

from puhui.county.economy import CountyFirm, Economy
from puhui.county.papers.people import heads

Rows = defaultdict[str, list[dict[str, Any]]]
INVENTIVE = ("3489", "3985", "6513", "3311")
SEARCHES = ("licence_search", "court_search", "registry_search")


def register_frames(economy: Economy, until: int, seed: int) -> dict[str, pl.DataFrame]:
    """Records of classes C01 to C05, C12 and C13 as they stood on the day before month `until`."""
    generator = np.random.default_rng(seed + 71)
    stated_on = economy.month(until) - timedelta(days=1)
    working = heads(economy, seed)
    rows: Rows = defaultdict(list)
    for firm in economy.firms:
        strain = float(economy.strain[firm.number, max(until - 12, 0) : until].max())
        found = dict.fromkeys(SEARCHES, 0)
        _registered(generator, rows, economy, firm, working[firm.number], until, stated_on)
        _owned(generator, rows, firm, stated_on)
        found["licence_search"] += _penalised(generator, rows, firm, stated_on, strain)
        found["court_search"] += _sued(generator, rows, economy, firm, stated_on, strain)
        _listed(generator, rows, firm, stated_on, strain)
        found["registry_search"] += _property(generator, rows, firm, stated_on)
        if firm.industry.code in INVENTIVE:
            _inventive(generator, rows, economy, firm, until, stated_on)
        for record, count in found.items():
            rows[record].append({"firm": firm.number, "searched_on": stated_on, "found": count})
    return {record: pl.DataFrame(each, infer_schema_length=None) for record, each in rows.items()}


def _registered(
    generator: np.random.Generator, rows: Rows, economy: Economy, firm: CountyFirm, working: Any, until: int, stated_on: date
) -> None:
    capital = round(float(economy.sales_yuan[firm.number, :12].sum() * generator.uniform(0.05, 0.3)), -4) + 10_000
    rows["registration"].append(
        {
            "firm": firm.number, "stated_on": stated_on, "status": "normal",
            "register_kind": "individual" if firm.individual else "company", "uscc": firm.unified_code,
            "established_on": firm.founded_on, "capital_fen": round(capital * 100),
            "paid_in_fen": round(capital * float(generator.choice([0.3, 0.6, 1.0])) * 100), "industry": firm.industry.code,
            "scope": firm.industry.name, "address": f"云溪县工业路{firm.number + 1}号",
            "entities_at_address": int(generator.choice([1, 1, 1, 2, 4])),
            "legal_rep": firm.owner_name, "branches": int(generator.choice([0, 0, 0, 1])),
        }
    )  # fmt: skip
    for year in range(economy.first_month.year, stated_on.year):
        month = (year - economy.first_month.year) * 12 + 12 - economy.first_month.month
        if month < until:
            staff = max(round(int(working[month]) * float(generator.normal(1, 0.05))), 1)
            filed_on = date(year + 1, int(generator.integers(1, 7)), int(generator.integers(1, 29)))
            rows["annual_report"].append({"firm": firm.number, "year": year, "filed_on": filed_on, "staff": staff})
    if generator.random() < 0.15:
        changed_on = stated_on - timedelta(days=int(generator.integers(20, 900)))
        item = str(generator.choice(["address", "scope", "capital_increase", "legal_rep"]))
        rows["registration_change"].append({"firm": firm.number, "changed_on": changed_on, "item": item})


def _owned(generator: np.random.Generator, rows: Rows, firm: CountyFirm, stated_on: date) -> None:
    own = 1.0 if firm.individual else float(generator.choice([0.51, 0.6, 0.7, 0.9, 1.0]))
    holders = [(firm.owner_name, own)] + ([(f"{firm.owner_name[0]}某", round(1 - own, 4))] if own < 1 else [])
    for holder, _ in holders[1:]:
        rows["key_person"].append({"firm": firm.number, "stated_on": stated_on, "name": holder, "role": "other", "identified": True})
    for holder, share in holders:
        rows["shareholding"].append(
            {"firm": firm.number, "stated_on": stated_on, "holder": holder, "holder_kind": "person", "share": share}
        )
    rows["key_person"].append(
        {
            "firm": firm.number, "stated_on": stated_on, "name": firm.owner_name, "role": "controller", "identified": True,
            "industry_since": firm.founded_on - timedelta(days=int(generator.integers(0, 4_000))),
            "other_firms": int(generator.choice([0, 0, 0, 1, 2])), "other_firms_revoked": int(generator.random() < 0.04),
        }
    )  # fmt: skip


def _penalised(generator: np.random.Generator, rows: Rows, firm: CountyFirm, stated_on: date, strain: float) -> int:
    if generator.random() > 0.05 + 0.15 * strain:
        return 0
    decided_on = stated_on - timedelta(days=int(generator.integers(10, 1_000)))
    repaired = decided_on + timedelta(days=200) if generator.random() < 0.4 and decided_on < stated_on - timedelta(days=260) else None
    rows["penalty"].append(
        {
            "firm": firm.number, "decision_number": f"云溪市监罚〔{decided_on.year}〕{firm.number + 1}号", "decided_on": decided_on,
            "kind": str(generator.choice(["warning", "fine"])), "field": str(generator.choice(["market", "fire", "environment", "tax"])),
            "amount_fen": int(generator.integers(5, 300)) * 10_000, "repaired_on": repaired,
        }
    )  # fmt: skip
    return 1


def _sued(generator: np.random.Generator, rows: Rows, economy: Economy, firm: CountyFirm, stated_on: date, strain: float) -> int:
    if generator.random() > 0.06 + 0.6 * strain:
        return 0
    filed_on = stated_on - timedelta(days=int(generator.integers(20, 700)))
    claim = round(float(economy.sales_yuan[firm.number].mean() * generator.uniform(0.05, 0.6)) * 100)
    number = f"（{filed_on.year}）云0123民初{firm.number + 100}号"
    role = "defendant" if generator.random() < 0.4 + 0.5 * strain else "plaintiff"
    rows["court_case"].append(
        {
            "firm": firm.number, "case_number": number, "filed_on": filed_on, "whose": "firm", "role": role, "kind": "civil",
            "cause": str(generator.choice(["买卖合同纠纷", "承揽合同纠纷", "劳动争议", "民间借贷纠纷"])), "claim_fen": claim,
        }
    )  # fmt: skip
    if role == "defendant" and strain > 0.4 and generator.random() < 0.6:
        rows["enforcement"].append(
            {
                "firm": firm.number, "case_number": number.replace("民初", "执"), "filed_on": filed_on + timedelta(days=120),
                "whose": "firm", "amount_fen": claim, "unpaid_fen": round(claim * float(generator.choice([0, 0.5, 1]))),
            }
        )  # fmt: skip
        return 2
    return 1


def _listed(generator: np.random.Generator, rows: Rows, firm: CountyFirm, stated_on: date, strain: float) -> None:
    entries = 0
    for kind, chance in (("recommended", 0.25 * (1 - strain)), ("abnormal", 0.02 + 0.1 * strain)):
        if generator.random() < chance:
            entered_on = stated_on - timedelta(days=int(generator.integers(10, 700)))
            rows["list_entry"].append({"firm": firm.number, "list": kind, "entered_on": entered_on})
            entries += 1
    rows["list_search"].append({"firm": firm.number, "searched_on": stated_on, "found": entries})
    score = float(np.clip(90 - 35 * strain + generator.normal(0, 5), 0, 100))
    grade = "A" if score >= 85 else "B" if score >= 70 else "C" if score >= 55 else "D"
    rows["public_credit_grade"].append(
        {
            "firm": firm.number,
            "scheme": "comprehensive",
            "grade": grade,
            "graded_on": stated_on.replace(month=6, day=30),
            "score": round(score, 1),
        }
    )


def _property(generator: np.random.Generator, rows: Rows, firm: CountyFirm, stated_on: date) -> int:
    registered = 0
    for owner, kind, chance, value in (("controller", "home", 0.6, 900_000), ("firm", "industrial", 0.15, 3_000_000)):
        if generator.random() < chance:
            worth = round(value * float(generator.lognormal(0, 0.4)), -4)
            rows["property_title"].append(
                {
                    "firm": firm.number, "title_number": f"云（2020）云溪县不动产权第{firm.number:04d}{kind[0]}号", "stated_on": stated_on,
                    "owner": owner, "kind": kind, "local": True, "area_m2": round(worth / 9_000, 1), "value_fen": round(worth * 100),
                    "secured_fen": round(worth * float(generator.choice([0, 0, 0.5])) * 100), "sealed": False,
                }
            )  # fmt: skip
    if generator.random() < 0.12:
        registered_on = stated_on - timedelta(days=int(generator.integers(30, 900)))
        rows["movable_registration"].append(
            {
                "firm": firm.number, "number": f"0{registered_on:%Y%m%d}{firm.number:06d}", "registered_on": registered_on,
                "kind": str(generator.choice(["chattel", "finance_lease", "receivable_pledge"])), "role": "debtor",
                "secured_party": "邻县融资租赁有限公司", "amount_fen": int(generator.integers(5, 60)) * 1_000_000,
                "expires_on": registered_on + timedelta(days=1_095),
            }
        )  # fmt: skip
        registered = 1
    return registered


def _inventive(generator: np.random.Generator, rows: Rows, economy: Economy, firm: CountyFirm, until: int, stated_on: date) -> None:
    for number in range(int(generator.poisson(2))):
        applied_on = max(firm.founded_on, stated_on - timedelta(days=int(generator.integers(200, 3_000))))
        granted_on = applied_on + timedelta(days=int(generator.integers(250, 900)))
        rows["patent"].append(
            {
                "firm": firm.number, "number": f"ZL{applied_on.year}1{firm.number:06d}{number}",
                "kind": str(generator.choice(["invention", "utility"])),
                "applied_on": applied_on, "granted_on": granted_on if granted_on < stated_on else None, "main_business": True,
            }
        )  # fmt: skip
    for year in range(economy.first_month.year, stated_on.year + (stated_on.month == 12)):
        months = [index for index in range(until) if economy.month(index).year == year]
        sales = float(economy.sales_yuan[firm.number, months].sum())
        rows["research_year"].append(
            {
                "firm": firm.number, "year": year, "year_end": date(year, 12, 31),
                "expense_fen": round(sales * float(generator.uniform(0.01, 0.08)) * 100),
                "revenue_fen": round(sales * 100), "staff": firm.staff_count, "research_staff": max(firm.staff_count // 8, 1),
            }
        )  # fmt: skip
    if generator.random() < 0.3:
        granted_on = stated_on - timedelta(days=int(generator.integers(60, 900)))
        rows["honour"].append(
            {
                "firm": firm.number, "name": "省级专精特新中小企业", "kind": "specialised", "level": "province", "granted_on": granted_on,
                "valid_until": granted_on + timedelta(days=1_095),
            }
        )  # fmt: skip
