"""Search: how a parent's network is trained best (Akiba and others, Optuna, 2019), within the policy's budget.

Tried are hidden units, learning rate, weight decay, how much failures weigh, and restarts; what takes more bytes or
multiply-accumulates than the budget has is not trained at all, and what does worse half-way than the median of those
before it is given up. Trials come in batches: what a batch tries follows from the seed and from the batches before it
alone, so that the same seed and number of trials give the same result on any number of cores, and a search that was
ended begins where it was: each batch is in the study's file when it is done.
"""

import hashlib
import json
import logging
import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from motegate.firmware import atomic

from ..dataset import Table
from ..model import Candidate, candidates, network
from ..policy import Budget
from .classifiers import Taught

BATCH = 4
UNITS: tuple[tuple[int, ...], ...] = ((), (4,), (8,), (16,), (24,), (4, 4), (8, 4), (8, 8), (16, 8), (24, 8))
RATES, DECAYS, FAULTY, RESTARTS = (2e-3, 6e-2), (1e-6, 1e-2), (0.25, 4.0), 4
PATIENCE = 5  # trials, and epochs, before one is given up
SEARCHED = "searched"


@dataclass(frozen=True)
class Limit:
    """A search ends after so many ``trials`` or ``seconds`` in all, stretches before this one included."""

    trials: int | None = None
    seconds: float | None = None

    @classmethod
    def of(cls, unit: str, many: float) -> "Limit":
        """``unit``: "trials" or "seconds"."""
        return cls(trials=int(many)) if unit == "trials" else cls(seconds=many)

    def left(self, trials: int, seconds: float) -> bool:
        return (self.trials is None or trials < self.trials) and (self.seconds is None or seconds < self.seconds)


@dataclass(frozen=True)
class Trial:
    """``loss`` of validation (None: given up), ``bytes`` of the pack and ``macs``; ``epochs``: the training's loss on
    validation after each."""

    settings: dict[str, Any]
    loss: float | None
    bytes: int
    macs: int
    epochs: list[float]


@dataclass(frozen=True)
class Searched:
    """``trials`` in their order; ``candidate``: the best of them, or None."""

    trials: list[Trial]
    seconds: float
    candidate: Candidate | None

    def as_dict(self) -> dict:
        """``front``: trials that no other is better than in loss, bytes and MACs."""
        done = [trial for trial in self.trials if trial.loss is not None]
        return {
            "trials": len(self.trials),
            "given_up": len(self.trials) - len(done),
            "seconds": round(self.seconds, 1),
            "losses": [[trial.bytes, trial.macs, trial.loss] for trial in done],
            "front": [
                {"settings": trial.settings, "loss": trial.loss, "bytes": trial.bytes, "macs": trial.macs}
                for trial in sorted(front(done), key=lambda trial: trial.bytes)
            ],
        }


def front(done: list[Trial]) -> list[Trial]:
    """The Pareto front: of equals the first."""

    def beats(one: Trial, other: Trial) -> bool:
        a, b = (one.loss, one.bytes, one.macs), (other.loss, other.bytes, other.macs)
        return all(x <= y for x, y in zip(a, b, strict=True)) and a != b  # type: ignore[operator]

    found: dict[tuple, Trial] = {}
    for trial in done:
        if not any(beats(other, trial) for other in done):
            found.setdefault((trial.loss, trial.bytes, trial.macs), trial)
    return list(found.values())


def search(
    taught: Taught, held: Table, seed: int, limit: Limit, budget: Budget, study: Path, monotone: bool,
    progress: Callable[[int, int, float | None], None],
) -> Searched:  # fmt: skip
    """Goes on with the ``study``'s file where it is of the same data, seed and versions, and begins it anew where not.
    ``held``: the validation part; ``progress(trials, of so many or 0, best loss so far)``."""
    of = _of(taught, seed, budget, monotone)
    trials, spent = _read(study, of)
    inputs = taught.learned[0].shape[1]
    fitting = [units for units in UNITS if _fits(inputs, units, budget)]
    began = time.monotonic() - spent
    if fitting and limit.left(len(trials), spent):
        workers = min(BATCH, os.cpu_count() or 1)
        pool = ProcessPoolExecutor(
            workers, multiprocessing.get_context("spawn"), initializer=_start, initargs=(taught, held, seed, monotone)
        )
        try:
            while limit.left(len(trials), time.monotonic() - began):
                asked = _asked(trials, fitting, seed, _many(limit, len(trials)))
                trials += pool.map(_try, asked, [trials] * len(asked))
                _write(study, of, trials, time.monotonic() - began)
                losses = [trial.loss for trial in trials if trial.loss is not None]
                progress(len(trials), limit.trials or 0, min(losses, default=None))
        finally:
            pool.shutdown(cancel_futures=True)
    done = [trial for trial in trials if trial.loss is not None]
    best = min(done, key=lambda trial: (trial.loss, trial.bytes), default=None)
    found = None
    if best is not None:
        model = network.fit(*taught.learned, taught.validated, seed, monotone, _settings(best.settings))
        found = candidates.candidate(SEARCHED, model, held)
    return Searched(trials, time.monotonic() - began, found)


def _fits(inputs: int, units: tuple[int, ...], budget: Budget) -> bool:
    return budget.fits(candidates.pack_bytes(inputs, units), candidates.macs(inputs, units))


def _many(limit: Limit, done: int) -> int:
    return BATCH if limit.trials is None else min(BATCH, limit.trials - done)


def _settings(found: dict[str, Any]) -> network.Settings:
    return network.Settings(
        tuple(found["units"]), found["rate"], found["decay"], found["faulty"], found["restart"]
    )  # fmt: skip


def _optuna():
    import optuna

    optuna.logging.set_verbosity(logging.ERROR)
    return optuna


def _distributions(optuna, fitting: list[tuple[int, ...]]) -> dict:
    named = optuna.distributions
    return {
        "units": named.CategoricalDistribution([json.dumps(units) for units in fitting]),
        "rate": named.FloatDistribution(*RATES, log=True),
        "decay": named.FloatDistribution(*DECAYS, log=True),
        "faulty": named.FloatDistribution(*FAULTY, log=True),
        "restart": named.IntDistribution(0, RESTARTS - 1),
    }


def _study(trials: list[Trial], fitting: list[tuple[int, ...]], seed: int):
    """An Optuna study that knows the trials so far; what it proposes follows from them and the seed alone."""
    optuna = _optuna()
    study = optuna.create_study(
        sampler=optuna.samplers.TPESampler(seed=seed * 1009 + len(trials), constant_liar=True),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=PATIENCE, n_warmup_steps=PATIENCE),
    )
    distributions = _distributions(optuna, fitting)
    for trial in trials:
        study.add_trial(
            optuna.trial.create_trial(
                params=trial.settings | {"units": json.dumps(trial.settings["units"])},
                distributions=distributions,
                value=trial.loss,
                intermediate_values=dict(enumerate(trial.epochs)),
                state=optuna.trial.TrialState.PRUNED if trial.loss is None else optuna.trial.TrialState.COMPLETE,
            )
        )
    return study, distributions


def _asked(trials: list[Trial], fitting: list[tuple[int, ...]], seed: int, many: int) -> list[dict[str, Any]]:
    """What the next batch tries; the first of all is what is usual."""
    study, distributions = _study(trials, fitting, seed)
    if not trials:
        usual = asdict(network.SETTINGS)
        first = {key: usual[key] for key in ("rate", "faulty", "restart")} | {"decay": DECAYS[0]}
        units = network.UNITS if network.UNITS in fitting else fitting[-1]
        study.enqueue_trial(first | {"units": json.dumps(units)})
    found = [dict(study.ask(distributions).params) for _ in range(many)]
    return [one | {"units": json.loads(one["units"])} for one in found]


_here: dict[str, Any] = {}
"""What a worker process learns from."""


def _start(taught: Taught, held: Table, seed: int, monotone: bool) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the search, which waits for the trial that runs
    _here.update(taught=taught, held=held, seed=seed, monotone=monotone)


def _try(settings: dict[str, Any], before: list[Trial]) -> Trial:
    """One trial, in a worker process; it is given up as the trials of the batches before it say."""
    taught, held = _here["taught"], _here["held"]
    units = tuple(settings["units"])
    inputs = taught.learned[0].shape[1]
    known = sorted({tuple(trial.settings["units"]) for trial in before} | {units})
    study, distributions = _study(before, known, 0)
    study.enqueue_trial(settings | {"units": json.dumps(settings["units"])})
    trial = study.ask(distributions)
    epochs: list[float] = []
    given_up = False

    def watch(epoch: int, loss: float) -> bool:
        nonlocal given_up
        epochs.append(round(loss, 6))
        trial.report(loss, epoch)
        given_up = trial.should_prune()
        return given_up

    x, fail, weight = taught.learned
    model = network.fit(x, fail, weight, taught.validated, _here["seed"], _here["monotone"], _settings(settings), watch)
    loss = None if given_up else round(candidates.candidate(SEARCHED, model, held).loss, 6)
    return Trial(settings, loss, candidates.pack_bytes(inputs, units), candidates.macs(inputs, units), epochs)


def _of(taught: Taught, seed: int, budget: Budget, monotone: bool) -> str:
    """What a study is of: other data, seed or budget make another."""
    digest = hashlib.sha256()
    for array in (*taught.learned, *taught.validated):
        digest.update(np.ascontiguousarray(array).tobytes())
    digest.update(repr((seed, budget, monotone, BATCH, UNITS, RATES, DECAYS, FAULTY, RESTARTS)).encode())
    return digest.hexdigest()


def _read(study: Path, of: str) -> tuple[list[Trial], float]:
    try:
        found = json.loads(study.read_text())
        if found["of"] != of:
            return [], 0.0
        return [Trial(**trial) for trial in found["trials"]], float(found["seconds"])
    except (OSError, ValueError, KeyError, TypeError):
        return [], 0.0


def _write(study: Path, of: str, trials: list[Trial], seconds: float) -> None:
    study.parent.mkdir(parents=True, exist_ok=True)
    held = {"of": of, "seconds": round(seconds, 1), "trials": [asdict(trial) for trial in trials]}
    atomic.write(study, (json.dumps(held) + "\n").encode())
