"""The case while it passes through the stages: what it was handed, what the stages before have found, and what speaks for and against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from puhui.calculations.rules_python import Value
from puhui.decisions.facts import Facts
from puhui.products.parameters import Row, Table
from puhui.products.terms import Product
from puhui.scoring.loading import AnyModel
from puhui.scoring.model import Score

Stage = dict[str, Any]

VETO, REFER = "veto", "refer"


@dataclass
class Case:
    """Filled stage by stage; the stages only ever add."""

    facts: Facts
    request: Mapping[str, Any]
    product: Product
    model: AnyModel | None  # None where a decision table gives the class
    parameters: Mapping[str, Table]
    values: dict[str, Value]  # what rules may name
    score: Score | None = None
    probability_ppm: int = 0
    risk_class: str = ""
    is_lent: bool = False
    limit_fen: int = 0
    amount_fen: int = 0
    floor_ppm: int = 0
    cap_ppm: int = 0
    rate_ppm: int | None = None
    authority: str = ""
    reasons: list[dict[str, Any]] = field(default_factory=list)

    @property
    def day(self) -> date:
        return date.fromisoformat(self.facts["business_date"])

    @property
    def lender_kind(self) -> str:
        return str(self.facts["lender"]["kind"])

    def row(self, part: str, **key: str) -> Row:
        """The row of a parameter table in force on the day of the case."""
        return self.parameters[part].row(self.day, **key)

    def speak_against(self, code: str, stage: str, severity: str, text: Mapping[str, str], **more: Any) -> None:
        """A reason against; `severity`: veto refuses, refer sends to a person, score and note only tell."""
        self.reasons.append({"side": "against", "code": code, "stage": stage, "severity": severity, "text": dict(text), **more})

    def speak_for(self, code: str, stage: str, text: Mapping[str, str], **more: Any) -> None:
        self.reasons.append({"side": "for", "code": code, "stage": stage, "text": dict(text), **more})

    def is_refused(self) -> bool:
        return any(reason.get("severity") == VETO for reason in self.reasons)

    def is_referred(self) -> bool:
        return any(reason.get("severity") == REFER for reason in self.reasons)


def ppm(share: float) -> int:
    """A decimal of a table in millionths."""
    return round(share * 1_000_000)
