"""Drift detectors on a normal number whose level changes: ours in integers, and river's beside them."""

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt
from typing import Protocol

import numpy as np
from motegate.firmware.device.drift.cusum import Cusum
from motegate.firmware.device.drift.ewma import Ewma
from motegate.firmware.device.drift.page_hinkley import PageHinkley

from .judgement.intervals import poisson

TITLE = "Drift detectors"
CHANGES, BEFORE, AFTER = 400, 500, 1000
STREAMS, QUIET = 5, 1_000_000
SLOW = 20_000  # quiet samples a stream for those of a thousandth of a second each
JUMP, RAMP = 3.0, 0.01


class Detector(Protocol):
    def update(self, x): ...

    @property
    def drift_detected(self) -> bool: ...


@dataclass
class Chart:
    """river has the average, not the chart: the limit of 4.8 standard deviations is ours."""

    def __post_init__(self):
        from river import stats

        self.mean = stats.EWMean(fading_factor=1 / 32)
        self.mean.update(1e-12)  # a mean of 0 would be taken for none, and the next number for the mean
        self.drift_detected = False

    def update(self, x):
        self.mean.update(x)
        self.drift_detected = abs(self.mean.get()) > 4.8 * sqrt(1 / 63)


@dataclass(frozen=True)
class Kind:
    make: Callable[[], Detector]
    integers: bool = False
    quiet: int = QUIET // 10


@dataclass(frozen=True)
class Found:
    """Median samples to the alarm, None where it did not come within ``AFTER``; alarms on quiet streams."""

    jump: float | None
    ramp: float | None
    alarms: int
    quiet: int


def kinds() -> dict[str, Kind]:
    from river import drift

    return {
        "CUSUM": Kind(Cusum, True, QUIET),
        "EWMA": Kind(Ewma, True, QUIET),
        "Page-Hinkley": Kind(PageHinkley, True, QUIET),
        "river EWMean, the same chart": Kind(Chart),
        "river Page-Hinkley": Kind(drift.PageHinkley),
        "river ADWIN": Kind(drift.ADWIN),
        "river KSWIN": Kind(lambda: drift.KSWIN(seed=1), quiet=SLOW),
    }


def measure(kind: Kind, streams: int = STREAMS, changes: int = CHANGES) -> Found:
    jump, ramp = ([_delay(kind, seed, change) for seed in range(changes)] for change in (_jump, _ramp))
    alarms = sum(_alarms(kind, _numbers(kind, _normal(10_000 + seed, kind.quiet))) for seed in range(streams))
    return Found(_median(jump), _median(ramp), alarms, streams * kind.quiet)


def _normal(seed: int, n: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(n)


def _jump(n: int) -> np.ndarray:
    return np.full(n, JUMP)


def _ramp(n: int) -> np.ndarray:
    return RAMP * np.arange(n)


def _numbers(kind: Kind, x: np.ndarray) -> list:
    return np.round(256 * x).astype(int).tolist() if kind.integers else x.tolist()


def _delay(kind: Kind, seed: int, change: Callable[[int], np.ndarray]) -> float:
    """Samples from the change to the alarm; alarms before it are reset."""
    x = _normal(seed, BEFORE + AFTER)
    x[BEFORE:] += change(AFTER)
    detector = kind.make()
    for i, number in enumerate(_numbers(kind, x)):
        detector.update(number)
        if detector.drift_detected:
            if i >= BEFORE:
                return i - BEFORE + 1
            detector = kind.make()
    return np.inf


def _alarms(kind: Kind, numbers: list) -> int:
    detector, found = kind.make(), 0
    for number in numbers:
        detector.update(number)
        if detector.drift_detected:
            detector, found = kind.make(), found + 1
    return found


def _median(delays: list[float]) -> float | None:
    middle = float(np.median(delays))
    return middle if np.isfinite(middle) else None


def run() -> str:
    lines = [
        f"`python -m tests.bench detectors`: N(0, 1), {CHANGES} changes after {BEFORE} samples each, the median delay;",
        f"alarms over {STREAMS} streams without a change, and the 95 % interval of what a million would give.",
        "Each with the one configuration that it has by default.",
        "",
        "| detector | + 3 sigma, samples | ramp of 0.01 a sample | false alarms | of samples | in a million |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name, kind in kinds().items():
        found = measure(kind)
        low, high = (end * 1e6 / found.quiet for end in poisson(found.alarms))
        jump, ramp = ("not" if delay is None else f"{delay:g}" for delay in (found.jump, found.ramp))
        rate = f"{found.alarms * 1e6 / found.quiet:,.1f} ({low:,.1f} to {high:,.1f})"
        lines.append(f"| {name} | {jump} | {ramp} | {found.alarms:,} | {found.quiet:,} | {rate} |")
    return "\n".join(lines)
