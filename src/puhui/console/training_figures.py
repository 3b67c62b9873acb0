"""The form of a training: from a configuration to what stands in its fields, and back. Each column of the table has one part to play."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from puhui.calculations.faults import Fault, FaultsError, check
from puhui.console.labels import LATE, OK, PLAIN, WATCH, State
from puhui.console.score_words import told
from puhui.scoring.configuration import METHODS, MODELS

__all__ = ["PARTS", "STATES", "body_of", "fields_of", "kept_body", "kept_names", "uploaded_body"]

STATES = {
    "draft": State(gettext_lazy("being set up"), PLAIN, "pencil"),
    "waiting": State(gettext_lazy("waits"), WATCH, "clock"),
    "running": State(gettext_lazy("being trained"), WATCH, "progress"),
    "done": State(gettext_lazy("trained"), OK, "circle-check"),
    "failed": State(gettext_lazy("failed"), LATE, "x"),
}

PARTS = {
    "enters": gettext_lazy("enters"),
    "category": gettext_lazy("enters as a category"),
    "left_out": gettext_lazy("does not enter"),
    "group": gettext_lazy("only checked by group"),
    "id": gettext_lazy("identifier"),
    "target": gettext_lazy("the outcome"),
    "weight": gettext_lazy("case weight"),
    "date": gettext_lazy("day of the decision"),
    "refused": gettext_lazy("says who was refused"),
}
"""What a column may be for."""
ONE_AT_MOST = ("target", "weight", "date", "refused")

FORM_KEYS = {
    "name", "title", "use", "target", "id", "weight", "population", "window", "exclusions", "categories", "variables", "groups", "models",
    "calibration", "leak_guard", "rejects", "split",
}  # fmt: skip
"""Keys of a configuration that the form holds; the others are carried along as they are."""
USUAL_TARGETS = {"defaulted", "default", "bad", "target", "bankrupt", "mis_status"}
MODEL_NAMES = {"scorecard": gettext_lazy("scorecard"), "lightgbm": gettext_lazy("trees (LightGBM)"), "ebm": gettext_lazy("curves (EBM)")}
METHOD_NAMES = {
    "none": gettext_lazy("not used at all"),
    "parcelling": gettext_lazy("parcelling"),
    "fuzzy": gettext_lazy("fuzzy"),
    "reweighting": gettext_lazy("reweighting"),
}
CALIBRATIONS = {
    "platt": gettext_lazy("a line (Platt)"),
    "isotonic": gettext_lazy("a curve (isotonic)"),
    "none": gettext_lazy("none"),
}
TYPES = {
    "whole": gettext_lazy("whole number"),
    "number": gettext_lazy("any number"),
    "flag": gettext_lazy("yes or no"),
    "date": gettext_lazy("date"),
    "text": gettext_lazy("text"),
}


def kept_names() -> list[str]:
    """Configurations that are kept: Puhui's own and the lender's, in the folder `scores` of a catalogue."""
    return sorted(_kept())


def kept_body(name: str) -> dict[str, Any]:
    """The content of one of them; nothing for no name. FaultsError for one that is not there or cannot be read."""
    if not name:
        return {}
    path = _kept().get(name)
    if path is None:
        raise FaultsError([Fault(_("configuration"), name, ", ".join(kept_names()) or _("none"))])
    return _parsed(path.read_bytes(), path.name)


def uploaded_body(upload: UploadedFile[Any]) -> dict[str, Any]:
    """A configuration that was sent as a file. FaultsError."""
    if (upload.size or 0) > 1_000_000:
        raise FaultsError([Fault(_("configuration"), f"{upload.size}", _("a TOML file of at most 1 MB"))])
    return _parsed(upload.read(), upload.name or "configuration")


def _parsed(content: bytes, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(content.decode("utf-8"))
    except ValueError as error:
        raise FaultsError([Fault(name, str(error), _("valid TOML in UTF-8"))]) from error


def _kept() -> dict[str, Path]:
    own = Path(__file__).parents[1] / "catalogue"
    folders = [own, *([Path(settings.PUHUI_CATALOGUE)] if settings.PUHUI_CATALOGUE else [])]
    return {path.stem: path for folder in folders for path in sorted((folder / "scores").glob("*.toml"))}


def fields_of(body: Mapping[str, Any], columns: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What the form shows for a configuration, and a row a column."""
    target = _target(body)
    split, rejects, window = body.get("split", {}), body.get("rejects", {}), body.get("window", {})
    calibration = body.get("calibration", {})
    calibration = {"method": calibration} if isinstance(calibration, str) else calibration
    chosen = body.get("models", ["scorecard"])
    return {
        "name": body.get("name", ""),
        "title": body.get("title", ""),
        "positive": _joined(target.get("positive", [])),
        "negative": _joined(target.get("negative", [])),
        "population": body.get("population", ""),
        "observation": window.get("observation", ""),
        "outcome": window.get("outcome", ""),
        "folds": split.get("folds", 5),
        "repeats": split.get("repeats", 10),
        "since": split.get("since", ""),
        "models": [(kind, MODEL_NAMES[kind], kind in chosen) for kind in MODELS],
        "calibration": calibration.get("method", "platt"),
        "calibrations": CALIBRATIONS.items(),
        "by": calibration.get("by", ""),
        "leak_guard": body.get("leak_guard", "warn"),
        "refused": _joined(rejects.get("refused", [])),
        "method": rejects.get("method", "none"),
        "methods": [(one, METHOD_NAMES[one]) for one in METHODS],
        "factor": rejects.get("factor", 1.0),
        "columns": [_row(column, body, target) for column in columns],
        "carried": sorted(key for key in body if key not in FORM_KEYS),
    }


def _row(column: Mapping[str, Any], body: Mapping[str, Any], target: Mapping[str, Any]) -> dict[str, Any]:
    name = column["name"]
    part = _part(column, body, target)
    reason = _reason(name, body) or (_unusable_words(column) if part == "left_out" else "")
    return {**column, "type_word": TYPES[column["type"]], "part": part, "reason": reason}


def _unusable_words(column: Mapping[str, Any]) -> str:
    """Why the trainer leaves a column out by itself, in the reader's language; empty where it does not."""
    name, why = column["name"], column.get("unusable", "")
    return told(f"{name}: {why}").removeprefix(name).lstrip(":： ") if why else ""


def _target(body: Mapping[str, Any]) -> Mapping[str, Any]:
    found = body.get("target", {})
    return {"column": found} if isinstance(found, str) else found


def _part(column: Mapping[str, Any], body: Mapping[str, Any], target: Mapping[str, Any]) -> str:
    """What a configuration makes of a column. One that the trainer leaves out by itself never enters."""
    name = column["name"]
    exact = {
        "target": [target.get("column")] if target.get("column") else [],
        "weight": [body.get("weight")],
        "date": [body.get("split", {}).get("date")],
        "refused": [body.get("rejects", {}).get("column")],
        "id": _listed(body.get("id", [])),
        "group": _listed(body.get("groups", [])),
    }
    found = next((part for part, names in exact.items() if name in names), None)
    if found:
        return found
    if not target.get("column") and name.lower() in USUAL_TARGETS:
        return "target"
    wanted = _listed(body.get("variables", []))
    if column.get("unusable") or _matches(name, body.get("exclusions", ())) or (wanted and not _matches(name, wanted)):
        return "left_out"
    return "category" if _matches(name, _listed(body.get("categories", []))) else "enters"


def _reason(name: str, body: Mapping[str, Any]) -> str:
    found = body.get("exclusions", {})
    if not isinstance(found, Mapping):
        return ""
    return next((str(reason) for pattern, reason in found.items() if fnmatchcase(name, pattern)), "")


def _matches(name: str, patterns: Any) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _listed(found: Any) -> list[str]:
    return [found] if isinstance(found, str) else list(found)


def _joined(found: Any) -> str:
    return ", ".join(str(each) for each in (found if isinstance(found, list) else [found]))


def body_of(sent: Any, before: Mapping[str, Any], columns: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The configuration that a sent form means; keys that the form does not hold stay as they were. FaultsError."""
    faults: list[Fault] = []
    parts = {column["name"]: _choice(sent.get(f"part_{place}", ""), PARTS, "enters") for place, column in enumerate(columns)}
    reasons = {column["name"]: sent.get(f"reason_{place}", "").strip() for place, column in enumerate(columns)}
    of = {part: [name for name, one in parts.items() if one == part] for part in PARTS}
    faults += [Fault(str(PARTS[part]), ", ".join(of[part]), _("one column at most")) for part in ONE_AT_MOST if len(of[part]) > 1]
    entering = {"enters", "category"}
    faults += [
        Fault(column["name"], str(PARTS[parts[column["name"]]]), _("identifier, or does not enter: %(why)s") % {"why": why})
        for column in columns
        if parts[column["name"]] in entering and (why := _unusable_words(column))
    ]
    if not of["target"]:
        faults.append(Fault(_("the outcome"), _("no column"), _("the column that tells who defaulted")))
    models = [kind for kind in MODELS if sent.get(f"kind_{kind}")]
    if not models:
        faults.append(Fault(_("kinds of model"), _("none"), _("one at least")))
    body = {key: value for key, value in before.items() if key not in FORM_KEYS}
    body |= {
        "name": sent.get("name", "").strip(), "title": sent.get("title", "").strip(), "use": before.get("use", ""), "id": of["id"],
        "population": sent.get("population", "").strip(), "categories": of["category"], "groups": of["group"], "models": models,
        "leak_guard": _choice(sent.get("leak_guard", ""), ("warn", "exclude"), "warn"),
        "window": {key: text for key in ("observation", "outcome") if (text := sent.get(key, "").strip())},
        "exclusions": {name: reasons[name] for name in of["left_out"]} | dict.fromkeys(of["group"], "only checked by group"),
        "weight": next(iter(of["weight"]), ""), "calibration": _calibration(sent, before.get("calibration")),
    }  # fmt: skip
    if not body["name"]:
        faults.append(Fault(_("name"), _("nothing"), _("a short name such as invoice-scorecard")))
    body["split"] = {**{key: value for key, value in before.get("split", {}).items() if key in ("seed", "share", "refit")}}
    body["split"] |= {key: _whole(sent.get(key, ""), key, faults) for key in ("folds", "repeats")}
    if of["date"]:
        body["split"] |= {"date": of["date"][0]} | ({"since": sent["since"].strip()} if sent.get("since", "").strip() else {})
    if of["refused"]:
        body["rejects"] = _rejects(sent, of["refused"][0], faults)
    check(faults)
    sides = {side: found for side in ("positive", "negative") if (found := _split(sent.get(side, "")))}
    return body | {"target": {"column": of["target"][0], **sides}}


def _calibration(sent: Any, before: Any) -> Any:
    method = _choice(sent.get("calibration", ""), ("platt", "isotonic", "none"), "platt")
    by = sent.get("by", "").strip()
    kept = {key: before[key] for key in ("least_cases",) if key in before} if isinstance(before, Mapping) else {}
    return {**kept, "method": method, "by": by} if by else method


def _rejects(sent: Any, column: str, faults: list[Fault]) -> dict[str, Any]:
    refused = _split(sent.get("refused", ""))
    if not refused:
        faults.append(Fault(_("refused cases"), _("no value"), _("the values that mean refused, as they stand in the column")))
    try:
        factor = float(sent.get("factor", "") or 1.0)
    except ValueError:
        factor = -1.0
    if not 0 < factor < 1_000:
        faults.append(Fault(_("factor"), sent.get("factor", ""), _("a number above 0")))
    return {"column": column, "refused": refused, "method": _choice(sent.get("method", ""), METHODS, "none"), "factor": factor}


def _whole(text: str, where: str, faults: list[Fault]) -> int:
    if text.isascii() and text.isdecimal() and 0 < int(text[:4]) <= 100 and len(text) < 4:
        return int(text)
    faults.append(Fault(where, text or _("nothing"), _("a whole number from 1 to 100")))
    return 1


def _split(text: str) -> list[str]:
    return [part for each in text.replace("，", ",").split(",") if (part := each.strip())]


def _choice(found: str, known: Any, default: str) -> str:
    return found if found in known else default
