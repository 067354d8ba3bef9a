"""Which dimensions a parent keeps: selection alternated with training, for sparsity (Chatterjee and others 2022).

A gate stands before each dimension, and a model behind them reads what its values exceed the usual by. With the gates
fixed the model is trained; with the model fixed a proximal step (Parikh and Boyd, Proximal Algorithms, 2014) on the
gates, under a group penalty over a dimension's channels (Yuan and Lin 2006), lets go of what the model can do without;
in turn, until neither changes the outcome. Each heavier penalty begins where the lighter one ended, so the sets of a
path lie within each other. Kept is the smallest set whose validation loss lies within one standard error of the best,
and in which every kind of fault that the parent must show lifts a dimension above its limit in most of its windows and
is found as often as by all dimensions, as far as its windows can tell.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from motegate.firmware.device.layout import RARITY_DECADE
from scipy.optimize import minimize

from .. import intervals
from ..dataset import Table, split, weights
from ..features import Scaling
from ..model import candidates, tails

FIRST, HEAVIER, MOST_STEPS = 1e-4, 1.6, 24  # penalties of the path
MOST_ALTERNATIONS = 10
RIDGE = 1e-4  # on the model's weights, without which they would grow as the gates close
PROXIMAL_STEPS = 40
SETTLED = 1e-3  # of the training loss
VISIBLE, SHOWN = 1.0, 0.5  # severities from the limit on; the share of their windows


@dataclass(frozen=True)
class Step:
    """A set of the path: ``kept`` are positions of the parent's columns; ``loss`` the share of the validation's faults
    that a model of these alone misses, ``recalls`` of each kind; ``alternations`` until it was found."""

    penalty: float
    kept: tuple[int, ...]
    alternations: int
    loss: float
    recalls: dict[str, float]


@dataclass(frozen=True)
class Selection:
    """``columns``: names of what there was to choose from; ``path``: from all of them on; ``allowed``: its steps that
    cost nothing that can be told, the smallest first; ``chosen``: the one that is taken; ``error``: the standard error
    of the best loss; ``blind``: kinds that no dimension shows here."""

    columns: tuple[str, ...]
    path: tuple[Step, ...]
    allowed: tuple[Step, ...]
    chosen: Step
    error: float
    blind: tuple[str, ...]

    def taking(self, step: Step) -> "Selection":
        """With this step chosen: another model than a linear one may need more."""
        return replace(self, chosen=step)

    @property
    def kept(self) -> tuple[int, ...]:
        return self.chosen.kept

    @property
    def dropped(self) -> list[str]:
        return [name for j, name in enumerate(self.columns) if j not in self.kept]

    def as_dict(self) -> dict:
        """As metrics.json has it: each step with what it dropped, and what that cost by kind of fault."""
        steps = []
        before = self.path[0]
        for step in self.path:
            gone = [self.columns[j] for j in before.kept if j not in step.kept]
            cost = {kind: round(before.recalls[kind] - found, 4) for kind, found in step.recalls.items()}
            steps.append(
                {
                    "penalty": round(step.penalty, 6),
                    "dimensions": [self.columns[j] for j in step.kept],
                    "dropped": gone,
                    "cost": {kind: lost for kind, lost in cost.items() if lost},
                    "loss": round(step.loss, 4),
                    "alternations": step.alternations,
                }
            )
            before = step
        return {
            "candidates": list(self.columns),
            "kept": [self.columns[j] for j in self.kept],
            "dropped": self.dropped,
            "loss": round(self.chosen.loss, 4),
            "standard_error": round(self.error, 4),
            "not_shown": list(self.blind),
            "path": steps,
        }


def select(
    table: Table,
    scaling: Scaling,
    homes: dict[str, str],
    must_show: Iterable[str],
    seed: int,
    needed: Iterable[int] = (),
) -> Selection:
    """Of the columns behind ``table``; ``homes``: kind of fault -> its dimension; ``must_show``: kinds of them;
    ``needed``: positions of columns that something else asks for, so that they stay."""
    needed = set(needed)
    training, held = (table.rows(table.part == part) for part in (split.TRAIN, split.VALIDATION))
    x = tails.raised(training.x, training.clean, scaling, seed)
    usual = candidates.usual(scaling, training.x[training.clean])
    learned = _Learned(_beyond(x, usual), training.fail, weights(training))
    groups = _groups(scaling.columns)
    seen = table.rows(table.part != split.TEST)
    shown, blind = _shown(seen, scaling.columns, homes, must_show)
    path = []
    # as rare as a value says that it is, which other sites keep to and this one may not
    held = replace(held, x=tails.raised(held.x, held.clean, scaling, seed))
    validated = _beyond(held.x, usual)

    def judged(penalty: float, kept: tuple[int, ...], alternations: int) -> tuple[Step, np.ndarray]:
        levels = validated[:, kept] @ learned.fit(np.array(kept))[0]
        limit = candidates.limit_of(levels[~held.fail])
        found = {kind: float((levels[rows] > limit).mean()) for kind, rows in kinds.items()}
        return Step(penalty, kept, alternations, 1 - float(np.mean(list(found.values()) or [1.0])), found), levels

    kinds = {str(kind): held.fail & (held.kind == kind) for kind in np.unique(held.kind[held.fail])}
    everything = tuple(range(len(scaling.columns)))
    whole, all_levels = judged(0.0, everything, 0)
    path.append(whole)
    levels_of = {everything: all_levels}
    gates = np.ones(len(everything))
    least = _closed(needed, shown, groups)
    penalty = FIRST
    for _ in range(MOST_STEPS):
        gates, alternations = learned.alternate(gates, penalty, groups)
        kept = _closed(needed | set(np.flatnonzero(gates).tolist()), shown, groups)
        if kept not in levels_of:
            step, levels_of[kept] = judged(penalty, kept, alternations)
            path.append(step)
        if kept == least or (gates > 0).sum() <= 1:
            break
        penalty *= HEAVIER
    best = min(path, key=lambda step: step.loss)
    error = candidates.error_of(levels_of[best.kept], held)
    allowed = [
        step
        for step in path
        if step.loss <= best.loss + error
        and all(_as_often(whole, step, levels_of, kinds, held, kind) for kind in kinds if kind in {*must_show, ""})
    ]
    ordered = sorted(allowed or [whole], key=lambda step: (len(step.kept), step.loss))
    return Selection(scaling.columns, tuple(path), tuple(ordered), ordered[0], error, blind)


def _beyond(x: np.ndarray, usual: np.ndarray) -> np.ndarray:
    """What features int8[n, k] exceed the usual by: float64[n, k], 1 for half of their range."""
    return np.maximum(x.astype(np.float64) - usual, 0) / 128


def _groups(columns: tuple[str, ...]) -> np.ndarray:
    """The number of each column's dimension: those of one dimension's channels are let go of together."""
    names = [column.partition(".")[0] for column in columns]
    return np.unique(names, return_inverse=True)[1]


class _Learned:
    """The training part: ``h`` float64[n, k], ``fail`` bool[n], ``weight`` float64[n]."""

    def __init__(self, h: np.ndarray, fail: np.ndarray, weight: np.ndarray):
        self._h = h
        self._sign = np.where(fail, 1.0, -1.0)
        self._weight = weight / weight.sum()

    def _loss(self, levels: np.ndarray) -> tuple[float, np.ndarray]:
        """Weighted logistic loss, and its gradient by the level."""
        margin = self._sign * levels
        value = float(self._weight @ np.logaddexp(0, -margin))
        return value, -self._weight * self._sign / (1 + np.exp(np.clip(margin, -60, 60)))

    def fit(self, columns: np.ndarray, gates: np.ndarray | None = None) -> tuple[np.ndarray, float]:
        """The model: non-negative weights of some columns, and its bias; with ``gates`` before them."""
        h = self._h[:, columns] if gates is None else self._h[:, columns] * gates

        def penalized(theta: np.ndarray) -> tuple[float, np.ndarray]:
            value, slope = self._loss(h @ theta[:-1] + theta[-1])
            w = theta[:-1]
            return value + RIDGE / 2 * float(w @ w), np.append(h.T @ slope + RIDGE * w, slope.sum())

        theta = np.append(np.ones(len(columns)), -1.0)
        bounds = [(0, None)] * len(columns) + [(None, None)]
        found = minimize(penalized, theta, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 200})
        return found.x[:-1], float(found.x[-1])

    def alternate(self, gates: np.ndarray, penalty: float, groups: np.ndarray) -> tuple[np.ndarray, int]:
        """Gates float64[k] >= 0 when neither training nor selection changes the outcome, and after how many turns."""
        last = np.inf
        for turn in range(1, MOST_ALTERNATIONS + 1):
            active = np.flatnonzero(gates)
            if not len(active):
                return gates, turn
            w, bias = self.fit(active, gates[active])
            new = np.zeros_like(gates)
            new[active], loss = self._proximal(self._h[:, active] * w, bias, gates[active], penalty, groups[active])
            same = ((new > 0) == (gates > 0)).all()
            gates = new
            if same and abs(last - loss) <= SETTLED:
                return gates, turn
            last = loss
        return gates, MOST_ALTERNATIONS

    def _proximal(self, h, bias: float, gates: np.ndarray, penalty: float, groups: np.ndarray):
        """Proximal gradient on the gates of a fixed model, accelerated (Beck and Teboulle 2009)."""
        # the logistic loss curves by at most a quarter
        rate = 1 / max(0.25 * float(np.linalg.eigvalsh((h * self._weight[:, None]).T @ h)[-1]), 1e-9)
        at = ahead = gates
        momentum = 1.0
        for _ in range(PROXIMAL_STEPS):
            slope = h.T @ self._loss(h @ ahead + bias)[1]
            new = _shrunk(np.maximum(ahead - rate * slope, 0), rate * penalty, groups)
            after = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
            ahead = new + (momentum - 1) / after * (new - at)
            moved = float(np.abs(new - at).max())
            at, momentum = new, after
            if moved < 1e-5:
                break
        return at, self._loss(h @ at + bias)[0]


def _shrunk(gates: np.ndarray, by: float, groups: np.ndarray) -> np.ndarray:
    """Each group's norm is less by ``by`` times the root of its size, 0 at least."""
    norm = np.sqrt(np.bincount(groups, gates**2))
    size = np.sqrt(np.bincount(groups))
    kept = np.maximum(1 - by * size / np.maximum(norm, 1e-12), 0)
    return gates * kept[groups]


def _shown(
    seen: Table, columns: tuple[str, ...], homes: dict[str, str], must_show: Iterable[str]
) -> tuple[dict[str, np.ndarray], tuple[str, ...]]:
    """Kind -> bool[k]: the columns that show it, lying above their limit in most of its windows from the limit on;
    where none does, those of its home, and the kind is among the blind."""
    found, blind = {}, []
    for kind in must_show:
        rows = seen.fail & (seen.kind == kind) & (seen.severity >= VISIBLE)
        home = np.array([column.partition(".")[0] == homes.get(kind) for column in columns])
        share = (seen.values[rows] > RARITY_DECADE).mean(axis=0) if rows.any() else np.zeros(len(columns))
        found[kind] = share >= SHOWN
        if not found[kind].any():
            blind.append(kind)
            found[kind] = home
    return found, tuple(blind)


def _closed(kept: set[int], shown: dict[str, np.ndarray], groups: np.ndarray) -> tuple[int, ...]:
    """``kept`` and what else it takes to show each kind: of the dimensions that do, the one that shows most kinds which
    are not shown yet."""
    chosen = set(kept)
    left = {kind: which for kind, which in shown.items() if which.any()}
    while True:
        left = {kind: which for kind, which in left.items() if not which[list(chosen)].any()}
        if not left:
            break
        votes = np.sum(list(left.values()), axis=0)
        group = groups[int(np.argmax(votes))]
        chosen |= set(np.flatnonzero(groups == group).tolist())
    return tuple(sorted(chosen))


def _as_often(whole: Step, step: Step, levels_of: dict, kinds: dict, held: Table, kind: str) -> bool:
    """Whether a step finds a kind as often as all columns together do, as far as its windows can tell."""
    first, second = (
        levels_of[one.kept][kinds[kind]] > candidates.limit_of(levels_of[one.kept][~held.fail]) for one in (whole, step)
    )
    apart = first.astype(float) - second
    return bool(apart.mean() <= intervals.Z * apart.std() / np.sqrt(len(apart)) + 1e-9)
