"""A slow plain interpreter of product files, written from their description and sharing no code with Puhui.

It takes the file as data (what TOML gives), the parameter tables as data, a scorecard as data, and one firm's facts; it walks every
expression anew for every firm, tries every rate one by one in whole numbers, and says what the engine should say: outcome, class,
probability, limit, amount, rate, authority, and the sets of reasons that speak against and that refuse.

Left out: the whole cost with fees against the cap (`above_cap`), and months by another step than one.
"""

from __future__ import annotations

import ast
import itertools
from bisect import bisect_right
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from typing import Any

Value = Any
PPM = 10**6


def answer(
    body: dict, tables: dict[str, list[dict]], scorecard: dict | None, facts: dict[str, Value], day: str, lender: str
) -> dict[str, Any]:
    """The answer to one firm. `tables`: part → rows; `facts`: every fact by name, amounts in yuan."""
    case = _Case(body, tables, scorecard, dict(facts), day, lender)
    case.run()
    return case.result()


class _Case:
    def __init__(self, body, tables, scorecard, facts, day, lender):
        self.body, self.tables, self.scorecard, self.day, self.lender = body, tables, scorecard, day, lender
        self.facts = facts | {name: one["value"] for name, one in body.get("constants", {}).items()}
        self.lookups = {name: one["values"] for name, one in body.get("tables", {}).items()}
        self.against: set[str] = set()
        self.vetoes: set[str] = set()
        self.is_referred = False
        self.rate = None
        self.authority = ""

    def run(self):
        self.derive(lambda names: not self.late(names))
        self.rules()
        self.score()
        self.classify()
        self.derive(self.late)
        self.limit()
        self.price()
        self.decide()

    # ------------------------------------------------------------ values made of others

    def late(self, names):
        """Whether a value speaks of the score or the class, itself or by what it is made of."""
        made = {one["name"]: self.names_of(one) for part in PARTS for one in self.body.get(part, [])}
        return any(name in SCORED or (name in made and self.late(made[name])) for name in names)

    def names_of(self, one):
        texts = [one.get("expression", ""), *(item["value"] for item in one.get("items", []))]
        for row in one.get("rows", []):
            texts += [row["when"], row["then"] if isinstance(row["then"], str) and one["unit"] != "text" else ""]
        texts.append(one["otherwise"] if isinstance(one.get("otherwise"), str) and one["unit"] != "text" else "")
        return {node.id for text in texts if text.strip() for node in ast.walk(tree(text)) if isinstance(node, ast.Name)}

    def derive(self, wanted):
        for part in PARTS:
            for one in self.body.get(part, []):
                if wanted(self.names_of(one)):
                    self.facts[one["name"]] = getattr(self, f"value_of_{part}")(one)

    def value_of_definitions(self, one):
        return self.value(one["expression"])

    def value_of_score_tables(self, one):
        points = 0.0
        for item in one["items"]:
            found = self.value(item["value"])
            reached = [] if found is None else [band for band in item["bands"] if found >= band["from"]]
            if found is None:
                points += item.get("null_points", 0)
            elif reached:
                points += max(reached, key=lambda band: band["from"])["points"]
            else:
                points += item.get("below_points", 0)
        return points

    def value_of_decision_tables(self, one):
        def outcome(written):
            return self.value(written) if isinstance(written, str) and one["unit"] != "text" else written

        for row in one["rows"]:
            if self.value(row["when"]) is True:
                return outcome(row["then"])
        return outcome(one.get("otherwise"))

    # ------------------------------------------------------------ stages

    def speak(self, code, veto):
        self.against.add(code)
        if veto:
            self.vetoes.add(code)

    def rules(self):
        if self.facts["firm_kind"] not in self.body["product"]["borrower_kinds"]:
            self.speak("borrower_kind", True)
        term = self.body["term"]
        if not term["minimum_months"] <= self.facts["term_months"] <= term["maximum_months"]:
            self.speak("term", True)
        for rule in self.body["rules"]:
            found = self.value(rule["require"])
            if found is True or (found is None and rule["null"] == "pass"):
                continue
            veto = rule["severity"] == "veto" and not (found is None and rule["null"] == "refer")
            self.speak(rule["code"], veto)
            self.is_referred |= not veto

    def score(self):
        least = round(self.body["score"].get("probability_minimum", 0) * PPM)
        if self.scorecard is None:
            name = self.facts[self.body["score"]["policy_class"]]
            self.risk_class = next(one for one in self.body["classes"] if one["code"] == name)
            self.probability_ppm = max(round(self.risk_class["probability"] * PPM), least)
            self.facts |= {"probability": self.probability_ppm / PPM, "points": None}
            return
        points = self.scorecard["intercept_points"]
        for variable in self.scorecard["variables"]:
            found = self.facts[variable["name"]]
            if found is None:
                points += variable["missing"]["points"]
            else:
                splits = [one["upper"] for one in variable["bins"] if one["upper"] is not None]
                points += variable["bins"][bisect_right(splits, found)]["points"]
        scaling = self.scorecard["scaling"]
        odds = scaling["base_odds"] * 2.0 ** ((points - scaling["base_points"]) / scaling["points_to_double_odds"])
        probability = min(max(round(1 / (1 + odds), 6), 0.000001), 0.999999)
        self.probability_ppm = max(round(probability * PPM), least)
        self.facts |= {"probability": max(probability, least / PPM), "points": points}
        cuts = ((one, one.get("probability_below")) for one in self.body["classes"])
        self.risk_class = next(one for one, cut in cuts if cut is None or self.probability_ppm < round(cut * PPM))

    def classify(self):
        self.facts["risk_class"] = self.risk_class["code"]
        if not self.risk_class["lent"]:
            self.speak("class_not_lent", True)

    def limit(self):
        row = self.row("lender_limits", lender_kind=self.lender)
        self.facts["lender_single_borrower_limit"] = row["single_borrower_share"] * row["capital_yuan"]
        amount = self.body["amount"]
        bounds = [amount["maximum"] * 100]
        for bound in self.body["limit"]["bounds"]:
            found = self.value(bound["yuan"])
            if found is not None:
                bounds.append(whole_fen(found))
            elif bound["null"] == "zero":
                bounds.append(0)
            elif bound["null"] == "refer":
                self.speak("bound_unknown", False)
                self.is_referred = True
        multiple = amount["multiple"] * 100
        owed, asked = round(self.facts["existing_exposure"] * 100), round(self.facts["requested_amount"] * 100)
        left = max(0, min(bounds) - owed) if self.risk_class["lent"] else 0
        self.limit_fen = left // multiple * multiple
        self.amount_fen = min(self.limit_fen, asked) // multiple * multiple
        if self.risk_class["lent"] and self.amount_fen < amount["minimum"] * 100:
            self.speak("limit_below_minimum", True)
            self.amount_fen = 0
        elif self.risk_class["lent"] and self.amount_fen < asked:
            self.speak("less_than_asked", False)

    def price(self):
        if not self.risk_class["lent"]:
            return
        price = self.body["price"]
        costs = self.row("costs", lender_kind=self.lender, security=price["security"])
        shares = self.body.get("support", {}).get("loss_shares", [])
        own = sum(Fraction(str(one["share"])) for one in shares if one["party"] == "bank") if shares else Fraction(1)
        lgd = int(Fraction(str(costs["loss_given_default"])) * own * PPM)
        fixed = round((costs["funding"] + costs["operations"]) * PPM)
        capital = Fraction(round(costs["hurdle"] * PPM) * round(costs["capital"] * PPM), PPM)
        floor = ceiling(fixed + Fraction(self.probability_ppm * lgd, PPM) + capital)
        step = round(price["rate_multiple"] * PPM)
        low = max(round(price["rate_minimum"] * PPM), ceiling(Fraction(floor, step)) * step)
        high = self.cap() // step * step
        if low > high:
            self.speak("no_rate", True)
        elif price["method"] == "tiers":
            tier = round(self.row("prime_rate")[price["tiers"]["base"]] * PPM) + round(
                price["tiers"]["spread"][self.risk_class["code"]] * PPM
            )
            self.rate = min(max(ceiling(Fraction(tier, step)) * step, low), high)
        else:
            self.rate = self.best_rate(low, high, step, lgd, fixed + int(capital))

    def best_rate(self, low, high, step, lgd, cost):
        rows = [one for one in self.valid("churn") if one.get(self.risk_class["code"]) is not None]
        curve = sorted((round(one["rate"] * PPM), round(one[self.risk_class["code"]] * PPM)) for one in rows)
        first, last = max(low, curve[0][0]), min(high, curve[-1][0])
        if first > last:
            return low if low > last else high
        best = None
        for rate in range(ceiling(Fraction(first, step)) * step, last + 1, step):
            stay = 1 - Fraction(between(curve, rate), PPM)
            p = Fraction(self.probability_ppm, PPM)
            profit = stay * ((1 - p) * rate - p * lgd - cost)
            if best is None or profit > best[0]:
                best = (profit, rate)
        return best[1]

    def cap(self):
        caps = [round(self.body["price"]["rate_maximum"] * PPM)]
        for row in self.valid("rate_caps"):
            if row["lender_kind"] == self.lender and "annual_cost_maximum" in row:
                caps.append(round(row["annual_cost_maximum"] * PPM))
            if row["lender_kind"] == self.lender and "multiple_of_lpr1y" in row:
                prime = self.row("prime_rate")["LPR1Y"]
                caps.append(round(Fraction(str(row["multiple_of_lpr1y"])) * Fraction(str(prime)) * PPM))
        return min(caps)

    def decide(self):
        if self.vetoes:
            return
        for row in self.valid("authority"):
            if self.amount_fen <= int(row.get(self.risk_class["code"], 0)) * 100 and (row["refer"] or not self.is_referred):
                self.authority = row["level"]
                return
        self.speak("no_authority", True)

    def result(self):
        refused = bool(self.vetoes)
        return {
            "outcome": "refuse" if refused else "approve" if self.authority == "straight_through" else "refer",
            "risk_class": self.risk_class["code"],
            "probability_ppm": self.probability_ppm,
            "limit_fen": 0 if refused else self.limit_fen,
            "amount_fen": 0 if refused else self.amount_fen,
            "rate_ppm": None if refused else self.rate,
            "authority": "" if refused else self.authority,
            "reasons": sorted(self.against),
            "vetoes": sorted(self.vetoes),
        }

    # ------------------------------------------------------------ dated tables

    def valid(self, part):
        return [row for row in self.tables[part] if row.get("valid_from", "0") <= self.day <= row.get("valid_to", "9")]

    def row(self, part, **key):
        found = [row for row in self.valid(part) if all(row.get(name) == value for name, value in key.items())]
        return sorted(enumerate(found), key=lambda pair: (pair[1].get("valid_from", ""), -pair[0]))[-1][1]

    # ------------------------------------------------------------ expressions

    def value(self, text):
        return self.walk(tree(text))

    def walk(self, node):
        return getattr(self, f"walk_{type(node).__name__}")(node)

    def walk_Constant(self, node):
        return node.value

    def walk_Name(self, node):
        return {"true": True, "false": False, "null": None}.get(node.id, self.facts.get(node.id))

    def walk_UnaryOp(self, node):
        found = self.walk(node.operand)
        return None if found is None else (not found) if isinstance(node.op, ast.Not) else -found

    def walk_BinOp(self, node):
        left, right = self.walk(node.left), self.walk(node.right)
        if left is None or right is None:
            return None
        left, right = float(left), float(right)
        if isinstance(node.op, ast.Div):
            found = left / right if right else None
        else:
            found = left + right if isinstance(node.op, ast.Add) else left - right if isinstance(node.op, ast.Sub) else left * right
        return None if found is None or abs(found) == float("inf") or found != found else found

    def walk_BoolOp(self, node):
        found = [self.walk(value) for value in node.values]
        decisive = isinstance(node.op, ast.Or)
        return decisive if decisive in [one for one in found if one is not None] else None if None in found else not decisive

    def walk_Compare(self, node):
        left, found = node.left, []
        for operator, right in zip(node.ops, node.comparators, strict=True):
            found.append(self.compared(left, operator, right))
            left = right
        return False if False in found else None if None in found else True

    def compared(self, left, operator, right):
        a, kind = self.walk(left), type(operator).__name__
        if kind in ("Is", "IsNot"):
            return (a is None) == (kind == "Is")
        if kind in ("In", "NotIn"):
            members = [self.walk(one) for one in right.elts]
            return None if a is None else (a in members) == (kind == "In")
        b = self.walk(right)
        if a is None or b is None:
            return None
        return (
            {"Eq": a == b, "NotEq": a != b}[kind]
            if kind in ("Eq", "NotEq")
            else {"Lt": a < b, "LtE": a <= b, "Gt": a > b, "GtE": a >= b}[kind]
        )

    def walk_Call(self, node):
        found = [self.walk(one) for one in node.args]
        if node.func.id == "coalesce":
            return next((one for one in found if one is not None), None)
        return None if None in found else {"min": min, "max": max}[node.func.id](found)

    def walk_Subscript(self, node):
        key = self.walk(node.slice)
        return None if key is None else self.lookups[node.value.id].get(key)


PARTS = ("definitions", "score_tables", "decision_tables")
SCORED = {"probability", "points", "risk_class", "lender_single_borrower_limit"}


def tree(text):
    return ast.parse(" ".join(text.split()), mode="eval").body


def whole_fen(yuan):
    exact = Decimal(float(yuan) * 100)
    if abs(exact) > Decimal(10) ** 18:
        return 10**18 if exact > 0 else 0
    tidy = exact.quantize(Decimal("0.0001"), ROUND_HALF_EVEN)
    return max(0, int(tidy.to_integral_value(ROUND_FLOOR)))


def ceiling(number):
    return -(-number // 1)


def between(curve, rate):
    for (left, low), (right, high) in itertools.pairwise(curve):
        if left <= rate <= right:
            return low + Fraction((high - low) * (rate - left), right - left)
    return curve[0][1] if rate < curve[0][0] else curve[-1][1]
