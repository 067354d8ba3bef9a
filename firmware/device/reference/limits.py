"""What commissioning makes of what it has kept: limits of the measures, and thresholds pulled by levels."""

from ..compat import const
from ..layout import LIMIT_STRIDE, Q90, Q99, THRESHOLD_STRIDE, TRAINED_THRESHOLD

_FEW = const(16)
_FARTHEST = const(33554432)  # two octaves, Q24
_TRUST = const(200)  # levels that weigh as much as the training does


def order(levels, n, level):
    """Puts one level more into the ``n`` so far, which ascend."""
    while n > 0 and levels[n - 1] > level:
        levels[n] = levels[n - 1]
        n -= 1
    levels[n] = level


def pull(reference, classifier, levels, n, reach):
    """Pulls a threshold towards what the site's ``n`` levels say, which ascend, with weight n / (n + 200).

    They say their 80 % and 95 % quantile, the largest twentieth left out, extrapolated evenly to the alarm budget.
    Where both are one level, they say nothing of a tail.
    """
    n -= n // 20
    usual, high = levels[n * 4 // 5], levels[n * 19 // 20]
    if high == usual:
        return
    site = high + ((high - usual) * reach >> 12)
    trained = reference.array[reference.thresholds + THRESHOLD_STRIDE * classifier + TRAINED_THRESHOLD]
    reference.pull_threshold(classifier, trained + (site - trained) * n // (n + _TRUST))


def calibrate(reference, largest, counted, depth, several):
    """Both limits of what is final now: the cells of columns that look at ``several``, or all.

    ``counted``: of each limit how many measures count, -1 once it is final; ``largest``: its largest, Q10, ``depth`` of
    them, which descend.
    """
    ref = reference
    for k in range(ref.n_limits):
        n = counted[k]
        if n > 0 and (not several or k < ref.n_cells and ref.in_worst[k]):
            first = k * depth
            # kept in Q10, a limit is Q24
            most = (largest[first + (n + 19) // 20] << 14) + (1 << 24)
            q99 = max(min(largest[first + n // 100] << 14, most, ref.ceilings[k]), ref.floors[k])
            q90 = min(max(largest[first + n // 10] << 14, 0), q99)
            at = ref.limits + LIMIT_STRIDE * k
            usual99, usual90 = ref.array[at + Q99], ref.array[at + Q90]
            if k < ref.n_cells and (usual99 > ref.floors[k] or usual90 < ref.floors[k]):
                # drawn towards the training's while they are few: few windows say nothing of a tail, many say all
                weight = _FEW * _FEW
                q99 += max(-_FARTHEST, min(usual99 - q99, _FARTHEST)) * weight // (n * n + weight)
                q90 += max(-_FARTHEST, min(usual90 - q90, _FARTHEST)) * weight // (n * n + weight)
            ref.set_limit(k, q99, min(q90, q99))
            counted[k] = -1
