"""What is wrong with a file of evidence: every fault counted, the first few hundred named by row and column.

A clerk who sends a bad file wants one list of all that must be mended, in the numbers the spreadsheet itself shows. Faults of the
file (not a workbook, no heading for the amount) end the reading; faults of rows are gathered over all checks first, so that the
caller may refuse the whole file or take the good rows and write the others out with their reasons.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from puhui.calculations.faults import Fault, FaultsError

LISTED_FAULTS = 200
SHOWN_CHARACTERS = 60

ROW_FAULT_SCHEMA = {"row": pl.Int64, "column": pl.String, "found": pl.String, "expected": pl.String, "remedy": pl.String}


class RefusedFileError(FaultsError):
    """The file cannot be used at all, or was refused whole; `total` counts every fault, `faults` lists at most `LISTED_FAULTS`."""

    def __init__(self, faults: list[Fault], total: int | None = None) -> None:
        super().__init__(faults)
        self.total = len(faults) if total is None else total
        if self.total > len(faults):
            self.args = (f"{self.args[0]}\n{self.total:,} faults in all",)


def place(file: str, sheet: str = "", row: int | None = None, column: str = "") -> str:
    """Say where something stands: `sales.xlsx, sheet "1月", row 17, column "金额"`."""
    parts = [file]
    if sheet:
        parts.append(f'sheet "{sheet}"')
    if row is not None:
        parts.append(f"row {row:,}")
    if column:
        parts.append(f'column "{column}"')
    return ", ".join(parts)


def shown(value: object) -> str:
    """The found value as it is quoted in a message, cut when long; an empty cell says so."""
    if value is None or value == "":
        return "an empty cell"
    text = str(value)
    if len(text) > SHOWN_CHARACTERS:
        return f"{text[:SHOWN_CHARACTERS]!r}… ({len(text):,} characters)"
    return repr(text)


def refuse(where: str, found: str, expected: str, remedy: str) -> RefusedFileError:
    """A refusal with one fault, to be raised by the caller."""
    return RefusedFileError([Fault(where, found, expected, remedy)])


@dataclass(frozen=True)
class Problem:
    """A kind of fault in one column: `rows` is a Boolean mask over the rows checked, true where the fault is."""

    rows: pl.Series
    expected: str
    remedy: str


@dataclass
class RowFaults:
    """Faults of rows, gathered over all checks as frames, so that a million of them cost memory but not time."""

    file: str
    sheet: str
    frames: list[pl.DataFrame] = field(default_factory=list)

    def add(self, row_numbers: pl.Series, column: str, found: pl.Series, problem: Problem) -> None:
        """Record `problem` for the rows its mask marks. `row_numbers` and `found` are as long as the mask."""
        if not problem.rows.any():  # nulls are no faults
            return
        mask = problem.rows.fill_null(False)
        frame = pl.DataFrame({"row": row_numbers.filter(mask), "found": found.filter(mask).cast(pl.String, strict=False)})
        self.add_frame(
            frame.select(
                pl.col("row").cast(pl.Int64),
                pl.lit(column).alias("column"),
                "found",
                pl.lit(problem.expected).alias("expected"),
                pl.lit(problem.remedy).alias("remedy"),
            )
        )

    def add_frame(self, frame: pl.DataFrame) -> None:
        """Record faults that stand ready as a frame of `ROW_FAULT_SCHEMA`."""
        if frame.height:
            self.frames.append(frame)

    @property
    def total(self) -> int:
        return sum(frame.height for frame in self.frames)

    def table(self) -> pl.DataFrame:
        """All faults, columns of `ROW_FAULT_SCHEMA`, in the order of the rows."""
        if not self.frames:
            return pl.DataFrame(schema=ROW_FAULT_SCHEMA)
        return pl.concat(self.frames).sort("row", maintain_order=True)

    def rows(self) -> pl.Series:
        """The numbers of the rows that have a fault, each once."""
        return self.table().get_column("row").unique()

    def listed(self) -> list[Fault]:
        """The faults by row as the command and the page print them, at most `LISTED_FAULTS`.

        Where there are more, one that repeats (an unknown word in each of a million rows) is told once, with its first row and the
        number of the others, so that it does not hide the rest.
        """
        table = self.table().with_columns(pl.lit(0).alias("others"))
        if table.height > LISTED_FAULTS:
            kind = ["column", "found", "expected", "remedy"]
            table = table.group_by(kind, maintain_order=True).agg(pl.col("row").first(), (pl.len() - 1).alias("others"))
        columns = table.head(LISTED_FAULTS).select("row", "column", "found", "expected", "remedy", "others").iter_rows()
        return [
            Fault(
                place(self.file, self.sheet, row, column) + (f" (and {others:,} more rows)" if others else ""),
                shown(found),
                expected,
                remedy,
            )
            for row, column, found, expected, remedy, others in columns
        ]

    def refusal(self) -> RefusedFileError:
        return RefusedFileError(self.listed(), self.total)
