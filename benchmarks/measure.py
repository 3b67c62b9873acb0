"""What benchmarks share: a figure beside a yardstick of the same run, and a home that is thrown away.

A figure alone says as much about the machine as about the program. So each is told beside the least that the same work can cost here and
now (a bare COPY, a plain INSERT, PostgreSQL's own pgbench), and what counts is the ratio of the two.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

__all__ = ["MEASURES", "Measure", "in_turn", "percentile", "processor_seconds", "start"]

MEASURES, _INSIDE = "PUHUI_BENCHMARK_MEASURES", "PUHUI_BENCHMARK_INSIDE"


@dataclass(frozen=True)
class Measure:
    """One figure with its yardstick. `wanted` bounds ours ÷ yardstick from below or above."""

    name: str
    ours: float
    yardstick: float
    unit: str
    yardstick_name: str
    at_least: float | None = None
    at_most: float | None = None

    @property
    def ratio(self) -> float:
        return self.ours / self.yardstick if self.yardstick else float("inf")

    @property
    def wanted(self) -> str:
        return f"≥ {self.at_least:g}" if self.at_least is not None else f"≤ {self.at_most:g}" if self.at_most is not None else "–"

    @property
    def holds(self) -> bool:
        return (self.at_least is None or self.ratio >= self.at_least) and (self.at_most is None or self.ratio <= self.at_most)

    def text(self) -> str:
        verdict = "" if self.holds else "   MISSED"
        figures = f"ours {shown(self.ours)} {self.unit}   {self.yardstick_name} {shown(self.yardstick)}   ratio {self.ratio:.2f}"
        return f"{self.name}\n  {figures} (wanted {self.wanted}){verdict}"


def shown(figure: float) -> str:
    return f"{figure:,.0f}" if figure >= 100 else f"{figure:.3g}"


def in_turn(times: int, *works: Callable[[], object]) -> list[tuple[float, float]]:
    """Of each work seconds by the clock and of processor time, of the quickest run; on a busy machine only the second means anything."""
    runs: list[list[tuple[float, float]]] = [[] for _ in works]
    for _ in range(times):
        for work, found in zip(works, runs, strict=True):
            clock, processor = time.perf_counter(), time.process_time()
            work()
            found.append((time.perf_counter() - clock, time.process_time() - processor))
    return [(min(clock for clock, _ in found), min(processor for _, processor in found)) for found in runs]


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` of the values do not exceed."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def processor_seconds() -> float:
    """What this program, its children that have ended and the database server with all its processes have used so far.

    Beside the clock it tells what work costs where others work on the machine too. The embedded server only.
    """
    import psutil

    from puhui.site import embedded

    server = psutil.Process(embedded.status(Path(os.environ["PUHUI_HOME"])).process_id)
    own, gone = os.times(), server.cpu_times()
    seconds = sum(own[:4]) + sum(gone[:4])
    for process in server.children():
        with contextlib.suppress(psutil.NoSuchProcess):
            seconds += sum(process.cpu_times()[:2])
    return seconds


def start(work: Callable[[int], list[Measure]], size: int, small: int, meaning: str, needs_database: bool = True) -> int:
    """The program of one benchmark: its options, a throwaway home where it needs a database, and the figures told. 1 where one is missed.

    The work runs in a process of its own: its end lets the database server go, so that the home can be removed.
    """
    parser = argparse.ArgumentParser(description=work.__doc__)
    parser.add_argument("--size", type=int, default=size, help=f"{meaning}; default {size:,}")
    parser.add_argument("--small", action="store_true", help=f"only to see that it works: size {small:,}")
    options = parser.parse_args()
    if needs_database and _INSIDE not in os.environ:
        return _in_throwaway_home()
    if needs_database:
        from puhui.site.commands import support

        support.start_django()
    measures = work(small if options.small else options.size)
    for measure in measures:
        print(measure.text(), flush=True)
    if target := os.environ.get(MEASURES):
        Path(target).write_text(json.dumps([asdict(measure) for measure in measures]), encoding="utf-8")
    return 0 if all(measure.holds for measure in measures) else 1


def _in_throwaway_home() -> int:
    from puhui.site import embedded

    with tempfile.TemporaryDirectory(prefix="puhui-benchmark-") as folder:
        Path(folder).chmod(0o711)  # run by root, the server is another user, who must be able to enter
        home = Path(folder) / "home"
        environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        environment |= {"PUHUI_HOME": str(home), _INSIDE: "1"}
        try:
            return subprocess.run([sys.executable, *sys.orig_argv[1:]], env=environment, check=False).returncode
        finally:
            embedded.erase(home)
