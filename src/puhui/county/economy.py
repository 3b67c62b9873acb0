"""The made-up economy: who the firms of the county are, what they sell month by month, and who gets into trouble.

Each firm has an industry, a size, a growth, a season and a hidden soundness. Now and then a firm gets into trouble, the sooner the
less sound it is: its sales shrink, buyers leave, invoices are voided and red-lettered, months pass without a sale. Its cash follows
from its margin and its fixed costs, so trouble shows in invoices months before money is missing when a loan falls due. Nothing here
knows of loans: what a firm can pay is what its business left it.

Everything follows from one seed.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from puhui.county import names

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Industry:
    code: str
    name: str
    english: str
    word: str
    share: float
    margin: float
    tax_rate: float
    ticket_yuan: float
    monthly_sales_yuan: float
    books: dict[str, float]
    season: tuple[float, ...]
    buys_from: dict[str, float]


@dataclass(frozen=True)
class CountyFirm:
    number: int
    name: str
    unified_code: str
    individual: bool
    industry: Industry
    founded_on: date
    staff_count: int
    owner_name: str
    owner_identity_number: str
    owner_phone: str
    margin: float
    ticket_yuan: float
    loyalty: float  # how long buyers stay, 0 to 1
    trouble_month: int | None  # index of the month in which trouble begins


@dataclass(frozen=True)
class Economy:
    """`sales_yuan[firm, month]` net of tax; `strain[firm, month]` 0 when all is well up to 1 when all is lost; `cash_yuan` left a month."""

    first_month: date
    months: int
    firms: tuple[CountyFirm, ...]
    sales_yuan: Floats
    strain: Floats
    cash_yuan: Floats
    soundness: Floats  # hidden: what no paper shows, and what brings trouble; standard normal

    def month(self, index: int) -> date:
        return month_after(self.first_month, index)


def month_after(first: date, index: int) -> date:
    years, month = divmod(first.month - 1 + index, 12)
    return date(first.year + years, month + 1, 1)


def industries() -> tuple[Industry, ...]:
    table: list[dict[str, Any]] = tomllib.loads(files("puhui.county").joinpath("industries.toml").read_text(encoding="utf-8"))["industry"]
    return tuple(Industry(**{**row, "season": tuple(row["season"])}) for row in table)


def build(firms: int, first_month: date, months: int, seed: int) -> Economy:
    """An economy of `firms` firms over `months` months from `first_month` (the first of a month)."""
    generator = np.random.default_rng(seed)
    kinds = industries()
    shares = np.array([kind.share for kind in kinds])
    chosen = generator.choice(len(kinds), size=firms, p=shares / shares.sum())
    soundness = generator.normal(size=firms)
    troubles = _trouble_months(generator, soundness, months)
    taken: set[str] = set()
    people = tuple(
        _firm(generator, number, kinds[kind], first_month, troubles[number], float(soundness[number]), taken)
        for number, kind in enumerate(chosen)
    )
    strain = _strain(generator, people, months)
    sales = _sales(generator, people, soundness, first_month, months) * (1 - strain) ** 1.5
    return Economy(first_month, months, people, sales, strain, _cash(generator, people, sales), soundness)


def _trouble_months(generator: np.random.Generator, soundness: Floats, months: int) -> list[int | None]:
    """Trouble begins with a monthly hazard that falls by half with each half standard deviation of soundness."""
    hazard = np.minimum(0.0045 * np.exp(-1.35 * soundness), 0.08)
    waiting = generator.geometric(hazard)
    return [int(month) if month < months else None for month in waiting]


def _firm(
    generator: np.random.Generator,
    number: int,
    industry: Industry,
    first_month: date,
    trouble: int | None,
    soundness: float,
    taken: set[str],
) -> CountyFirm:
    individual = bool(generator.random() < (0.35 if industry.monthly_sales_yuan < 150_000 else 0.08))
    age_years = 1.5 + generator.gamma(2.2, 3.0)
    founded = date.fromordinal(first_month.toordinal() - int(age_years * 365.25))
    born = date(int(generator.integers(1962, 1996)), int(generator.integers(1, 13)), int(generator.integers(1, 29)))
    return CountyFirm(
        number=number,
        name=names.firm_name(generator, industry.word, individual, taken),
        unified_code=names.unified_code(10_000 + number, individual),
        individual=individual,
        industry=industry,
        founded_on=founded,
        staff_count=max(1, int(generator.lognormal(2.3, 0.8))),
        owner_name=names.person_name(generator),
        owner_identity_number=names.identity_number(number, born),
        owner_phone=names.phone(number),
        margin=float(np.clip(industry.margin * generator.normal(1 + 0.08 * soundness, 0.15), 0.02, 0.6)),
        ticket_yuan=1.6 * industry.ticket_yuan * float(generator.lognormal(0, 0.3)),
        loyalty=float(np.clip(0.9 + 0.04 * soundness + generator.normal(0, 0.03), 0.6, 0.99)),
        trouble_month=trouble,
    )


def _strain(generator: np.random.Generator, firms: tuple[CountyFirm, ...], months: int) -> Floats:
    """Trouble grows over months towards a depth of its own; one firm in four recovers."""
    strain = np.zeros((len(firms), months))
    for firm in firms:
        if firm.trouble_month is None:
            continue
        since = np.arange(months) - firm.trouble_month
        depth, pace = generator.uniform(0.45, 0.97), generator.uniform(5, 14)
        path = depth * (1 - np.exp(-np.maximum(since, 0) / pace))
        if generator.random() < 0.25:
            turn = generator.integers(8, 16)
            path = np.where(since > turn, path * np.exp(-(since - turn) / 8), path)
        strain[firm.number] = path
    return strain


def _sales(generator: np.random.Generator, firms: tuple[CountyFirm, ...], soundness: Floats, first_month: date, months: int) -> Floats:
    size = np.array([firm.industry.monthly_sales_yuan for firm in firms]) * generator.lognormal(0, 0.75, len(firms))
    growth = generator.normal(0.04 + 0.05 * soundness, 0.10)
    trend = np.exp(np.outer(growth / 12, np.arange(months)))
    calendar = (first_month.month - 1 + np.arange(months)) % 12
    season = np.array([[firm.industry.season[month] for month in calendar] for firm in firms])
    noise = generator.lognormal(0, 0.10 + 0.08 * generator.random((len(firms), 1)), (len(firms), months))
    cycle = np.exp(0.05 * np.sin(2 * np.pi * np.arange(months) / 40 + 1))  # the county's own business cycle
    sales: Floats = size[:, None] * trend * season * noise * cycle
    return sales


def _cash(generator: np.random.Generator, firms: tuple[CountyFirm, ...], sales: Floats) -> Floats:
    """What a month leaves: margin on sales less costs that do not fall with sales. Below zero it eats what was saved."""
    margin = np.array([firm.margin for firm in firms])
    fixed = sales[:, :12].mean(axis=1) * margin * generator.uniform(0.35, 0.65, len(firms))
    cash: Floats = sales * margin[:, None] - fixed[:, None]
    return cash
