"""Verdicts of the shipped main loop on the real VM, for `motegate evaluate --vm micropython`."""

import tempfile
from collections.abc import Callable
from pathlib import Path

from motegate.firmware import boards
from motegate.firmware.link import Verdict
from motegate.firmware.progress import Progress
from motegate.train import policy as policies
from motegate.train.host import Trained, Verdicts
from motegate.train.recording import Records

from .features import ENOUGH_KB
from .machines import launch
from .recorder import Recorder
from .staged import stage, too_few


def on_micropython(work: Path, data: list[Path]) -> Callable[..., Verdicts]:
    """What `train.evaluate.evaluate` takes as ``judged``."""

    def judged(trained: Trained, records: Records, progress: Progress | None) -> Verdicts:
        policy = policies.load(work / "policy.toml")
        recorder = Recorder(trained.plan)
        with tempfile.TemporaryDirectory(prefix="motegate-data-") as scratch:
            staged = stage(policy, data, Path(scratch))
            few = too_few(policy, trained.plan, staged.records, data)
            commission = None if few is None else 0
            bundle = work / "firmware" / boards.UNIX
            with launch(bundle, replay=staged.replay, commission=commission, heap_kb=ENOUGH_KB, tap=False) as running:
                for item in running.frames():
                    if isinstance(item.form, Verdict):
                        recorder.verdict(item.form)
                        if progress:
                            progress("judge", len(recorder), len(records) // policy.hop)
        log = recorder.close()
        first = int((~log.judged).sum())  # commissioning comes first
        return Verdicts(first, log.scores[first:], log.passes[first:] != 0)

    return judged
