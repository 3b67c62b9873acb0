"""Documents as PDF, made by the maker of contracts: an invoice of which something is doubtful, and a page of a bank's statement."""

from __future__ import annotations

Line = tuple[float, float, str]
SELLER, BUYER = "91330106MA0000015K", "915001030000000433"
NUMBER = "24332000000012345678"


def pdf(lines: list[Line], height: int = 400) -> bytes:
    """Text at places (points from the left and the top) of a page 600 points wide."""
    from weasyprint import HTML

    spans = "".join(f'<div style="position:absolute;left:{x}pt;top:{y}pt;white-space:nowrap">{text}</div>' for x, y, text in lines)
    style = f"@page{{size:600pt {height}pt;margin:0}}body{{margin:0;font-size:9pt}}"
    return HTML(string=f"<style>{style}</style>{spans}").write_pdf() or b""


def invoice_pdf(firm: str, *, total: str = "1060.00", day: str = "2024年11月01日", amount: str = "1000.00") -> bytes:
    """A digital invoice on which `firm` sells; without a day where `day` is empty."""
    lines = [
        (220, 20, "电子发票（普通发票）"), (420, 20, f"发票号码：{NUMBER}"), (40, 80, "名称：乙公司"), (320, 80, f"名称：{firm}"),
        (40, 130, "项目名称"), (530, 130, "税额"), (60, 260, "合 计"), (400, 260, f"¥{amount}"), (530, 260, "¥60.00"),
        (40, 290, "价税合计"), (420, 290, f"（小写）¥{total}"),
    ]  # fmt: skip
    return pdf([*lines, *([(420.0, 40.0, f"开票日期：{day}")] if day else [])])


def statement_pdf(balances: tuple[str, str, str] = ("5,000.00", "4,199.50", "4,299.50")) -> bytes:
    """Three movements with two columns of amounts; the balances as given."""
    heads = [(30, "交易日期"), (110, "摘要"), (180, "借方发生额"), (280, "贷方发生额"), (380, "账户余额"), (460, "对方户名")]
    body = [
        ("2024-11-01", "货款", "", "1,000.00", balances[0], "乙公司"),
        ("2024-11-02", "工资", "800.50", "", balances[1], "张三"),
        ("2024-11-03", "货款", "", "100.00", balances[2], "丙公司"),
    ]
    lines: list[Line] = [(200, 20, "某某银行账户明细"), *((x, 60, text) for x, text in heads)]
    for number, row in enumerate(body):
        lines += [(x, 80 + 20 * number, text) for (x, _), text in zip(heads, row, strict=True) if text]
    return pdf(lines)
