"""Financial statements in the layouts in which firms have them: taken apart, imported like any record, and turned into variables."""

from __future__ import annotations

import datetime as dt
import os
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from tests.evidence.conftest import BUSINESS_DATE, consent

from puhui.evidence.reading.faults import RefusedFileError
from puhui.evidence.statements.figures import figure
from puhui.evidence.statements.lines import lines, plain_label
from puhui.evidence.statements.reading import read_statements

DATA = Path(os.environ.get("PUHUI_REAL_DATA", Path(__file__).parents[2].parent / "shared" / "data"))
RAW = DATA / "statements_raw"
real = pytest.mark.skipif(not RAW.exists(), reason=f"the real data is not at {DATA} (PUHUI_REAL_DATA)")

# The form of 小企业会计准则: two sides beside each other, with line numbers; figures in yuan.
SMALL = """资产负债表
编制单位：甲公司,,,2024年12月31日,,,,单位：元
资产,行次,期末余额,年初余额,负债和所有者权益,行次,期末余额,年初余额
流动资产：,,,,流动负债：,,,
货币资金,1,"50,000.00",40000,短期借款,31,100000,100000
短期投资,2,,,应付账款,33,60000,40000
应收账款,4,120000,80000,流动负债合计,41,160000,140000
存货,9,30000,30000,负债合计,47,160000,140000
流动资产合计,15,200000,150000,所有者权益合计,52,140000,110000
固定资产账面价值,20,100000,100000,,,,
非流动资产合计,29,100000,100000,,,,
资产总计,30,300000,250000,负债和所有者权益总计,53,300000,250000
"""


def written(folder: Path, text: str, name: str = "资产负债表.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def told(path: Path) -> dict[tuple[str, str], Decimal]:
    """(line, period_end) → yuan, of figures that are not there to compare only."""
    found = read_statements(path)
    assert found is not None
    return {(row["line"], row["period_end"]): Decimal(row["value_fen"]) for row in found[0].frame.iter_rows(named=True)}


def test_the_form_of_small_firms(tmp_path: Path) -> None:
    found = read_statements(written(tmp_path, SMALL))
    assert found is not None
    frame = found[0].frame
    assert set(frame["layout"]) == {"small_business"} and set(frame["statement"]) == {"balance"}
    figures = told(written(tmp_path, SMALL))
    assert figures["cash", "2024-12-31"] == 50_000 and figures["cash", "2023-12-31"] == 40_000
    assert figures["equity", "2024-12-31"] == 140_000 and figures["assets", "2023-12-31"] == 250_000
    assert ("short_investments", "2024-12-31") not in figures  # an empty cell is no figure


def test_a_unit_in_the_head_and_an_unknown_label(tmp_path: Path) -> None:
    text = SMALL.replace("单位：元", "单位：万元").replace("存货,9,30000,30000", "神秘资产,,30000,30000")
    figures = told(written(tmp_path, text))
    assert figures["cash", "2024-12-31"] == 500_000_000
    assert figures["unmapped", "2024-12-31"] == 300_000_000  # kept under its own words
    found = read_statements(written(tmp_path, text))
    assert found is not None and any("神秘资产" in note for note in found[0].notes)


def test_words_where_a_figure_should_be_are_named_with_their_place(tmp_path: Path) -> None:
    with pytest.raises(RefusedFileError, match=r"row 7.*很多"):
        read_statements(written(tmp_path, SMALL.replace("应收账款,4,120000", "应收账款,4,很多")))


def test_a_table_that_is_no_statement_is_left_alone(tmp_path: Path) -> None:
    assert read_statements(written(tmp_path, "日期,金额\n2024-01-01,5\n")) is None


@pytest.mark.parametrize(
    ("text", "yuan", "precision"),
    [
        ("1,234.50", "1234.50", "0.01"), ("(300)", "-300.00", "0.01"), ("1505.60亿", "150560000000.00", "1000000"),
        ("8800", "8800.00", "0.01"), ("－5.5万", "-55000.00", "1000"),
    ],
)  # fmt: skip
def test_figures(text: str, yuan: str, precision: str) -> None:
    found = figure(text)
    assert found is not None and (found.yuan, found.precision) == (Decimal(yuan), Decimal(precision))
    assert figure("--") is None


def test_no_label_means_two_lines() -> None:
    assert lines().line("balance", "  其中：应收账款 ") == "accounts_receivable"
    assert plain_label("六、期末现金及现金等价物余额") == "期末现金及现金等价物余额"


def test_imported_like_any_record_and_turned_into_variables(lender) -> None:
    from puhui.evidence import queries
    from puhui.evidence.actions import import_records
    from puhui.features.profiles import compute_profile

    consent([lender.firm], ["S1"])
    path = written(lender.folder, SMALL)
    income = written(
        lender.folder,
        "利润表,,,\n编制单位：甲公司,,2024年度,单位：元\n项目,行次,本年累计金额,上年金额\n一、营业收入,1,600000,500000\n减：营业成本,2,450000,400000\n"
        "销售费用,11,20000,20000\n二、营业利润,21,80000,60000\n三、利润总额,30,80000,60000\n减：所得税费用,31,4000,3000\n四、净利润,32,76000,57000\n",
        "利润表.csv",
    )
    for each in (path, income):
        result = import_records(lender.institution, each, "S1", firm=lender.firm, business_date=BUSINESS_DATE, actor="clerk")
        assert result.counts["accepted"] and not result.counts["rejected"] and result.file == each.name
        again = import_records(lender.institution, each, "S1", firm=lender.firm, business_date=BUSINESS_DATE, actor="clerk")
        assert again.counts["accepted"] == 0
    frame = queries.records_as_of(lender.institution, "statement_line", BUSINESS_DATE, [lender.firm])
    values = compute_profile({"statement_line": frame}, BUSINESS_DATE).row(0, named=True)
    assert values["fs_revenue_12m"] == 600_000 and values["fs_gross_margin"] == pytest.approx(0.25)
    assert values["fs_revenue_growth"] == pytest.approx(0.2)  # the year before is printed beside it
    assert values["fs_debt_ratio"] == pytest.approx(160 / 300)
    assert values["fs_integrity_fail_cnt"] == 0


@real
@pytest.mark.real_data
@pytest.mark.parametrize(("firm", "ending"), [("brewer", "xlsx"), ("liquor", "csv")])
def test_listed_firms_as_they_are(firm: str, ending: str) -> None:
    """Revenue, net profit and assets of each year end are those of the long table of the same source, to its rounding."""
    source = pl.read_parquet(DATA / f"cn_listed_{firm}_statements.parquet")
    for statement, file, wanted in (
        ("balance_sheet", "balance_sheet", {"assets": "资产总计", "liabilities": "负债合计"}),
        ("income_statement", "income_statement", {"net_profit": "净利润"}),
        ("cash_flow_statement", "cash_flow_statement", {"operating_net": "经营活动产生的现金流量净额"}),
    ):
        figures = told(RAW / f"cn_listed_{firm}_{file}.{ending}")
        compared = 0
        for line, item in wanted.items():
            rows = source.filter(pl.col("statement") == statement, pl.col("value").is_not_null())
            for day, label, value in rows.select("report_date", "item", "value").iter_rows():
                key = (line, day.isoformat())
                if plain_label(label) == item and key in figures and day.month == 12:
                    assert float(figures[key]) == pytest.approx(value, rel=1e-4), (key, label)
                    compared += 1
        assert compared >= 15, (file, compared)


def test_a_form_in_traditional_characters(tmp_path: Path) -> None:
    traditional = str.maketrans("资产负债单编货币应收账动计额余对权总压", "資產負債單編貨幣應收帳動計額餘對權總壓")
    assert told(written(tmp_path, SMALL.translate(traditional), "t.csv")) == told(written(tmp_path, SMALL))


def test_figures_in_another_currency_are_never_taken_for_yuan(tmp_path: Path) -> None:
    for unit in ("美元", "千港元", "万美元", "USD"):
        with pytest.raises(RefusedFileError, match="as a line above the table says"):
            read_statements(written(tmp_path, SMALL.replace("单位：元", f"单位：{unit}")))


def test_a_headline_of_a_long_table_is_a_copy_of_its_line(tmp_path: Path) -> None:
    rows = [
        ("*资产合计", "3.05亿"),
        ("货币资金", "1.00亿"),
        ("资产合计", "3.05亿"),
        ("负债合计", "2.00亿"),
        ("应收账款", "2.05亿"),
        ("存货", "1"),
    ]
    text = "statement,report_date,item,text,value\n" + "".join(f"balance_sheet,2025-09-30,{item},{text},0\n" for item, text in rows)
    found = read_statements(written(tmp_path, text))
    assert found is not None
    assets = found[0].frame.filter(pl.col("line") == "assets")
    assert assets.select("copy", "value_fen").rows() == [("1", "305000000.00"), ("2", "305000000.00")]


@real
@pytest.mark.real_data
def test_identities_of_a_listed_firm_hold_or_are_counted() -> None:
    figures = told(RAW / "cn_listed_brewer_balance_sheet.xlsx")
    days = sorted({day for line, day in figures if line == "assets"})
    broken = [
        day
        for day in days
        if ("liabilities", day) in figures
        and ("equity", day) in figures
        and abs(figures["assets", day] - figures["liabilities", day] - figures["equity", day]) > Decimal("0.03")
    ]
    assert len(days) > 60
    assert len(broken) < len(days) / 2
    assert dt.date.fromisoformat(days[-1]).year >= 2020


def test_commas_of_a_statement_are_read_as_the_sheet_proves_them(tmp_path: Path) -> None:
    """1.234,50 was once read as 1.23, and 1234,50 as 123,450: a comma groups thousands, or the whole sheet writes decimals with it."""
    assert figure("1,234.50") is not None and figure("1.234,50", comma_decimals=True).yuan == Decimal("1234.50")
    for wrong in ("1234,50", "1.234,50", "12,34", "1,2345"):
        with pytest.raises(ValueError, match=r"\d"):
            figure(wrong)
    european = SMALL.replace('"50,000.00"', '"50.000,00"').replace(",40000,短期借款", ',"40.000,00",短期借款')
    figures = told(written(tmp_path, european))
    assert (figures["cash", "2024-12-31"], figures["cash", "2023-12-31"], figures["equity", "2024-12-31"]) == (50_000, 40_000, 140_000)
    with pytest.raises(RefusedFileError, match=r"50\.000,00"):
        read_statements(written(tmp_path, european.replace('"40.000,00"', '"40,000.00"')))


ENGLISH = """BALANCE SHEET as at 2024-12-31
Unit: RMB'000
Item,Closing balance,Opening balance,Item,Closing balance,Opening balance
Current assets,,,Current liabilities,,
Cash and cash equivalents,"1,234.5",40,Short-term borrowings,100,100
Accounts receivable,120,80,Accounts payable,60,40
Inventories,30,30,Total liabilities,160,140
Total current assets,"1,384.5",150,Total owners' equity,"1,224.5",10
Total assets,"1,384.5",150,Total liabilities and owners' equity,"1,384.5",150
"""


def test_a_statement_in_english_is_read_where_it_tells_its_money(tmp_path: Path) -> None:
    figures = told(written(tmp_path, ENGLISH))
    assert figures["cash", "2024-12-31"] == 1_234_500 and figures["accounts_payable", "2023-12-31"] == 40_000
    assert figures["assets", "2024-12-31"] == figures["liabilities_and_equity", "2024-12-31"] == 1_384_500
    for head, found in (("Unit: thousand", "no currency"), ("Unit: US$'000", "US[$]")):
        with pytest.raises(RefusedFileError, match=found):
            read_statements(written(tmp_path, ENGLISH.replace("Unit: RMB'000", head)))
