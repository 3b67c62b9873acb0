# ruff: noqa: E501
"""Documents: digital invoices as XML and OFD, PDFs with text, scans. All parties are invented."""

from __future__ import annotations

import datetime as dt
import io
import json
import os
import zipfile
from decimal import Decimal
from pathlib import Path

import pytest
from tests.evidence.conftest import consent

from puhui.evidence.documents.importing import import_document, read_document
from puhui.evidence.documents.model import Word
from puhui.evidence.documents.reading import of_words
from puhui.evidence.documents.repair import amounts, capitals, money, tax_number
from puhui.evidence.models import Batch, Invoice
from puhui.evidence.reading.faults import RefusedFileError

SAMPLES = Path(os.environ.get("PUHUI_REAL_DATA", Path(__file__).parents[2].parent / "shared" / "data")) / "ocr_samples"
NUMBER = "25332000000012345678"
SELLER, BUYER = "91330106MA0000015K", "915001030000000433"

PLATFORM = """<?xml version="1.0" encoding="UTF-8"?>
<interface><fp><fplxdm>81</fplxdm><kplx>{red}</kplx><fphm>{number}</fphm><kprq>20250301103000</kprq><tdyslxDm/>
<xhdwsbh>91330106MA0000015K</xhdwsbh><xhdwmc>甲公司</xhdwmc><ghdwsbh>915001030000000433</ghdwsbh><ghdwmc>乙公司</ghdwmc>
<fyxm><spmc>*软件*服务</spmc><je>600.00</je><se>36.00</se></fyxm><fyxm><spmc>*软件*支持</spmc><je>400.00</je><se>24.00</se></fyxm>
<hjje>1000.00</hjje><hjse>60.00</hjse><jshj>1060.00</jshj>{more}</fp></interface>"""
TAX_OFFICE = f"""<EInvoice><Header><EIid>{NUMBER}</EIid><InherentLabel><EInvoiceType><LabelCode>01</LabelCode>
<LabelName>电子发票(增值税专用发票)</LabelName></EInvoiceType></InherentLabel></Header><EInvoiceData>
<SellerInformation><SellerIdNum>{SELLER}</SellerIdNum><SellerName>甲公司</SellerName></SellerInformation>
<BuyerInformation><BuyerIdNum>{BUYER}</BuyerIdNum><BuyerName>乙公司</BuyerName></BuyerInformation>
<BasicInformation><TotalAmWithoutTax>1000.00</TotalAmWithoutTax><TotalTaxAm>60.00</TotalTaxAm>
<TotalTax-includedAmount>1060.00</TotalTax-includedAmount><RequestTime>2025-03-01 10:30:00</RequestTime></BasicInformation>
</EInvoiceData><TaxSupervisionInfo><InvoiceNumber>{NUMBER}</InvoiceNumber><IssueTime>2025-03-01 10:30:00</IssueTime></TaxSupervisionInfo>
</EInvoice>"""
CONFIRMATION = """<hzqrd><hzfpxxqrdbh>33011125030000001</hzfpxxqrdbh><hzqrxxztDm>{state}</hzqrxxztDm><chyyDm>02</chyyDm>
<lzfphm>25332000000012345678</lzfphm>{red}<xsfnsrsbh>91330106MA0000015K</xsfnsrsbh><xsfmc>甲公司</xsfmc>
<gmfnsrsbh>915001030000000433</gmfnsrsbh><gmfmc>乙公司</gmfmc><hzcxje>200.00</hzcxje><hzcxse>12.00</hzcxse></hzqrd>"""
RED = "<hzfphm>25332000000012345999</hzfphm><hzkprq>2025-03-09</hzkprq>"


def platform(number: str = NUMBER, red: str = "0", more: str = "") -> str:
    return PLATFORM.format(number=number, red=red, more=more)


def stored() -> list[tuple[object, ...]]:
    names = ("invoice_number", "issued_on", "direction", "status", "kind", "amount_fen", "tax_fen", "total_fen", "counterparty")
    return sorted(Invoice.objects.values_list(*names))


@pytest.mark.parametrize("text", [platform(), TAX_OFFICE], ids=["platform", "tax office"])
def test_a_digital_invoice_is_imported_like_a_row(lender, text: str) -> None:
    path = lender.write(text, "invoice.xml")
    result = lender.import_file(path)
    assert result.counts["accepted"] == 1 and result.file == "invoice.xml"
    (found,) = stored()
    assert found[:4] == (NUMBER, dt.date(2025, 3, 1), "out", "normal")
    assert found[4:] == ("81", 100_000, 6_000, 106_000, BUYER)
    assert lender.import_file(path).counts["accepted"] == 0


def test_a_red_invoice_and_two_in_one_file(lender) -> None:
    both = platform() + platform("25332000000012345999", "1", f"<lzfphm>{NUMBER}</lzfphm>")
    text = "<all>" + both.replace('<?xml version="1.0" encoding="UTF-8"?>', "") + "</all>"
    assert lender.import_file(lender.write(text, "two.xml")).counts == {**lender_counts(2), "reds": 1}
    assert [row[3] for row in stored()] == ["normal", "red"]
    assert [row[7] for row in stored()] == [106_000, -106_000]


def lender_counts(rows: int) -> dict[str, int]:
    nothing = dict.fromkeys(
        ("unchanged", "rejected", "replaced", "duplicates", "voids", "reds", "total_differs", "zero", "no_counterparty"), 0
    )
    return {"read": rows, "accepted": rows, "firms": 1, **nothing}


def test_a_confirmation_counts_once_the_red_invoice_is_there(lender) -> None:
    confirmed = lender.write(CONFIRMATION.format(state="04", red=RED), "red.xml")
    lender.import_file(confirmed)
    (found,) = stored()
    assert found[0] == "25332000000012345999" and found[3] == "red" and found[7] == -21_200
    for state, red in (("02", ""), ("05", ""), ("04", "")):
        with pytest.raises(RefusedFileError, match="without a red invoice"):
            lender.import_file(lender.write(CONFIRMATION.format(state=state, red=red), "open.xml"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('<!DOCTYPE a [<!ENTITY b "c">]><fp>&b;</fp>', "entities"),
        ('<?xml version="1.0"?><!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "entities"),
        ("<a>" * 200 + "</a>" * 200, "levels"),
        (platform()[:-40], "XML"),
        ("<?xml version='1.0'?><nothing/>", "XML"),
    ],
)
def test_unsafe_or_broken_xml_is_refused(lender, text: str, said: str) -> None:
    before = lender.state()
    with pytest.raises(RefusedFileError, match=said):
        lender.import_file(lender.write(text, "bad.xml"))
    assert lender.state() == before


def test_an_ofd_gives_the_xml_inside(lender) -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("OFD.xml", "<OFD/>")
        archive.writestr("Doc_0/Attachs/original_invoice.xml", platform())
    assert lender.import_file(lender.write(data.getvalue(), "invoice.ofd")).counts["accepted"] == 1
    assert stored()[0][0] == NUMBER


OFD = 'xmlns:ofd="http://www.ofdspec.org/2016"'
LABELS = [
    (80, 8, "电子发票（普通发票）"), (150, 8, "发票号码："), (150, 14, "开票日期："), (12, 30, "名称："), (112, 30, "名称："),
    (12, 40, "统一社会信用代码/纳税人识别号："), (112, 40, "统一社会信用代码/纳税人识别号："), (12, 50, "项目名称"), (180, 50, "税额"),
    (20, 95, "合 计"), (12, 105, "价税合计（大写）"), (130, 105, "（小写）"), (12, 130, "开票人："),
]  # fmt: skip
VALUES = [
    (168, 8, NUMBER), (168, 14, "2025年03月01日"), (22, 30, "乙公司"), (122, 30, "甲公司"), (62, 40, BUYER), (162, 40, SELLER),
    (140, 95, "¥1000.00"), (180, 95, "¥60.00"), (60, 105, "壹仟零陆拾圆整"), (145, 105, "¥1060.00"), (25, 130, "王五"),
]  # fmt: skip


def drawn(texts: list[tuple[float, float, str]], scale: float = 1.0, head: str = "") -> str:
    """A page of 210 by 140 millimetres: each text in its own boundary, in units that a matrix scales."""
    objects = "".join(
        f'<ofd:TextObject ID="{number}" Boundary="{x} {y - 4} 60 5" CTM="{scale} 0 0 {scale} 0 0" Size="{3 / scale}">'
        f'<ofd:TextCode X="0" Y="{4 / scale}" DeltaX="g 3 1.5">{text}</ofd:TextCode></ofd:TextObject>'
        for number, (x, y, text) in enumerate(texts, start=10)
    )
    return f"<ofd:Page {OFD}>{head}<ofd:Content><ofd:Layer>{objects}</ofd:Layer></ofd:Content></ofd:Page>"


def drawn_ofd(scale: float = 1.0, **parts: str) -> bytes:
    """An OFD without enclosed XML: labels in a template, values on the page."""
    page_area = "<ofd:PageArea><ofd:PhysicalBox>0 0 210 140</ofd:PhysicalBox></ofd:PageArea>"
    template = '<ofd:TemplatePage ID="2" BaseLoc="Tpls/Tpl_0/Content.xml"/>'
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("OFD.xml", f"<ofd:OFD {OFD}><ofd:DocBody><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>")
        pages = '<ofd:Pages><ofd:Page ID="1" BaseLoc="Pages/Page_0/Content.xml"/></ofd:Pages>'
        document = f"<ofd:Document {OFD}><ofd:CommonData>{page_area}{template}</ofd:CommonData>{pages}</ofd:Document>"
        archive.writestr("Doc_0/Document.xml", document)
        archive.writestr("Doc_0/Tpls/Tpl_0/Content.xml", drawn(LABELS, scale))
        page = drawn(VALUES, scale, '<ofd:Template TemplateID="2" ZOrder="Background"/>')
        archive.writestr("Doc_0/Pages/Page_0/Content.xml", parts.get("page", page))
    return data.getvalue()


@pytest.mark.parametrize("scale", [1.0, 0.3528])
def test_an_ofd_without_xml_is_read_from_what_it_draws(lender, scale: float) -> None:
    result = lender.import_file(lender.write(drawn_ofd(scale), "invoice.ofd"))
    assert result.counts["accepted"] == 1 and not result.notes
    document = read_document(lender.write(drawn_ofd(scale), "again.ofd"))
    assert [document.value(name) for name in ("number", "issued_on", "buyer_name", "buyer_id", "seller_name", "seller_id", "total")] == [
        NUMBER, "2025-03-01", "乙公司", BUYER, "甲公司", SELLER, "1060.00",
    ]  # fmt: skip
    total = next(each for each in document.fields if each.name == "total")
    assert total.box == pytest.approx((145 / 210, 102 / 140, 157 / 210, 105 / 140), abs=0.001)


@pytest.mark.parametrize("page", ["<page/>", "<page><!DOCTYPE", drawn([(10, 10, "收据")])])
def test_an_ofd_that_draws_no_invoice_is_refused(lender, page: str) -> None:
    with pytest.raises(RefusedFileError):
        lender.import_file(lender.write(drawn_ofd(page=page), "invoice.ofd"))


def word(text: str, x: float, y: float, confidence: float = 0.99) -> Word:
    return Word(text, (x, y, x + 0.012 * len(text), y + 0.03), confidence)


def paper(**changes: str) -> list[Word]:
    """A paper special invoice as OCR reads it."""
    said = {
        "title": "增值税专用发票", "number": "No12345678", "day": "开票日期：2024年03月15日", "buyer": "称：乙公司",
        "buyer_id": f"纳税人识别号：{BUYER}", "amount": "￥1000.00", "tax": "￥130.00", "words": "壹仟壹佰叁拾圆整", "total": "（小写）￥1130.00",
        "seller": "称：甲公司", "seller_id": SELLER,
    } | changes  # fmt: skip
    where = {
        "title": (0.4, 0.05), "number": (0.7, 0.05), "day": (0.7, 0.12), "buyer": (0.15, 0.2), "buyer_id": (0.12, 0.24), "amount": (0.62, 0.6),
        "tax": (0.85, 0.6), "words": (0.3, 0.65), "total": (0.7, 0.65), "seller": (0.15, 0.72), "seller_id": (0.3, 0.76),
    }  # fmt: skip
    fixed = [
        word("3300241130", 0.1, 0.05), word("机器编号：", 0.05, 0.12), word("661234567890", 0.15, 0.12), word("名", 0.12, 0.2),
        word("地址、电话：杭州 0571-81234567", 0.12, 0.28), word("货物或应税劳务名称", 0.12, 0.38), word("税率", 0.75, 0.38), word("税", 0.85, 0.38),
        word("1000.00", 0.65, 0.42), word("13%", 0.75, 0.42), word("130.00", 0.86, 0.42), word("合", 0.15, 0.6), word("计", 0.22, 0.6),
        word("价税合计（大写）", 0.12, 0.65), word("纳税人识别号：", 0.12, 0.76),
    ]  # fmt: skip
    return [*fixed, *(word(text, *where[name]) for name, text in said.items() if text)]


def fields_of(words: list[Word]) -> tuple[dict[str, str], set[str], list[str]]:
    document = of_words(words, "scan.jpg")
    assert document is not None and document.kind == "vat_invoice"
    values = {each.name: each.value for each in document.fields}
    return values, {each.name for each in document.fields if each.repaired}, [str(fault) for fault in document.faults]


def test_a_paper_invoice_is_read_by_what_stands_beside_what() -> None:
    values, mended, faults = fields_of(paper())
    assert (mended, faults) == (set(), [])
    assert values == {
        "number": "12345678", "code": "3300241130", "issued_on": "2024-03-15", "buyer_name": "乙公司", "seller_name": "甲公司",
        "buyer_id": BUYER, "seller_id": SELLER, "amount": "1000.00", "tax": "130.00", "total": "1130.00",
        "total_in_words": "壹仟壹佰叁拾圆整", "kind": "004",
    }  # fmt: skip


def test_a_digital_invoice_has_its_parties_side_by_side() -> None:
    digital = [
        word("电子发票（普通发票）", 0.4, 0.03), word(f"发票号码：{NUMBER}", 0.7, 0.03), word("开票日期：2025年03月01日", 0.7, 0.08),
        word("名称：乙公司", 0.08, 0.2), word("名称：甲公司", 0.55, 0.2), word(f"统一社会信用代码/纳税人识别号：{BUYER}", 0.08, 0.26),
        word(f"统一社会信用代码/纳税人识别号：{SELLER}", 0.55, 0.26), word("项目名称", 0.08, 0.33), word("税额", 0.9, 0.33),
        word("合 计", 0.1, 0.6), word("¥1,000.00", 0.65, 0.6), word("¥60.00", 0.88, 0.6), word("价税合计（大写）", 0.1, 0.66),
        word("壹仟零陆拾圆整", 0.3, 0.66), word("（小写）¥1,060.00", 0.7, 0.66),
    ]  # fmt: skip
    values, mended, faults = fields_of(digital)
    assert (mended, faults) == (set(), [])
    assert (values["number"], values["kind"], values["buyer_name"], values["seller_name"]) == (NUMBER, "82", "乙公司", "甲公司")
    assert (values["buyer_id"], values["seller_id"], values["total"]) == (BUYER, SELLER, "1060.00")


def test_two_parties_that_were_read_as_one_line() -> None:
    digital = [
        word(f"发票号码：{NUMBER}", 0.7, 0.03), word("开票日期：2025年03月01日", 0.7, 0.08), word("名称：乙公司名称：甲公司", 0.08, 0.2),
        word(f"统一社会信用代码/纳税人识别号：{BUYER}统一社会信用代码/纳税人识别号：{SELLER}", 0.08, 0.26), word("税额", 0.9, 0.33),
        word("合计", 0.1, 0.6), word("¥1000.00", 0.65, 0.6), word("¥60.00", 0.88, 0.6), word("（小写）¥1060.00", 0.7, 0.66),
    ]  # fmt: skip
    values = fields_of(digital)[0]
    assert [values[name] for name in ("buyer_name", "seller_name", "buyer_id", "seller_id")] == ["乙公司", "甲公司", BUYER, SELLER]


@pytest.mark.parametrize(
    ("change", "mended"),
    [
        ({"amount": "￥1006.00"}, {"amount"}),  # 1130.00 − 130.00, and 13 % of 1,000 is 130
        ({"amount": "006665元"}, {"amount"}),
        ({"tax": ""}, {"tax"}),
        ({"total": "（小写）￥1180.00"}, {"total"}),  # the capitals and the parts say 1130.00
        ({"total": ""}, {"total"}),
        ({"buyer_id": "纳税人识别号：9150O1030000000433"}, {"buyer_id"}),
        ({"seller_id": "91330106MA00000I5K"}, {"seller_id"}),
    ],
)
def test_a_misread_figure_is_mended_by_the_sums_and_told(change: dict[str, str], mended: set[str]) -> None:
    values, found, faults = fields_of(paper(**change))
    assert (found, faults) == (mended, [])
    assert (values["amount"], values["tax"], values["total"], values["buyer_id"]) == ("1000.00", "130.00", "1130.00", BUYER)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"day": ""}, "issued_on"),
        ({"number": ""}, "number"),
        ({"words": "", "amount": "￥1006.00"}, "1006.00"),  # three figures, and nothing says which is wrong
        ({"words": "贰仟圆整"}, "capitals"),
    ],
)
def test_what_no_figure_proves_is_left_to_a_person(change: dict[str, str], said: str) -> None:
    assert any(said in fault for fault in fields_of(paper(**change))[2])


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("壹拾万零柒仟元伍角叁分", "107000.53"), ("壹万陆仟肆佰零玖元零贰分", "16409.02"), ("叁佰贰拾伍元零肆分", "325.04"), ("陆仟元整", "6000"),
        ("柒仟零壹拾捌圆捌角叁分", "7018.83"), ("壹亿贰仟万圆整", "120000000"),
    ],
)  # fmt: skip
def test_capitals(text: str, amount: str) -> None:
    """Vectors of standards.md §3, and a hundred million."""
    assert capitals(text) == Decimal(amount)


def test_sums_need_a_third_figure() -> None:
    assert money("（小写）¥1,234.50") == Decimal("1234.50")
    three = {"amount": (Decimal(1000), 0.9), "tax": (Decimal(130), 0.9), "total": (Decimal(1140), 0.9)}
    assert amounts(three)[1:] == (set(), "amount 1000 and tax 130 beside a total of 1140")
    assert tax_number(SELLER) == (SELLER, False)
    assert tax_number("410305123456789") == ("410305123456789", False)  # the old number has no check digit


def test_a_tax_number_is_mended_only_where_both_of_its_checks_prove_it() -> None:
    """One check character lets about one reading in thirty pass; a number that is printed wrong must not become that of somebody else."""
    assert tax_number(SELLER.replace("0106MA0000015K", "01O6MA0000015K")) == (SELLER, True), "a letter that no number may hold"
    assert tax_number(SELLER.replace("0106MA", "01D6MA")) == (SELLER, True)
    for printed in ("91330110322898168N", "91310115332590126C"):  # invented: no reading of it has both checks
        assert tax_number(printed) == (printed, False)


def pdf(lines: list[tuple[float, float, str]], height: int = 400) -> bytes:
    """A PDF of text at places (points from the left and the top), made by the maker of contracts."""
    from weasyprint import HTML

    spans = "".join(f'<div style="position:absolute;left:{x}pt;top:{y}pt;white-space:nowrap">{text}</div>' for x, y, text in lines)
    style = f"@page{{size:600pt {height}pt;margin:0}}body{{margin:0;font-size:9pt}}"
    return HTML(string=f"<style>{style}</style>{spans}").write_pdf() or b""


def test_a_pdf_with_its_text(lender) -> None:
    lines = [
        (220, 20, "电子发票（普通发票）"), (420, 20, f"发票号码：{NUMBER}"), (420, 40, "开票日期：2025年03月01日"), (40, 80, "名称：乙公司"),
        (320, 80, "名称：甲公司"), (40, 100, f"统一社会信用代码/纳税人识别号：{BUYER}"), (320, 100, f"统一社会信用代码/纳税人识别号：{SELLER}"),
        (40, 130, "项目名称"), (530, 130, "税额"), (60, 260, "合 计"), (400, 260, "¥1000.00"), (530, 260, "¥60.00"), (40, 290, "价税合计（大写）"),
        (180, 290, "壹仟零陆拾圆整"), (420, 290, "（小写）¥1060.00"),
    ]  # fmt: skip
    path = lender.write(pdf(lines), "invoice.pdf")
    number = next(each for each in read_document(path).fields if each.name == "number")
    assert number.value == NUMBER and number.box is not None and 0.65 < number.box[0] < 0.75 and 0.02 < number.box[1] < 0.1
    assert lender.import_file(path).counts["accepted"] == 1
    assert stored()[0][:4] == (NUMBER, dt.date(2025, 3, 1), "out", "normal")


def test_a_person_corrects_what_the_page_does_not_say(lender) -> None:
    lines = [
        (220, 20, "电子发票（普通发票）"), (420, 20, f"发票号码：{NUMBER}"), (40, 80, "名称：乙公司"), (320, 80, "名称：甲公司"), (530, 130, "税额"),
        (60, 260, "合 计"), (400, 260, "¥1000.00"), (530, 260, "¥60.00"), (420, 290, "（小写）¥1060.00"),
    ]  # fmt: skip
    path = lender.write(pdf(lines), "invoice.pdf")
    before = lender.state()
    with pytest.raises(RefusedFileError, match="issued_on"):
        import_document(lender.institution, path, lender.firm)
    with pytest.raises(RefusedFileError, match="no such field"):
        import_document(lender.institution, path, lender.firm, {"issued_on": "2025-03-01", "colour": "blue"})
    assert lender.state() == before
    result = import_document(lender.institution, path, lender.firm, {"issued_on": "2025-03-01"}, actor="clerk")
    assert result.counts["accepted"] == 1 and Batch.objects.get(pk=result.batch_id).file_name == "invoice.pdf"


def test_a_bank_statement_becomes_movements(lender) -> None:
    from puhui.evidence import queries

    consent([lender.firm], ["C15"])
    heads = [(30, "交易日期"), (110, "摘要"), (180, "借方发生额"), (280, "贷方发生额"), (380, "账户余额"), (460, "对方户名")]
    body = [
        ("2025-03-01", "货款", "", "1,000.00", "5,000.00", "乙公司"),
        ("2025-03-02", "工资", "800.50", "", "4,199.50", "张三"),
    ]
    lines = [(200.0, 20.0, "某某银行账户明细"), *((float(x), 60.0, text) for x, text in heads)]
    for number, row in enumerate(body):
        lines += [(float(x), 80.0 + 20 * number, text) for (x, _), text in zip(heads, row, strict=True) if text]
    path = lender.write(pdf(lines), "statement.pdf")
    assert read_document(path).kind == "bank_statement"
    assert import_document(lender.institution, path, lender.firm).counts["accepted"] == 2
    rows = queries.records_as_of(lender.institution, "account_flow", dt.date(2026, 1, 5), [lender.firm]).sort("booked_on")
    assert rows.select("direction", "amount_fen", "balance_fen", "counterparty").rows() == [
        ("in", 100_000, 500_000, "乙公司"), ("out", 80_050, 419_950, "张三"),
    ]  # fmt: skip


def test_a_picture_without_the_extra_says_what_to_do(lender, monkeypatch) -> None:
    from PIL import Image

    from puhui.evidence.documents import pages

    def absent() -> None:
        raise ImportError("rapidocr")

    monkeypatch.setattr(pages, "engine", absent)
    data = io.BytesIO()
    Image.new("RGB", (40, 40), "white").save(data, "PNG")
    with pytest.raises(RefusedFileError, match=r"puhui\[ocr\]"):
        read_document(lender.write(data.getvalue(), "scan.png"))


def picture(lines: list[tuple[int, int, str]], tilt: float, *, turn: int = 0, stamp: bool = False) -> bytes:
    """A page drawn with a Chinese font and turned a little, on its side, with a red stamp over the seller, as JPEG. Skips without a font."""
    from PIL import Image, ImageChops, ImageDraw, ImageFont

    fonts = sorted(Path("/usr/share/fonts").rglob("Noto*CJK*.ttc")) + sorted(Path("/usr/share/fonts").rglob("wqy*.ttc"))
    if not fonts:
        pytest.skip("no Chinese font is installed (scripts/system-packages)")
    page = Image.new("RGB", (1100, 620), "white")
    for x, y, text in lines:
        ImageDraw.Draw(page).text((x, y), text, font=ImageFont.truetype(str(fonts[0]), 20), fill=(20, 20, 90))
    if stamp:
        over = Image.new("RGB", page.size, "white")
        ImageDraw.Draw(over).ellipse((180, 500, 420, 610), outline=(220, 30, 40), width=4)
        ImageDraw.Draw(over).text((230, 540), "发票专用章", font=ImageFont.truetype(str(fonts[0]), 26), fill=(220, 30, 40))
        page = ImageChops.multiply(page, over)
    data = io.BytesIO()
    page.rotate(tilt, fillcolor="white").rotate(turn, expand=True).save(data, "JPEG", quality=80)
    return data.getvalue()


def test_a_drawn_page_on_its_side_askew_and_stamped(lender) -> None:
    pytest.importorskip("rapidocr", reason="the extra `ocr` is not installed")
    lines = [
        (400, 20, "浙江增值税专用发票"), (80, 30, "3300241130"), (840, 30, "No 12345678"), (840, 80, "开票日期：2024年03月15日"),
        (90, 130, "名    称：乙公司"), (90, 160, f"纳税人识别号：{BUYER}"), (90, 220, "货物或应税劳务名称"), (900, 220, "税率"),
        (980, 220, "税 额"), (120, 430, "合        计"), (700, 430, "￥1000.00"), (960, 430, "￥130.00"), (90, 470, "价税合计（大写）"),
        (320, 470, "壹仟壹佰叁拾圆整"), (740, 470, "（小写）￥1130.00"), (90, 520, "名    称：甲公司"), (90, 550, f"纳税人识别号：{SELLER}"),
    ]  # fmt: skip
    path = lender.write(picture(lines, -2.5, turn=90, stamp=True), "scan.jpg")
    document = read_document(path)
    assert document.turns == {1: 90} and not document.faults
    row = document.rows[0]
    assert [row[name] for name in ("发票号码", "发票代码", "开票日期", "销方名称", "购方识别号", "金额", "税额", "价税合计", "发票类型")] == [
        "12345678", "3300241130", "2024-03-15", "甲公司", BUYER, "1000.00", "130.00", "1130.00", "004",
    ]  # fmt: skip


@pytest.mark.real_data
def test_the_specimen_of_a_special_invoice() -> None:
    pytest.importorskip("rapidocr", reason="the extra `ocr` is not installed")
    if not SAMPLES.exists():
        pytest.skip(f"the real data is not at {SAMPLES} (PUHUI_REAL_DATA)")
    for name, truth in json.loads((SAMPLES / "truth.json").read_text("utf-8")).items():
        document = read_document(SAMPLES / name)
        expected = {
            "number": truth["invoice_no"], "code": truth["invoice_code"], "issued_on": truth["invoice_date"], "buyer_name": truth["buyer_name"],
            "buyer_id": truth["buyer_tax_id"], "seller_name": truth["seller_name"], "seller_id": truth["seller_tax_id"],
            "amount": f"{truth['amount']:.2f}", "tax": f"{truth['tax']:.2f}", "total": f"{truth['total']:.2f}",
            "total_in_words": truth["total_in_words"], "kind": "004",
        }  # fmt: skip
        assert {each: document.value(each) for each in expected} == expected
        assert all(field.box and 0 <= field.box[0] < field.box[2] <= 1 for field in document.fields)
