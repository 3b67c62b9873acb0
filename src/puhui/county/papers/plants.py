"""What is planted in the papers of the made-up county: frauds, and oddities that are innocent and look like them.

Each fraud has an innocent twin, because a check is worth no more than its silence about honest firms: partners who truly buy from each
other beside circular trade, a large order cancelled beside invoices reversed after a report, pensioners on the payroll beside staff
that does not exist. A firm carries at most one plant. Who carries which is the truth that checks are scored against; they never
see it, nor anything else of the generator.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from puhui.county.economy import CountyFirm, Economy

# Kind → (the innocent twin of …, or "" for a fraud; share of the firms that could carry it).
KINDS: dict[str, tuple[str, float]] = {
    "circular_trade": ("", 0.05),
    "mutual_trade": ("circular_trade", 0.04),
    "void_after_report": ("", 0.05),
    "cancelled_order": ("void_after_report", 0.04),
    "invented_staff": ("", 0.06),
    "pensioners_and_agency": ("invented_staff", 0.05),
    "invented_output": ("", 0.04),
    "outsourced_output": ("invented_output", 0.04),
    "round_tripping": ("", 0.04),
    "term_deposits": ("round_tripping", 0.04),
    "two_sets_of_books": ("", 0.04),
    "adjusted_by_auditor": ("two_sets_of_books", 0.03),
    "invented_exports": ("", 0.04),
    "long_payment_terms": ("invented_exports", 0.04),
}
RING_LENGTH = 3
FACTORIES = ("1353", "1751", "1819", "2319", "3311", "3489", "3985")
"""Industries whose output needs power; the others' meters say little about their sales."""
ABROAD = ("invented_exports", "long_payment_terms")
EXPORTERS = ("1751", "1819", "3489", "3985")


@dataclass(frozen=True)
class Plants:
    """`of` says what a firm carries (firm number → kind); `rings` are the firms of each circle, in the order in which they sell on."""

    of: dict[int, str]
    rings: tuple[tuple[int, ...], ...]

    def carriers(self, kind: str) -> list[int]:
        return [firm for firm, planted in self.of.items() if planted == kind]

    def truth(self, economy: Economy) -> pl.DataFrame:
        """Columns firm (number), unified_code, kind, innocent_twin_of ("" for a fraud): one row for each firm that carries something."""
        rows = [
            {"firm": firm, "unified_code": economy.firms[firm].unified_code, "kind": kind, "innocent_twin_of": KINDS[kind][0]}
            for firm, kind in sorted(self.of.items())
        ]
        return pl.DataFrame(rows, schema={"firm": pl.Int64, "unified_code": pl.String, "kind": pl.String, "innocent_twin_of": pl.String})


def is_exporter(firm: CountyFirm) -> bool:
    """Whether a firm sells abroad: the larger ones of the industries that do."""
    return firm.industry.code in EXPORTERS and not firm.individual and firm.number % 2 == 0


def _could(kind: str, firm: CountyFirm) -> bool:
    """Whether a plant makes sense at a firm: nobody outsources output that nobody makes."""
    if kind in ("invented_output", "outsourced_output"):
        return firm.industry.code in FACTORIES
    if kind in ABROAD:
        return is_exporter(firm)
    if kind in ("invented_staff", "pensioners_and_agency"):
        return firm.staff_count >= 4
    return True


def plant(economy: Economy, seed: int) -> Plants:
    """Choose the carriers. Every kind gets at least one firm where any could carry it; circles get whole rings."""
    generator = np.random.default_rng(seed + 11)
    free = [economy.firms[index] for index in generator.permutation(len(economy.firms))]
    of: dict[int, str] = {}
    for kind in sorted(KINDS, key=lambda name: name not in ABROAD):  # exporters are few: their plants are chosen first
        could = [firm for firm in free if _could(kind, firm)]
        wanted = max(1, round(KINDS[kind][1] * (3 * len(could) if kind in ABROAD else len(economy.firms))))
        if kind == "circular_trade":
            wanted = max(RING_LENGTH, wanted - wanted % RING_LENGTH)
        if kind == "mutual_trade":
            wanted = max(2, wanted - wanted % 2)
        for firm in could[:wanted]:
            of[firm.number] = kind
            free.remove(firm)
    circle = [number for number, kind in of.items() if kind == "circular_trade"]
    whole = len(circle) - len(circle) % RING_LENGTH
    for number in circle[whole:]:
        del of[number]
    return Plants(of, tuple(tuple(circle[start : start + RING_LENGTH]) for start in range(0, whole, RING_LENGTH)))
