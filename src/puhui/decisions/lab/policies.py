"""A policy as the lab takes it: a product with the model that scores and the tables that it names, under the name that people gave it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import polars as pl

from puhui.decisions.batch import decide_many
from puhui.decisions.batch_frame import Scores
from puhui.decisions.lab.comparing import Costs
from puhui.products import parameters
from puhui.products.parameters import Table
from puhui.products.terms import Product

__all__ = ["Policy", "from_files"]


@dataclass(frozen=True)
class Policy:
    """`model`: None where a decision table of the product gives the class. `parameters`: part it plays → table."""

    label: str
    product: Product
    model: Scores | None
    parameters: Mapping[str, Table]
    model_digest: str = ""

    @property
    def wanted(self) -> frozenset[str]:
        """The variables that it reads."""
        return frozenset(self.product.variables) | frozenset(self.model.columns if self.model else ())

    def answers(self, frame: pl.DataFrame, day: date | None = None, lender_kind: str | None = None) -> pl.DataFrame:
        """What it says of every row; without day and lender their columns tell. See `batch.decide_many`."""
        return decide_many(frame, self.product, self.model, self.parameters, day=day, lender_kind=lender_kind)

    def costs(self, day: date, lender_kind: str, loss_given_default: float | None = None) -> Costs:
        """What its own table of costs says, with the lender's share of a loss."""
        row = self.parameters["costs"].row(day, lender_kind=lender_kind, security=self.product.price.security)
        share = self.product.support.bank_share_ppm / 1_000_000
        lost = float(row["loss_given_default"]) * share if loss_given_default is None else loss_given_default
        return Costs(lost, float(row["funding"]), float(row["operations"]), float(row["capital"]))

    def of_product(self, product: Product) -> Policy:
        """The same model and tables with another text of the product."""
        return replace(self, product=product)


def from_files(label: str, product: Product, model: Scores | None, folder: Path | None) -> Policy:
    """A policy without a database. `folder`: an institution's own catalogue, which goes first."""
    tables = {part: parameters.table(name, folder) for part, name in product.parameters.items()}
    return Policy(label, product, None if product.policy_class else model, tables)
