"""From movements of accounts to what they say of a firm, in stages that several variables share.

    parties    firm × name or account number: the firm's own, or of its owner and related parties
    movements  one movement with its kinds (own money, loan, refund, cash, wages, …), its other side, and whether it is valid income
    payers     firm × other side: valid income of twelve months

Valid income is what came in, less own and related transfers, loans, refunds, deposit interest, failed bookings, and money that went back
to the same side within `ROUND_TRIP_DAYS` days at an amount within `ROUND_TRIP_WITHIN`. Kinds are told by words (catalogue/parameters,
account-flow-words). The text is Narwhals (see `puhui.features.portable`). Pairs are joined by a bucket of days, so that a busy other side
does not make all its movements meet all others.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import reduce
from operator import or_

import narwhals as nw

from puhui.features import engines
from puhui.features.portable import Frame, day_of, month_of, only, within
from puhui.features.windows import AsOf
from puhui.products.parameters import table

__all__ = ["KINDS", "WORDS", "hour_digits", "movements", "parties", "payers"]

WORDS = "account-flow-words"
ROUND_TRIP_DAYS = 5
ROUND_TRIP_WITHIN = 0.02
FIELDS = {"memo": ("memo", "purpose"), "party": ("counterparty",), "channel": ("channel",)}
KINDS = (
    "own",
    "loan",
    "lender",
    "private_lender",
    "refund",
    "interest",
    "cash",
    "acquiring",
    "wages",
    "tax",
    "social",
    "forbidden",
    "failed",
)


def parties(accounts: Frame, related_firms: Frame, key_persons: Frame) -> Frame:
    """firm_id, key (account number or name), own and related (1.0 or 0.0): whose transfers are no income from business."""
    relation = nw.col("relation").fill_null("own")
    told = accounts.with_columns(
        own=nw.when(relation == "own").then(1.0).otherwise(0.0), related=nw.when(relation != "own").then(1.0).otherwise(0.0)
    )
    columns = ("firm_id", "key", "own", "related")
    frames = [told.with_columns(key=nw.col(name)).select(*columns) for name in ("account", "holder")]
    frames += [
        people.with_columns(key=nw.col("name"), own=nw.lit(0.0), related=nw.lit(1.0)).select(*columns)
        for people in (related_firms, key_persons)
    ]
    every = nw.concat(frames).filter(~nw.col("key").is_null() & (nw.col("key") != ""))
    return every.group_by("firm_id", "key").agg(own=nw.col("own").max(), related=nw.col("related").max())


def movements(flows: Frame, theirs: Frame, as_of: AsOf) -> Frame:
    """Each movement with: month, day (numbers), paid_in, amount (fen), balance, other, one column `is_{kind}` for each kind, is_related,
    is_round_trip, valid (fen of valid income, else 0.0), serial, account, record_id."""
    rows = _with_parties(_with_kinds(flows, as_of), theirs)
    rows = engines.shared(
        rows.with_columns(month=month_of("booked_on", as_of), day=day_of("booked_on")), deep=True, name="movements told apart"
    )
    rows = rows.join(_round_trips(rows), on=["firm_id", "record_id"], how="left")
    rows = rows.with_columns(is_round_trip=~nw.col("paired").is_null())
    barred = reduce(or_, (nw.col(f"is_{kind}") for kind in ("own", "related", "loan", "refund", "interest", "failed", "round_trip")))
    lent = nw.col("paid_in") & nw.col("is_lender")
    return rows.with_columns(valid=only(nw.col("paid_in") & ~barred & ~lent, "amount"))


def payers(rows: Frame) -> Frame:
    """firm × named other side: valid income of twelve months, where there is any."""
    named = rows.filter(within("12m") & (nw.col("valid") > 0) & ~nw.col("other").is_null())
    return named.group_by("firm_id", "other").agg(amount=nw.col("valid").sum())


def _with_kinds(flows: Frame, as_of: AsOf) -> Frame:
    texts = {
        f"{name}_text": nw.concat_str([nw.col(column) for column in columns], separator=" ", ignore_nulls=True).str.to_lowercase()
        for name, columns in FIELDS.items()
    }
    patterns = _patterns(as_of.day)
    kinds = {
        f"is_{kind}": reduce(or_, (nw.col(f"{field}_text").fill_null("").str.contains(words) for field, words in patterns[kind].items()))
        for kind in KINDS
    }
    return flows.with_columns(**texts).with_columns(**kinds).select(
        "firm_id", "record_id", "booked_on", "booked_time", *kinds,
        paid_in=nw.col("direction") == "in",
        amount=nw.col("amount_fen").cast(nw.Float64),
        balance=nw.col("balance_fen"),
        account=nw.col("account").fill_null(""),
        serial=nw.col("serial").fill_null(""),
        name=_told("counterparty"),
        number=_told("counterparty_account"),
    )  # fmt: skip


def _told(column: str) -> nw.Expr:
    text = nw.col(column).str.strip_chars()
    return nw.when(text != "").then(text)


def _patterns(day: date) -> Mapping[str, Mapping[str, str]]:
    """Kind → field → the words of the table in force, as one pattern. Raises ValueError for a word that is more than letters."""
    found: dict[str, dict[str, list[str]]] = {kind: {} for kind in KINDS}
    for row in table(WORDS).valid_on(day):
        wrong = [word for word in row["words"] if not word.replace(" ", "").isalnum()]
        if wrong:
            raise ValueError(f"{WORDS}, kind {row['kind']}: found {', '.join(wrong)}, expected letters, digits and blanks")
        for field in row["fields"]:
            found[row["kind"]].setdefault(field, []).extend(word.lower() for word in row["words"])
    return {kind: {field: "|".join(words) for field, words in fields.items()} for kind, fields in found.items()}


def _with_parties(rows: Frame, theirs: Frame) -> Frame:
    """Adds `other`, the other side's name, also where only its account is given and another movement names it; is_own, is_related."""
    names = rows.filter(~nw.col("name").is_null() & ~nw.col("number").is_null())
    names = names.group_by("firm_id", "number").agg(known_name=nw.col("name").max())
    rows = rows.join(names, on=["firm_id", "number"], how="left")
    rows = rows.with_columns(other=nw.coalesce(nw.col("name"), nw.col("known_name"), nw.col("number")))
    for key in ("other", "number"):
        found = theirs.rename({"key": key, "own": f"{key}_own", "related": f"{key}_related"})
        rows = rows.join(found, on=["firm_id", key], how="left")
    own, related = (
        (nw.col(f"other_{kind}") > 0).fill_null(False) | (nw.col(f"number_{kind}") > 0).fill_null(False) for kind in ("own", "related")
    )
    return rows.with_columns(is_own=nw.col("is_own") | own, is_related=related & ~own)


def _round_trips(rows: Frame) -> Frame:
    """firm_id, record_id and paired (1.0) of the movements that are a leg of a round trip."""
    plain = ~(
        nw.col("is_own") | nw.col("is_related") | nw.col("is_loan") | nw.col("is_refund") | nw.col("is_acquiring") | nw.col("is_failed")
    )
    candidates = rows.filter(within(24) | (nw.col("month") == 0)).filter(plain & ~nw.col("other").is_null() & (nw.col("amount") > 0))
    span = ROUND_TRIP_DAYS + 1
    legs = ("firm_id", "other", "bucket", "record_id", "day", "amount")
    paid_in = candidates.filter(nw.col("paid_in")).with_columns(bucket=nw.col("day") // span).select(*legs)
    paid_out = candidates.filter(~nw.col("paid_in"))
    out = nw.concat([paid_out.with_columns(bucket=nw.col("day") // span - back).select(*legs) for back in (0, 1)])
    out = out.rename({"record_id": "out_id", "day": "out_day", "amount": "out_amount"})
    waited, gap = nw.col("out_day") - nw.col("day"), (nw.col("out_amount") - nw.col("amount")).abs()
    pairs = paid_in.join(out, on=["firm_id", "other", "bucket"], how="inner")
    pairs = pairs.filter((waited >= 0) & (waited <= ROUND_TRIP_DAYS) & (gap <= ROUND_TRIP_WITHIN * nw.col("amount")))
    both = [pairs.select("firm_id", "record_id"), pairs.select("firm_id", record_id=nw.col("out_id"))]
    return nw.concat(both).unique().with_columns(paired=nw.lit(1.0))


def hour_digits() -> nw.Expr:
    """The two digits of the hour of `booked_time` (2025-01-05 08:30:00, 08:30:00, 08:30, 083000); anything else where it tells none."""
    text = nw.col("booked_time").str.strip_chars()
    long = nw.when(text.str.contains(":")).then(text.str.slice(-8, 2)).otherwise(text.str.slice(-6, 2))
    return nw.when(text.str.len_chars() == 5).then(text.str.slice(0, 2)).otherwise(long)
