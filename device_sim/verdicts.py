"""Verdicts of the shipped main loop on the real VM, for `motegate evaluate --vm micropython`."""

import tempfile
from collections.abc import Callable
from pathlib import Path

from motegate.firmware import boards
from motegate.firmware.frames import Verdict
from motegate.firmware.progress import Progress
from motegate.train import policy as policies
from motegate.train.evaluate import Trained, Verdicts
from motegate.train.recording import Records

from .features import ENOUGH_KB
from .journal import Scribe
from .launch import launch
from .taken import take, too_few


def on_micropython(work: Path, data: list[Path]) -> Callable[..., Verdicts]:
    """What `train.evaluate.evaluate` takes as ``judged``."""

    def judged(trained: Trained, records: Records, progress: Progress | None) -> Verdicts:
        policy = policies.load(work / "policy.toml")
        scribe = Scribe(trained.plan)
        with tempfile.TemporaryDirectory(prefix="motegate-data-") as scratch:
            taken = take(policy, data, Path(scratch))
            few = too_few(policy, trained.plan, taken.records, data)
            commission = None if few is None else 0
            bundle = work / "firmware" / boards.UNIX
            with launch(bundle, replay=taken.replay, commission=commission, heap_kb=ENOUGH_KB, tap=False) as running:
                for item in running.frames():
                    if isinstance(item.form, Verdict):
                        scribe.verdict(item.form)
                        if progress:
                            progress("judge", len(scribe), len(records) // policy.hop)
        journal = scribe.close()
        first = int((~journal.judged).sum())  # commissioning comes first
        return Verdicts(first, journal.scores[first:], journal.passes[first:] != 0)

    return judged
