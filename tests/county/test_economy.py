"""The made-up county: the same for the same seed, one sale one purchase, right codes that belong to nobody, trouble before default."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from puhui.county import economy as economies
from puhui.county import files, fortune, names, trade
from puhui.parties.identifiers import identity_number_faults, uscc_faults

FIRST_MONTH = date(2022, 11, 1)
MONTHS = 36
FIRMS = 240
TROUBLE_SEEN_IN = 6  # months before a default


@pytest.fixture(scope="module")
def county() -> tuple[economies.Economy, pl.DataFrame]:
    economy = economies.build(FIRMS, FIRST_MONTH, MONTHS, seed=7)
    return economy, trade.invoices(economy, seed=7)


def test_everything_follows_from_the_seed() -> None:
    def made(seed: int) -> tuple[economies.Economy, pl.DataFrame]:
        economy = economies.build(40, FIRST_MONTH, 12, seed)
        return economy, trade.invoices(economy, seed)

    (one, its_invoices), (again, same_invoices), (other, other_invoices) = made(1), made(1), made(2)
    assert one.firms == again.firms and its_invoices.equals(same_invoices)
    assert np.array_equal(one.sales_yuan, again.sales_yuan) and np.array_equal(one.cash_yuan, again.cash_yuan)
    assert one.firms != other.firms and not its_invoices.equals(other_invoices)
    assert {firm.name for firm in one.firms} != {firm.name for firm in other.firms}


def test_codes_and_numbers_are_right_and_nobodys(county: tuple[economies.Economy, pl.DataFrame]) -> None:
    """Each passes its check; none can belong to anybody: no division's code begins with 99, no network has 154."""
    firms = county[0].firms
    assert len({firm.unified_code for firm in firms}) == len({firm.name for firm in firms}) == FIRMS
    assert len({firm.owner_identity_number for firm in firms}) == len({firm.owner_phone for firm in firms}) == FIRMS
    for firm in firms:
        assert list(uscc_faults(firm.unified_code)) == [] == list(identity_number_faults(firm.owner_identity_number, FIRST_MONTH))
        assert firm.unified_code[2:8] == firm.owner_identity_number[:6] == names.DIVISION_CODE and names.DIVISION_CODE.startswith("99")
        assert firm.owner_phone.startswith("154") and len(firm.owner_phone) == 11
        assert firm.founded_on < FIRST_MONTH


def test_the_largest_county_has_no_two_people_of_one_number() -> None:
    numbers = [names.identity_number(serial, date(1980, 1, 1)) for serial in range(20_000)]
    assert len(set(numbers)) == 20_000 and all(number.startswith("9901") for number in numbers)


def test_one_firms_sale_is_the_others_purchase(county: tuple[economies.Economy, pl.DataFrame], tmp_path: Path) -> None:
    """In the two files the same number stands with the same day, amounts and state, once at the seller and once at the buyer."""
    economy, invoices = county
    until = economy.month(30)
    sales, purchases = (pl.read_parquet(path) for path in files.write_invoices(economy, invoices, tmp_path, until))
    codes = {firm.unified_code: firm.name for firm in economy.firms}
    both = sales.join(purchases, on="数电票号码", suffix="_bought")
    assert both.height > 500
    for column in ("开票日期", "金额", "税额", "价税合计", "发票状态"):
        assert (both[column] == both[f"{column}_bought"]).all()
    assert both["对方名称"].to_list() == [codes[code] for code in both["企业代号_bought"]]
    assert both["对方名称_bought"].to_list() == [codes[code] for code in both["企业代号"]]
    assert (both["企业代号"] != both["企业代号_bought"]).all()
    # Every sale to a firm of the county is there from the other side, and no purchase from one lacks its sale.
    inside = invoices.filter((pl.col("seller") < trade.OUTSIDE) & (pl.col("buyer") < trade.OUTSIDE) & (pl.col("issued_on") < until))
    assert both.height == inside.height
    assert sales["数电票号码"].n_unique() == sales.height and purchases["数电票号码"].n_unique() == purchases.height
    assert max(sales["开票日期"].max(), purchases["开票日期"].max()) < until  # type: ignore[type-var]


def test_invoices_are_plausible(county: tuple[economies.Economy, pl.DataFrame]) -> None:
    """Amounts add up, red ones are below zero, numbers are twenty digits in the order of days, months add up to the sales."""
    economy, invoices = county
    assert (invoices["amount_fen"] + invoices["tax_fen"] == invoices["total_fen"]).all()
    assert ((invoices["amount_fen"] < 0) == (invoices["status"] == "red")).all()
    assert set(invoices["status"].unique()) == {"normal", "red", "void"}
    assert invoices["invoice_number"].str.len_chars().unique().to_list() == [20]
    assert invoices["invoice_number"].is_sorted() and invoices["issued_on"].is_sorted()
    by_firm = (
        invoices.filter((pl.col("seller") < trade.OUTSIDE) & (pl.col("status") == "normal")).group_by("seller").agg(pl.sum("amount_fen"))
    )
    sold = np.zeros(FIRMS)
    sold[by_firm["seller"].to_numpy()] = by_firm["amount_fen"].to_numpy() / 100
    # Void and red invoices are left out of the sum, so it falls short of the sales by their share, and by no more than that.
    assert 0.7 < sold.sum() / economy.sales_yuan.sum() < 1.0


def _first_default(economy: economies.Economy) -> dict[int, int]:
    """Firm → the month that completed three months without money for its debts, for those that had a year and more before."""
    without = fortune.savings(economy) < 0
    found = {}
    for firm in range(len(economy.firms)):
        runs = [month for month in range(2, MONTHS) if without[firm, month - 2 : month + 1].all()]
        if runs and runs[0] >= 12 + TROUBLE_SEEN_IN:
            found[firm] = runs[0]
    return found


def test_trouble_shows_in_invoices_before_default(county: tuple[economies.Economy, pl.DataFrame]) -> None:
    """In the months before a default more is voided and given back, and less is sold than a year earlier, than at the other firms."""
    economy, invoices = county
    defaults = _first_default(economy)
    bad = {firm: range(month - TROUBLE_SEEN_IN, month) for firm, month in defaults.items()}
    sound = {
        firm: range(MONTHS - TROUBLE_SEEN_IN, MONTHS) for firm, failed in enumerate(fortune.defaulted(economy, 0, MONTHS)) if not failed
    }
    assert len(bad) >= 10 and len(sound) >= 60
    month = (pl.col("issued_on").dt.year() - FIRST_MONTH.year) * 12 + pl.col("issued_on").dt.month() - FIRST_MONTH.month
    sales = invoices.filter(pl.col("seller") < trade.OUTSIDE).with_columns(month.alias("month"))
    monthly = {
        (row["seller"], row["month"]): row
        for row in sales.group_by("seller", "month")
        .agg(
            pl.len().alias("count"),
            (pl.col("status") == "void").sum().alias("void"),
            (pl.col("status") == "red").sum().alias("red"),
            pl.col("amount_fen").filter(pl.col("status") != "void").sum().alias("amount_fen"),
        )
        .to_dicts()
    }
    nothing = {"count": 0, "void": 0, "red": 0, "amount_fen": 0}

    def of(firm: int, months: range, what: str) -> int:
        return sum(monthly.get((firm, month), nothing)[what] for month in months)

    def share(group: dict[int, range], what: str) -> float:
        return sum(of(firm, months, what) for firm, months in group.items()) / sum(
            of(firm, months, "count") for firm, months in group.items()
        )

    def change(group: dict[int, range]) -> float:
        """Median of sales in these months against the same months of the year before."""
        ratios = []
        for firm, months in group.items():
            year_before = of(firm, range(months.start - 12, months.stop - 12), "amount_fen")
            if year_before > 0:
                ratios.append(of(firm, months, "amount_fen") / year_before)
        return float(np.median(ratios))

    assert share(bad, "void") > 1.5 * share(sound, "void")
    assert share(bad, "red") > 1.5 * share(sound, "red")
    assert change(bad) < 0.8 * change(sound)


def test_default_comes_with_less_soundness_in_business_not_at_random(county: tuple[economies.Economy, pl.DataFrame]) -> None:
    """Firms in trouble default more often than the rest, and not all of them do: there is something to learn, and it is not certain."""
    economy, _ = county
    failed = np.array(fortune.defaulted(economy, 12, MONTHS))
    troubled = np.array([firm.trouble_month is not None and firm.trouble_month < MONTHS - 3 for firm in economy.firms])
    assert failed[troubled].mean() > 3 * failed[~troubled].mean()
    assert 0.1 < failed[troubled].mean() < 0.95
    assert 0.02 < failed.mean() < 0.4
