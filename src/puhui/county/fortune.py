"""What a firm's business leaves it for its debts: past loans that taught the model, and the money for the loans to come.

A firm saves what its months leave and pays its debts from that. Where nothing is saved it pays late, and where that goes on it has
defaulted. So default follows from business, and business shows in invoices before.
"""

from __future__ import annotations

import numpy as np

from puhui.county.economy import Economy, Floats

# A firm of the county owes on its older loans about this part of what an ordinary month leaves it.
OLD_DEBT_SHARE = 0.45
MONTHS_WITHOUT_MONEY = 3


def ordinary_cash(economy: Economy) -> Floats:
    """What a month of its first year left each firm, yuan; the measure of its habits."""
    ordinary: Floats = np.maximum(economy.cash_yuan[:, :12].mean(axis=1), 1.0)
    return ordinary


def savings(economy: Economy) -> Floats:
    """Savings of each firm after each month, yuan: never more than six ordinary months, below zero when debts wait."""
    ordinary = ordinary_cash(economy)
    debt = OLD_DEBT_SHARE * ordinary
    saved = np.zeros_like(economy.cash_yuan)
    have = 2.0 * ordinary
    for month in range(economy.months):
        have = np.clip(have + economy.cash_yuan[:, month] - debt, -6 * ordinary, 6 * ordinary)
        saved[:, month] = have
    return saved


def defaulted(economy: Economy, start: int, end: int) -> list[bool]:
    """Whether each firm went three months without money for its debts somewhere in the months `start` ≤ month < `end`."""
    without = savings(economy) < 0
    found = []
    for firm in range(len(economy.firms)):
        run, worst = 0, 0
        for month in range(start, end):
            run = run + 1 if without[firm, month] else 0
            worst = max(worst, run)
        found.append(worst >= MONTHS_WITHOUT_MONEY)
    return found


def capacity(economy: Economy) -> Floats:
    """What each firm can put to a new loan in each month, yuan: its savings and half an ordinary month, nothing when debts wait."""
    return np.maximum(savings(economy) + 0.5 * ordinary_cash(economy)[:, None], 0.0)
