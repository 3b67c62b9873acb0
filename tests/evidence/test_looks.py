"""What two looks at one paper make of it, and layouts of invoices beyond the usual one. No picture is read here: the words are given."""

from __future__ import annotations

import math
from datetime import date
from decimal import Decimal

import pytest
from tests.evidence.test_documents import BUYER, NUMBER, SELLER, fields_of, paper, word

from puhui.evidence.documents.agreeing import agreed_fields, agreed_statement
from puhui.evidence.documents.checks import Circumstances, checks, failed
from puhui.evidence.documents.looks import Slope
from puhui.evidence.documents.model import Document, DocumentField, Word
from puhui.evidence.documents.reading import of_words
from puhui.evidence.documents.repair import capitals, figures, plausible
from puhui.evidence.documents.waiting import is_doubtful


def looks(first: list[Word], second: list[Word]) -> Document:
    again = [Word(each.text, each.box, each.confidence, each.page, look=2) for each in second]
    document = of_words([*first, *again], "scan.jpg")
    assert document is not None
    return document


def told(document: Document) -> tuple[str, ...]:
    return tuple(document.value(name) for name in ("number", "issued_on", "buyer_name", "seller_name", "amount", "tax", "total"))


def test_what_both_looks_say_is_sure():
    both = looks(paper(), paper())
    assert not is_doubtful(both) and told(both) == ("12345678", "2024-03-15", "乙公司", "甲公司", "1000.00", "130.00", "1130.00")


@pytest.mark.parametrize(
    ("change", "field"),
    [({"number": "No12345679"}, "number"), ({"day": "开票日期：2024年08月15日"}, "issued_on"), ({"seller": "称：田公司"}, "seller_name")],
)
def test_what_the_looks_read_differently_is_for_a_person(change, field):
    for document in (looks(paper(), paper(**change)), looks(paper(**change), paper())):
        assert is_doubtful(document) and any(field in fault.where for fault in document.faults)
    alone = looks(paper(), [each for each in paper() if each.text != next(iter(change.values()))][:1] + paper(**dict.fromkeys(change, "")))
    assert alone.value(field) == looks(paper(), paper()).value(field)
    assert is_doubtful(alone), "one look alone is not sure"


@pytest.mark.parametrize("change", [{"amount": "￥1006.00"}, {"tax": ""}, {"words": "壹仟叁佰圆整"}, {"seller_id": "91330106MA0000O15K"}])
def test_what_is_proven_at_one_look_needs_no_second(change):
    for document in (looks(paper(), paper(**change)), looks(paper(**change), paper())):
        assert (
            not is_doubtful(document) and document.value("seller_id") == SELLER and told(document)[-3:] == ("1000.00", "130.00", "1130.00")
        )


def test_the_tax_number_of_the_seller_is_missed():
    (fault,) = [fault for fault in looks(paper(seller_id=""), paper(seller_id="")).faults if "seller_id" in fault.where]
    assert "nothing that could be read" in fault.found


def digital(**changes: str) -> list[Word]:
    said = {
        "buyer": "名称：乙公司", "seller": "名称：甲公司", "buyer_id": f"统一社会信用代码/纳税人识别号：{BUYER}", "amount": "¥1000.00",
        "seller_id": f"统一社会信用代码/纳税人识别号：{SELLER}", "words": "壹仟零陆拾圆整", "total": "（小写）¥1060.00", "remark": "",
        "tax": "¥60.00", "rate": "6%",
    } | changes  # fmt: skip
    where = {
        "buyer": (0.08, 0.2), "seller": (0.55, 0.2), "buyer_id": (0.08, 0.26), "seller_id": (0.55, 0.26), "amount": (0.65, 0.6),
        "tax": (0.88, 0.6), "words": (0.3, 0.66), "total": (0.7, 0.66), "remark": (0.1, 0.8), "rate": (0.8, 0.4),
    }  # fmt: skip
    fixed = [
        word("电子发票（普通发票）", 0.4, 0.03), word(f"发票号码：{NUMBER}", 0.65, 0.03), word("开票日期：2025年03月01日", 0.65, 0.08),
        word("项目名称", 0.08, 0.33), word("税额", 0.9, 0.33), word("合 计", 0.1, 0.6), word("开票人：王五", 0.08, 0.95),
    ]  # fmt: skip
    return [*fixed, *(word(text, *where[name]) for name, text in said.items() if text)]


def test_only_one_party_is_read_and_keeps_its_side():
    values = fields_of(digital(buyer="", buyer_id=""))[0]
    assert (values["seller_name"], values["seller_id"]) == ("甲公司", SELLER) and "buyer_name" not in values
    values, _, faults = fields_of(digital(buyer_id="统一社会信用代码/纳税人识别号："))
    assert values["seller_id"] == SELLER and values["buyer_id"] == "", "a buyer without a number does not get the seller's"
    assert [fault for fault in faults if "buyer_id" in fault], "a firm has one"
    assert fields_of(digital(buyer="名称：李小明", buyer_id="统一社会信用代码/纳税人识别号："))[2] == [], "a person need not"


def test_an_exempt_supply_has_no_tax():
    assert fields_of(digital(tax="¥***", words="壹仟圆整", total="（小写）¥1000.00", rate="免税"))[:2] == (
        fields_of(digital(tax="***", words="壹仟圆整", total="（小写）¥1000.00", rate="免税"))[0], set()
    )  # fmt: skip
    values, mended, faults = fields_of(digital(tax="***", words="壹仟圆整", total="（小写）¥1000.00", rate="免税"))
    assert (values["tax"], values["total"], mended, faults) == ("0.00", "1000.00", set(), [])


@pytest.mark.parametrize("sign", ["¥-", "-¥", "- ¥ ", "−￥"])
def test_a_red_invoice_is_below_zero_however_the_sign_stands(sign):
    red = {"amount": f"{sign}1000.00", "tax": f"{sign}60.00", "words": "（负数）壹仟零陆拾圆整", "total": f"（小写）{sign}1060.00"}
    document = of_words(digital(**red, remark="被红冲蓝字数电票号码：24332000000187654321"), "scan.jpg")
    assert document and not document.faults
    assert (document.value("number"), document.value("total"), document.rows[0]["发票状态"]) == (NUMBER, "-1060.00", "红字")


def test_several_rates_lie_between_the_lowest_and_the_highest():
    two = [*digital(amount="¥2000.00", tax="¥190.00", words="贰仟壹佰玖拾圆整", total="（小写）¥2190.00"), word("13%", 0.8, 0.45)]

    def rate(words: list[Word]) -> list[str]:
        document = of_words(words, "scan.jpg")
        assert document
        return [each.name for each in failed(checks(document, document.rows, Circumstances(date(2026, 1, 5), ("甲公司",))))]

    assert rate(two) == [] and rate(two[:-1]) == ["rate"]
    assert plausible(Decimal(-2000), Decimal(-190), "13%,6%") and not plausible(Decimal(2000), Decimal(290), "13%,6%")


def test_a_roll_names_its_parties_and_waits_for_its_amounts():
    lines = [
        "浙江增值税普通发票", "发票代码 033001900211", "发票号码 58203311", "机打号码 58203311", "机器编号 661234567890",
        "销售方名称：甲公司", f"纳税人识别号：{SELLER}", "开票日期：2024-05-14", "购买方名称：乙公司", f"纳税人识别号：{BUYER}",
        "合计金额（小写）：￥286.00",
        "合计金额（大写）：贰佰捌拾陆圆整", "校验码 12345678901234567890",
    ]  # fmt: skip
    document = of_words([word(text, 0.1, 0.05 + 0.06 * row) for row, text in enumerate(lines)], "roll.jpg")
    assert document and {fault.where for fault in document.faults} == {"roll.jpg, amount", "roll.jpg, tax"}
    names = ("code", "number", "issued_on", "seller_name", "seller_id", "buyer_name", "buyer_id", "total")
    assert [document.value(name) for name in names] == [
        "033001900211",
        "58203311",
        "2024-05-14",
        "甲公司",
        SELLER,
        "乙公司",
        BUYER,
        "286.00",
    ]


def test_a_number_and_its_small_repetition_read_as_one_line():
    values = fields_of(paper(number="No 1234567812345678"))[0]
    assert values["number"] == "12345678"


def test_figures_and_capitals():
    assert [str(each) for each in figures("-¥1,234.50 1.234.567,00 ¥ 12. 34")] == ["-1234.50", "12.34"]
    assert figures("1.234.50") and str(figures("1.234.50")[0]) == "1234.50"
    assert capitals("负数壹佰圆整") == -100


def test_a_slope_lays_lines_straight():
    """Two points of a line that falls by 3 degrees have one height when it is laid straight; the middle of the page stays."""
    slope = Slope((500.0, 300.0), math.tan(math.radians(3)))
    left, right = slope.straight(100, 300 - 400 * slope.tilt), slope.straight(900, 300 + 400 * slope.tilt)
    assert left[1] == pytest.approx(300) and right[1] == pytest.approx(300) and slope.straight(500, 300) == (500, 300)


def test_a_statement_is_the_look_in_which_the_balance_runs():
    heads = ("交易日期", "借方发生额", "贷方发生额", "账户余额", "对方户名")
    body = [("2024-11-01", "", "1000.00", "5000.00", "乙公司"), ("2024-11-02", "800.50", "", "4199.50", "张三")]

    def statement(rows: list[tuple[str, ...]]) -> Document:
        fields = [
            DocumentField(f"{head}#{number}", cell) for number, row in enumerate(rows, 1) for head, cell in zip(heads, row, strict=True)
        ]
        return Document("bank_statement", tuple(fields), tuple(dict(zip(heads, row, strict=True)) for row in rows))

    misread = [body[0], ("2024-11-02", "860.50", "", "4199.50", "张三")]
    for pair in ((statement(body), statement(misread)), (statement(misread), statement(body))):
        found = agreed_statement(*pair)
        assert found.rows[1]["借方发生额"] == "800.50"
        assert {each.name for each in found.fields if each.confidence < 0.9} == {"借方发生额#2"}
    other = agreed_statement(statement(body), statement([body[0], (*body[1][:4], "张五")]))
    assert {each.name for each in other.fields if each.confidence < 0.9} == {"对方户名#2"}


def test_fields_of_one_look_alone_keep_their_value():
    one = [DocumentField("number", "12345678"), DocumentField("seller_id", SELLER)]
    assert [(each.value, each.confidence) for each in agreed_fields(one, [])] == [("12345678", 0.85), (SELLER, 1.0)]
