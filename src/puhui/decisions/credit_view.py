"""One credit view (统一授信): a firm, its owner, the spouse, their other firms and whoever belongs with them, looked at as one debtor.

A person who borrows and a household are among the firms. Firms belong together where they share a person (owner, member, spouse …: two
spouses who each own a firm are linked through the firm in which both stand), where one holds a quarter of the other by the register
(`puhui.decisions.register_links`), where an officer has declared it, or where two rows were found to be one firm; and so on from each of
them. All firms of a group are locked, in the order of their numbers, before what they owe is added up, so two approvals in the same group
wait for each other and cannot spend the same headroom.
Related parties of the lender have one sum, and one lock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Sum

from puhui.calculations.ceilings import Ceiling, Circles, ceilings
from puhui.calculations.faults import Fault, check
from puhui.decisions.credit_models import CreditLink
from puhui.decisions.exposures import locked_rows, locking
from puhui.decisions.models import Decision, Exposure
from puhui.parties.actions import record_audit
from puhui.parties.models import Firm, Institution
from puhui.parties.statements import Statement, together
from puhui.products.parameters import table

__all__ = ["CreditViews", "Rows", "ceiling_faults", "connected", "credit_views", "link", "lock_groups", "locked_views"]

KINSHIP = ("legal_representative", "owner", "spouse", "shareholder", "controller", "director", "borrower", "head", "member")
"""The parts of a person in a firm that make firms one debtor; somebody who is only a contact does not."""

Rows = Sequence[Sequence[Any]]
"""The answer to `connected`."""
_RELATED_LOCK = 0x7075_6875  # first half of the advisory lock that related parties of one lender share


@dataclass
class CreditViews:
    """Groups by firm over shared sums: what is promised to one firm is seen by all of its group at once."""

    groups: Mapping[int, tuple[int, ...]]  # firm → the firms of its group, itself among them
    names: Mapping[int, str]
    related: frozenset[int]  # firms that are related to the lender, by themselves or through their group
    exposures: dict[int, dict[str, int]]
    related_before_fen: int = 0  # owed by related parties outside these groups

    def circles(self, firm_id: int) -> Circles:
        """What the firm, its group and all related parties owe now, in fen."""
        is_related = firm_id in self.related
        related = self.related_before_fen + sum(self._owed(one) for one in self.related) if is_related else 0
        group = sum(self._owed(one) for one in self.groups[firm_id])
        return Circles(self._owed(firm_id), group, is_related, related)

    def facts(self, firm_id: int) -> dict[str, Any]:
        """The view as a decision's record keeps it."""
        circles = self.circles(firm_id)
        members = [{"firm": one, "name": self.names[one], **self.exposures[one]} for one in self.groups[firm_id] if one != firm_id]
        return {
            "members": members,
            "firm_fen": circles.firm_fen,
            "group_fen": circles.group_fen,
            "is_lender_related": circles.is_lender_related,
            "related_fen": circles.related_fen,
        }

    def _owed(self, firm_id: int) -> int:
        return sum(self.exposures[firm_id].values())


def credit_views(institution: Institution, firm_ids: Iterable[int]) -> CreditViews:
    """The groups of firms with what every member owes. Reads only: who promises something locks first (`locked_views`)."""
    (rows,) = together(connected(firm_ids))
    return _whole(institution, _views(rows))


def locked_views(institution: Institution, firm_ids: Iterable[int], rows: Rows | None = None) -> tuple[dict[int, Firm], CreditViews]:
    """Every firm of the groups of these firms, locked until the transaction ends, and what they owe as it stands under the locks.

    `rows`: the answer to `connected`, where it was asked for already.
    """
    asking = connected(firm_ids)
    locked: dict[int, Firm] = {}
    if rows is None:
        (rows,) = together(asking)
    while not (found := _views(rows)).names.keys() <= locked.keys():
        if found.related:
            together(("SELECT pg_advisory_xact_lock(%s, %s)", [_RELATED_LOCK, institution.pk]))
        firms, rows = together(locking(found.names), asking)  # looked at again under the locks
        locked |= locked_rows(firms)
    return locked, _whole(institution, found)


def lock_groups(institution: Institution, firm_ids: Iterable[int]) -> dict[int, Firm]:
    """Every firm of the groups of these firms, locked until the transaction ends."""
    return locked_views(institution, firm_ids)[0]


def connected(firm_ids: Iterable[int]) -> Statement:
    """The statement that finds the groups of firms and what their members owe (`sql/connected.sql`)."""
    return "SELECT * FROM decisions_connected(%s, %s)", [sorted(set(firm_ids)), list(KINSHIP)]


def _views(rows: Iterable[Sequence[Any]]) -> CreditViews:
    """What `connected` found; without related parties outside the groups."""
    groups: dict[int, list[int]] = {}
    names: dict[int, str] = {}
    exposures: dict[int, dict[str, int]] = {}
    close: set[int] = set()
    for start, firm, name, is_related, reserved_fen, outstanding_fen in rows:
        groups.setdefault(start, []).append(firm)
        names[firm] = name
        exposures[firm] = {"reserved_fen": reserved_fen, "outstanding_fen": outstanding_fen}
        if is_related:
            close.add(firm)
    related = frozenset(firm for group in groups.values() if close & set(group) for firm in group)
    return CreditViews({start: tuple(group) for start, group in groups.items()}, names, related, exposures)


def _whole(institution: Institution, found: CreditViews) -> CreditViews:
    """With what related parties owe that are in none of these groups."""
    found.related_before_fen = _related_outside(institution, found.related) if found.related else 0
    return found


def _related_outside(institution: Institution, counted: frozenset[int]) -> int:
    """What related parties of the lender owe that are in none of the groups counted already."""
    marked = CreditLink.objects.filter(institution=institution, other=None, ended_on=None).values_list("firm_id", flat=True)
    (rows,) = together(connected(marked))
    members = _views(rows).names.keys() - counted
    sums = Exposure.objects.filter(firm_id__in=members).aggregate(reserved=Sum("reserved_fen"), outstanding=Sum("outstanding_fen"))
    return int(sums["reserved"] or 0) + int(sums["outstanding"] or 0)


def current_ceilings(institution: Institution, firm_id: int) -> tuple[Ceiling, ...]:
    """The ceilings of a firm as they stand now, from the table in force on the open day."""
    row = table("lender-limits", settings.PUHUI_CATALOGUE).row(institution.business_date, lender_kind=institution.kind)
    return ceilings(row, credit_views(institution, [firm_id]).circles(firm_id))


def ceiling_faults(decision: Decision, amount_fen: int) -> list[Fault]:
    """Ceilings of law that an amount would break now; no level of authority may pass them. Under the locks of `lock_groups`."""
    return [
        Fault(
            "amount_fen",
            f"{amount_fen}, with {one.used_fen} owed and promised already",
            f"at most {one.headroom_fen} under the ceiling {one.code}: {one.share:.0%} of {one.of} is {one.most_fen} fen",
            "Lend less, or wait until something is repaid: no authority passes this ceiling.",
        )
        for one in current_ceilings(decision.institution, decision.firm_id)
        if amount_fen > one.headroom_fen
    ]


@transaction.atomic
def link(firm: Firm, other: Firm | None, kind: str, evidence_text: str, actor: str) -> CreditLink:
    """Record that a firm belongs with another, or with the lender (`other` None, kind `lender`); the same again changes nothing."""
    faults = []
    if kind not in CreditLink.Kind.values or (kind == CreditLink.Kind.LENDER) != (other is None):
        faults.append(Fault("kind", kind, "lender without another firm, or holding or declared with one"))
    if other is not None and (other.pk == firm.pk or other.institution_id != firm.institution_id):
        faults.append(Fault("other", f"{other}", "another firm of the same institution"))
    if not evidence_text.strip():
        faults.append(Fault("evidence", "nothing", "what shows it"))
    check(faults)
    lock_groups(firm.institution, [one.pk for one in (firm, other) if one])
    row, created = CreditLink.objects.get_or_create(
        firm=firm, other=other, kind=kind, ended_on=None,
        defaults={"institution_id": firm.institution_id, "evidence": evidence_text.strip()[:200], "recorded_by": actor},
    )  # fmt: skip
    if created:
        detail = {"other": other.pk if other else None, "kind": kind, "evidence": row.evidence}
        record_audit(firm.institution, actor, "credit_link", "firm", firm.pk, detail)
    return row
