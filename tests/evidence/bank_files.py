"""Files of banks: how several head their columns, and files that are wrong in one way each."""

from __future__ import annotations

import io
from collections.abc import Iterator

import xlsxwriter
from tests.evidence.bad_files import Builder, content

GOOD = {
    "建行 (title above, a column for each direction, a line of sums)": (
        "户名：甲公司,,,,,,,,,,,,,\n账号：3305,币种：人民币,,,,,,,,,,,,\n"
        "账号,账户名称,交易时间,借方发生额（支取）,贷方发生额（收入）,余额,币种,对方户名,对方账号,对方开户机构,记账日期,摘要,备注,账户明细编号-交易流水号\n"
        '3305,甲公司,20240305 10:22:33,0.00,"1,000.00","5,000.00",人民币,乙公司,6217,某行,20240305,货款,,1-1\n'
        '3305,甲公司,20240306 11:22:33,800.50,0.00,"4,199.50",人民币,张三,6218,某行,20240306,工资,,1-2\n'
        '合计,,,800.50,"1,000.00",,,,,,,,,\n'
    ),
    "农行 (the account above the table, the day only in the time)": (
        "账号:,3305\n交易时间,收入金额,支出金额,账户余额,交易行名,对方账号,对方户名,交易用途,摘要\n"
        "2024-03-05 10:22:33,1000.00,,5000.00,某行,6217,乙公司,,货款\n2024-03-06 11:22:33,,800.50,4199.50,某行,6218,张三,,工资\n"
    ),
    "工行 (direction and both columns, two texts of purpose)": (
        "凭证号,本方账号,对方账号,交易时间,借/贷,借方发生额,贷方发生额,对方行号,摘要,用途,对方单位名称,余额,附言\n"
        "0,3305,6217,2024-03-05 10:22:33,贷,,1000.00,102,货款,,乙公司,5000.00,\n"
        "0,3305,6218,2024-03-06 10:22:33,借,800.50,,102,工资,,张三,4199.50,\n"
    ),
    "招行 (newest first, brackets in headings)": (
        "账号,交易日,交易时间,起息日,交易类型,借方金额,贷方金额,余额,摘要,流水号,收(付)方名称,收(付)方账号\n"
        "3305,20240306,11:22:33,20240306,转账,800.50,,4199.50,工资,2,张三,6218\n"
        "3305,20240305,10:22:33,20240305,转账,,1000.00,5000.00,货款,1,乙公司,6217\n"
    ),
    "支付宝 (remarks above and below, paid amounts below zero)": (
        "#支付宝账务明细查询\n#账号：3305\n入账时间,支付宝交易流水号,商户订单号,账务类型,收入（+元）,支出（-元）,账户余额（元）,对方账户,对方名称,摘要\n"
        "2024/3/5 10:22,2024,1,在线支付,1000.00,,5000.00,6217,乙公司,货款\n2024/3/6 10:22,2025,2,提现,,-800.50,4199.50,6218,张三,工资\n"
        "#账务明细列表结束\n"
    ),
    "payer and payee, one amount": (
        "账号,交易日期,来往账标志,付款人名称,付款人账号,收款人名称,收款人账号,交易金额,交易后余额,摘要\n"
        "3305,2024-03-05,来账,乙公司,6217,甲公司,3305,1000.00,5000.00,货款\n3305,2024-03-06,往账,甲公司,3305,张三,6218,800.50,4199.50,工资\n"
    ),
    "merged headings": (
        "账号,交易日期,发生额,,余额,对方户名,对方账号,摘要\n,,借方,贷方,,,,\n"
        "3305,2024-03-05,,1000.00,5000.00,乙公司,6217,货款\n3305,2024-03-06,800.50,,4199.50,张三,6218,工资\n"
    ),
    "中行 (two languages in headings, money out below zero)": (
        "查询账号[ Inquirer account number ]:,3305,,,,,,,,,\n"
        "交易类型[ Transaction Type ],付款人账号[ Debit Account No. ],付款人名称[ Payer's Name ],收款人账号[ Payee's Account Number ],"
        "收款人名称[ Payee's Name ],交易日期[ Transaction Date ],交易时间[ Transaction time ],交易金额[ Trade Amount ],"
        "交易后余额[ After-transaction balance ],交易流水号[ Transaction reference number ],摘要[ Reference ]\n"
        "来账,6217,乙公司,3305,甲公司,20240305,10:22:33,1000.00,5000.00,1,货款\n"
        "往账,3305,甲公司,6218,张三,20240306,10:22:33,-800.50,4199.50,2,工资\n"
    ),
    "中行 (two columns of amounts)": (
        "账号,交易日期,借方金额,贷方金额,余额,对方户名,对方账号,摘要\n"
        "3305,20240305,,1000.00,5000.00,乙公司,6217,货款\n3305,20240306,800.50,,4199.50,张三,6218,工资\n"
    ),
    "one column of amounts, paid ones below zero": (
        "账号,交易日期,金额,余额,对方户名,对方账号,摘要\n"
        '3305,2024-03-05,"1,000.00",5000.00,乙公司,6217,货款\n3305,2024-03-06,(800.50),4199.50,张三,6218,工资\n'
    ),
    "in English": (
        "Account Number,3305\nDate,Description,Debit,Credit,Balance,Counterparty,Counterparty Account\n"
        "2024-03-05,货款,,1000.00,5000.00,乙公司,6217\n2024-03-06,工资,800.50,,4199.50,张三,6218\nTotal,,800.50,1000.00,,,\n"
    ),
}  # fmt: skip
EXPECTED = {
    ("3305", "2024-03-05", "in", 100_000, 500_000, "乙公司", "6217", "货款"),
    ("3305", "2024-03-06", "out", 80_050, 419_950, "张三", "6218", "工资"),
}

HEADS = ["账号", "交易日期", "收入金额", "支出金额", "余额", "对方户名", "摘要"]
ROW = ["3305", "2024-03-05", "1000.00", "", "5000.00", "乙公司", "货款"]


def text(rows: list[list[str]], heads: list[str] | None = None) -> str:
    return "\n".join(",".join(cells) for cells in [heads or HEADS, *rows]) + "\n"


def spoilt(**cells: str) -> Builder:
    """The second of two movements with other cells, by heading."""
    return content(text([ROW, [cells.get(head, cell) for head, cell in zip(HEADS, ROW, strict=True)]]), "bank.csv")


def without(*heads: str) -> Builder:
    kept = [position for position, head in enumerate(HEADS) if head not in heads]
    return content(text([[ROW[each] for each in kept]], [HEADS[each] for each in kept]), "bank.csv")


def workbook(rows: list[list[str]], formula: bool = False) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        page = book.add_worksheet("明细")
        for number, cells in enumerate([HEADS, *rows]):
            page.write_row(number, 0, cells)
        if formula:
            page.write_formula("C2", "=1+1", None, 2)
    return buffer.getvalue()


def bad_tables() -> Iterator[tuple[str, Builder, tuple[str, ...]]]:
    """What is wrong, how it is made, what must be said of it."""
    both, neither = "not under both", "收入金额 or under 支出金额"
    yield "both columns filled", spoilt(支出金额="5.00"), ("row 3", 'column "支出金额"', both, "'5.00'")
    yield "neither", spoilt(收入金额=""), ("row 3", 'column "收入金额"', neither, "take the row out")
    yield "both nought", spoilt(收入金额="0.00", 支出金额="0"), ("row 3", neither)
    yield "a dash in both", spoilt(收入金额="-", 支出金额="--"), ("row 3", neither)
    yield "a word for an amount", spoilt(收入金额="一千"), ("row 3", 'column "收入金额"', "'一千'")
    yield "a word in the other column", spoilt(支出金额="无"), ("row 3", 'column "支出金额"', "'无'")
    yield "three decimals", spoilt(收入金额="1000.005"), ("row 3", "whole fen")
    yield "too large", spoilt(收入金额="99999999999999999"), ("row 3", "at most")
    yield "an exponent", spoilt(收入金额="1E308"), ("row 3", "'1E308'")
    yield "a comma where the point stands", content(text([ROW, ROW]).replace("1000.00", '"1000,5"', 1), "bank.csv"), ("row 2", "'1000,5'")
    yield "a formula", spoilt(收入金额="=1+1"), ("row 3", "not a formula")
    yield "no day", spoilt(交易日期=""), ("row 3", 'column "交易日期"', "Fill the cell")
    yield "30 February", spoilt(交易日期="2024-02-30"), ("row 3", "'2024-02-30'")
    yield "which is the month?", spoilt(交易日期="03/04/2024"), ("row 3", "[format] date")
    yield "a day ahead", spoilt(交易日期="2027-01-01"), ("row 3", "not after")
    yield "before there were such files", spoilt(交易日期="1899-01-01"), ("row 3", "from 1990-01-01")
    yield "a balance of letters", spoilt(余额="about"), ("row 3", 'column "余额"')
    yield "a name too long", spoilt(对方户名="长" * 201), ("row 3", "at most 200 characters")
    yield "an account cut by a spreadsheet", spoilt(账号="3.305E+15"), ("row 3", "format the column as text")
    yield "only the column of income", without("支出金额"), ("no such column", 'column "direction"', 'column "amount_fen"')
    yield "only the column of spending", without("收入金额"), ("no such column", 'column "amount_fen"')
    yield "no column of days", without("交易日期"), ("no such column", 'column "booked_on"')
    yield "income twice", content(text([[*ROW, "1"]], [*HEADS, "贷方发生额"]), "bank.csv"), ("a second column for amount_in",)
    yield (
        "amounts in ten thousands",
        content(text([ROW], [h.replace("收入金额", "收入金额（万元）") for h in HEADS]), "bank.csv"),
        ("amount_unit",),
    )
    yield "dollars", content(text([ROW], [h.replace("支出金额", "支出金额（美元）") for h in HEADS]), "bank.csv"), ("amount_unit",)
    yield (
        "the word and the column contradict",
        content(text([[*ROW, "借"]], [*HEADS, "借贷标志"]), "bank.csv"),
        ("row 2", "the side that is filled"),
    )
    yield "an unknown word beside the columns", content(text([[*ROW, "转"]], [*HEADS, "借贷标志"]), "bank.csv"), ("row 2", "'转'")
    yield "sums only", content(text([["合计", "", "1", "1", "", "", ""]]), "bank.csv"), ("no row but lines of sums",)
    yield "headings only", content(text([]), "bank.csv"), ("no row under them",)
    yield "a row too short", content(text([ROW]) + "3305,2024-03-05\n", "bank.csv"), ("row 3", "2 cells")
    yield "a formula in a workbook", content(workbook([ROW], formula=True), "bank.xlsx"), ("cell C2", "paste it as values")
    yield "both in a workbook", content(workbook([[*ROW[:3], "7", *ROW[4:]]]), "bank.xlsx"), ('sheet "明细", row 2', both)


ENTRY = (
    '<Ntry><Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>{way}</CdtDbtInd>{state}<BookgDt><Dt>{day}</Dt></BookgDt>'
    "<AcctSvcrRef>{serial}</AcctSvcrRef><NtryDtls><TxDtls><RltdPties><{side}><Nm>{name}</Nm></{side}><{side}Acct><Id><Othr><Id>{other}</Id>"
    "</Othr></Id></{side}Acct></RltdPties><RmtInf><Ustrd>二月</Ustrd></RmtInf></TxDtls></NtryDtls><AddtlNtryInf>{memo}</AddtlNtryInf></Ntry>"
)
BALANCE = (
    '<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="CNY">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd>'
    "<Dt><Dt>2024-03-06</Dt></Dt></Bal>"
)


def entry(**changes: str) -> str:
    given = {
        "currency": "CNY", "amount": "1000.00", "way": "CRDT", "state": "<Sts>BOOK</Sts>", "day": "2024-03-05", "serial": "1",
        "side": "Dbtr", "name": "乙公司", "other": "6217", "memo": "货款",
    }  # fmt: skip
    return ENTRY.format(**given | changes)


PAID = {
    "amount": "800.50",
    "way": "DBIT",
    "day": "2024-03-06",
    "serial": "2",
    "side": "Cdtr",
    "name": "张三",
    "other": "6218",
    "memo": "工资",
}


def camt(*entries: str, closing: str = "4199.50", number: str = "7", more: str = "", version: str = "02") -> str:
    """A message with one statement; the entries default to two that make the closing balance."""
    inside = "".join(entries or (entry(), entry(**PAID)))
    balances = BALANCE.format(code="OPBD", amount="4000.00") + BALANCE.format(code="CLBD", amount=closing)
    account = "<Acct><Id><Othr><Id>3305</Id></Othr></Id><Ccy>CNY</Ccy></Acct>"
    space = f"urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><Document xmlns="{space}"><BkToCstmrStmt>'
        f"<Stmt><Id>1</Id><ElctrncSeqNb>{number}</ElctrncSeqNb>{account}{balances}{inside}</Stmt>{more}</BkToCstmrStmt></Document>"
    )


def bad_camt() -> Iterator[tuple[str, Builder, tuple[str, ...]]]:
    def of(text: str) -> Builder:
        return content(text, "bank.xml")

    yield "an amount of letters", of(camt(entry(amount="viele"))), ("statement 1, entry 1, Amt", "'viele'")
    yield "an amount below zero", of(camt(entry(amount="-5.00"))), ("entry 1, Amt", "'-5.00'")
    yield "parts of a fen", of(camt(entry(amount="5.005"))), ("entry 1, Amt", "whole fen")
    yield "no direction", of(camt(entry(way=""))), ("entry 1, CdtDbtInd", "CRDT or DBIT")
    yield "an unknown direction", of(camt(entry(), entry(way="BOTH"))), ("entry 2, CdtDbtInd", "'BOTH'")
    yield "dollars", of(camt(entry(currency="USD"))), ("entry 1, Amt", "USD", "CNY")
    yield "no day", of(camt(entry(day=""))), ("entry 1, BookgDt", "the day of booking")
    yield "30 February", of(camt(entry(day="2024-02-30"))), ("'2024-02-30'",)
    yield "a day ahead", of(camt(entry(day="2027-02-01"))), ("not after",)
    yield "pending entries only", of(camt(entry(state="<Sts>PDNG</Sts>"))), ("no booked entry",)
    yield (
        "no statement",
        of('<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt/></Document>'),
        ("no booked entry",),
    )
    yield "entities", of(camt().replace("<Document", "<!DOCTYPE a [<!ENTITY b 'c'>]><Document")), ("document type or entities",)
    yield "half a message", of(camt()[:-30]), ("bank.xml",)
    yield "another message", of(camt().replace("camt.053", "pain.001").replace("BkToCstmrStmt", "CstmrCdtTrfInitn")), ("bank.xml", "XML")
