"""One form for every act, made from the arguments that the act declares: what is asked, how it is typed, what was wrong with it.

Amounts are typed in yuan and rates in percent; the act takes fen and decimals. Where an argument names a record (an event, a finding, a
branch), the form offers the records there are. A fault stands at its field; one that belongs to no field stands above the form.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from puhui.calculations.faults import Fault, FaultsError
from puhui.console.act_options import is_left_out, options_of, parts_of
from puhui.console.act_words import ARGUMENTS, CHOICES, HINTS
from puhui.console.forms import FULL_WIDTH, amount_fen, sentence
from puhui.console.words import word
from puhui.loans.act_arguments import Argument
from puhui.loans.acts import Act

__all__ = ["Field", "fields_of", "has_errors", "hidden", "place", "values_of"]

#: what an act calls a thing in its faults → the argument of the form that it is about
FAULT_PLACES = {
    "amount": "amount_fen", "events.amount": "amount_fen", "date": "on", "events.date": "on", "limit": "limit_fen", "class": "to",
    "maturity": "new_due", "extension": "new_due",
}  # fmt: skip
DEFAULTS = {"in_difficulty": "no", "later": "keep", "kind": "fee", "of": ""}
PERCENT = ("rate_annual", "share_ppm")


@dataclass
class Field:
    """One argument as a form asks for it: `value` as typed; `parts` where it is several texts by code; `options` to choose from."""

    name: str
    label: str
    kind: str
    required: bool
    value: Any = ""
    hint: str = ""
    options: list[tuple[str, str]] = field(default_factory=list)
    parts: list[Field] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    wide: bool = False
    optional: bool = False  # said so beside its name


def fields_of(act: Act, target: Any, sent: QueryDict | None = None, initial: Mapping[str, Any] | None = None) -> list[Field]:
    """The fields of an act on a target, filled with what was sent, else with `initial`. A record without codes asks nothing."""
    wanted = (argument for argument in act.arguments if not is_left_out(act.name, argument.name, target))
    asked = (_field(act, argument, target, sent, initial or {}) for argument in wanted)
    return [each for each in asked if each.kind != "record" or each.parts]


def _field(act: Act, argument: Argument, target: Any, sent: QueryDict | None, initial: Mapping[str, Any]) -> Field:
    name = argument.name
    found = Field(name, word(ARGUMENTS, name), _kind(argument), argument.required, hint=str(HINTS.get((act.name, name), "")))
    options = options_of(act.name, name, target)
    if options is not None and found.kind != "numbers":
        found.kind = "choice"
    found.options = options if options is not None else [(code, word(CHOICES, code)) for code in argument.choices]
    found.optional = not argument.required
    found.wide = found.kind in ("text", "record", "entries", "numbers")
    if found.kind in ("record", "entries"):
        found.parts = [_part(found, each, sent) for each in parts_of(act.name, name, target)]
    elif found.kind == "numbers":
        found.value = sent.getlist(name) if sent is not None else [str(each) for each in initial.get(name, ())]
    else:
        default = initial.get(name, DEFAULTS.get(name, "") if found.kind == "choice" else "")
        found.value = sent.get(name, "").strip() if sent is not None else default
    return found


def _kind(argument: Argument) -> str:
    return "percent" if argument.name in PERCENT else argument.kind


def _part(whole: Field, part: tuple[str, str, str, list[tuple[str, str]]], sent: QueryDict | None) -> Field:
    code, label, kind, options = part
    name = f"{whole.name}.{code}"
    return Field(name, label, kind, False, (sent.get(name, "") if sent is not None else "").strip(), options=options)


def values_of(fields: Iterable[Field]) -> dict[str, Any]:
    """The arguments as the act takes them, those left empty left out. What cannot be read is noted at its field (`errors`)."""
    values: dict[str, Any] = {}
    for each in fields:
        try:
            value = _value(each)
        except FaultsError as error:
            each.errors += [fault.expected for fault in error.faults]
            continue
        if value in (None, "", [], {}):
            if each.required:
                each.errors.append(_("This is needed."))
            continue
        values[each.name] = value
    return values


def _value(asked: Field) -> Any:
    if asked.parts:
        return _several(asked)
    if asked.kind == "numbers":
        return [int(each) for each in asked.value if each.isdecimal()]
    text = asked.value.translate(FULL_WIDTH)
    if text == "":
        return None
    return _READ.get(asked.kind, _text)(asked, text)


def _several(asked: Field) -> dict[str, Any]:
    """Codes with what was typed for each; empty ones are left out."""
    found = {each.name.partition(".")[2]: _value(each) for each in asked.parts}
    return {code: value for code, value in found.items() if value not in (None, "")}


def _amount(asked: Field, text: str) -> int:
    return amount_fen(text)


def _count(asked: Field, text: str) -> int:
    if not text.isdecimal() or not 0 < int(text[:9]) < 1_000_000:
        raise _unreadable(asked, _("A whole number above 0."))
    return int(text)


def _percent(asked: Field, text: str) -> str | int:
    """4.35 as the decimal string 0.0435; a share in millionths."""
    try:
        percent = Decimal(text.removesuffix("%").strip())
    except InvalidOperation:
        percent = Decimal(-1)
    if not percent.is_finite() or not 0 <= percent <= 100 or percent != round(percent, 6):
        raise _unreadable(asked, _("A percentage from 0 to 100, such as 4.35."))
    return int(percent * 10_000) if asked.name == "share_ppm" else format((percent / 100).normalize(), "f")


def _choice(asked: Field, text: str) -> str | int:
    if text not in {code for code, _label in asked.options}:
        raise _unreadable(asked, _("One of the list."))
    return int(text) if asked.name in ("event", "finding", "manager") else text


def _text(asked: Field, text: str) -> str:
    if len(asked.value) > 300:
        raise _unreadable(asked, _("At most 300 characters."))
    return str(asked.value)


_READ: dict[str, Callable[[Field, str], Any]] = {"amount": _amount, "count": _count, "percent": _percent, "choice": _choice, "text": _text}


def _unreadable(asked: Field, expected: str) -> FaultsError:
    return FaultsError([Fault(asked.name, str(asked.value)[:60], expected)])


def place(fields: list[Field], faults: Iterable[Fault]) -> list[str]:
    """Put each fault at its field; returns the sentences of those that belong to none."""
    above = []
    for fault in faults:
        asked = _about(fields, fault.where)
        if fault.where.startswith("key "):
            above.append(_("This form was sent before with other content, and that was done. Look at it again before you send it anew."))
        elif asked is None:
            above.append(sentence(fault))
        else:
            asked.errors.append(sentence(fault))
    return above


def has_errors(fields: Iterable[Field]) -> bool:
    """Whether something is wrong with any field or part of one."""
    return any(each.errors or has_errors(each.parts) for each in fields)


def _about(fields: list[Field], where: str) -> Field | None:
    name = FAULT_PLACES.get(where, where)
    for each in fields:
        if each.name == name:
            return each
        for part in each.parts:
            code = part.name.partition(".")[2]
            if where.split(" ")[-1] == code or where in (f"consent of {code}", f"condition {code}"):
                return part
    return None


def hidden(fields: Iterable[Field]) -> list[tuple[str, str]]:
    """What a form was sent with, to be sent once more as it was: name and value of each input."""
    sent: list[tuple[str, str]] = []
    for each in fields:
        if each.parts:
            sent += hidden(each.parts)
        elif each.kind == "numbers":
            sent += [(each.name, value) for value in each.value]
        elif each.value:
            sent.append((each.name, str(each.value)))
    return sent
