"""Somebody sits at the emulated Pico: labels, a swap, a last layer and a rollback there give the unix VM's bits."""

import json

import numpy as np
import pytest
from motegate.convert import bundle
from motegate.device_sim.simulate import simulate

from tests.device_sim import hand
from tests.device_sim.test_adaptation import at_window, label, policy

pytestmark = [pytest.mark.device, pytest.mark.campaign]
LENGTH, CHANGE, END = 16, 110, 190
FAINT = range(24, 104, 6)


def said(out) -> list[str]:
    lines = (out / "events.jsonl").read_text().splitlines()
    return [line for line in lines if '"k":"verdict"' in line or '"k":"adapt"' in line or '"k":"drift"' in line]


def test_an_emulated_pico_adapts_as_the_unix_vm_does(emulated, tmp_path):
    values = 5 + 0.02 * np.random.default_rng(0).normal(size=LENGTH * END)
    for window in FAINT:
        values[LENGTH * window + 7] += 0.12
    values[LENGTH * CHANGE :] += 1
    data = hand.recording_of(tmp_path / "stream.csv", values)
    rules = policy("head_bound = 1\ncanary_errors = 0\n")
    work = hand.work(tmp_path / "work", data, LENGTH, LENGTH, policy=rules, pack_of=hand.teachable)
    bundle.build(work, "RPI_PICO")
    labels = label(tmp_path / "labels.csv", FAINT, "bad", parent="intrinsic", length=LENGTH)
    more = label(tmp_path / "more.csv", range(CHANGE + 6, CHANGE + 14), "good", length=LENGTH)
    labels.write_text(labels.read_text() + "".join(more.open().readlines()[1:]))
    orders = [f"rollback@{at_window(END - 10, LENGTH)}"]
    runs = {}
    for vm in ("micropython", "pico"):
        runs[vm] = simulate(work, [data], tmp_path / vm, vm=vm, labels=labels, orders=orders, heap_kb=192)
    assert said(tmp_path / "pico") == said(tmp_path / "micropython")
    assert runs["pico"].adapt == runs["micropython"].adapt
    told = [json.loads(line) for line in said(tmp_path / "pico")]
    reasons = {event["why"] for event in told if event["k"] == "adapt"}
    assert reasons >= {8, 10, 12}  # taken over, rolled back, a last layer judges
    assert runs["pico"].adapt["labels"]["counted"] == 8
    assert runs["pico"].errors == 0
