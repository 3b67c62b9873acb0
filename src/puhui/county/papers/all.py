"""All papers of the made-up county at once, consistent with one another.

Taxes follow sales, payroll follows staff, power follows output; and what buyers pay follows what was invoiced to them.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from puhui.county.economy import Economy
from puhui.county.papers.abroad import abroad_frames
from puhui.county.papers.books import book_frames
from puhui.county.papers.credit import credit_frames
from puhui.county.papers.invoices import with_planted
from puhui.county.papers.markets import market_frames
from puhui.county.papers.money import money_frames
from puhui.county.papers.people import people_frames
from puhui.county.papers.plants import Plants, plant
from puhui.county.papers.power import power_frames
from puhui.county.papers.registers import register_frames
from puhui.county.papers.tax import exports_yuan, tax_frames


@dataclass(frozen=True)
class Papers:
    """`invoices` as `trade.invoices` gives them, with what was planted; `frames` by record, each with a column `firm` (number)."""

    invoices: pl.DataFrame
    frames: dict[str, pl.DataFrame]
    plants: Plants


def papers(economy: Economy, invoices: pl.DataFrame, until: int, seed: int, planted: bool = True) -> Papers:
    """Everything known of the firms before month `until` (an index of the economy). Without `planted`, nothing is dressed up."""
    plants = plant(economy, seed) if planted else Plants({}, ())
    invoices = with_planted(economy, invoices, plants, seed, until)
    exports = exports_yuan(economy, invoices, seed)
    tax = tax_frames(economy, invoices, exports, until, seed)
    people = people_frames(economy, plants, until, seed)
    frames = {
        **tax,
        **people,
        **power_frames(economy, invoices, plants, until, seed),
        **money_frames(economy, invoices, plants, people, tax["tax_return"], until, seed),
        **abroad_frames(economy, exports, plants, until, seed),
        **register_frames(economy, until, seed),
        **credit_frames(economy, until, seed),
        **market_frames(economy, until, seed),
    }
    frames |= book_frames(economy, plants, invoices, frames, seed)
    return Papers(invoices, frames, plants)
