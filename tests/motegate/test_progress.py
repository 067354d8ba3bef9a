"""A progress bar on a terminal, after two seconds; silence elsewhere."""

import io
import sys

import pytest

from motegate import progress

pytestmark = pytest.mark.unit


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def steps() -> None:
    with progress.bar() as say:
        for done in range(5):
            say("train", done, 5)
        say("simulate", 1, 0)


def test_a_pipe_sees_nothing(monkeypatch):
    pipe = io.StringIO()
    monkeypatch.setattr(sys, "stderr", pipe)
    monkeypatch.setattr(progress, "PATIENCE_S", 0)
    steps()
    assert pipe.getvalue() == ""


def test_a_terminal_sees_a_bar_with_what_is_being_done(monkeypatch):
    terminal = Terminal()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(progress, "PATIENCE_S", 0)
    steps()
    assert "simulate" in terminal.getvalue()


def test_what_is_over_in_two_seconds_shows_no_bar(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(progress.time, "monotonic", iter([5.0, *[6.9] * 9]).__next__)
    steps()
    assert terminal.getvalue() == ""
