"""Which policy somebody means: what is in force, a file, another version of a product, or a draft, each with the model that decides now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from puhui.calculations.faults import Fault, FaultsError
from puhui.decisions.lab.policies import Policy
from puhui.decisions.strategy import of_product
from puhui.parties.models import Institution
from puhui.products import drafting, queries, reading
from puhui.products.terms import Product

__all__ = ["chosen", "distinct", "policy_of"]


def chosen(institution: Institution, text: str, day: date, folder: Path | None) -> Policy:
    """The policy of a text. Raises FaultsError.

    `CODE`: the product in force on the day. `CODE@2025-01-01`: its version valid from that day. `draft:7`, `draft:7.2`: the last version of
    a draft, or one of them. A name ending in .toml: a file.
    """
    kind, _, rest = text.partition(":")
    code, at, since = text.partition("@")
    if kind == "draft" and rest:
        number, _, version = rest.partition(".")
        product = drafting.product_of(drafting.version(institution, _whole(number, text), _whole(version, text) if version else None))
    elif text.endswith(".toml"):
        product = reading.load(text, day, folder)
    elif at:
        product = _version(institution, code, since)
    else:
        product = queries.product(text, day, institution)
    return policy_of(institution, text, product, day)


def policy_of(institution: Institution, label: str, product: Product, day: date) -> Policy:
    """A product with the champion of the model it names, and the tables as they stand."""
    strategy = of_product(institution, product, day)
    digest = strategy.model.digest if strategy.model else ""
    return Policy(label, product, strategy.model, strategy.parameters, digest)


def distinct(policies: Sequence[Policy]) -> list[Policy]:
    """The same policies, those of one label told apart by their place."""
    labels = [one.label for one in policies]
    return [
        one if labels.count(one.label) == 1 else replace(one, label=f"{one.label} ({place})") for place, one in enumerate(policies, start=1)
    ]


def _version(institution: Institution, code: str, since: str) -> Product:
    known = queries.versions(code, institution)
    for one in known:
        if one.valid_from.isoformat() == since:
            return one
    days = ", ".join(each.valid_from.isoformat() for each in known) or "there is none"
    raise FaultsError([Fault("strategy", f"{code}@{since}", f"a version of {code}, valid from {days}")])


def _whole(text: str, whole: str) -> int:
    if not text.isdigit():
        raise FaultsError([Fault("strategy", repr(whole), "draft:NUMBER or draft:NUMBER.VERSION")])
    return int(text)
