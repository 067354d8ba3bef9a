"""A span of time as a person writes it."""

import re

SECONDS = {"ms": 0.001, "s": 1, "min": 60, "h": 3600, "d": 86400}


def seconds(span: float | str) -> float:
    """Seconds, as a number or as "90 s", "5 min", "2 h", "30 d"; ValueError says what is allowed.

    >>> seconds("5 min"), seconds("1.5h"), seconds(20)
    (300.0, 5400.0, 20.0)
    """
    if isinstance(span, int | float):
        return float(span)
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*", span)
    if not found or found[2] not in SECONDS:
        raise ValueError(f"{span!r} is no span of time; expected a number of seconds, or one and {', '.join(SECONDS)}")
    return float(found[1]) * SECONDS[found[2]]
