"""The TOML file that `puhui score train` reads, as a `Configuration`.

All faults of a file are told at once, and an unknown key is a fault (with the nearest known one), because a misspelt exclusion would let a
leak in.
"""

from __future__ import annotations

import datetime
import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from puhui.calculations.faults import Fault, FaultsError, check
from puhui.scoring.configuration import (
    METHODS,
    MODELS,
    SIGNS,
    TRENDS,
    Bins,
    Boosting,
    Configuration,
    Evidence,
    GlassBox,
    Rejects,
    Selection,
    Snapshots,
    Split,
    Target,
)
from puhui.scoring.document import Scaling
from puhui.scoring.preparation import KINDS, Step

__all__ = ["read_configuration"]


def read_configuration(source: Path | Mapping[str, Any]) -> Configuration:
    """From a TOML file or its parsed content. FaultsError names every unknown key and every value of the wrong kind."""
    name = "scorecard"
    if isinstance(source, Path):
        name = source.stem
        try:
            body: Mapping[str, Any] = tomllib.loads(source.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise FaultsError([Fault(str(source), str(error), "a readable TOML file in UTF-8")]) from error
        except tomllib.TOMLDecodeError as error:
            raise FaultsError([Fault(str(source), str(error), "valid TOML")]) from error
    else:
        body = source
    return _Reader(dict(body), name).configuration()


class _Reader:
    """Takes the file apart key by key and keeps what is wrong."""

    def __init__(self, body: dict[str, Any], name: str) -> None:
        self.body = body
        self.name = name
        self.faults: list[Fault] = []

    def configuration(self) -> Configuration:
        body = self.body
        self._unfold("data", ("path", "id", "weight", "target"), "path")
        self._unfold("population", ("filter",), "filter")
        self._unfold("weights", ("column",), "column")
        for alias, key in _ALIASES.items():
            if alias in body:
                body.setdefault(key, body.pop(alias))
        self._known("", body, _TOP_KEYS)
        values = self._top_values()
        check(self.faults)
        return Configuration(**values)

    def _top_values(self) -> dict[str, Any]:
        body = self.body
        shrinkage = self._table("shrinkage", {"ridge": (int, float)}) if isinstance(body.get("shrinkage"), dict) else None
        reasons = self._table("reasons", {"against": str, "count": int})
        values: dict[str, Any] = {
            "target": self._target(body.get("target")),
            "name": self._typed("name", str, self.name),
            "title": self._typed("title", str, ""),
            "use": self._typed("use", str, ""),
            "data": self._typed("data", str, ""),
            "weight": self._typed("weight", str, ""),
            "population": self._typed("population", str, ""),
            "window": self._typed("window", dict, {}),
            "id": self._names("id"),
            "variables": self._names("variables"),
            "categories": self._names("categories"),
            "groups": self._names("groups"),
            "rejects": self._rejects(),
            "exclusions": self._exclusions(body.get("exclusions", {})),
            "signs": self._choices("signs", SIGNS),
            "trends": self._choices("trends", TRENDS),
            "preparation": self._steps(body.get("preparation", [])),
            "ridge": float(shrinkage.get("ridge", 1.0)) if shrinkage is not None else float(self._typed("shrinkage", (int, float), 1.0)),
            "leak_guard": self._choice("leak_guard", body.get("leak_guard", "warn"), ("warn", "exclude")),
            **self._calibration(body.get("calibration", "platt")),
            "reasons_against": self._choice("reasons.against", reasons.get("against", "best"), ("best", "neutral")),
            "reasons_count": reasons.get("count", 4),
        }
        values |= self._sections()
        self._ranges(values)
        return values

    def _sections(self) -> dict[str, Any]:
        number = (int, float)
        split = self._table(
            "split", {"folds": int, "repeats": int, "seed": int, "date": str, "since": (str, datetime.date), "share": number, "refit": bool}
        )
        if "since" in split:
            split["since"] = self._date("split.since", split["since"])
        counts = {"maximum": int, "minimum_share": number, "fine": int, "prior_cases": number, "level_share": number}
        chosen = {"minimum_area": number, "minimum_information_value": number, "maximum_variables": int, "maximum_correlation": number}
        scale = {"base_points": number, "base_odds": number, "points_to_double_odds": number}
        trees: dict[str, Any] = dict.fromkeys(("rounds", "leaves", "least_cases", "threads"), int)
        trees |= dict.fromkeys(("learning_rate", "variable_share", "case_share", "ridge"), number)
        curves: dict[str, Any] = dict.fromkeys(("bins", "pairs", "bags", "rounds", "least_cases", "threads"), int)
        curves["learning_rate"] = number
        result: dict[str, Any] = {
            "models": self._models(),
            "lightgbm": Boosting(**self._table("lightgbm", trees)),
            "ebm": GlassBox(**self._table("ebm", curves)),
            "category_prior": float(self._typed("category_prior", number, 20.0)),
            "split": Split(**split),
            "bins": Bins(**self._table("bins", counts)),
            "selection": Selection(**self._table("selection", chosen)),
            "scaling": Scaling(**{"base_points": 600.0, "base_odds": 50.0, "points_to_double_odds": 20.0, **self._table("scaling", scale)}),
        }
        if "snapshots" in self.body:
            found = self._table("snapshots", {"institution": str, "as_of": (str, datetime.date), "outcomes": str, "scheme": str})
            missing = [key for key in ("institution", "as_of", "outcomes") if key not in found]
            for key in missing:
                self._fault(f"snapshots.{key}", "nothing", "a value")
            if not missing:
                result["snapshots"] = Snapshots(**{**found, "as_of": self._date("snapshots.as_of", found["as_of"])})
        if "evidence" in self.body:
            found = self._table("evidence", {"outcomes": str, "key": str, "keep": str, "as_of": (str, datetime.date)})
            if "outcomes" not in found:
                self._fault("evidence.outcomes", "nothing", "a file in the folder")
            else:
                day = {"as_of": self._date("evidence.as_of", found["as_of"])} if "as_of" in found else {}
                result["evidence"] = Evidence(**found | day)
        return result

    def _rejects(self) -> Rejects:
        number = (int, float)
        kinds = {"column": str, "refused": (str, int, float, bool, list), "method": str, "factor": number, "bands": int, "seed": int}
        found = self._table("rejects", kinds)
        if not found:
            return Rejects()
        for key in ("column", "refused"):
            if key not in found:
                self._fault(f"rejects.{key}", "nothing", "a value", "name the column and the values that mean refused")
        self._choice("rejects.method", found.get("method", "none"), METHODS)
        for key in ("factor", "bands"):
            if found.get(key, 1) <= 0:
                self._fault(f"rejects.{key}", str(found[key]), "above 0")
        refused = found.get("refused", [])
        return Rejects(**found | {"refused": tuple(refused) if isinstance(refused, list) else (refused,)})

    def _models(self) -> tuple[str, ...]:
        found = self.body.get("models", ["scorecard"])
        names = [found] if isinstance(found, str) else found
        if not isinstance(names, list) or not names:
            self._fault("models", repr(found), f"one or more of {', '.join(MODELS)}")
            return ("scorecard",)
        return tuple(dict.fromkeys(self._choice("models", name, MODELS) for name in names))

    def _unfold(self, key: str, allowed: tuple[str, ...], main: str) -> None:
        """`[data] path = …` means the same as `data = …`; what else the table holds moves to the top."""
        table = self.body.get(key)
        if not isinstance(table, dict):
            return
        self._known(key, table, allowed)
        del self.body[key]
        for name, value in table.items():
            self.body.setdefault(key if name == main else name, value)

    def _target(self, found: Any) -> Target:
        if isinstance(found, str) and found:
            return Target(found)
        if not isinstance(found, dict) or not isinstance(found.get("column"), str):
            self._fault("target", repr(found), "a column's name, or a table with column and positive", "for example target = 'defaulted'")
            return Target("")
        self._known("target", found, ("column", "positive", "negative"))
        sides = {side: found.get(side, []) for side in ("positive", "negative")}
        return Target(found["column"], **{side: tuple(v) if isinstance(v, list) else (v,) for side, v in sides.items()})

    def _exclusions(self, found: Any) -> dict[str, str]:
        if isinstance(found, list) and all(isinstance(name, str) for name in found):
            return dict.fromkeys(found, "")
        if isinstance(found, dict) and all(isinstance(reason, str) for reason in found.values()):
            return found
        self._fault("exclusions", repr(found), "a list of columns, or a table of column = reason")
        return {}

    def _steps(self, found: Any) -> tuple[Step, ...]:
        steps: list[Step] = []
        for position, body in enumerate(found if isinstance(found, list) else [found]):
            where = f"prepare[{position}]"
            kind = KINDS.get(body.get("kind", "")) if isinstance(body, dict) else None
            if kind is None or not isinstance(body.get("name"), str):
                self._fault(where, repr(body), f"a table with name, kind (one of {', '.join(KINDS)}) and columns")
                continue
            columns = body.get("columns", body.get("column", []))
            columns = (columns,) if isinstance(columns, str) else tuple(columns)
            if not (len(columns) == len(kind.reads) or (kind.repeats and columns)):
                self._fault(f"{where}.columns", repr(columns), f"{len(kind.reads)} column(s)")
            options = {key: value for key, value in body.items() if key not in ("name", "kind", "column", "columns")}
            self._known(where, options, (*kind.options, *kind.optional))
            for option in kind.options:
                if option not in options:
                    self._fault(f"{where}.{option}", "nothing", "a value")
            steps.append(Step(body["name"], body["kind"], columns, options))
        return tuple(steps)

    def _calibration(self, found: Any) -> dict[str, Any]:
        """A method, or a table of method, `by` (the column whose groups have their own) and `least_cases` of a group."""
        methods = ("platt", "isotonic", "none")
        if not isinstance(found, dict):
            return {"calibration": self._choice("calibration", found, methods)}
        table = self._table("calibration", {"method": str, "by": str, "least_cases": int})
        if table.get("least_cases", 1) < 1:
            self._fault("calibration.least_cases", str(table["least_cases"]), "1 or more")
        return {
            "calibration": self._choice("calibration.method", table.get("method", "platt"), methods),
            "calibration_by": table.get("by", ""),
            "calibration_least_cases": table.get("least_cases", 500),
        }

    def _ranges(self, values: dict[str, Any]) -> None:
        split, bins, scaling = values["split"], values["bins"], values["scaling"]
        rules = [
            ("split.folds", split.folds, split.folds >= 2, "2 or more"),
            ("split.repeats", split.repeats, split.repeats >= 1, "1 or more"),
            ("split.share", split.share, 0 < split.share < 1, "between 0 and 1"),
            ("bins.maximum", bins.maximum, bins.maximum >= 2, "2 or more"),
            ("bins.fine", bins.fine, bins.fine >= bins.maximum, "at least bins.maximum"),
            ("bins.minimum_share", bins.minimum_share, 0 < bins.minimum_share < 0.5, "above 0, below 0.5"),
            ("bins.prior_cases", bins.prior_cases, bins.prior_cases > 0, "above 0"),
            ("shrinkage", values["ridge"], values["ridge"] >= 0, "0 or more"),
            ("points.base_odds", scaling.base_odds, scaling.base_odds > 0, "above 0"),
            ("points.points_to_double_odds", scaling.points_to_double_odds, scaling.points_to_double_odds > 0, "above 0"),
            ("reasons.count", values["reasons_count"], values["reasons_count"] >= 1, "1 or more"),
        ]
        for where, found, holds, expected in rules:
            if not holds:
                self._fault(where, str(found), expected)

    def _names(self, key: str) -> tuple[str, ...]:
        found = self.body.get(key, [])
        names = [found] if isinstance(found, str) else found
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            self._fault(key, repr(found), "a column or a list of columns")
            return ()
        return tuple(names)

    def _choices(self, key: str, allowed: tuple[str, ...]) -> dict[str, str]:
        found = self._typed(key, dict, {})
        return {name: self._choice(f"{key}.{name}", value, allowed) for name, value in found.items()}

    def _choice(self, where: str, found: Any, allowed: tuple[str, ...]) -> str:
        if found not in allowed:
            self._fault(where, repr(found), f"one of {', '.join(allowed)}")
        return str(found)

    def _date(self, where: str, found: Any) -> datetime.date | None:
        try:
            return found if isinstance(found, datetime.date) else datetime.date.fromisoformat(found)
        except ValueError:
            self._fault(where, repr(found), "a date such as 2019-12-31")
            return None

    def _table(self, key: str, fields: Mapping[str, Any]) -> dict[str, Any]:
        table = self._typed(key, dict, {})
        self._known(key, table, tuple(fields))
        good = {}
        for name, value in table.items():
            if name in fields and _is_typed(value, fields[name]):
                good[name] = value
            elif name in fields:
                self._fault(f"{key}.{name}", repr(value), _type_name(fields[name]))
        return good

    def _typed(self, key: str, expected: Any, default: Any) -> Any:
        value = self.body.get(key, default)
        if not _is_typed(value, expected):
            self._fault(key, repr(value), _type_name(expected))
            return default
        return value

    def _known(self, where: str, table: Mapping[str, Any], allowed: tuple[str, ...]) -> None:
        for key in table:
            if key not in allowed:
                near = get_close_matches(key, (*allowed, *(() if where else _ALIASES)), n=1)
                remedy = f"did you mean {near[0]!r}?" if near else ""
                self._fault(
                    f"{where}.{key}".strip("."), "an unknown key", f"one of {', '.join(allowed)}" if allowed else "nothing more", remedy
                )

    def _fault(self, where: str, found: str, expected: str, remedy: str = "") -> None:
        self.faults.append(Fault(where, found, expected, remedy))


_ALIASES = {"weights": "weight", "exclude": "exclusions", "prepare": "preparation", "points": "scaling"}
_TOP_KEYS = (
    "name", "title", "use", "data", "snapshots", "id", "target", "weight", "population", "window", "exclusions", "variables",
    "categories", "signs", "trends", "preparation", "split", "bins", "selection", "shrinkage", "leak_guard", "scaling", "calibration",
    "reasons", "models", "lightgbm", "ebm", "category_prior", "groups", "rejects", "evidence",
)  # fmt: skip


def _is_typed(value: Any, expected: Any) -> bool:
    allows_bool = expected is bool
    return isinstance(value, expected) and (allows_bool or not isinstance(value, bool))


def _type_name(expected: Any) -> str:
    names = {str: "text", int: "a whole number", float: "a number", bool: "true or false", dict: "a table", datetime.date: "a date"}
    return " or ".join(dict.fromkeys(names[kind] for kind in (expected if isinstance(expected, tuple) else (expected,))))
