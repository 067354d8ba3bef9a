"""The command line: one line for what is wrong, the right status, and nothing heavy before it is needed."""

import subprocess
import sys
from pathlib import Path

import pytest
from motegate.firmware.errors import InputError, RefusedError

from motegate import cli, commands, examples

pytestmark = pytest.mark.unit

EXAMPLE = Path(examples.__file__).parent / "machine_temperature"
VERBS = [
    "init", "check", "demo", "train", "convert", "build", "simulate", "features", "evaluate", "infer", "flash",
    "monitor",
]  # fmt: skip


def run(*words: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-m", "motegate", *words], capture_output=True, text=True, check=False)


def test_help_names_every_verb():
    done = run("--help")
    assert done.returncode == 0
    assert all(f"\n    {verb} " in done.stdout for verb in VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help(verb, capsys):
    with pytest.raises(SystemExit) as left:
        cli.main([verb, "--help"])
    assert left.value.code == 0
    assert f"usage: motegate {verb}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("said", "meant"),
    [("40", ("trials", 40)), ("90s", ("seconds", 90)), ("2m", ("seconds", 120)), ("1h", ("seconds", 3600))],
)
def test_a_search_is_so_many_trials_or_so_long(said, meant):
    args = cli.parser().parse_args(["train", "policy.toml", "--data", "a.csv", "--search", said])
    assert args.search == meant


def test_help_imports_nothing_heavy():
    code = (
        "import sys, motegate.cli\n"
        "try: motegate.cli.main(['--help'])\n"
        "except SystemExit: pass\n"
        "print([m for m in ('numpy', 'tensorflow', 'rich', 'pyarrow', 'serial') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("words", "part"),
    [
        ((), "the following arguments are required: COMMAND"),
        (("fly",), "invalid choice: 'fly'"),
        (("train", "p", "--data", "d", "--search", "soon"), "is soon; expected so many trials, as 40, or a time"),
        (("train", "p", "--data", "d", "--search", "0m"), "is 0m; expected so many trials, as 40, or a time"),
        (("train",), "train: the following arguments are required: --data, POLICY"),
        (("simulate", "w", "--data", "d", "--vm", "esp"), "simulate: argument --vm: invalid choice: 'esp'"),
        (
            ("train", "p", "--data", "d", "--seed", "-1"),
            "argument --seed: is -1; expected a whole number from 0 to 2147483647",
        ),
        (("simulate", "w", "--data", "d", "--heap", "0"), "argument --heap: is 0; expected a whole number above 0"),
        (("simulate", "w", "--data", "d", "--heap", "x"), "argument --heap: is x; expected a whole number above 0"),
        (("simulate", "w", "--data", "d", "--battery-mwh", "nan"), "--battery-mwh: is nan; expected a number above 0"),
        (("features", "w", "--data", "d"), "features: the following arguments are required: --out"),
    ],
)
def test_wrong_usage_is_one_line_and_status_2(words, part, capsys):
    with pytest.raises(SystemExit) as left:
        cli.main(list(words))
    said = capsys.readouterr().err
    assert left.value.code == 2
    assert said.count("\n") == 1
    assert said.startswith("motegate: error: ")
    assert part in said


@pytest.mark.parametrize(
    ("raised", "status", "lines"),
    [
        (InputError("a.toml: x: one", "a.toml: y: two"), 2, ["a.toml: x: one", "a.toml: y: two"]),
        (RefusedError("intrinsic: 3 windows differ"), 1, ["intrinsic: 3 windows differ"]),
        (FileNotFoundError(2, "No such file or directory", "gone.csv"), 2, ["gone.csv: No such file or directory"]),
    ],
)  # fmt: skip
def test_what_a_room_raises_becomes_lines_and_a_status(raised, status, lines, monkeypatch, capsys):
    def fail(args):
        raise raised

    monkeypatch.setattr(commands, "check", fail)
    assert cli.main(["check", "policy.toml"]) == status
    assert capsys.readouterr().err.splitlines() == [f"motegate: error: {line}" for line in lines]


@pytest.mark.parametrize("command", [("train", "p.toml", "--data", "a.csv"), ("convert", "work"), ("build", "work")])
@pytest.mark.parametrize(
    "half", [("--accept-failing", "intrinsic"), ("--because", "so"), ("--accept-failing", "x", "--because", " ")]
)
def test_who_accepts_a_failing_parent_says_why_before_any_work(command, half, capsys):
    assert cli.main([*command, *half]) == 2
    assert capsys.readouterr().err == (
        "motegate: error: --accept-failing PARENT and --because WHY: expected both, or neither\n"
    )


def test_what_a_terminal_would_obey_is_escaped_in_an_error(monkeypatch, capsys):
    def fail(args):
        raise RefusedError("the board says: \x1b[2J\x07")

    monkeypatch.setattr(commands, "check", fail)
    assert cli.main(["check", "policy.toml"]) == 1
    assert capsys.readouterr().err == "motegate: error: the board says: \\x1b[2J\\x07\n"


def test_evaluate_says_which_labels_are_of_no_parent(tmp_path, monkeypatch, capsys):
    from motegate.train import evaluate

    (tmp_path / "policy.toml").write_text((EXAMPLE / "policy.toml").read_text())
    (tmp_path / "a.csv").write_text("t_ms,temperature,fail.contextual,fail.contextal\n0,1,0,1\n")
    monkeypatch.setattr(commands.Steps, "ensure_convert", lambda steps: None)
    monkeypatch.setattr(evaluate, "evaluate", lambda *args, **named: {"parents": {}})
    assert cli.main(["evaluate", str(tmp_path), "--data", str(tmp_path / "a.csv")]) == 0
    said = capsys.readouterr().err
    assert said == 'motegate: fail.contextal: is no parent\'s and is ignored; did you mean "contextual"?\n'


def test_a_fault_of_our_own_is_not_hidden(monkeypatch):
    def fail(args):
        raise ZeroDivisionError

    monkeypatch.setattr(commands, "check", fail)
    with pytest.raises(ZeroDivisionError):
        cli.main(["check", "policy.toml"])
