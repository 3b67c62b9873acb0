"""Who stands behind a contract: guarantors, mortgages, pledges; and whose consent or knowledge a change of the loan needs.

A guarantor is bound to a longer or eased loan only where it consents in writing; one that is new to a debt must know that it repays an
old one; a mortgage keeps its rank while its registration stands and its owner consents (practice.md 18, 19).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from django.db import transaction

from puhui.calculations.faults import Fault, check
from puhui.loans.credit_models import Security
from puhui.loans.models import Condition, Contract
from puhui.parties.actions import record_audit
from puhui.products.actions import Borrower, conditions_of


@transaction.atomic
def add_security(
    contract: Contract,
    kind: str,
    provider: str,
    evidence: str,
    actor: str,
    *,
    registration: str = "",
    registered_until: date | None = None,
) -> Security:
    """Record a guarantor, mortgage or pledge; the same one again changes nothing. Raises FaultsError naming every fault."""
    faults = []
    if kind not in Security.Kind.values:
        faults.append(Fault("kind", kind, " or ".join(Security.Kind.values)))
    if not provider.strip():
        faults.append(Fault("provider", "none", "who guarantees, or who owns what is mortgaged or pledged"))
    if not evidence.strip():
        faults.append(Fault("evidence", "none", "the contract of guarantee, mortgage or pledge"))
    if kind in (Security.Kind.MORTGAGE, Security.Kind.PLEDGE) and not registration.strip():
        faults.append(Fault("registration", "none", "its number in the register"))
    check(faults)
    security, created = Security.objects.get_or_create(
        contract=contract, kind=kind, provider=provider.strip(),
        defaults={
            "institution_id": contract.institution_id, "registration": registration.strip(), "registered_until": registered_until,
            "evidence": evidence.strip(), "recorded_by": actor,
        },
    )  # fmt: skip
    if created:
        _ask_for_more(contract, kind)
        record_audit(contract.institution, actor, "security.added", "contract", contract.pk, {"kind": kind, "provider": provider})
    return security


def _ask_for_more(contract: Contract, kind: str) -> None:
    """What must be shown of a security before payout: registration, insurance, the guarantor's signature. Not once the money may go out."""
    if contract.status not in (Contract.Status.DRAFTED, Contract.Status.SIGNED):
        return
    day = contract.institution.business_date
    without = {each.code for each in conditions_of(contract.product_code, day, Borrower(False), contract.institution)}
    asked = conditions_of(contract.product_code, day, Borrower(False, securities=frozenset({kind})), contract.institution)
    known = without | set(contract.conditions.values_list("code", flat=True))
    Condition.objects.bulk_create([Condition(contract=contract, code=each.code) for each in asked if each.code not in known])


def consent_faults(contract: Contract, consents: Mapping[str, str], kinds: tuple[str, ...] = ()) -> Iterator[Fault]:
    """Whose written consent is missing: every provider of security on the contract (of some kinds, where named)."""
    rows = contract.securities.order_by("pk")
    wanted = rows.filter(kind__in=kinds) if kinds else rows
    providers = {row.provider: row.kind for row in wanted}
    for provider, kind in providers.items():
        if provider not in consents:
            yield Fault(f"consent of {provider}", "none", f"the written consent of the {kind}", "Name the document under the provider.")
    known = set(rows.values_list("provider", flat=True))
    for provider in sorted(consents.keys() - known):
        yield Fault(f"consent of {provider}", "a party that secures nothing here", ", ".join(sorted(known)) or "nobody")


def refinancing_faults(old: list[Contract], new: Contract, consents: Mapping[str, str], maturity: date) -> Iterator[Fault]:
    """What keeps the security of a new note that repays old ones from standing: knowledge, registration, consent."""
    before = {(row.kind, row.provider) for row in Security.objects.filter(contract__in=old)}
    for row in new.securities.order_by("pk"):
        what = f"{row.kind} {row.provider}"
        fresh_guarantor = row.kind == Security.Kind.GUARANTOR and (row.kind, row.provider) not in before
        if fresh_guarantor and row.provider not in consents:
            expected = "its written word that it knows that the new note repays an old one"
            yield Fault(what, "none", expected, "Without it a new guarantor may be free of its guarantee (担保制度解释 16).")
        if row.kind != Security.Kind.GUARANTOR:
            if row.provider not in consents:
                yield Fault(what, "none", "the owner's consent to secure the new note", "The mortgage keeps its rank only with it.")
            if row.registered_until is not None and row.registered_until < maturity:
                yield Fault(what, f"registered until {row.registered_until}", f"a registration that stands until {maturity}")
