"""Champion and challengers: which model decides on an application, and which only give their scores beside it.

The number of an application, hashed with the name that the product asks for, is its place on a line from 0 to a million. The challengers
that decide take stretches of that line from its start, each as long as its share; the champion decides on the rest. So an application
has the same place on any day and in any trial of that name, and nobody can choose it. Where a challenger decides, the champion scores
beside it. A challenger that does not decide scores beside on its own share, placed by a hash of its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from puhui.scoring.loading import AnyModel

__all__ = ["Beside", "Entrant", "Lineup", "Trial", "place_ppm"]


def place_ppm(*parts: object) -> int:
    """A place from 0 to 999,999, the same for the same parts: the first eight bytes of a SHA-256, as a remainder of a million."""
    text = "|".join(str(each) for each in parts)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) % 1_000_000


@dataclass(frozen=True)
class Beside:
    """A model that scores beside the one that decides."""

    role: str  # champion, challenger
    model: AnyModel


@dataclass(frozen=True)
class Trial:
    """How one application is tried: its place, who decides, and who scores beside."""

    code: str
    promotion: int
    place_ppm: int
    role: str  # of the model that decides
    model: AnyModel
    beside: tuple[Beside, ...]

    def recorded(self, variables: Mapping[str, object]) -> dict[str, Any]:
        """What a decision keeps of it; `variables` are those that the decision rests on."""
        return {
            "code": self.code,
            "promotion": self.promotion,
            "place_ppm": self.place_ppm,
            "decided_by": self.role,
            "beside": [{"role": each.role, **_scored(each.model, variables)} for each in self.beside],
        }


def _scored(model: AnyModel, variables: Mapping[str, object]) -> dict[str, Any]:
    points, probability = model.answer(variables)
    told = {"name": model.document.name, "digest": model.digest}
    return {**told, "points": points, "probability_ppm": round(probability * 1_000_000)}


@dataclass(frozen=True)
class Entrant:
    """A challenger of a line-up, its model read."""

    model: AnyModel
    share_ppm: int
    decides: bool


@dataclass(frozen=True)
class Lineup:
    """The models of a name on a day: the champion, and who is tried beside it by which promotion."""

    code: str
    promotion: int
    champion: AnyModel
    challengers: tuple[Entrant, ...]

    @property
    def columns(self) -> frozenset[str]:
        """All variables that any of them reads."""
        return frozenset(name for model in (self.champion, *(each.model for each in self.challengers)) for name in model.columns)

    def trial(self, application_id: int) -> Trial:
        """How the application of this number is tried."""
        place = place_ppm(self.code, application_id)
        role, model, end = "champion", self.champion, 0
        for each in self.challengers:
            if each.decides and end <= place < end + each.share_ppm:
                role, model = "challenger", each.model
            end += each.share_ppm if each.decides else 0
        beside = [Beside("champion", self.champion)] if role == "challenger" else []
        beside += [
            Beside("challenger", each.model)
            for each in self.challengers
            if not each.decides and place_ppm(self.code, each.model.digest, application_id) < each.share_ppm
        ]
        return Trial(self.code, self.promotion, place, role, model, tuple(beside))
