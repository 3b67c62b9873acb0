"""A made-up village of farming households: who lives there, what they farm, and what its panel thinks of each.

Every household has a head, mostly a spouse, and now and then a grown child; land under crops or animals; a hidden reliability. The panel
of five judges each apart (背靠背), so that the points scatter about that reliability, and the list follows from the points: a household
judged below 50 is on the negative list, one below 60 on the grey list. Everything follows from one seed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from puhui.county import names

VILLAGE = "白石村"
HOUSEHOLDS = 24
JUDGES = 5
FIRST_SERIAL = 700_000  # of identity numbers and phones: beyond those of the firms' owners
WHITE_POINTS, GREY_POINTS = 60, 50
# Crop: industry of GB/T 4754, kilograms of a mu, fen for a kilogram, cost of a mu in yuan, months from November to the sale.
CROPS = {"冬小麦": ("0111", 420, 250, 520, 7), "油菜": ("0122", 150, 640, 480, 7), "露地蔬菜": ("0141", 2_600, 180, 2_200, 5)}
HERDS = {"生猪": "0313", "山羊": "0314"}


@dataclass(frozen=True)
class Household:
    """`points` of the panel, each judge's; amounts in yuan; `months_to_harvest` from the month in which the village is filed."""

    number: str
    people: tuple[dict[str, str], ...]  # as `register_borrowers` takes them
    crop: str
    area_mu: float
    herd: str
    heads: int
    insured: bool
    subsidy_yuan: int
    income_yuan: int
    debts_yuan: int
    points: tuple[int, ...]

    @property
    def panel_score(self) -> float:
        """The mean without the highest and the lowest."""
        kept = sorted(self.points)[1:-1]
        return round(sum(kept) / len(kept), 1)

    @property
    def listed(self) -> str:
        return "white" if self.panel_score >= WHITE_POINTS else "grey" if self.panel_score >= GREY_POINTS else "negative"

    @property
    def season_cost_yuan(self) -> int:
        return round(self.area_mu * CROPS[self.crop][3])

    @property
    def months_to_harvest(self) -> int:
        return CROPS[self.crop][4]


def build(seed: int, households: int = HOUSEHOLDS) -> tuple[Household, ...]:
    """The households of the village, in the order of their numbers."""
    generator = np.random.default_rng(seed + 90)
    return tuple(_household(generator, place) for place in range(households))


def _household(generator: np.random.Generator, place: int) -> Household:
    crop = list(CROPS)[int(generator.integers(len(CROPS)))]
    area = round(float(generator.gamma(3.0, 6.0)) + 4, 1)
    income = round((area * CROPS[crop][1] * CROPS[crop][2] / 100 + generator.uniform(20_000, 60_000)) / 100) * 100
    keeps = generator.random() < 0.4
    return Household(
        number=f"BS{place + 1:04d}",
        people=_people(generator, place),
        crop=crop,
        area_mu=area,
        herd=list(HERDS)[int(generator.integers(len(HERDS)))] if keeps else "",
        heads=int(generator.integers(8, 60)) if keeps else 0,
        insured=bool(generator.random() < 0.75),
        subsidy_yuan=round(area * 110),
        income_yuan=int(income),
        debts_yuan=int(generator.choice([0, 0, 10_000, 20_000, 50_000])),
        points=_points(generator),
    )


def _points(generator: np.random.Generator) -> tuple[int, ...]:
    """What each judge gives: the household is somewhere between 40 and 95, and the judges scatter about it."""
    middle = generator.uniform(42, 95)
    return tuple(int(one) for one in np.clip(generator.normal(middle, 5, JUDGES), 0, 100).round())


def _people(generator: np.random.Generator, place: int) -> tuple[dict[str, str], ...]:
    age = int(generator.integers(32, 64))
    told: list[tuple[str, int]] = [("head", age)]
    if generator.random() < 0.85:
        told.append(("spouse", max(22, age - int(generator.integers(-2, 5)))))
    if age > 46 and generator.random() < 0.5:
        told.append(("member", age - 25))
    return tuple(_told(generator, part, years, FIRST_SERIAL + place * 10 + at) for at, (part, years) in enumerate(told))


def _told(generator: np.random.Generator, part: str, age_years: int, serial: int) -> dict[str, str]:
    born = date(2026 - age_years, int(generator.integers(1, 11)), int(generator.integers(1, 29)))
    # The serial of an identity number counts within a division of a thousand; a household's people stay within one.
    return {
        "part": part,
        "name": names.person_name(generator),
        "identity_number": names.identity_number(serial, born),
        "phone": names.phone(serial),
    }


def rows_to_register(village: Sequence[Household], manager: Any) -> list[dict[str, Any]]:
    """As `parties.borrowers.register_borrowers` takes them."""
    return [
        {
            "kind": "household", "people": one.people, "household_number": one.number, "industry_code": CROPS[one.crop][0],
            "division_code": names.DIVISION_CODE, "manager": manager,
        }
        for one in village
    ]  # fmt: skip
