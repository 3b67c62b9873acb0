"""Conditions precedent: what the product asks for, and what law and the house ask for of a borrower, each once and in three languages."""

from __future__ import annotations

from datetime import date

from puhui.products.queries import EVERY, Borrower, conditions_of

PRODUCT, DAY = "invoice-working-capital", date(2026, 1, 15)


def codes(borrower: Borrower | None) -> list[str]:
    return [each.code for each in conditions_of(PRODUCT, DAY, borrower)]


def test_what_is_asked_of_whom() -> None:
    own = codes(None)
    company, married = Borrower(is_company=True), Borrower(is_company=False, has_spouse=True)
    assert codes(company) == [*own, "corporate_resolution", "address_for_service"]
    assert codes(married) == [*own, "spouse_signature", "address_for_service"]
    mortgaged = Borrower(is_company=False, securities=frozenset({"mortgage"}))
    assert codes(mortgaged) == [*own, "mortgage_registration", "mortgage_insurance", "address_for_service"]
    assert len(codes(EVERY)) == len(set(codes(EVERY)))


def test_each_has_a_kind_and_a_text_in_every_language() -> None:
    found = {each.code: each for each in conditions_of(PRODUCT, DAY, EVERY)}
    assert {found[code].kind for code in ("signatures", "spouse_signature")} == {"signature"}
    assert (found["account"].kind, found["purpose"].kind, found["corporate_resolution"].kind) == ("account", "purpose", "resolution")
    assert all(each.texts[language] for each in found.values() for language in ("en", "zh-hans", "zh-hant"))


def test_before_the_civil_code_no_spouse_is_asked() -> None:
    found = [each.code for each in conditions_of(PRODUCT, date(2020, 12, 31), Borrower(False, True))]
    assert "spouse_signature" not in found
