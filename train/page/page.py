"""The page itself: one file that opens without a network, from what train and convert left in a work folder.

Plotly draws (MIT licence; it hovers, zooms, prints and fits a phone without a line of our own); its script is in the
page.
"""

import json
import re
from html import escape
from pathlib import Path

import plotly.graph_objects as go
from motegate.firmware import atomic
from motegate.firmware.device import layout
from motegate.firmware.errors import InputError
from plotly.offline import get_plotlyjs

from ..results import events, recalls
from . import figures
from .collect import FILE

PAGE = "report.html"
HERE = Path(__file__).parent
CONFIG = {"displaylogo": False, "responsive": True, "modeBarButtonsToRemove": ["select2d", "lasso2d"]}
LIMIT = layout.RARITY_DECADE
FITTED = """
const fit = () => document.querySelectorAll(".plotly-graph-div").forEach((plot) => Plotly.Plots.resize(plot));
addEventListener("load", fit);
addEventListener("beforeprint", fit);
"""
"""A figure is drawn before its column has the width that it will have."""


def write(work: Path) -> Path:
    """WORK/train/report.html; InputError where the work folder lacks what it shows."""
    work = Path(work)
    html = page(_read(work / "train" / FILE), _read(work / "train" / "metrics.json"), _card(work), _robustness(work))
    path = work / "train" / PAGE
    atomic.write(path, html.encode())
    return path


def page(found: dict, measured: dict, card: dict, robustness: dict) -> str:
    """``found``: page.json; ``measured``: metrics.json; ``card``: what the model card says, a row each."""
    names = list(found["parents"])
    body = [
        f"<header><h1>{escape(found['stream'])}: what was learned</h1>",
        f'<p class="about">{escape(_about(found))}</p>',
        "<nav>" + "".join(f'<a href="#{_id(name)}">{escape(name)}</a>' for name in ("recording", *names, "model card")),
        "</nav></header>",
        _section("recording", _recording(found["recording"])),
        *(
            _section(name, _parent(name, found, measured["parents"][name], robustness.get(name)))
            for name in names
        ),
        _section("model card", _table(card)),
    ]  # fmt: skip
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(found['stream'])}: training</title><style>{(HERE / 'page.css').read_text()}</style>"
        f"<script>{get_plotlyjs()}</script></head><body>{_numbered(''.join(body))}<script>{FITTED}</script></body></html>\n"
    )


def _numbered(body: str) -> str:
    """Plotly names its figures at random; the same work folder is to give the same page."""
    for k, name in enumerate(dict.fromkeys(re.findall(r'<div id="([0-9a-f-]{36})"', body))):
        body = body.replace(name, f"figure-{k}")
    return body


def _about(found: dict) -> str:
    parts = ", ".join(f"{part['windows']:,} windows for {part['name']}" for part in found["recording"]["parts"])
    period = f"{found['period_ms'] / 1000:g} s a record"
    return f"windows of {found['length']} records, a new one every {found['hop']}, {period}; {parts}"


def _id(name: str) -> str:
    return "".join(c if c.isalnum() else "-" for c in name)


def _section(name: str, content: str) -> str:
    title = escape(name[0].upper() + name[1:] if name in ("recording", "model card") else name)
    return f'<section id="{_id(name)}"><h2>{title}</h2>{content}</section>'


def _plot(figure: go.Figure) -> str:
    return figure.to_html(full_html=False, include_plotlyjs=False, config=CONFIG)


def _table(rows: dict, head: tuple[str, ...] = ()) -> str:
    """First column -> the others, one text or several."""
    lines = ["<tr>" + "".join(f"<th>{escape(cell)}</th>" for cell in head) + "</tr>"] if head else []
    for first, rest in rows.items():
        cells = rest if isinstance(rest, list | tuple) else [rest]
        lines.append(
            f"<tr><th>{escape(str(first))}</th>" + "".join(f"<td>{escape(str(c))}</td>" for c in cells) + "</tr>"
        )
    return f'<div class="scroll"><table>{"".join(lines)}</table></div>'


def _recording(found: dict) -> str:
    keys = "".join(
        f'<span style="background:{colour}"></span>{name}'
        for name, colour in (*figures.SHADES.items(), ("labelled", figures.LABELLED))
    )
    labels = [f"{name}: {len(spans)} labelled stretches" for name, spans in found["labelled"].items()]
    said = "; ".join(labels) or "nothing is labelled"
    return f'<p class="dim key">{escape(said)}{keys}</p>{_plot(figures.recording(found))}'


def _parent(name: str, found: dict, measured: dict, tested: dict | None) -> str:
    parent = found["parents"][name]
    table = measured["classifier"]
    false, n = table["false_alarms"], table["clean_windows"]
    bound = "" if table["false_alarm_bound"] is None else f", at most {table['false_alarm_bound']:.1%} (95 %)"
    bound += "; intervals are 95 %, from a bootstrap of blocks of time"
    said = f"ships the {measured['model']}; {false} false alarms in {n:,} good windows of the test part{bound}"
    confusion = parent["confusion"]
    square = _table(
        {"faulty": [confusion["found"], confusion["missed"]], "good": [confusion["false"], confusion["passed"]]},
        ("test part", "fails", "passes"),
    )
    return (
        f'<p class="dim">{escape(said)}</p><div class="grid">'
        f"<div><h3>Precision and recall</h3>{_plot(figures.curve(parent))}</div>"
        f"<div><h3>Scores</h3>{_plot(figures.scores(parent))}</div>"
        f"<div><h3>Recall by fault and severity</h3>{_plot(figures.recall(parent))}</div>"
        f"<div><h3>Confusion</h3>{square}</div><div><h3>Candidates and rivals</h3>{_rivals(measured)}</div>"
        f"<div><h3>Robustness</h3>{_tested(tested)}</div>"
        f"<div><h3>Selection</h3>{_selection(measured['selection'])}</div>"
        f"<div><h3>What it costs</h3>{_plot(figures.costs(measured))}</div></div>{_events(name, measured)}"
        f"<h3>The windows with the highest scores, of validation and test, as recorded</h3>"
        f'<div class="grid">{"".join(_worst(worst, found) for worst in parent["worst"])}</div>'
    )


def _selection(found: dict | None) -> str:
    if found is None:
        return '<p class="dim">all that the policy lists: it was not to choose</p>'
    said = f"keeps {len(found['kept'])} of {len(found['candidates'])}: {', '.join(found['kept'])}"
    if found["dropped"]:
        said += f"; let go of {', '.join(found['dropped'])}"
    lines = [f"<p>{escape(said)}</p>"]
    if found["not_shown"]:
        lines.append(f'<p class="bad">no dimension shows here: {escape(", ".join(found["not_shown"]))}</p>')
    return "".join(lines) + (_plot(figures.selection(found)) if len(found["path"]) > 1 else "")


def _events(name: str, measured: dict) -> str:
    """What is labelled, and what is found of it when it is held out."""
    said = [escape(line) for line in events(name, measured)]
    return f"<h3>Labelled failures</h3><p>{'<br>'.join(said)}</p>" if said else ""


def _rivals(measured: dict) -> str:
    rows = {}
    for name, one in measured["candidates"].items():
        missed = f"{one['loss']:.3f} ± {one['standard_error']:.3f}"
        rows[name] = [missed, recalls(one), f"{one['false_alarms']} in {one['clean_windows']:,}", f"{one['macs']:,}"]
    for title, key in (("best dimension alone", "best_dimension"), ("largest value", "largest_value")):
        one = measured[key]
        name = f"{title}: {one['name']}" if "name" in one else title
        rows[name] = ["", recalls(one), f"{one['false_alarms']} in {one['clean_windows']:,}", "0"]
    return _table(rows, ("", "missed in validation", "recall at 1 / 2 / 4", "false alarms", "MACs"))


def _tested(tested: dict | None) -> str:
    if tested is None:
        return '<p class="dim">not tested yet: motegate convert</p>'
    said = (
        f"passes {tested['cases']:,} cases"
        if tested["passes"]
        else f"fails {len(tested['failing']):,} of {tested['cases']:,} cases"
    )
    lines = [f'<p class="{"" if tested["passes"] else "bad"}">{said}</p>']
    if tested["failing"]:
        lines.append(_table({one["case"]: one["why"] for one in tested["failing"][:20]}, ("case", "what is wrong")))
    if tested["deaf"]:
        lines.append(f'<p class="bad">cannot fail by {escape(", ".join(tested["deaf"]))} alone</p>')
    flips = {kind: f"{severity:g} x limit" for kind, severity in tested["fails_from"].items() if severity is not None}
    return "".join(lines) + (_table(flips, ("kind of fault", "fails from")) if flips else "")


def _worst(worst: dict, found: dict) -> str:
    """A window, and in a sentence why it has the score that it has."""
    loud = sorted(worst["values"].items(), key=lambda item: -item[1])[:3]
    said = (
        ", ".join(f"{name} {_rare(value)}" for name, value in loud if value > 0)
        or "no dimension is out of the ordinary"
    )
    verdict = "fails" if worst["fails"] else "passes"
    truth = "labelled a failure" if worst["labelled"] else "not labelled"
    line = (
        f"{figures.when(worst['at']):%Y-%m-%d %H:%M}, {worst['part']}: {verdict} with {worst['score']}, {truth}; {said}"
    )
    figure = figures.window(worst, found["recording"]["channels"], found["period_ms"] / 1000)
    return f'<div class="worst"><p>{escape(line)}</p>{_plot(figure)}</div>'


def _rare(value: int) -> str:
    """A value in words: 256 is one in a hundred, and each 256 more a factor of ten."""
    if value < LIMIT / 2:
        return "hardly above the ordinary"
    if value >= 4 * LIMIT:
        return f"{value}, rarer than one good window in 100,000"
    return f"{value}, one good window in {round(10 ** (1 + value / LIMIT), -1):,.0f}"


def _card(work: Path) -> dict:
    """The model card (Mitchell and others, Model Cards for Model Reporting, 2019): what this is, and what it is not."""
    split, metrics = _read(work / "split.json"), _read(work / "train" / "metrics.json")
    rows = {
        f"recording {one['name']}": f"SHA-256 {one['sha256']}; licence: {split['data_licence'] or 'not said'}"
        for one in split["recordings"]
    }
    rows["policy"] = f"SHA-256 {split['policy_sha256']}"
    rows["seed"] = split["seed"]
    rows["made with"] = ", ".join(f"{name} {version}" for name, version in split["tools"].items())
    rows["commissioned on"] = f"{split['commissioning']} windows"
    rows["reference"] = metrics["following"] or "as the policy has it"
    rows["severities"] = metrics["severities"]
    for name, parent in metrics["parents"].items():
        kinds = parent["classifier"]["kinds"]
        unseen = [kind for kind in parent["homes"] if not kinds.get(kind, {}).get("n")]
        rows[f"{name}, not tested on"] = ", ".join(unseen) or "nothing that its dimensions are home to"
    for name, entry in _accepted(work).items():
        rows[f"{name}, failing and accepted"] = f"by {entry['by']}: {entry['because']}"
    rows["made for"] = (
        "a verdict on windows of this stream, on this kind of site; faults were injected, not all were lived"
    )
    return rows


def _robustness(work: Path) -> dict:
    path = work / "convert" / "robustness.json"
    return _read(path)["parents"] if path.exists() else {}


def _accepted(work: Path) -> dict:
    path = work / "accepted.json"
    return _read(path)["parents"] if path.exists() else {}


def _read(path: Path) -> dict:
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not what train and convert write ({error}); run: motegate train") from None
