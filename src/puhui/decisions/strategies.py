"""The strategies of a run, found again without asking for every part of them.

Which product, model and tables decide is the same from one application to the next until somebody changes a file or puts something else in
force. So a strategy is kept together with the state that it was found in: the marks that the database puts on each version of a row
of promotions and models, and the times of the catalogue's files. One statement reads the state, under the locks of the application; where
it is the same, the strategy still stands. Otherwise it is found anew (`strategy.in_force`), its texts are stored, and the new state kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from puhui.decisions.strategy import Strategy, in_force, keep
from puhui.parties.models import Institution
from puhui.parties.statements import Statement
from puhui.products.queries import catalogue_state

__all__ = ["Strategies"]

_STATE = """
    SELECT coalesce(string_agg(part.version, ' ' ORDER BY part.version), '') FROM (
        SELECT 'product ' || xmin::text || ctid::text AS version FROM products_productpromotion WHERE institution_id = %s
        UNION ALL
        SELECT 'promotion ' || xmin::text || ctid::text FROM scoring_modelpromotion WHERE institution_id = %s
        UNION ALL
        SELECT 'model ' || xmin::text || ctid::text FROM scoring_registeredmodel WHERE institution_id = %s
    ) AS part
"""
_STORED = "SELECT digest FROM products_storeddocument WHERE digest = ANY(%s)"
_Key = tuple[int, str, date]
_KEPT: dict[_Key, tuple[Any, Strategy]] = {}
"""Institution, product and day → the state and the strategy found in it."""
_MOST_KEPT = 200


class Strategies:
    """The strategies of one run by product and day, each found and stored once."""

    def __init__(self, institution: Institution) -> None:
        self.institution = institution
        self._found: dict[_Key, Strategy] = {}
        self._state: Any = None

    def statements(self, codes: Iterable[str], day: date) -> list[Statement]:
        """What `see` wants to know of the database before these products are asked for; nothing where they were found in this run."""
        wanted = [key for key in self._keys(codes, day) if key not in self._found]
        if not wanted:
            return []
        digests = {digest for key in wanted if key in _KEPT for digest in _KEPT[key][1].digests}
        return [(_STATE, [self.institution.pk] * 3), (_STORED, [sorted(digests)])]

    def see(self, codes: Iterable[str], day: date, answers: list[list[tuple[Any, ...]]]) -> None:
        """Take over the strategies that still stand, by the answers to `statements`; find the others when they are asked for."""
        if not answers:
            return
        ((state,),), stored = answers
        self._state = state, catalogue_state()
        known = {digest for (digest,) in stored}
        for key in self._keys(codes, day):
            if key in _KEPT and _KEPT[key][0] == self._state and known.issuperset(_KEPT[key][1].digests):
                self._found[key] = _KEPT[key][1]

    def of(self, product_code: str, day: date) -> Strategy:
        """Raises FaultsError where no such product is in force, or no model for it."""
        key = (self.institution.pk, product_code, day)
        if key not in self._found:
            strategy = in_force(self.institution, product_code, day)
            keep(strategy)
            self._found[key] = strategy
            if len(_KEPT) >= _MOST_KEPT:
                _KEPT.clear()
            _KEPT[key] = self._state, strategy
        return self._found[key]

    def _keys(self, codes: Iterable[str], day: date) -> list[_Key]:
        return [(self.institution.pk, code, day) for code in sorted(set(codes))]
