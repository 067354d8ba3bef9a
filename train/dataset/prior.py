"""What limits usually are: a device that has few windows for its own begins with these."""

import numpy as np
from motegate.firmware.device import layout as at
from motegate.firmware.device.boot.reference import dump
from motegate.firmware.device.reference.reference import Reference

from ..policy import Plan


def with_limits(plan: Plan, reference: bytes | None, references: np.ndarray) -> bytes:
    """A reference's file with the median limits of ``references`` int32[n, n_ref], over windows and recordings."""
    edited = Reference(plan.for_device(), reference, 0)
    for k in range(edited.n_cells if len(references) else 0):
        q99, q90 = (references[:, edited.limits + at.LIMIT_STRIDE * k + which] for which in (at.Q99, at.Q90))
        edited.set_limit(k, int(np.median(q99)), int(np.median(q90)))
    return dump(edited)
