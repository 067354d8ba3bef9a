"""Where the sun stands, and what solar panels make of it under clouds."""

import math
from random import Random

import numpy as np

NOON = 12.5
"""Hours of the recording's clock at which the sun is highest; the equation of time, at most 17 minutes, is left out."""
TILT = 35.0
"""Degrees of a roof to the south."""
DIFFUSE = 0.1
RATIO = 0.85
"""What inverter, warmth and wiring leave (performance ratio)."""

WEATHER = 0.5
"""How much of a day's sky is that of the day before."""
DAYS_SPREAD, SLOTS_SPREAD, SLOTS_HOURS = 1.3, 0.9, 0.75
"""Of the clearness in logits, between days and within a day, and how long a cloud lasts."""
SUMMER = 0.5
NOISE = 0.02

PERIOD = np.timedelta64(900, "s")


def sun(times: np.ndarray, latitude: float, tilt: float = 0.0) -> np.ndarray:
    """Sine of the sun's elevation over a plane tilted to the south; ``times``, datetime64[n], by the recording's clock.

    Declination by Cooper's formula (Duffie and Beckman, "Solar Engineering of Thermal Processes", eq. 1.6.1 and 1.6.7).

    >>> noon = np.array(["2025-06-21T12:30"], "datetime64[s]")
    >>> round(math.degrees(math.asin(sun(noon, 48.8)[0])), 1)
    64.6
    """
    day = (times.astype("datetime64[D]") - times.astype("datetime64[Y]")).astype(int) + 1
    hour = (times - times.astype("datetime64[D]")) / np.timedelta64(1, "h")
    declination = np.radians(23.45) * np.sin(2 * np.pi * (284 + day) / 365)
    turn = np.radians(15.0) * (hour - NOON)
    north = math.radians(latitude - tilt)
    return math.sin(north) * np.sin(declination) + math.cos(north) * np.cos(declination) * np.cos(turn)


def clear_sky(times: np.ndarray, latitude: float) -> np.ndarray:
    """kW/m2 on the panels without a cloud: the beam through the air's mass, and a tenth of it from the sky.

    Beam by Meinel and Meinel (1976), air mass by Kasten and Young (1989), as in PVEducation, "Air Mass".
    """
    up = np.maximum(sun(times, latitude), 0.0)
    air = 1 / (up + 0.50572 * (6.07995 + np.degrees(np.arcsin(up))) ** -1.6364)
    beam = 1.353 * 0.7 ** (air**0.678)
    return np.where(up > 0, beam * (np.maximum(sun(times, latitude, TILT), 0.0) + DIFFUSE), 0.0)


def clearness(times: np.ndarray, seed: int) -> np.ndarray:
    """The share, 0..1, that the clouds let through: by season, by day and, most on changeable days, within a day."""
    draw = Random(f"{seed} clouds")
    days = times.astype("datetime64[D]")
    season = -np.cos(2 * np.pi * ((days - times.astype("datetime64[Y]")).astype(int) + 10) / 365)
    keep = math.exp(-(PERIOD / np.timedelta64(1, "h")) / SLOTS_HOURS)
    sky, cloud, before = 0.0, 0.0, None
    logits = []
    for day in days.tolist():
        if day != before:
            sky = WEATHER * sky + math.sqrt(1 - WEATHER**2) * draw.gauss(0, DAYS_SPREAD)
            before = day
        cloud = keep * cloud + math.sqrt(1 - keep**2) * draw.gauss(0, SLOTS_SPREAD)
        logits.append(sky + cloud)
    return 1 / (1 + np.exp(-(np.array(logits) + 0.3 + SUMMER * season)))


def panels(times: np.ndarray, kwp: float, from_day: int, latitude: float = 48.8, seed: int = 1) -> np.ndarray:
    """kW that panels of ``kwp`` yield in the quarter of an hour from each time on, float64[n]; 0 before ``from_day``.

    ``from_day`` counts from the day of the first time, 0. The clouds are the same whatever ``kwp`` and ``from_day``.
    """
    middles = times + PERIOD / 2
    draw = Random(f"{seed} panels")
    noise = np.array([draw.gauss(1, NOISE) for _ in range(len(times))])
    output = np.minimum(kwp, kwp * RATIO * clear_sky(middles, latitude) * clearness(times, seed) * noise)
    return np.where(days_of(times) >= from_day, output, 0.0)


def days_of(times: np.ndarray) -> np.ndarray:
    """The day of each time, int[n]; the first time's is 0."""
    days = times.astype("datetime64[D]")
    return (days - days[:1]).astype(int)
