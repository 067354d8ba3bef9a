"""How a policy has its boards kept in service and fed: ``[state]``, ``[serial]``, ``[power]``."""

from motegate.firmware.energy import batteries

from ..catalogue import pin
from ..table import Table, nearest, quoted
from .form import LOW_FRAMES, SLEEPS, Power, Service

LEAST_WATCHDOG_MS, MOST_WATCHDOG_MS = 5000, 8388
"""A sleep's piece takes 4 s; RP2040 data sheet, section 4.7: 24 bits of half microseconds."""


def read_service(top: Table) -> tuple[Service, Power]:
    """What the tables say; what they do not, as by default."""
    state, serial, power = map(top.table, ("state", "serial", "power"))
    repl = serial.one_of("repl", ("open", "pin", "key"), default="pin")
    commands = serial.one_of("commands", ("open", "key"), default="open")
    if repl == "key" and commands != "key":
        serial.note('is "key" without commands = "key": nobody could get in', "repl")
    watchdog = power.whole("watchdog_ms", 0, MOST_WATCHDOG_MS, default=0) or 0
    if 0 < watchdog < LEAST_WATCHDOG_MS:
        power.note(f"is {watchdog}; expected 0, or {LEAST_WATCHDOG_MS} to {MOST_WATCHDOG_MS}", "watchdog_ms")
    service = Service(
        state.whole("writes_per_day", 0, 1440, default=24) or 0,
        repl or "pin",
        pin(serial, "pin", default=None) if serial.has("pin") else None,
        commands or "open",
        watchdog,
    )
    fed = _power(power)
    for table in (state, serial, power):
        table.close()
    return service, fed


def _power(at: Table) -> Power:
    usual = Power()
    battery = at.text("battery") if at.has("battery") else usual.battery
    if battery is not None and battery not in batteries():
        at.note(f"{quoted(battery)} is no battery; {nearest(battery, batteries())}", "battery")
    low_mv = at.whole("low_mv", 500, 60000) if at.has("low_mv") else None
    return Power(
        at.one_of("sleep", SLEEPS, default=usual.sleep) or usual.sleep,
        battery or usual.battery,
        low_mv,
        at.whole("low_hops", 1, 1024, default=usual.low_hops) or usual.low_hops,
        at.one_of("low_frames", LOW_FRAMES, default=usual.low_frames) or usual.low_frames,
    )
