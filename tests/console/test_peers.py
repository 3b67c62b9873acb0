"""A firm among like firms on its pages: thirty are told of in sum, nine are not told of at all; findings on its statements."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from puhui.features.models import Snapshot
from puhui.parties.models import Firm

VARIABLE = "fs_gross_margin"


@pytest.fixture
def firm(scenario: Any) -> Firm:
    """A spinner of ten workers, with a snapshot of its own."""
    found: Firm = Snapshot.objects.order_by("pk").first().firm  # type: ignore[union-attr]
    return found


def like(firm: Firm, count: int, day: date) -> None:
    """The firm and as many like it less one, with gross margins of 4%, 8%, …; the firm's own is the last."""
    code, region = "1711", "330109"
    others = [
        Firm(institution=firm.institution, name=f"纺织{n}", industry_code=code, division_code=region, staff_count=50)
        for n in range(1, count)
    ]
    Firm.objects.bulk_create(others)
    Firm.objects.filter(pk=firm.pk).update(industry_code=code, division_code=region, staff_count=50)
    for number, each in enumerate([*others, firm], 1):
        Snapshot.objects.create(
            institution=firm.institution, firm=each, as_of=day, catalogue_digest="x", digest="x", values={VARIABLE: number / 25}
        )


def test_thirty_like_firms_by_hand(firm: Firm, client_of: Any) -> None:
    """Margins 4% … 120%: a quarter lies at 4 + 0.25 × 116 = 33%, the middle at 62%, a tenth at 15.6% and 108.4%: 120% stands out."""
    like(firm, 30, firm.institution.business_date)
    page = client_of("officer").get(f"/firms/{firm.pk}/evidence/").content.decode()
    assert "half between 33.0% and 91.0%, middle 62.0% (30 firms: industry 17 · region 330109 · small firms)" in page
    row = page.split(f'id="peer-{VARIABLE}"')[1].split("</tr>")[0]
    assert all(text in row for text in ("120.0% high", "15.6%", "62.0%", "108.4%"))


def test_nine_like_firms_are_not_told_of(firm: Firm, client_of: Any) -> None:
    like(firm, 9, firm.institution.business_date)
    assert f'id="peer-{VARIABLE}"' not in client_of("officer").get(f"/firms/{firm.pk}/evidence/").content.decode()


def test_another_month_is_another_group(firm: Firm, client_of: Any) -> None:
    """Thirty of the month before say nothing about this one."""
    today = firm.institution.business_date
    like(firm, 30, today.replace(day=1) - timedelta(days=1))
    Snapshot.objects.create(institution=firm.institution, firm=firm, as_of=today, catalogue_digest="x", digest="x", values={VARIABLE: 0.5})
    assert f'id="peer-{VARIABLE}"' not in client_of("officer").get(f"/firms/{firm.pk}/evidence/").content.decode()


@pytest.mark.parametrize(
    ("language", "heading", "finding"),
    [
        ("en", "Do the statements hold together?", "510,000.00"),
        ("zh-hans", "报表自身是否相符", "510,000.00"),
        ("zh-hant", "報表自身是否相符", "510,000.00"),
    ],
)
def test_findings_on_statements(language: str, heading: str, finding: str, firm: Firm, client_of: Any, tmp_path: Any) -> None:
    """Assets 510,000 against debts 250,000 and equity 250,000."""
    from puhui.evidence.actions import import_records
    from puhui.evidence.reading.mapping import Mapping
    from puhui.parties.actions import grant_consents

    grant_consents(
        firm.institution, [firm], purpose="credit_decision", classes=["S1"], expires_on=date(2030, 1, 1), text_version="2", text="同意",
        channel="counter", granted_by="owner",
    )  # fmt: skip
    end = firm.institution.business_date.replace(month=1, day=1) - timedelta(days=1)
    lines = [f"balance,{line},{end},{yuan}" for line, yuan in (("assets", 510_000), ("liabilities", 250_000), ("equity", 250_000))]
    path = tmp_path / "told.csv"
    path.write_text("statement,line,period_end,value\n" + "\n".join(lines) + "\n", encoding="utf-8")
    columns = {"statement": "statement", "line": "line", "period_end": "period_end", "value": "value_fen"}
    mapping = Mapping(source="test", record="statement_line", columns=columns, amount_unit="yuan")
    import_records(firm.institution, path, "S1", "statement_line", mapping, firm=firm)
    page = client_of("officer", language).get(f"/firms/{firm.pk}/evidence/").content.decode()
    assert heading in page and finding in page.split('id="statements"')[1].split("</table>")[0]
