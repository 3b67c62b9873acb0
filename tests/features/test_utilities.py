"""Meters and bills of firms made by hand; the sum stands beside each value. As of 29 February 2024, so February is month 1."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from math import sqrt

import polars as pl
import pytest

from puhui.features.profiles import compute_profile

from .records import invoices, month, records

AS_OF = date(2024, 2, 29)


def bill(back: int, utility: str = "electricity", quantity: float | None = 10.0, **more: object) -> dict[str, object]:
    return {"firm_id": 101, "utility": utility, "account_number": "1", "month": month(back), "quantity": quantity, **more}


def used(back: int) -> float:
    """130 kWh in the last three months, 100 in the three before, 110 in months 7 to 12, 100 before."""
    return 130.0 if back <= 3 else 100.0 if back <= 6 else 110.0 if back <= 12 else 100.0


SPECIAL: dict[int, dict[str, object]] = {
    1: {"peak": 52.0, "capacity_kva": 200.0, "due_on": month(0, 20), "paid_on": None},
    2: {"night": 13.0, "holder_relation": "landlord"},
    3: {"demand_kva": 180.0, "holder_relation": "other"},
    4: {"due_on": month(3, 20), "paid_on": None},
    5: {"due_on": month(4, 20), "paid_on": month(4, 27)},
}
BILLS = [
    *(bill(back, quantity=used(back), **{"capacity_kva": 250.0, **SPECIAL.get(back, {})}) for back in range(1, 25)),
    *(
        bill(back, "water", 10.0 if back <= 12 else 8.0, due_on=month(back, 20), paid_on=month(back, 19 if back != 2 else 21))
        for back in range(1, 25)
    ),
    *(bill(back, "gas", 5.0 if back <= 12 else 10.0, due_on=month(back, 20), paid_on=month(back, 20)) for back in range(1, 25)),
    bill(2, "telecom", None, due_on=month(2, 20), paid_on=month(1, 1)),
    *(bill(back, quantity=float(back), firm_id=102) for back in range(1, 13)),
]  # fmt: skip


def reading(firm: int, day: date, kwh: float) -> dict[str, object]:
    return {"firm_id": firm, "meter": "M", "day": day, "kwh": kwh}


def readings() -> list[dict[str, object]]:
    """Ninety days that end on 27 February. Firm 103 stands still from 8 to 14 January, and works little on three days of February; firm 104
    stands still on the holidays of the Spring Festival, 10 to 16 February."""
    days = [date(2024, 2, 27) - timedelta(days=place) for place in range(90)]
    low = {date(2024, 1, day): 5.0 for day in range(8, 15)} | {date(2024, 2, day): 20.0 for day in (20, 22, 24)}
    feast = {date(2024, 2, day): 0.0 for day in range(10, 17)}
    return [reading(103, day, low.get(day, 100.0)) for day in days] + [reading(104, day, feast.get(day, 100.0)) for day in days]


SALES = [
    # Firm 101 sells ten yuan for each kWh, and twice that in the last six months; firm 102 sells less the more it uses.
    *(
        {"firm_id": 101, "issued_on": month(back, 5), "counterparty": "B", "amount_fen": round(used(back) * (2000 if back <= 6 else 1000))}
        for back in range(1, 25)
    ),
    *({"firm_id": 102, "issued_on": month(back, 5), "counterparty": "B", "amount_fen": (13 - back) * 1000} for back in range(1, 13)),
]  # fmt: skip


def worked_frames() -> dict[str, pl.DataFrame]:
    return {
        "utility_bill": records("utility_bill", BILLS),
        "electricity_day": records("electricity_day", readings()),
        "invoice": invoices(SALES),
    }


EXPECTED = {
    101: {
        "elec_kwh_12m": 1350.0,  # 3 × 130 + 3 × 100 + 6 × 110
        "elec_yoy": 0.125,  # 1,350 / 1,200 − 1
        "elec_3m_vs_prev3m": 0.3,  # 390 / 300 − 1
        "elec_cv_12m": sqrt(1425 / 11) / 112.5,  # 3 × 17.5² + 3 × 12.5² + 6 × 2.5² = 1,425
        "elec_peak_share": 0.4,  # 52 / 130, the one month that tells it
        "elec_night_shift_share": 0.1,  # 13 / 130
        "elec_arrears_cnt_12m": 2.0,  # months 4 and 5; that of month 1 is not due yet
        "elec_arrears_days_max_12m": 71.0,  # 20 December to 29 February
        "elec_capacity_kva": 200.0,
        "elec_capacity_use": 0.9,  # 180 / 200
        "elec_capacity_cut_12m_flag": 1.0,  # 250 before
        "elec_per_sales_dev": -10.0,  # 0.05 against 0.1 kWh a yuan, over 5% of 0.1
        "water_m3_12m": 120.0,
        "water_yoy": 0.25,  # 10 / 8 − 1
        "water_arrears_cnt_12m": 1.0,
        "gas_m3_12m": 60.0,
        "gas_yoy": -0.5,
        "gas_arrears_cnt_12m": 0.0,
        "comms_arrears_cnt_12m": 1.0,
        "utility_name_match_flag": 1.0,  # the newest bill that says so
        "elec_stop_flag_7d": None,
    },
    102: {"elec_kwh_12m": 78.0, "elec_vs_sales_corr_12m": -1.0, "elec_yoy": None, "elec_capacity_kva": None, "elec_arrears_cnt_12m": None},
    103: {
        "elec_stop_flag_7d": 1.0,
        "elec_low_days_90d": 10.0,
        "elec_kwh_12m": 3100.0 + 2435.0 + 2460.0,  # December; January 24 × 100 + 7 × 5; February 24 × 100 + 3 × 20
    },
    104: {"elec_stop_flag_7d": 0.0, "elec_low_days_90d": 7.0},
}


@pytest.mark.parametrize("firm", EXPECTED)
def test_values_by_hand(firm: int) -> None:
    values = compute_profile(worked_frames(), AS_OF, list(EXPECTED[firm])).filter(firm_id=firm).row(0, named=True)
    for name, expected in EXPECTED[firm].items():
        assert values[name] == (expected if expected is None else pytest.approx(expected, rel=1e-9)), name


def test_what_is_known_later_changes_nothing() -> None:
    names = [name for name in EXPECTED[101] if name != "elec_stop_flag_7d"]
    frames = worked_frames()
    later = records(
        "utility_bill", [bill(1, quantity=9e9, capacity_kva=1.0, account_number="2", known_at=datetime(2024, 3, 1, tzinfo=UTC))]
    )
    with_later = {**frames, "utility_bill": pl.concat([frames["utility_bill"], later])}
    assert compute_profile(with_later, AS_OF, names).equals(compute_profile(frames, AS_OF, names))


def test_a_month_with_few_readings_is_unknown_not_small() -> None:
    rows = [reading(1, date(2024, 1, day), 10.0) for day in range(1, 25)] + [reading(1, date(2023, 12, day), 10.0) for day in range(1, 32)]
    values = compute_profile({"electricity_day": records("electricity_day", rows)}, AS_OF, ["elec_kwh_12m"])
    assert values["elec_kwh_12m"].item() == 310.0


ENDING = ["elec_kwh_12m", "elec_3m_vs_prev3m", "water_m3_12m"]


def test_windows_end_with_the_newest_month_that_is_told() -> None:
    """Bills of the last two closed months are still to come: the windows end with month 3, and a sum is of twelve months all the same."""
    late = [one for one in BILLS if one["firm_id"] == 101 and one["month"] <= month(3)]
    told = compute_profile({"utility_bill": records("utility_bill", late)}, AS_OF, ENDING).row(0, named=True)
    assert told["elec_kwh_12m"] == 130 + 3 * 100 + 6 * 110 + 2 * 100  # months 3, 4 to 6, 7 to 12, 13 and 14
    assert told["elec_3m_vs_prev3m"] == pytest.approx((130 + 100 + 100) / (100 + 110 + 110) - 1)  # months 3 to 5 against 6 to 8
    assert told["water_m3_12m"] == 10 * 10 + 2 * 8


def test_windows_stay_where_nothing_was_told_for_long() -> None:
    """Months 1 to 3 are missing: that is no bill that is late, and the sum has nine months."""
    old = [one for one in BILLS if one["firm_id"] == 101 and one["month"] <= month(4)]
    told = compute_profile({"utility_bill": records("utility_bill", old)}, AS_OF, ENDING).row(0, named=True)
    assert told["elec_kwh_12m"] == 3 * 100 + 6 * 110
