"""All benchmarks, one after the other: `python -m benchmarks`.

Each runs in a process of its own on a database of its own that is thrown away, tells our figure, the yardstick's of the same run and the
ratio of the two, and the most memory that the program used (the database server not counted).

    python -m benchmarks                                  all, in full size: some minutes; leave the machine alone meanwhile
    python -m benchmarks replay decision                  only these
    python -m benchmarks scoring                          scores on public tables, where they are there: half an hour
    python -m benchmarks day-end --size 100000            one of them, in another size
    python -m benchmarks --small                          only to see that they work; the figures mean nothing
    python -m benchmarks --results benchmarks/RESULTS.md  also write the table

Exit status: 0 when every ratio is as wanted, 1 when one is missed, 2 when a benchmark did not run through.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from benchmarks.measure import MEASURES, Measure, shown

ROOT = Path(__file__).parents[1]
NUMBER = r"([\d,]+(?:\.\d+)?)"


@dataclass(frozen=True)
class Benchmark:
    """How one is called, and how its figures are read from what it prints where it does not hand them over."""

    arguments: tuple[str, ...]
    small: tuple[str, ...] = ("--small",)
    read: Callable[[str], list[Measure]] | None = None
    only_by_name: bool = False  # not among all: it takes half an hour, and data that may not be there


@dataclass(frozen=True)
class Ran:
    command: str
    measures: list[Measure]
    megabytes: float
    status: int


def _number(text: str) -> float:
    return float(text.replace(",", ""))


def _import_figures(text: str) -> list[Measure]:
    ours = re.search(rf"^(import of .*?): {NUMBER} s, {NUMBER} rows/s", text, re.MULTILINE)
    copying = re.search(rf"^bare COPY .*?: {NUMBER} s, {NUMBER} rows/s", text, re.MULTILINE)
    if not ours or not copying:
        return []
    return [Measure(ours[1], _number(ours[3]), _number(copying[2]), "rows a second", "bare COPY", at_least=0.5)]


def _variable_figures(text: str) -> list[Measure]:
    pattern = rf"^(.+) \(wanted: .*at most (\d+) x\)\n  clock +ours +{NUMBER} ms +yardstick +{NUMBER} ms"
    return [
        Measure(f"variables: {name}", _number(ours), _number(least), "ms", "grouping the same rows once", at_most=float(most))
        for name, most, ours, least in re.findall(pattern, text, re.MULTILINE)
    ]


def _real_data() -> tuple[str, ...]:
    """Real invoices where PUHUI_REAL_DATA names a folder that holds them; made-up ones otherwise."""
    folder = os.environ.get("PUHUI_REAL_DATA")
    return ("--data", folder) if folder and (Path(folder) / "cumcm2020c_firms.parquet").exists() else ()


def benchmarks() -> dict[str, Benchmark]:
    return {
        "import": Benchmark(("benchmarks/import_invoices.py",), ("--rows", "20000"), _import_figures),
        "variables": Benchmark(
            ("-m", "benchmarks.variables", *_real_data()), ("--firms", "20", "--rows", "20000", "--runs", "1"), _variable_figures
        ),
        "profile": Benchmark(("-m", "benchmarks.profile")),
        "decision": Benchmark(("-m", "benchmarks.decision")),
        "strategy": Benchmark(("-m", "benchmarks.strategy")),
        "lab": Benchmark(("-m", "benchmarks.lab")),
        "repayment": Benchmark(("-m", "benchmarks.repayment")),
        "repayment-file": Benchmark(("-m", "benchmarks.repayment_file")),
        "day-end": Benchmark(("-m", "benchmarks.day_end")),
        "heavy-day": Benchmark(("-m", "benchmarks.heavy_day")),
        "night-postings": Benchmark(("-m", "benchmarks.night_postings")),
        "ageing": Benchmark(("-m", "benchmarks.ageing")),
        "repricing": Benchmark(("-m", "benchmarks.repricing")),
        "replay": Benchmark(("-m", "benchmarks.replay")),
        "digests": Benchmark(("-m", "benchmarks.digests")),
        "pages": Benchmark(("-m", "benchmarks.pages")),
        "scoring": Benchmark(("-m", "benchmarks.scoring_models"), only_by_name=True),
    }


def run(benchmark: Benchmark, small: bool, size: int | None = None) -> Ran:
    """Runs one, showing what it prints; its figures, peak memory and exit status (its own 1 for a ratio that is missed is not a fault)."""
    arguments = [*benchmark.arguments, *(benchmark.small if small else ()), *(("--size", str(size)) if size else ())]
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "measures.json"
        process = subprocess.Popen(
            [sys.executable, *arguments], cwd=ROOT, env={**os.environ, MEASURES: str(target)}, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            print(f"  {line}", end="", flush=True)
            lines.append(line)
        # wait4 rather than wait: it tells what the process and those that it waited for used at most.
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if benchmark.read:
            measures = benchmark.read("".join(lines))
        else:
            measures = [Measure(**row) for row in json.loads(target.read_text("utf-8"))] if target.exists() else []
    return Ran(" ".join(["python", *arguments]), measures, usage.ru_maxrss / 1024, process.returncode)


def table(ran: list[Ran], small: bool) -> str:
    """The results as a page: where and when, then a row for each figure."""
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    lines = [
        "# Results",
        "",
        "Written by `python -m benchmarks --results benchmarks/RESULTS.md`; what is measured and why: [README](README.md).",
        "",
        f"{datetime.now().astimezone():%Y-%m-%d %H:%M}, {os.cpu_count()} cores, {memory:.0f} GB, {platform.machine()}, "
        f"Python {platform.python_version()}, load at the end {load}." + (" **Small run: the figures mean nothing.**" if small else ""),
        "",
        "| What | Ours | Yardstick | Ratio | Wanted | Peak memory | Command |",
        "|---|---|---|---|---|---|---|",
    ]
    for each in ran:
        for measure in each.measures:
            ratio = f"{measure.ratio:.2f}" if measure.holds else f"**{measure.ratio:.2f}, missed**"
            cells = (
                measure.name, f"{shown(measure.ours)} {measure.unit}", f"{shown(measure.yardstick)} ({measure.yardstick_name})", ratio,
                measure.wanted, f"{each.megabytes:,.0f} MB", f"`{each.command}`",
            )  # fmt: skip
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def main() -> int:
    known = benchmarks()
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which: {', '.join(known)}; default: all but scoring")
    parser.add_argument("--small", action="store_true", help="only to see that they work")
    parser.add_argument("--size", type=int, help="how much work, for benchmarks that take a size; each tells its own with --help")
    parser.add_argument("--results", type=Path, help="page to write the table to")
    options = parser.parse_args()
    if unknown := [name for name in options.names if name not in known]:
        parser.error(f"found {', '.join(unknown)}, expected some of {', '.join(known)}")
    ran, broken = [], []
    for name in options.names or [each for each, one in known.items() if not one.only_by_name]:
        print(f"{name}:", flush=True)
        ran.append(run(known[name], options.small, options.size))
        print(f"  peak memory {ran[-1].megabytes:,.0f} MB\n", flush=True)
        if not ran[-1].measures and not (known[name].only_by_name and ran[-1].status == 0):
            broken.append(name)
    if options.results:
        options.results.write_text(table(ran, options.small), encoding="utf-8")
    if broken:
        print(f"did not run through, or printed no figures: {', '.join(broken)}", file=sys.stderr)
        return 2
    missed = [measure.name for each in ran for measure in each.measures if not measure.holds]
    print(f"missed: {', '.join(missed)}" if missed else "every ratio is as wanted")
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
