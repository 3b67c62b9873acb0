"""The figures of policy behind expected credit loss, read from the dated tables: loss-stages, loss-scenarios, loss-given-default,
default-probabilities, reserve-shares, classification-articles."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings

from puhui.calculations.faults import Fault, FaultsError
from puhui.calculations.loss_stages import LossRules, Scenario
from puhui.products.parameters import Row, table

__all__ = ["Policy", "policy_on"]

PPM = 1_000_000


@dataclass(frozen=True)
class Policy:
    """All that a run reckons with on a day; `as_json` is kept with the run."""

    rules: LossRules
    losses_given: dict[str, int]  # security → ppm
    probabilities: dict[int, int]  # days past due from → least probability of default, ppm
    not_scored_ppm: int
    classes_by_days: dict[str, int]  # class → more days past due than
    reserve_shares: dict[str, int]  # class → ppm

    def as_json(self) -> dict[str, Any]:
        rules = self.rules
        return {
            "stage_2_days": rules.stage_2_days,
            "stage_3_days": rules.stage_3_days,
            "stage_2_classes": list(rules.stage_2_classes),
            "stage_3_classes": list(rules.stage_3_classes),
            "probation_days": {str(stage): days for stage, days in rules.probation_days.items()},
            "shortest_life_days": rules.shortest_life_days,
            "conversion_ppm": rules.conversion_ppm,
            "scenarios": [each._asdict() for each in rules.scenarios],
            "losses_given": self.losses_given,
            "probabilities": {str(days): ppm for days, ppm in self.probabilities.items()},
            "not_scored_ppm": self.not_scored_ppm,
            "classes_by_days": self.classes_by_days,
            "reserve_shares": self.reserve_shares,
        }


def policy_on(day: date) -> Policy:
    """The policy in force on a day. Raises FaultsError where a table lacks a row, or the scenarios' weights do not come to 1."""
    stages = {row["stage"]: row for row in _rows("loss-stages", day)}
    chances = _rows("default-probabilities", day)
    scenarios = tuple(
        Scenario(row["code"], _ppm(row["weight"]), _ppm(row["pd_factor"]), _ppm(row["lgd_factor"])) for row in _rows("loss-scenarios", day)
    )
    losses = {row["security"]: _ppm(row["loss"]) for row in _rows("loss-given-default", day)}
    faults = []
    if sum(each.weight_ppm for each in scenarios) != PPM:
        faults.append(Fault("loss-scenarios, weight", f"{sum(each.weight_ppm for each in scenarios)} ppm in sum", f"{PPM}"))
    if missing := {"2", "3"} - set(stages):
        faults.append(Fault(f"loss-stages on {day}", f"no row for stage {', '.join(sorted(missing))}", "stages 2 and 3"))
    if "unsecured" not in losses:
        faults.append(Fault(f"loss-given-default on {day}", "no row unsecured", "one"))
    if not chances or "not_scored" not in chances[0]:
        faults.append(Fault(f"default-probabilities on {day}", "no first row with not_scored", "one"))
    if faults:
        raise FaultsError(faults)
    first = chances[0]
    rules = LossRules(
        stage_2_days=int(stages["2"]["days_past_due_more_than"]),
        stage_3_days=int(stages["3"]["days_past_due_more_than"]),
        stage_2_classes=tuple(stages["2"]["classes"]),
        stage_3_classes=tuple(stages["3"]["classes"]),
        probation_days={2: int(stages["2"]["probation_days"]), 3: int(stages["3"]["probation_days"])},
        shortest_life_days=int(first["shortest_life_days"]),
        conversion_ppm=_ppm(first["conversion"]),
        scenarios=scenarios,
    )
    return Policy(
        rules,
        losses,
        {int(row["days_from"]): _ppm(row["probability"]) for row in chances},
        _ppm(first["not_scored"]),
        {
            row["at_least"]: int(row["days_more_than"])
            for row in _rows("classification-articles", day)
            if row.get("applies_to") == "all" and "days_more_than" in row and "finding" not in row
        },
        {row["risk_class"]: _ppm(row["share"]) for row in _rows("reserve-shares", day)},
    )


def _rows(name: str, day: date) -> tuple[Row, ...]:
    return table(name, settings.PUHUI_CATALOGUE).valid_on(day)


def _ppm(share: Any) -> int:
    ppm: int = round(share * PPM)
    return ppm
