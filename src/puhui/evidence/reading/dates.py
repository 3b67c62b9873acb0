"""Dates in a file: year first in any of the usual spellings, day numbers of a spreadsheet, or one format named in the mapping file.

`03/04/2024` can be two days, so it is refused unless the mapping says which it is, or the column does: where every cell is written so and
one of them can only be read one way (`25/04/2024`), all are. A file has few distinct dates: each is parsed once.
"""

from __future__ import annotations

import polars as pl

from puhui.evidence.reading.amounts import Converted
from puhui.evidence.reading.faults import Problem

YEAR_FIRST = (
    r"^(?P<year>\d{4})\s*[-/.年]\s*(?P<month>\d{1,2})\s*[-/.月]\s*(?P<day>\d{1,2})\s*日?(?:[ T]\s*(?P<hour>\d{1,2})[:：时]\d{1,2}.*)?$"
)
COMPACT = r"^(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})(?:[ T]?(?P<hour>\d{2}):?\d{2}.*)?$"
MONTH = r"^(?P<year>\d{4})\s*(?:[-/.年]\s*(?P<month>\d{1,2})\s*月?|(?P<compact>\d{2}))$"
DAY_NUMBER = r"^\d{5}(\.\d+)?$"
YEAR_LAST = r"^(\d{1,2})\s*[-/.]\s*(\d{1,2})\s*[-/.]\s*(\d{4})((?:[ T].*)?)$"
NAMED_MONTHS = ("%d %b %Y", "%d %B %Y", "%d-%b-%Y", "%d/%b/%Y", "%b %d, %Y", "%B %d, %Y")
MONTHS = 12
EPOCH_1900 = -25_569  # day 0 of a spreadsheet is 1899-12-30, counted in days since 1970-01-01
EPOCH_1904 = -24_107
EXPECTED = "a date such as 2024-03-31, 2024/3/31, 2024年3月31日 or 20240331"
EXPECTED_MONTH = "a month such as 2024-03, 2024年3月 or 202403"
REMEDY = 'Write the year first; or name the format in the mapping file, for example [format] date = "%d/%m/%Y".'


def parse_dates(column: pl.Series, date_format: str = "", date_1904: bool = False) -> tuple[Converted, pl.Series]:
    """Dates as `pl.Date` with problems, and the hour of the day as Int16 where the cell tells it."""
    kind = column.dtype
    if kind == pl.Date:
        return Converted(column, []), pl.Series([None] * len(column), dtype=pl.Int16)
    if isinstance(kind, pl.Datetime):
        local = column.dt.convert_time_zone("Asia/Shanghai") if kind.time_zone else column
        return Converted(local.dt.date(), []), local.dt.hour().cast(pl.Int16)
    if kind.is_integer() or kind.is_float():
        column = column.cast(pl.String).str.strip_suffix(".0")
    elif kind != pl.String:
        problem = Problem(column.is_not_null(), EXPECTED, f"Write the column as dates or text, not {kind}.")
        return Converted(pl.Series([None] * len(column), dtype=pl.Date), [problem]), pl.Series([None] * len(column), dtype=pl.Int16)
    text = column.fill_null("").alias("text").to_frame()
    parsed = text.join(_parsed(text.get_column("text").unique(), date_format, date_1904), on="text", how="left", maintain_order="left")
    wrong = parsed.get_column("date").is_null() & (parsed.get_column("text").str.strip_chars() != "")
    expected = f"a date of the form {date_format}" if date_format else EXPECTED
    return Converted(parsed.get_column("date"), [Problem(wrong, expected, REMEDY)]), parsed.get_column("hour")


def parse_months(column: pl.Series, date_format: str = "", date_1904: bool = False) -> Converted:
    """The first day of each month: `2024-01`, `2024年1月`, `202401`, or any day of it in the spellings of `parse_dates`."""
    if column.dtype.is_integer() or column.dtype.is_float():
        column = column.cast(pl.String).str.strip_suffix(".0")
    if column.dtype == pl.String and not date_format:
        clean = column.str.strip_chars().str.replace_many(list("０１２３４５６７８９"), list("0123456789"))
        found = clean.str.extract_groups(MONTH).struct.unnest()
        month = pl.coalesce("month", "compact").str.zfill(2)
        first = found.select(pl.concat_str("year", month, pl.lit("01"), separator="-")).to_series()
        column = pl.select(pl.coalesce(first, pl.lit(column))).to_series()
    converted, _ = parse_dates(column, date_format, date_1904)
    problems = [Problem(each.rows, date_format or EXPECTED_MONTH, REMEDY) for each in converted.problems]
    return Converted(converted.values.dt.truncate("1mo"), problems)


def _parsed(text: pl.Series, date_format: str, date_1904: bool) -> pl.DataFrame:
    """Each distinct text with its date and hour, null where it is no date of this world (30 February, 0000-00-00)."""
    clean = pl.col("text").str.strip_chars().str.replace_many(list("０１２３４５６７８９"), list("0123456789"))
    if date_format:
        value = clean.str.to_date(date_format, strict=False)
        return text.to_frame().select("text", value.alias("date"), pl.lit(None, dtype=pl.Int16).alias("hour"))
    order = _order(text)
    clean = clean.str.replace(YEAR_LAST, order) if order else clean
    parts = [clean.str.extract_groups(pattern) for pattern in (YEAR_FIRST, COMPACT)]

    def part(name: str, width: int) -> pl.Expr:
        return pl.coalesce(group.struct.field(name) for group in parts).str.zfill(width)

    spelled = pl.concat_str([part("year", 4), part("month", 2), part("day", 2)], separator="-").str.to_date("%Y-%m-%d", strict=False)
    epoch = EPOCH_1904 if date_1904 else EPOCH_1900
    number = pl.when(clean.str.contains(DAY_NUMBER)).then(clean).cast(pl.Float64, strict=False).floor()
    counted = (number.cast(pl.Int32) + epoch).cast(pl.Date)
    hour = part("hour", 2).cast(pl.Int16, strict=False)
    named = [clean.str.to_date(form, strict=False) for form in NAMED_MONTHS] if text.str.contains("[A-Za-z]{3}").any() else []
    return text.to_frame().select("text", pl.coalesce(spelled, counted, *named).alias("date"), pl.when(hour < 24).then(hour).alias("hour"))


def _order(text: pl.Series) -> str:
    """How to turn round dates with the year last, where the column proves whether day or month comes first; empty where it does not."""
    told = text.filter(text.str.strip_chars() != "").str.strip_chars()
    parts = told.str.extract_groups(YEAR_LAST).struct.unnest().cast(pl.String) if told.len() else None
    if parts is None or parts["1"].null_count():
        return ""
    first, second = (int(parts[name].cast(pl.Int64).max() or 0) for name in ("1", "2"))  # type: ignore[arg-type]
    if first > MONTHS >= second:
        return "$3-$2-$1$4"
    return "$3-$1-$2$4" if second > MONTHS >= first else ""
