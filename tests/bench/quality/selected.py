"""What selection lets go of, and what that costs: the same faults, judged with all dimensions and with those kept."""

import json
import multiprocessing
import re
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from motegate.convert.convert import Conversion, convert
from motegate.train import policy, recording, results
from motegate.train.dataset import load
from motegate.train.host import Panel, Trained, engine
from motegate.train.training import train

from ..judgement import injected
from ..judgement.gates import policy_text, unguarded
from ..judgement.intervals import mean_over_kinds
from ..judgement.scores import NO_DATA, threshold
from ..judgement.stream import Stream, part, stream
from .quality import CASES, EACH, FALSE_ALARMS, PASSES, SEVERITIES, Case

TITLE = "What selection keeps"
SEEDS = 5  # of injection
PROCESSES = 2
AUTO = {f"{name}, auto": name for name in ("machine temperature", "compressed air", "vacuum pump")}
JUDGED_BY_SAMPLES = ("intrinsic", "contextual")


@dataclass(frozen=True)
class Gate:
    """``levels`` of a parent's windows, float; what it is and what it takes."""

    trained: Trained
    conversion: Conversion
    metrics: dict

    def levels(self, values: np.ndarray, no_data: np.ndarray, parent: str) -> np.ndarray:
        number = self.trained.plan.parent(parent).classifier
        found = Panel(self.trained).judge(values, no_data)[1][:, number].astype(float)
        return np.where(no_data, NO_DATA, found)


@dataclass(frozen=True)
class Found:
    """Of one parent, a row for each fault: ``kind`` str[n], hits with ``all`` dimensions and with the ``kept`` bool[n];
    ``selection`` as metrics.json has it; ``bytes`` and ``macs`` of both."""

    selection: dict
    kind: np.ndarray
    all: np.ndarray
    kept: np.ndarray
    bytes: tuple[int, int]
    macs: tuple[int, int]

    def lost(self, kind: str | None = None) -> tuple[float, float, float]:
        """Recall with all dimensions above that with the kept ones, with its 95 % interval."""
        rows = np.ones(len(self.kind), bool) if kind is None else self.kind == kind
        return mean_over_kinds(self.kind[rows], self.all[rows].astype(float) - self.kept[rows])

    def beyond(self) -> dict[str, tuple[float, float, float]]:
        """Kinds that lose more than their interval."""
        lost = {str(kind): self.lost(str(kind)) for kind in np.unique(self.kind)}
        return {kind: found for kind, found in lost.items() if found[1] > 0}


def measure(name: str, seeds: int = SEEDS) -> dict[str, Found]:
    """The parents of one case that had more than one dimension."""
    case = CASES[AUTO.get(name, name)]
    with tempfile.TemporaryDirectory(prefix="motegate-bench-") as folder:
        learned_from, judged = case.files(Path(folder))
        shown = _shown(case, learned_from, Path(folder))
        text = _text(case, name in AUTO, shown)
        gates = [_gate(Path(folder) / side, text, side, learned_from) for side in ("all", "kept")]
        records = recording.read(policy.load(Path(folder) / "all" / "policy.toml"), [judged])
        streams = [stream(gate.trained, records, test_part=learned_from == judged) for gate in gates]
        return _compared(gates, streams, seeds, shown if name in AUTO else {})


def _text(case: Case, auto: bool, shown: dict[str, list[str]]) -> str:
    """The example's policy; with ``auto`` each parent of ``shown`` chooses among all dimensions what shows its kinds of
    fault."""
    text = unguarded(policy_text(case.example))
    for parent, kinds in shown.items() if auto else ():
        begin = text.index("children", text.index(f"[parents.{parent}]"))
        told = f'children = "auto"\nmust_show = {json.dumps(kinds)}'
        text = text[:begin] + told + text[text.index("]", begin) + 1 :]
    return text


def _shown(case: Case, learned_from: Path, folder: Path) -> dict[str, list[str]]:
    """Kinds of fault that each parent's listed children are home to."""
    file = folder / "policy.toml"
    file.write_text(unguarded(policy_text(case.example)))
    dataset = load(policy.load(file), [learned_from])
    return {name: list(results.homes(dataset, name)) for name in JUDGED_BY_SAMPLES}


def _gate(folder: Path, text: str, side: str, learned_from: Path) -> Gate:
    folder.mkdir()
    if side == "all":
        text = re.sub(r"^(\[parents\..*)$", r"\1\nselect = false", text, flags=re.MULTILINE)
    (folder / "policy.toml").write_text(text)
    found = train(folder / "policy.toml", [learned_from], folder / "work")
    conversion = convert(folder / "work")
    return Gate(Trained.load(folder / "work"), conversion, found.metrics)


def _compared(gates: list[Gate], streams: list[Stream], seeds: int, shown: dict[str, list[str]]) -> dict[str, Found]:
    listed = streams[0]
    kinds = injected.kinds(listed)
    values: list[list[np.ndarray]] = [[], []]
    no_data, wishes, cells = [], [], []
    for seed in range(seeds):
        rng = np.random.default_rng([seed, 17])
        left = injected.deal(kinds, SEVERITIES, EACH, rng)
        for _ in range(PASSES):
            if not left:
                break
            some = injected.put(listed, left, rng)
            if len(some.rows):
                values[0].append(some.values)
                values[1].append(_again(gates[1].trained, streams[1], some))
                no_data.append(some.no_data)
                wishes += some.placed
                cells.append(some.cells[:, 0])
    joined = [np.concatenate(each) for each in values]
    without, homes = np.concatenate(no_data), np.concatenate(cells)
    named = np.array([f"{wish.kind.name}" for wish in wishes])
    found = {}
    for parent in gates[0].trained.plan.classifiers:
        mine = np.isin(homes, list(gates[0].trained.plan.cells_of(parent)))
        if parent.name in shown:
            mine &= np.isin(named, shown[parent.name])
        selection = gates[1].metrics["parents"][parent.name]["selection"]
        if selection is None or not mine.any():
            continue
        hits = []
        for gate, each, rows in zip(gates, streams, joined, strict=True):
            clean = np.flatnonzero(each.clean)
            limit = threshold(gate.levels(each.values[clean], each.no_data[clean], parent.name), FALSE_ALARMS)
            hits.append(gate.levels(rows[mine], without[mine], parent.name) > limit)
        sizes = [next(p.size for p in gate.conversion.parents if p.name == parent.name) for gate in gates]
        found[parent.name] = Found(
            selection, named[mine], *hits, (sizes[0].pack_bytes, sizes[1].pack_bytes), (sizes[0].macs, sizes[1].macs)
        )
    return found


def _again(trained: Trained, own: Stream, some: injected.Faulted) -> np.ndarray:
    """The same faulty slots, by the dimensions that are kept."""
    end = own.begin + int(some.rows.max()) + 1
    run = engine.Engine(trained.plan, own.reference, 0).run(
        part(some.slots, own.begin, end), some.stats[own.begin : end]
    )
    return run.values[some.rows]


def run(seeds: int = SEEDS) -> str:
    names = [*CASES, *AUTO]
    with ProcessPoolExecutor(PROCESSES, multiprocessing.get_context("spawn")) as pool:
        found = dict(zip(names, pool.map(measure, names, [seeds] * len(names)), strict=True))
    lines = [
        "`python -m tests.bench selected`: each example trained with all of its dimensions and with those that are",
        f"kept; {seeds} seeds of single faults of 0.5 to 4 x limit in a stream that trained nothing, the same for",
        f"both, by the threshold that {FALSE_ALARMS:.0%} of the stream's good windows exceed. Lost: recall with all",
        "above recall with the kept ones, the mean over kinds, with its 95 % bootstrap interval. *auto*: intrinsic",
        "and contextual choose among every dimension there is what shows their kinds of fault. Kinds: those that lose",
        "more than their interval.",
        "",
        "| stream | parent | kept | let go of | turns, at most | lost | kinds | pack bytes | MACs |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, parents in found.items():
        for parent, one in parents.items():
            selection = one.selection
            turns = max(step["alternations"] for step in selection["path"])
            beyond = "; ".join(
                f"{kind} {lost:+.2f} ({low:+.2f} to {high:+.2f})" for kind, (lost, low, high) in one.beyond().items()
            )
            lines.append(
                f"| {name} | {parent} | {len(selection['kept'])} of {len(selection['candidates'])} | "
                f"{', '.join(selection['dropped']) or '-'} | {turns} | "
                "{:+.3f} ({:+.3f} to {:+.3f})".format(*one.lost())
                + f" | {beyond or '-'} | "
                f"{one.bytes[0]} to {one.bytes[1]} | {one.macs[0]} to {one.macs[1]} |"
            )
    return "\n".join(lines)
