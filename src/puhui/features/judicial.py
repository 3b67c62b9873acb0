"""What courts tell of a firm and of whoever stands behind it (class C04): cases, enforcement, lists, limits, freezes, bankruptcy.

"The owner" is whoever the rows call controller or legal representative. Windows hold the month still running, too. What speaks against
somebody is not used five years after it has ended (征信业管理条例 art. 16). Where the field's list leaves something open:

    case_def_*             cases of the firm in any civil matter; a criminal case has its own flag
    *_open                 filed and not closed by the as-of day
    loan_, labour_, sales  by words in the cause of action (案由), whose list is too long and too free to be a closed one
    enforcement_open_amt   what is not performed yet (where that is not told, the whole) of enforcement neither closed nor ended as 终本
    terminated_enforcement_amt  the same of enforcement ended because nothing was found (终本)
    asset_freeze_amt       freezes and seals that stand
    property_auction_flag  auctions ordered within twelve months
    criminal_case_flag     the firm or its owner accused in a criminal case of an economic kind (theft of trust, tax, smuggling and so on);
                           no other criminal matter of a person is read
    consumption_limit_flag, dishonest_*  entries that stand; one that a court removed is not read at all
    judgment_unpaid_flag   decided against the firm more than thirty days ago, an amount to pay, and no payment told
    months_since_last_def_case  of the last five years; 999 where there is none
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import narwhals as nw
import polars as pl

from puhui.features.formulas import yuan
from puhui.features.months import months_since
from puhui.features.registers import any_of, beside, how_many, known_firms, still, sum_of, told, within
from puhui.features.variable import LeftOut, Variable
from puhui.features.windows import AsOf

__all__ = ["DEFINED_BY", "EVIDENCE_CLASS", "LEFT_OUT", "RECORDS", "VARIABLES", "measures"]

EVIDENCE_CLASS = "C04"
RECORDS = ("court_case", "enforcement", "court_measure", "court_search")
DEFINED_BY = ("registers.py",)

OWNER = ("controller", "legal_rep")
CAUSES = {
    "loan": "借款|借贷|金融借款|信用卡纠纷|loan",
    "labour": "劳动|劳务|工伤|labour|labor",
    "sales": "买卖合同|sales? contract",
    "property": "专利|商标|著作权|知识产权|不正当竞争|商业秘密|patent|trademark|copyright",
    "economic": "诈骗|侵占|挪用|贿|虚开|逃税|骗取|非法吸收|集资|洗钱|走私|假冒|合同诈骗|fraud|embezzle|brib|tax evasion|smuggl|launder",
}
"""Kind of matter → words in the cause of action."""
GRACE_DAYS = 30
KEPT_MONTHS = 60
NEVER = 999.0


def measures(frames: Mapping[str, pl.LazyFrame], as_of: AsOf) -> pl.LazyFrame:
    """One row per firm; amounts in fen."""
    return beside(
        known_firms(frames, RECORDS, "case_known"),
        _cases(frames["court_case"], as_of),
        _enforcement(frames["enforcement"], as_of),
        _measures(frames["court_measure"], as_of),
    )


def _kept(end: str, as_of: AsOf) -> pl.Expr:
    """Whether what ended on this day may still be read."""
    return still(end, as_of) | (months_since(pl.col(end), as_of) < KEPT_MONTHS)


def _cases(rows: pl.LazyFrame, as_of: AsOf) -> pl.LazyFrame:
    kept = rows.filter(_kept("closed_on", as_of)).with_columns(
        pl.col("kind").fill_null("civil"),
        matter=_matter(pl.col("cause").str.to_lowercase()),
        months=months_since(pl.col("filed_on"), as_of),
    )
    firm, open_now = pl.col("whose") == "firm", still("closed_on", as_of)
    civil, matter = pl.col("kind") != "criminal", pl.col("matter")
    defended, claimed = firm & civil & (pl.col("role") == "defendant"), firm & civil & (pl.col("role") == "plaintiff")
    decided = (pl.col("decided_on") <= as_of.day - timedelta(days=GRACE_DAYS + 1)) & still("paid_on", as_of)
    return kept.group_by("firm_id").agg(
        case_defended_24m=how_many(defended & within("filed_on", as_of, 24)),
        case_claimed_24m=how_many(claimed & within("filed_on", as_of, 24)),
        case_open_fen=sum_of("claim_fen", defended & open_now),
        case_loans_36m=how_many(defended & (matter == "loan") & within("filed_on", as_of, 36)),
        case_loan_open=any_of(defended & (matter == "loan") & open_now),
        case_labour_24m=how_many(defended & (matter == "labour") & within("filed_on", as_of, 24)),
        case_sales_24m=how_many(defended & (matter == "sales") & within("filed_on", as_of, 24)),
        case_property_36m=how_many(defended & (matter == "property") & within("filed_on", as_of, 36)),
        case_criminal=any_of((firm | pl.col("whose").is_in(OWNER)) & ~civil & (matter == "economic") & (pl.col("role") == "defendant")),
        case_owner_24m=how_many(
            (pl.col("whose") == "controller") & civil & (pl.col("role") == "defendant") & within("filed_on", as_of, 24)
        ),
        case_months_since=pl.col("months").filter(defended & (pl.col("months") < KEPT_MONTHS)).min(),
        case_claims_24m=sum_of("claim_fen", claimed & within("filed_on", as_of, 24)),
        case_unpaid_judgment=any_of(defended & decided & (pl.col("decided_against_fen") > 0)),
    )


def _matter(cause: pl.Expr) -> pl.Expr:
    """The first kind of `CAUSES` whose words the cause of action holds; null for others."""
    return pl.coalesce(pl.when(cause.str.contains(words)).then(pl.lit(name)) for name, words in CAUSES.items())


def _enforcement(rows: pl.LazyFrame, as_of: AsOf) -> pl.LazyFrame:
    firm, unclosed, running = pl.col("whose") == "firm", still("closed_on", as_of), still("terminated_on", as_of)
    rows = rows.with_columns(unpaid=pl.coalesce("unpaid_fen", "amount_fen"))
    return rows.group_by("firm_id").agg(
        case_enforced_open=sum_of("unpaid", firm & unclosed & running),
        case_enforced_36m=how_many(firm & within("filed_on", as_of, 36)),
        case_terminated=sum_of("unpaid", firm & unclosed & ~running),
    )


def _measures(rows: pl.LazyFrame, as_of: AsOf) -> pl.LazyFrame:
    firm, owner, kind, stands = pl.col("whose") == "firm", pl.col("whose").is_in(OWNER), pl.col("kind"), still("ended_on", as_of)
    return rows.group_by("firm_id").agg(
        case_dishonest=any_of(firm & (kind == "dishonest") & stands),
        case_dishonest_owner=any_of(owner & (kind == "dishonest") & stands),
        case_limited=any_of((firm | (pl.col("whose") == "legal_rep")) & (kind == "consumption_limit") & stands),
        case_bankruptcy=any_of(firm & (kind == "bankruptcy") & stands),
        case_frozen=sum_of("amount_fen", firm & kind.is_in(["freeze", "seal"]) & stands),
        case_auction=any_of(firm & (kind == "auction") & within("ordered_on", as_of, 12)),
    )


def _told(name: str) -> nw.Expr:
    return told("case_known", f"case_{name}")


VARIABLES = (
    Variable("case_def_cnt_24m", "n", "-", "24m", _told("defended_24m")),
    Variable("case_plaintiff_cnt_24m", "n", "n", "24m", _told("claimed_24m")),
    Variable("case_def_amt_open", "CNY", "-", "now", yuan(_told("open_fen"))),
    Variable("loan_dispute_def_cnt_36m", "n", "-", "36m", _told("loans_36m")),
    Variable("loan_dispute_def_open_flag", "0/1", "-", "now", _told("loan_open")),
    Variable("labour_dispute_def_cnt_24m", "n", "-", "24m", _told("labour_24m")),
    Variable("sales_contract_def_cnt_24m", "n", "-", "24m", _told("sales_24m")),
    Variable("enforcement_open_amt", "CNY", "-", "now", yuan(_told("enforced_open"))),
    Variable("enforcement_cnt_36m", "n", "-", "36m", _told("enforced_36m")),
    Variable("terminated_enforcement_amt", "CNY", "-", "now", yuan(_told("terminated"))),
    Variable("dishonest_debtor_flag", "0/1", "V", "now", _told("dishonest")),
    Variable("dishonest_debtor_owner_flag", "0/1", "V", "now", _told("dishonest_owner"), personal=True),
    Variable("consumption_limit_flag", "0/1", "-", "now", _told("limited"), personal=True),
    Variable("bankruptcy_filing_flag", "0/1", "V", "now", _told("bankruptcy")),
    Variable("asset_freeze_amt", "CNY", "-", "now", yuan(_told("frozen"))),
    Variable("property_auction_flag", "0/1", "-", "12m", _told("auction")),
    Variable("criminal_case_flag", "0/1", "-", "60m", _told("criminal"), personal=True),
    Variable("owner_case_def_cnt_24m", "n", "-", "24m", _told("owner_24m"), personal=True),
    Variable(
        "months_since_last_def_case",
        "months",
        "+",
        "60m",
        nw.when(nw.col("case_known") == 1).then(nw.col("case_months_since").fill_null(NEVER)),
    ),
    Variable("plaintiff_claims_amt_24m", "CNY", "n", "24m", yuan(_told("claims_24m"))),
    Variable("judgment_unpaid_flag", "0/1", "-", "now", _told("unpaid_judgment")),
)

LEFT_OUT: tuple[LeftOut, ...] = (LeftOut("case_def_amt_to_net_assets", "C04", "needs the net assets of the newest statements"),)
