"""How fast the reference follows, where the policy says ``follow_per_day = "auto"``: as slowly as the stream allows.

What follows fast learns a slow failure too, what does not follow cries wolf with the season. So each rate is tried on
the recordings themselves, and the slowest is taken at which good windows keep the alarm budget: what a calibrated limit
says of one window in a thousand is counted over the columns that the band and the regimes make.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from motegate.firmware.device import layout as at

from .. import threshold
from ..host import engine
from ..policy import DEFAULT_FOLLOW, Plan, Policy, compile_policy

RATES = (0.0, 0.01, 0.02, 0.05, 0.1, 0.2)  # widths of the band a day
SHORTEST_DAYS = 60  # a recording that shows no season says nothing
RARE = 2 * at.RARITY_DECADE  # one good window in a thousand
SHARE = 0.02  # of good windows that may be rarer
BY_BAND = (at.WIDTH, at.FOLLOW_LATE, at.FOLLOW_REGIME)


def auto(policy: Policy, days: float, run: Callable[[Plan], tuple[engine.Run, np.ndarray]]) -> tuple[float, str]:
    """Widths a day and why, for a recording of ``days``.

    ``run`` gives what a plan makes of it, and which of the windows behind commissioning are good and may be seen,
    bool[judged].
    """
    if days < SHORTEST_DAYS:
        why = f"as {days:.0f} days show no season ({SHORTEST_DAYS} would)"
        return DEFAULT_FOLLOW, f"{DEFAULT_FOLLOW:g} widths a day, {why}"
    for rate in RATES:
        plan = compile_policy(replace(policy, follow_per_day=rate))
        made, good = run(plan)
        columns = _by_band(plan)
        if not columns:
            return DEFAULT_FOLLOW, f"{DEFAULT_FOLLOW:g} widths a day, as no dimension needs the band"
        rare = (made.values[made.first :][:, columns].max(axis=1) > RARE) & good
        share, alarms = float(rare[good].mean()) if good.any() else 0.0, threshold.runs(rare) / days
        budget = policy.alarms_per_day or len(good) / days / threshold.DEFAULT_WINDOWS
        if share <= SHARE and alarms <= budget:
            return rate, f"{rate:g} widths a day, the slowest that keeps the alarm budget"
    return DEFAULT_FOLLOW, f"{DEFAULT_FOLLOW:g} widths a day: no rate keeps the alarm budget, the stream is not steady"


def _by_band(plan: Plan) -> list[int]:
    """Columns all of whose cells are measured against the band or the regimes."""
    return [
        j for j, column in enumerate(plan.columns) if all(plan.cells[cell].mode in BY_BAND for cell in column.cells)
    ]
