"""The page of a training: it says what metrics.json says, opens without a network, and fits a phone."""

import hashlib
import json
import re
import shutil
import subprocess

import numpy as np
import pytest
from motegate.firmware.errors import InputError
from motegate.train import metrics, page
from motegate.train.dataset import examples
from motegate.train.training import train

from tests.train import synthetic

pytestmark = pytest.mark.unit

FEW = {"train": 60, "validation": 30, "test": 20}
LABELLED = (2100, 2400, 2700, 3000, 4700)
PARENTS = ("intrinsic", "contextual", "data_integrity")
TESTED = {
    "intrinsic": {
        "passes": True, "cases": 1205, "failing": [], "fails_from": {"spike": 2.0, "offset": None}, "deaf": [],
    },
    "contextual": {
        "passes": False, "cases": 797, "failing": [{"case": "regime at <1020>", "why": "passes & should not"}],
        "fails_from": {}, "deaf": ["offset"],
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    policy = synthetic.policy_file(folder)
    text = policy.read_text().replace('"drift", ', "").replace('name = "loop"', 'name = "a <loop> & more"')
    for name in PARENTS:
        text = text.replace(f"[parents.{name}]\n", f'[parents.{name}]\nmodel = "rule"\n')
    policy.write_text(text)
    fail = np.zeros(5000, bool)
    for begin in LABELLED:
        fail[begin : begin + 60] = True
    data = synthetic.recording_file(folder / "a.csv", n=5000, fail=fail, level=np.where(fail, 30.0, 0.0))
    kept = dict(examples.PER_KIND)
    examples.PER_KIND.update(FEW)
    train(policy, [data], folder / "work")
    examples.PER_KIND.update(kept)
    (folder / "work" / "convert").mkdir()
    (folder / "work" / "convert" / "robustness.json").write_text(json.dumps({"parents": TESTED}))
    accepted = {"contextual": {"by": "somebody", "because": "known <since> May", "of": ""}}
    (folder / "work" / "accepted.json").write_text(json.dumps({"parents": accepted}))
    return folder / "work"


@pytest.fixture(scope="module")
def found(work) -> dict:
    return json.loads((work / "train" / page.FILE).read_text())


@pytest.fixture(scope="module")
def html(work) -> str:
    assert page.write(work) == work / "train" / "report.html"
    return (work / "train" / "report.html").read_text()


def test_every_parent_has_its_section_and_nothing_comes_from_elsewhere(html):
    assert re.findall(r'<section id="([^"]+)">', html) == [
        "recording", "intrinsic", "contextual", "data-integrity", "model-card",
    ]  # fmt: skip
    assert re.findall(r'(?:src|href)="(?!#)[^"]*"', html.split("</script></head>")[1]) == []
    for title in (
        "Precision and recall",
        "Scores",
        "Recall by fault and severity",
        "Confusion",
        "Candidates and rivals",
        "Selection",
        "What it costs",
    ):
        assert html.count(f"<h3>{title}</h3>") == 3


def test_the_same_work_folder_gives_the_same_page(work, html):
    assert page.write(work).read_text() == html
    figures = re.findall(r'<div id="([^"]+)" class="plotly', html)
    assert len(set(figures)) == len(figures) > 5
    assert all(html.count(f'"{name}"') > 1 for name in figures)  # its script knows it by the same name


def test_what_people_named_is_text_and_no_markup(html):
    assert "a &lt;loop&gt; &amp; more: what was learned" in html
    assert "regime at &lt;1020&gt;" in html
    assert "passes &amp; should not" in html
    assert "by somebody: known &lt;since&gt; May" in html


def test_it_says_what_was_kept_what_is_labelled_and_what_it_was_made_of(work, html):
    measured = json.loads((work / "train" / "metrics.json").read_text())["parents"]
    for name in PARENTS:
        kept = measured[name]["selection"]["kept"]
        assert f"keeps {len(kept)} of {len(measured[name]['selection']['candidates'])}: {', '.join(kept)}" in html
    assert html.count("<h3>Labelled failures</h3>") == 1
    assert "contextual: leave one event out, 5 folds: " in html
    policy = hashlib.sha256((work / "policy.toml").read_bytes()).hexdigest()
    assert f"SHA-256 {policy}" in html
    assert "licence: not said" in html
    low, high = measured["intrinsic"]["classifier"]["intervals"]["recall"]["4"]
    assert f"({low:.2f} to {high:.2f})" in html


def test_it_says_what_the_robustness_test_said(html):
    assert "passes 1,205 cases" in html
    assert "fails 1 of 797 cases" in html
    assert "cannot fail by offset alone" in html
    assert "not tested yet: motegate convert" in html  # data_integrity


def test_its_counts_and_recalls_are_those_of_the_metrics(work, found):
    measured = json.loads((work / "train" / "metrics.json").read_text())["parents"]
    for name in PARENTS:
        parent, table = found["parents"][name], measured[name]["classifier"]
        confusion = parent["confusion"]
        assert parent["threshold"] == table["threshold"]
        assert confusion["false"] == table["false_alarms"]
        assert confusion["false"] + confusion["passed"] == table["clean_windows"] == sum(parent["bars"]["clean"])
        assert confusion["found"] + confusion["missed"] == sum(parent["bars"]["faulty"])
        for row in parent["recall"]:
            if row["severity"] in [f"{severity:g}" for severity in metrics.SEVERITIES]:
                kind = table["kinds"][row["kind"]]
                assert (row["recall"], row["n"]) == (kind[f"recall_{row['severity']}"], kind[f"n_{row['severity']}"])


def test_the_curve_goes_through_the_chosen_threshold_and_recall_never_falls_with_it(found):
    for parent in found["parents"].values():
        curve, confusion = parent["curve"], parent["confusion"]
        assert curve["threshold"] == sorted(curve["threshold"], reverse=True)
        assert curve["recall"] == sorted(curve["recall"])
        assert curve["recall"][-1] == 1
        at = max(k for k, limit in enumerate(curve["threshold"]) if limit >= parent["threshold"])
        share = confusion["found"] / (confusion["found"] + confusion["missed"])
        assert curve["recall"][at] == pytest.approx(share, abs=1e-4)


def test_the_worst_windows_were_not_trained_on_and_share_no_sample(found):
    for parent in found["parents"].values():
        worst = parent["worst"]
        assert len(worst) == 10
        assert {one["part"] for one in worst} <= {"validation", "test"}
        assert [one["score"] for one in worst] == sorted((one["score"] for one in worst), reverse=True)
        at = sorted(one["at"] for one in worst)
        assert min(np.diff(at)) >= found["length"] * found["period_ms"] / 1000 - 1
        assert all(len(samples) == found["length"] for one in worst for samples in one["samples"])
    assert found["parents"]["contextual"]["worst"][0]["labelled"]


def test_the_recording_s_parts_and_labels_are_where_they_are(found):
    recording = found["recording"]
    assert [part["name"] for part in recording["parts"]] == ["train", "validation", "test"]
    ends = [part["spans"][0][0] for part in recording["parts"]]
    assert ends == sorted(ends)
    spans = recording["labelled"]["contextual"]
    assert len(spans) == len(LABELLED)
    assert all(60 <= end - begin <= 60 + 2 * found["length"] for begin, end in spans)
    assert max(recording["channels"][0]["high"]) > 20


def test_a_folder_without_a_training_says_what_to_do(tmp_path):
    with pytest.raises(InputError, match=r"page\.json: not what train and convert write .*; run: motegate train"):
        page.write(tmp_path)


def test_in_a_browser_everything_is_drawn_and_nothing_overflows_on_a_phone(work, html, tmp_path):
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no browser: apt-get install chromium")
    plots = 1 + 3 * (3 + 10)
    look = """
      const inner = document.querySelector("iframe").contentWindow.document;
      const drawn = inner.querySelectorAll(".plotly-graph-div .main-svg").length;
      const plots = [...inner.querySelectorAll(".plotly-graph-div")];
      const wide = plots.filter((plot) => plot.clientWidth > plot.parentElement.clientWidth);
      document.title = JSON.stringify([inner.documentElement.scrollWidth, drawn, wide.length]);
    """
    outer = tmp_path / "phone.html"
    shutil.copyfile(work / "train" / "report.html", tmp_path / "report.html")
    outer.write_text(
        '<iframe src="report.html" width="390" height="844" style="border:0"></iframe>'
        f"<script>addEventListener('load', () => setTimeout(() => {{{look}}}, 3000))</script>"
    )
    done = subprocess.run(
        [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files",
         f"--user-data-dir={tmp_path / 'profile'}", "--virtual-time-budget=15000", "--dump-dom", outer.as_uri()],
        capture_output=True, text=True, timeout=180, check=True,
    )  # fmt: skip
    width, drawn, wide = json.loads(re.search(r"<title>(.*)</title>", done.stdout).group(1))
    assert width <= 390
    assert drawn >= plots
    assert wide == 0
