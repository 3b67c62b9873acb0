"""Product files and firms made up at random, from one seed: whatever the language allows, in small figures that meet each other often."""

from __future__ import annotations

import copy
import random
from typing import Any

TEXTS = {"en": "x", "zh-hans": "x", "zh-hant": "x"}
VARIABLES = {"r0": "ratio", "r1": "ratio", "n0": "n", "m0": "CNY", "m1": "CNY", "f0": "0/1", "b0": "boolean", "t0": "text"}
APPLICATION = {"order": "CNY", "first": "flag"}
FIGURES = ("-0.5", "0", "0.1", "0.3", "1", "2", "12", "200_000")


class Maker:
    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.plain = ["r0", "r1", "n0", "f0", "first", "staff_count"]  # numbers without unit
        self.money = ["m0", "m1", "order", "requested_amount", "existing_exposure"]
        self.flags = ["b0"]
        self.texts = ["t0", "industry_division", "purpose"]
        self.tables = {"by_text": {"A": 0.3, "B": 0.1, "51": 0.2}, "by_class": {"A": 0.4, "C": 0.1}}
        self.scored = False

    def pick(self, *options: Any) -> Any:
        return self.random.choice(options)

    # ------------------------------------------------------------ expressions

    def number(self, depth: int) -> str:
        if depth <= 0 or self.random.random() < 0.25:
            return self.pick(*self.plain, *FIGURES[:6])
        name = self.pick("arithmetic", "arithmetic", "call", "ratio", "lookup", "minus")
        if name == "arithmetic":
            return f"({self.number(depth - 1)} {self.pick('+', '-', '*', '/')} {self.number(depth - 1)})"
        if name == "call":
            return f"{self.pick('min', 'max', 'coalesce')}({self.number(depth - 1)}, {self.number(depth - 1)}, {self.number(depth - 1)})"
        if name == "ratio":
            return f"({self.cash(depth - 1)} / {self.pick(*self.money)})"
        if name == "minus":
            return f"(-{self.number(depth - 1)})"
        if self.scored and self.random.random() < 0.5:
            return "by_class[risk_class]"
        return f"by_text[{self.pick(*self.texts)}]"

    def cash(self, depth: int) -> str:
        if depth <= 0 or self.random.random() < 0.3:
            return self.pick(*self.money)
        if self.random.random() < 0.5:
            return f"({self.number(depth - 1)} * {self.cash(depth - 1)})"
        if self.random.random() < 0.5:
            return f"({self.cash(depth - 1)} {self.pick('+', '-')} {self.cash(depth - 1)})"
        return f"{self.pick('min', 'max', 'coalesce')}({self.cash(depth - 1)}, {self.cash(depth - 1)})"

    def condition(self, depth: int) -> str:
        kind = self.pick("compare", "compare", "cash", "text", "flag", "null", "not", "and", "or", "chain") if depth > 0 else "compare"
        operator = self.pick("<", "<=", ">", ">=", "==", "!=")
        if kind == "compare":
            return f"{self.number(depth)} {operator} {self.number(depth - 1)}"
        if kind == "cash":
            return f"{self.cash(depth)} {operator} {self.pick('200_000', self.cash(depth - 1))}"
        if kind == "chain":
            return f"{self.pick('0', '0.1')} < {self.number(depth - 1)} <= {self.pick('1', '12')}"
        if kind == "text":
            members = "('A', 'B')" if self.random.random() < 0.5 else "('51', 'stock', 'C')"
            return f"{self.pick(*self.texts)} {self.pick('in', 'not in')} {members}"
        if kind == "flag":
            return self.pick(*self.flags)
        if kind == "null":
            return f"{self.pick(*self.plain, *self.money, *self.texts)} is {self.pick('', 'not ')}null"
        if kind == "not":
            return f"not ({self.condition(depth - 1)})"
        return f"(({self.condition(depth - 1)}) {kind} ({self.condition(depth - 1)}))"

    # ------------------------------------------------------------ the file

    def body(self, shipped: dict[str, Any]) -> dict[str, Any]:
        body = copy.deepcopy(shipped)
        by_policy = self.random.random() < 0.5
        body |= {
            "variables": VARIABLES,
            "application": APPLICATION,
            "application_texts": dict.fromkeys(APPLICATION, TEXTS),
            "constants": {},
        }
        body["tables"] = {
            name: {"key": "industry_division" if name == "by_text" else "risk_class", "unit": "ratio", "values": values}
            for name, values in self.tables.items()
        }
        body["definitions"] = [self.definition(number) for number in range(self.random.randint(0, 3))]
        body["score_tables"] = [self.score_table(number) for number in range(self.random.randint(0, 2))]
        body["decision_tables"] = [self.decision_table(number) for number in range(self.random.randint(0, 2))]
        body["rules"] = [self.rule(number) for number in range(self.random.randint(1, 5))]
        body["score"] = {"probability_minimum": self.pick(0.0005, 0.01)} | (
            {"policy_class": "the_class"} if by_policy else {"model": "tiny"}
        )
        if by_policy:
            rows = [{"when": self.condition(2), "then": code} for code in ("A", "B", "C")]
            body["decision_tables"].append(
                {"name": "the_class", "unit": "text", "texts": TEXTS, "rows": rows, "otherwise": self.pick("B", "D")}
            )
        self.classes(body, by_policy)
        self.scored = True
        self.plain += ["probability"]
        self.texts += ["risk_class"]
        if self.random.random() < 0.5:
            body["decision_tables"].append({"name": "late", "unit": "CNY", "texts": TEXTS, **self.late()})
            self.money.append("late")
        body["limit"]["bounds"] = [self.bound(number) for number in range(self.random.randint(1, 3))]
        body["amount"] = {"minimum": self.pick(1_000, 20_000), "maximum": 1_000_000, "multiple": self.pick(1, 100, 1_000)}
        body["price"] |= {"method": self.pick("tiers", "churn_aware"), "rate_multiple": self.pick(0.0005, 0.001, 0.0025)}
        body["price"] |= {"rate_maximum": self.pick(0.08, 0.15, 0.2)}
        if self.random.random() < 0.5:
            share = self.pick(0.2, 0.8, 0.35)
            parties = [{"party": "bank", "share": share}, {"party": "fund", "share": round(1 - share, 2)}]
            body["support"] = {"loss_shares": parties}
        return body

    def classes(self, body: dict[str, Any], by_policy: bool) -> None:
        for one, probability in zip(body["classes"], (0.004, 0.03, 0.08, 0.4), strict=True):
            if by_policy:
                one.pop("probability_below", None)
                one["probability"] = probability
                one["lent"] = one["code"] != "D"

    def definition(self, number: int) -> dict[str, Any]:
        if self.random.random() < 0.5:
            made = {"name": f"d{number}", "unit": "CNY", "expression": self.cash(2), "texts": TEXTS}
            self.money.append(f"d{number}")
        else:
            made = {"name": f"d{number}", "unit": "boolean", "expression": self.condition(2), "texts": TEXTS}
            self.flags.append(f"d{number}")
        return made

    def score_table(self, number: int) -> dict[str, Any]:
        items = []
        for _ in range(self.random.randint(1, 3)):
            cuts = self.random.sample([-0.3, 0, 0.1, 0.5, 1, 12], self.random.randint(1, 4))
            bands = [{"from": cut, "points": self.pick(-5, 0, 10, 12.5)} for cut in cuts]
            items.append({"value": self.number(2), "bands": bands} | self.pick({}, {"null_points": -3}, {"below_points": 4}))
        self.plain.append(f"s{number}")
        return {"name": f"s{number}", "items": items}

    def decision_table(self, number: int) -> dict[str, Any]:
        rows = [{"when": self.condition(1), "then": self.pick(0.2, 1, 7, self.number(1))} for _ in range(self.random.randint(1, 3))]
        made: dict[str, Any] = {"name": f"c{number}", "unit": "ratio", "texts": TEXTS, "rows": rows}
        self.plain.append(f"c{number}")
        return made | self.pick({}, {"otherwise": 3})

    def late(self) -> dict[str, Any]:
        rows = [{"when": "risk_class == 'A'", "then": 500_000}, {"when": self.condition(1), "then": self.cash(1)}]
        return {"rows": rows, "otherwise": 90_000}

    def rule(self, number: int) -> dict[str, Any]:
        names = (*self.plain, *self.money, *self.flags, *self.texts)
        require = self.condition(2)
        while not any(name in require for name in names):
            require = self.condition(2)
        require = f"{require} or {self.pick(*self.plain)} {self.pick('>', '<')} 0"
        return {
            "code": f"rule{number}", "names": TEXTS, "against": TEXTS, "require": require,
            "severity": self.pick("veto", "refer", "refer"), "null": self.pick("pass", "fail", "refer"),
        }  # fmt: skip

    def bound(self, number: int) -> dict[str, Any]:
        yuan = self.pick(
            self.cash(2), f"max(300_000, {self.cash(1)})", f"max(90_000, 0.3 * {self.cash(1)})", "lender_single_borrower_limit"
        )
        return {"code": f"bound{number}", "names": TEXTS, "yuan": yuan, "null": self.pick("leave_out", "zero", "refer")}

    # ------------------------------------------------------------ firms

    def firm(self) -> dict[str, Any]:
        """Every fact of a case by name; a variable or a fact of the form is null now and then."""
        facts: dict[str, Any] = {name: self.figure(unit) for name, unit in (VARIABLES | APPLICATION).items()}
        code = self.pick(None, "5120", "1310", "A")
        facts |= {"industry_code": code, "industry_division": code[:2] if code else None, "staff_count": self.pick(None, 0, 3, 12)}
        facts |= {"inv_out_yoy": self.pick(None, -0.5, 0.0, 0.2), "inv_buyer_cnt_12m": self.pick(None, 3, 5, 12)}
        return facts | {
            "firm_kind": self.pick(*["enterprise"] * 9, "club"),
            "founded_on": self.pick(None, "2015-01-01", "2025-09-15"),
            "requested_amount": self.pick(20_000.0, 200_000.0, 1_000_000.0, 150_000.37, 999.99),
            "existing_exposure": self.pick(0.0, 0.0, 0.0, 12_345.67, 300_000.0),
            "term_months": self.pick(3, 6, 12, 12, 12, 12, 24),
            "purpose": self.pick("stock", "equity", "C"),
        }

    def figure(self, unit: str) -> Any:
        if self.random.random() < 0.12:
            return None
        if unit == "boolean":
            return self.random.random() < 0.5
        if unit == "text":
            return self.pick("A", "B", "C", "51")
        if unit in ("0/1", "flag"):
            return self.pick(0, 1)
        if unit == "CNY":
            return self.pick(0.0, 200_000.0, 66_666.67, round(10 ** self.random.uniform(3, 7), 2))
        return self.pick(0, 1, 12, 0.1, 0.3, -0.5, round(self.random.uniform(-1, 3), 3))
