"""A combined product: one application that becomes several loans, each by the file of another product.

The file of the combined product says who may borrow in any case, how much all loans may come to together, and in which order the loans are
filled. Each loan then answers for itself: its own product's rules, limit, rate, security, loss shares and subsidy hold for it alone. A part
takes what is left of the whole, up to the amount that its formula gives and up to a share of the whole; what one part is not granted is
left to those after it.
"""

from __future__ import annotations

from puhui.products.fields import Fields
from puhui.products.formulas import Formulas
from puhui.products.terms import LoanPart

__all__ = ["read_loan_parts"]

LEAST_PARTS = 2


def read_loan_parts(root: Fields, formulas: Formulas) -> tuple[LoanPart, ...]:
    """The rows of `[[parts]]`, in the order of filling; none in the file of a single loan."""
    parts, seen = [], {root.body.get("product", {}).get("code") if isinstance(root.body.get("product"), dict) else None}
    for row in root.rows("parts", required=False):
        code = row.text("product")
        if code in seen:
            row.fault("product", code, "a product of its own for each part, and not the combined product itself")
        seen.add(code)
        row.take("source", "")
        parts.append(
            LoanPart(
                code,
                row.texts("names"),
                formulas.read(row, "yuan", "CNY", scored=True),
                row.text("null", choices=("zero", "refer")),
                row.rate_ppm("share", low=0.000001, default=1.0),
                row.boolean("stands_alone"),
            )
        )
        row.finish()
    if len(parts) == 1:
        root.fault("parts", "one part", f"{LEAST_PARTS} or more", "A loan that is not split names no parts.")
    return tuple(parts)
