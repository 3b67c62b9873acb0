"""Scores on public tables: how well each kind of model orders cases that it has not seen, against the figure that is wanted.

Every configuration in `benchmarks/scoring/` whose table is there is trained; the others are skipped, and told. Tables are looked for in the
folder that PUHUI_REAL_DATA names, or in `../shared/data` beside the repository. Ours is the AUC of unseen cases, the yardstick the wanted
figure, so the ratio is to be 1 or more. Curves (EBM) need minutes each: they are trained only where a figure of theirs is wanted, or with
`--all`.

    python -m benchmarks.scoring_models [NAME ...] [--all] [--small]
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import polars as pl

from benchmarks.measure import MEASURES, Measure
from puhui.scoring.configuration import Configuration
from puhui.scoring.configuration_file import read_configuration
from puhui.scoring.from_evidence import evidence_table
from puhui.scoring.tables import read_table
from puhui.scoring.training import Trained, train

FOLDER = Path(__file__).parent / "scoring"
DATA = Path(os.environ.get("PUHUI_REAL_DATA") or Path(__file__).parents[2] / "shared" / "data")
TABLES = {
    "sba": "sba_national_sample21k.parquet", "hmeq": "hmeq.parquet", "taiwan": "taiwan_credit_card_default.parquet",
    "polish": "polish_bankruptcy.parquet", "polish-year-1": "polish_bankruptcy.parquet", "polish-year-3": "polish_bankruptcy.parquet",
    "cumcm": "cumcm2020c_firms.parquet",
}  # fmt: skip
WANTED = {  # (configuration, kind) → AUC of random folds, and out of time
    ("sba", "lightgbm"): (0.77, 0.67), ("sba", "scorecard"): (0.72, 0.64),
    ("hmeq", "lightgbm"): (0.955, None), ("hmeq", "scorecard"): (0.90, None),
    ("taiwan", "ebm"): (0.785, None),
    ("cumcm", "lightgbm"): (0.885, None),
}  # fmt: skip
SMALL_CASES, SMALL_ROUNDS = 600, 20


def measured(names: Sequence[str], every: bool, small: bool) -> Iterator[Measure]:
    """The figures, one configuration and kind after the other; small: 600 cases, two folds, twenty rounds, and no figure is wanted."""
    for name in names:
        path = DATA / TABLES[name]
        if not path.exists():
            print(f"{name}: skipped, no {TABLES[name]} in {DATA}", flush=True)
            continue
        configuration = read_configuration(FOLDER / f"{name}.toml")
        frame = _table(configuration)
        if small:
            frame, configuration = _thinned(frame, configuration), _quick(configuration)
        for kind in configuration.models:
            wanted = WANTED.get((name, kind), (None, None))
            if kind == "ebm" and wanted[0] is None and not every:
                print(f"{name}: {kind} skipped, no figure is wanted of it (--all trains it)", flush=True)
                continue
            began = time.monotonic()
            trained = train(frame, replace(configuration, models=(kind,)))
            yield from _told(name, kind, trained, (None, None) if small else wanted, time.monotonic() - began)


def _table(configuration: Configuration) -> pl.DataFrame:
    if configuration.evidence is not None:
        return evidence_table(DATA, configuration.evidence, configuration.target.column)
    return read_table(DATA / TABLES[configuration.name])


def _thinned(frame: pl.DataFrame, configuration: Configuration) -> pl.DataFrame:
    """Every so-manieth row of those that the population keeps."""
    kept = frame.filter(pl.sql_expr(configuration.population)) if configuration.population else frame
    return kept.gather_every(max(1, len(kept) // SMALL_CASES))


def _quick(configuration: Configuration) -> Configuration:
    split = replace(configuration.split, folds=2, repeats=1, date="", since=None)
    return replace(
        configuration, split=split, lightgbm=replace(configuration.lightgbm, rounds=SMALL_ROUNDS),
        ebm=replace(configuration.ebm, rounds=SMALL_ROUNDS, bags=1, pairs=0),
    )  # fmt: skip


def _told(name: str, kind: str, trained: Trained, wanted: tuple[float | None, float | None], seconds: float) -> Iterator[Measure]:
    figures = trained.figures
    print(
        f"{name} {kind}: {figures.n:,} cases, {figures.events:,} defaults, AUC {figures.auc_mean:.4f}, KS {figures.ks_mean:.3f}, "
        f"Brier {figures.brier_mean:.4f}, {seconds:.0f} s",
        flush=True,
    )
    later = figures.out_of_time.figures.auc if figures.out_of_time else None
    for words, ours, least in (("", figures.auc_mean, wanted[0]), (" out of time", later, wanted[1])):
        if ours is not None:
            bound = {"at_least": 1.0} if least is not None else {}
            yield Measure(f"{name}: {kind}{words}", ours, least or ours, "AUC", "wanted" if least else "no figure is wanted", **bound)


def main() -> int:
    known = sorted(path.stem for path in FOLDER.glob("*.toml"))
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scoring_models", description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which: {', '.join(known)}; default: all")
    parser.add_argument("--all", action="store_true", help="curves (EBM) of every table, too")
    parser.add_argument("--small", action="store_true", help="only to see that it works; the figures mean nothing")
    options = parser.parse_args()
    if unknown := [name for name in options.names if name not in known]:
        parser.error(f"found {', '.join(unknown)}, expected some of {', '.join(known)}")
    measures = []
    for measure in measured(options.names or known, options.all, options.small):
        print(measure.text(), flush=True)
        measures.append(measure)
    if target := os.environ.get(MEASURES):
        Path(target).write_text(json.dumps([asdict(measure) for measure in measures]), encoding="utf-8")
    return 0 if all(measure.holds for measure in measures) else 1


if __name__ == "__main__":
    raise SystemExit(main())
