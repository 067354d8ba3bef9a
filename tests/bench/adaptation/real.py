"""Real streams: every alarm that a year of a river or of a machine gives, and what adapting makes of a long fault."""

from dataclasses import dataclass, replace

import numpy as np
from motegate.firmware.clock import EPOCH_S
from motegate.firmware.device.layout import ADAPT_SWAPS
from motegate.train import metrics
from motegate.train.dataset import split
from motegate.train.host.adaptive import AdaptiveGate, Measured
from motegate.train.policy import Plan
from motegate.train.policy.form import Adaptation
from motegate.train.policy.plan_compiler import compile_policy

from ..judgement.gates import RIVERS, Gate, learned
from ..judgement.household import patient
from .changes import alarms
from .person import DELAY, Person

TITLE = "Adaptation on real streams"
SEEDS = 1
NAB = "nab_machine_temperature.csv"
PATIENT = 5  # days
AROUND = 3 * 86_400  # seconds before an alarm in which what it is about may lie


@dataclass(frozen=True)
class Alarm:
    """``when``: the day; ``of``: the classifier; ``labelled``: the share of labelled rows within three days before."""

    when: str
    of: str
    labelled: float


@dataclass(frozen=True)
class Adapted:
    """Window F1 and event F1 of the labelled parent, swaps, labels given."""

    window_f1: float
    event_f1: float
    swaps: int
    labels: int


@dataclass(frozen=True)
class Site:
    """A recording and the gate that judges it; ``parent``: whose labels it has."""

    name: str
    gate: Gate
    file: str
    parent: str

    def measured(self) -> Measured:
        return Measured.of(self.gate.trained, self.gate.read(self.file))

    def truth(self, measured: Measured) -> np.ndarray:
        """bool[n]: windows that the labels call failures."""
        labels = self.gate.read(self.file).fails[self.parent]
        shares = split.label_shares(measured.slots.row, measured.slots.windows, self.gate.plan.length, labels)
        return shares >= self.gate.rules.label_share

    def plan(self, confirm: str | None, patience: float | None = None) -> Plan:
        rules = self.gate.rules
        plan = self.gate.plan if patience is None else patient(self.gate, patience)
        if confirm is None:
            return replace(plan, adapt=())
        return replace(plan, adapt=compile_policy(replace(rules, adapt=Adaptation(confirm=confirm))).adapt)


def sites(seed: int) -> tuple[Site, ...]:
    franklin, main_street = RIVERS
    return (
        Site("river, FranklinBasin", learned("river", (main_street,), seed), franklin, "intrinsic"),
        Site("river, MainStreet", learned("river", (franklin,), seed), main_street, "intrinsic"),
        Site("NAB, machine temperature", learned("machine_temperature", (NAB,), seed), NAB, "contextual"),
    )


def alarms_of(site: Site) -> list[Alarm]:
    """Every drift alarm of the gate without adaptation, and what the labels say there."""
    measured = site.measured()
    gate = AdaptiveGate(site.gate.trained, measured, site.plan(None))
    for _ in gate:
        pass
    records = site.gate.read(site.file)
    labels, seconds = records.fails[site.parent], records.seconds.astype(np.int64)
    names = [parent.name for parent in site.gate.plan.classifiers]
    found = []
    for drift in alarms(gate.said):
        here = (seconds <= drift.t[0]) & (seconds > drift.t[0] - AROUND)
        day = np.datetime64(drift.t[0] + EPOCH_S, "s").astype("datetime64[D]")
        found.append(Alarm(str(day), names[drift.of], float(labels[here].mean())))
    return found


def adapted(site: Site, confirm: str | None, speaks: bool, patience: float | None = None) -> Adapted:
    """``speaks``: somebody labels failing windows while the board asks, one in so many that share no sample, truly."""
    measured = site.measured()
    truth = site.truth(measured)
    gate = AdaptiveGate(site.gate.trained, measured, site.plan(confirm, patience))
    every = -(-site.gate.plan.length // site.gate.plan.hop)
    person = Person(gate, every, lambda window: not truth[window], np.inf if speaks else 0)
    for window in gate:
        person.look(window)
    first = gate.commission
    column = [parent.name for parent in site.gate.plan.classifiers].index(site.parent)
    said = ~gate.passes[first:, column]
    return Adapted(
        metrics.windows(said, truth[first:]).f1,
        metrics.events(said, truth[first:]).f1,
        int(gate.cycle.state[ADAPT_SWAPS]) if gate.cycle else 0,
        person.given,
    )


WAYS = {
    "without adaptation": (None, False, None),
    "`labels`, nobody says anything": ("labels", False, None),
    "`labels`, true ones": ("labels", True, None),
    f"`labels`, true ones, `patience_days = {PATIENT}`": ("labels", True, PATIENT),
    f"without adaptation, `patience_days = {PATIENT}`": (None, False, PATIENT),
    "`auto`": ("auto", False, None),
}


def run(seeds: int = SEEDS) -> str:
    lines = [
        "`python -m tests.bench real`: rivers judged by the other one's model, NAB by its own. Window F1 and",
        "event F1 of the labelled parent behind commissioning, its own threshold. FranklinBasin holds one fault",
        f"of 17 days. Labels: of a failing window in each length, {DELAY} lengths late, while the board asks.",
        "",
        "| stream | way | window F1, event F1 | taken over | labels |",
        "| --- | --- | --- | --- | --- |",
    ]
    told = ["", "Alarms without adaptation, with the share of labelled rows in the three days before:", ""]
    for seed in range(seeds):
        for site in sites(seed):
            for way, (confirm, speaks, patience) in WAYS.items():
                one = adapted(site, confirm, speaks, patience)
                f1 = f"{one.window_f1:.3f}, {one.event_f1:.3f}"
                lines.append(f"| {site.name} | {way} | {f1} | {one.swaps} | {one.labels} |")
            some = alarms_of(site)
            each = "; ".join(f"{alarm.when} {alarm.of} ({alarm.labelled:.0%})" for alarm in some) or "none"
            told.append(f"- {site.name}: {each}")
    return "\n".join([*lines, *told])
