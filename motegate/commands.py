"""One function per command: calls one function of a package and prints what it returns. No logic of its own.

Results go to stdout, as lines or with --json as JSON; what goes on beside them (a stale step done again) to stderr.
"""

import json
import sys
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from pathlib import Path

from .firmware.errors import InputError, RefusedError
from .progress import bar
from .steps import Steps


def _say(line: str) -> None:
    print(f"motegate: {line}", file=sys.stderr)


@contextmanager
def _steps(work: Path):
    with bar() as progress:
        yield Steps(work, _say, progress), progress


def _plain(value):
    """Anything that a package returns, as JSON takes it."""
    if is_dataclass(value) and not isinstance(value, type):
        return _plain(asdict(value))
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if hasattr(value, "tolist"):
        return value.tolist()
    return value if isinstance(value, int | float | str | None) else str(value)


def _print(args, result, lines: list[str]) -> None:
    if getattr(args, "json", False):
        print(json.dumps(_plain(result), indent=2))
    else:
        for line in lines:
            print(line)


def init(args) -> None:
    from .firmware import atomic
    from .firmware.errors import InputError
    from .train.onboarding import init

    if args.out.exists() and not args.force:
        raise InputError(f"{args.out}: is there already; --force replaces it")
    text = init.init(args.data)
    atomic.write(args.out, text.encode())
    notes = init.notes(text)
    then = f"{args.out}: look at it, then: motegate train {args.out} --data {args.data}"
    _print(args, {"policy": args.out, "notes": notes}, [*(f"note: {note}" for note in notes), then])


def check(args) -> int:
    from .train.onboarding import check

    result = check.check(args.policy, args.data or [])
    _print(args, result, [*map(str, result.findings), f"{args.policy}: {'right' if result.ok else 'not yet'}"])
    return 0 if result.ok else 1


def demo(args) -> None:
    from .demo import demo

    with bar() as progress:
        result = demo(args.out, _say, progress)
    _print(args, result, result.lines())


def train(args) -> None:
    from .train import page

    _reasoned(args)
    with _steps(args.out) as (steps, _):
        result = steps.train(args.policy, args.data, args.seed, args.synthetic_only, args.search)
        steps.ensure_convert()
    _accept(args, args.out)
    lines = _lines(result, f"{args.out}: trained")
    _print(args, result, [*lines, f"report: {page.write(args.out)}"])
    _robust(args.out, say=not args.json)
    if args.require is not None:
        result.require(args.require)


def _reasoned(args) -> None:
    """Before any work: who accepts says why."""
    if bool(args.accept_failing) != bool(args.because.strip()):
        raise InputError("--accept-failing PARENT and --because WHY: expected both, or neither")


def _accept(args, work: Path) -> None:
    if args.accept_failing:
        from .convert import robustness

        robustness.accept(work, args.accept_failing, args.because)


def _robust(work: Path, say: bool = False) -> None:
    """A parent that fails its robustness test, and that nobody accepted, ends the command."""
    from .convert import robustness

    for tested in robustness.require(work):
        if say:
            for line in tested.lines():
                print(line)


def convert(args) -> None:
    from .train import page

    _reasoned(args)
    with _steps(args.work) as (steps, _):
        result = steps.convert()
    _accept(args, args.work)
    page.write(args.work)
    _print(args, result, _lines(result, f"{args.work}: converted"))
    _robust(args.work)


def build(args) -> None:
    _reasoned(args)
    with _steps(args.work) as (steps, _):
        if args.accept_failing:
            steps.ensure_convert()
            _accept(args, args.work)
        result = steps.build(args.board or steps.board(), args.replay)
    _print(args, result, _lines(result, str(args.work)))


def simulate(args) -> None:
    if args.scenario:
        _scenarios(args)
        return
    from .device_sim.simulate import simulate

    if not args.data:
        raise InputError("simulate: neither --data nor --scenario; expected one of them")
    with _steps(args.work) as (steps, progress):
        board = args.board or steps.board()
        steps.ensure_build("RPI_PICO" if args.vm == "pico" else "UNIX")
        summary = simulate(
            args.work, args.data, args.out, board=board, vm=args.vm, drivers=args.drivers, heap_kb=args.heap,
            battery_mwh=args.battery_mwh, labels=args.labels, orders=args.order, progress=progress,
        )  # fmt: skip
    _print(args, summary.as_json(), [*summary.lines(), f"report: {args.out / 'report.html'}"])


def _scenarios(args) -> None:
    from .device_sim import scenario
    from .firmware import atomic

    if args.data:
        raise InputError("simulate: --data beside --scenario; expected one of them")
    with _steps(args.work) as (steps, _):
        steps.ensure_build("UNIX")
        played = scenario.play_all(args.work, args.scenario, args.jobs)
    args.out.mkdir(parents=True, exist_ok=True)
    atomic.write(args.out / "junit.xml", scenario.junit(played))
    _print(args, played, [line for one in played for line in one.lines()])
    failed = sum(not one.met for one in played)
    if failed:
        raise RefusedError(f"{failed} of {len(played)} scenarios are not as expected; see {args.out / 'junit.xml'}")


def features(args) -> None:
    from .device_sim.features import features

    with _steps(args.work) as (steps, progress):
        steps.ensure_build("UNIX") if args.vm == "micropython" else steps.ensure_train()
        windows = features(args.work, args.data, args.out, vm=args.vm, progress=progress)
    print(f"{args.out}: {windows} windows")


def evaluate(args) -> None:
    from .train import policy, recording
    from .train.evaluate import evaluate

    with _steps(args.work) as (steps, progress):
        judged = None
        if args.vm == "micropython":
            from .device_sim.verdicts import on_micropython

            steps.ensure_build("UNIX")
            judged = on_micropython(args.work, args.data)
        else:
            steps.ensure_convert()
        for label, what in recording.labels_of_nobody(policy.load(args.work / "policy.toml"), args.data).items():
            _say(f"{label}: {what}")
        result = evaluate(
            args.work, args.data, vm=args.vm, out=args.out, progress=progress, judged=judged, labels=args.labels
        )
    lines = [_scores(name, parent) for name, parent in result["parents"].items()]
    _print(args, result, [*lines, *_adapted(result.get("adaptation"))])


def _adapted(found: dict | None) -> list[str]:
    """What adapting has given, where the policy adapts."""
    if not found:
        return []
    did = f"{found['labels']} labels, {found['swaps']} references taken over"
    did += ", a last layer taught" if found["taught"] else ""
    if found["noticed"] is None:
        return [f"adaptation: no change was noticed; {did}"]
    lines = [f"adaptation: a change was noticed at {found['noticed']}; {did}"]
    for name in found["before"]:
        f1 = [found[when][name]["window"]["f1"] for when in ("before", "without", "with")]
        lines.append(f"{name}: window F1 {f1[0]:.3f} before, {f1[1]:.3f} after it without adaptation, {f1[2]:.3f} with")
    return lines


def _scores(name: str, parent: dict) -> str:
    window, event = parent["window"], parent["event"]
    return (
        f"{name}: window F1 {window['f1']:.3f} (precision {window['precision']:.3f}, recall {window['recall']:.3f}), "
        f"event F1 {event['f1']:.3f}, {parent['false_alarms_per_1000']:g} false alarms in 1,000 good windows"
    )


def infer(args) -> None:
    from .convert.infer import infer_file

    infer_file(args.model, args.data, args.out, vm=args.vm)
    print(args.out)


def flash(args) -> None:
    from .firmware.link import flash

    with _steps(args.work) as (steps, progress):
        board = args.board or steps.board()
        bundle = steps.ensure_build(board)
        result = flash.flash(bundle, board, args.port, progress=progress)
    _print(args, result, _lines(result, f"{board}: flashed and verified"))


def monitor(args) -> None:
    from .firmware.link import monitor

    monitor.monitor(args.port, log=args.log, plain=args.plain)


def status(args) -> None:
    from .firmware.link import Hello, commands

    health = commands.status(args.port)
    _print(args, health.body(), [health.line(Hello())])


def time(args) -> None:
    from .firmware.link import commands, stamp

    print(f"set to {stamp(commands.set_time(args.port))} UTC")


def dump(args) -> None:
    from .firmware.link import commands

    for line in commands.dump(args.out, args.port):
        print(line)


def stop(args) -> None:
    from .firmware.link import commands

    commands.stop(args.port)
    print("stopped; the prompt is open until the next reset")


def adapt(args) -> None:
    from .firmware.link import commands

    label = (args.window, args.parent, args.label)
    if any(label) and not all(label):
        raise InputError("--window, --parent and --label: expected all three, or none of them")
    if any(label):
        became = commands.label(args.window, args.parent, args.label == "good", args.port)
        print(f"{args.label}: {BECAME.get(became, became)}")
    else:
        commands.adapt(args.port)
        print("confirmed: what has changed is taken over as soon as the board is sure of it")


BECAME = {
    "late": "too late: the board no longer knows this window",
    "noted": "noted; this window belongs to no change",
    "counted": "counted",
    "again": "this window has a label already",
    "taught": "the classifier learns from it",
}


def rollback(args) -> None:
    from .firmware.link import commands

    commands.rollback(args.port)
    print("rolled back")


def _lines(result, otherwise: str) -> list[str]:
    """A result that can say itself in lines does; a folder or a table is said in one."""
    lines = getattr(result, "lines", None)
    if callable(lines):
        return lines()
    return list(lines) if lines else [otherwise]
