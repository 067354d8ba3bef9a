"""The page's figures, by Plotly: it hovers, zooms, prints and fits a phone, and its script goes into the page."""

from datetime import UTC, datetime

import plotly.graph_objects as go
from motegate.firmware.clock import EPOCH_S

STREAM, PASS, FAIL, DIM = "#1f4e79", "#0072b2", "#d55e00", "#8794a0"
SHADES = {"train": "rgba(0,114,178,.07)", "validation": "rgba(0,158,115,.16)", "test": "rgba(230,159,0,.16)"}
LABELLED = "rgba(213,94,0,.35)"


def when(seconds: int) -> datetime:
    """Of seconds since 2020-01-01 UTC."""
    return datetime.fromtimestamp(seconds + EPOCH_S, UTC)


def _figure(height: int, **layout) -> go.Figure:
    figure = go.Figure()
    figure.update_layout(
        height=height, margin={"l": 56, "r": 12, "t": 44, "b": 44}, paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)", font={"size": 12, "color": "#17202a"},
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0},
        hoverlabel={"align": "left"},
        modebar={"bgcolor": "rgba(255,255,255,.8)", "color": DIM, "activecolor": "#17202a"}, **layout,
    )  # fmt: skip
    figure.update_xaxes(gridcolor="#edf0f2", zeroline=False, automargin=True)
    figure.update_yaxes(gridcolor="#edf0f2", zeroline=False, automargin=True)
    return figure


def recording(found: dict) -> go.Figure:
    """All channels one below the other, the parts shaded, what is labelled marked."""
    channels = found["channels"]
    figure = _figure(90 + 170 * len(channels))
    at = [when(seconds) for seconds in found["at"]]
    n = len(channels)
    for i, channel in enumerate(channels):
        axis = "" if i == 0 else str(i + 1)
        for side, fill in (("low", None), ("high", "tonexty")):
            figure.add_scatter(
                x=at, y=channel[side], yaxis=f"y{axis}", mode="lines", line={"width": 0.8, "color": STREAM}, fill=fill,
                fillcolor="rgba(31,78,121,.35)", name=f"{channel['name']}, {side}est", showlegend=False,
            )  # fmt: skip
        title = f"{channel['name']} / {channel['unit']}" if channel["unit"] else channel["name"]
        domain = [1 - (i + 1) / n + 0.02, 1 - i / n]
        figure.update_layout({f"yaxis{axis}": {"domain": domain, "title": title, "gridcolor": "#edf0f2"}})
    figure.update_xaxes(anchor=f"y{n}" if n > 1 else "y")
    for part in found["parts"]:
        for begin, end in part["spans"]:
            figure.add_vrect(x0=when(begin), x1=when(end), fillcolor=SHADES[part["name"]], line_width=0, layer="below")
    for spans in found["labelled"].values():
        for begin, end in spans:
            figure.add_vrect(x0=when(begin), x1=when(end), fillcolor=LABELLED, line_width=0, layer="below")
    return figure


def curve(parent: dict) -> go.Figure:
    found = parent["curve"]
    figure = _figure(300, xaxis_title="recall", yaxis_title="precision")
    figure.add_scatter(
        x=found["recall"], y=found["precision"], mode="lines", line={"color": STREAM}, text=found["threshold"],
        hovertemplate="recall %{x:.3f}, precision %{y:.3f}, threshold %{text}<extra></extra>", showlegend=False,
    )  # fmt: skip
    chosen = max(
        (k for k, limit in enumerate(found["threshold"]) if limit >= parent["threshold"]), default=0
    )  # thresholds descend
    figure.add_scatter(
        x=[found["recall"][chosen]], y=[found["precision"][chosen]], mode="markers",
        marker={"size": 11, "color": FAIL}, name=f"chosen: threshold {parent['threshold']}",
    )  # fmt: skip
    figure.update_xaxes(range=[0, 1.02])
    figure.update_yaxes(range=[0, 1.02])
    return figure


def scores(parent: dict) -> go.Figure:
    bars = parent["bars"]
    middle = [(a + b) / 2 for a, b in zip(bars["edges"][:-1], bars["edges"][1:], strict=True)]
    figure = _figure(300, xaxis_title="score", yaxis_title="share of windows", barmode="overlay")
    for name, title, colour in (("clean", "good windows", PASS), ("faulty", "faulty windows", FAIL)):
        total = sum(bars[name]) or 1
        figure.add_bar(
            x=middle, y=[count / total for count in bars[name]], name=title, marker_color=colour, opacity=0.65,
            customdata=bars[name], hovertemplate="%{customdata} windows about %{x:.0f}<extra></extra>",
        )  # fmt: skip
    figure.add_vline(
        x=parent["threshold"] + 0.5, line={"color": "#17202a", "dash": "dash"}, annotation_text="threshold"
    )
    return figure


def recall(parent: dict) -> go.Figure:
    """Kinds by severity, with the number of windows in each field."""
    rows = parent["recall"]
    kinds = sorted({row["kind"] for row in rows}, reverse=True)
    severities = list(dict.fromkeys(row["severity"] for row in rows))
    of = {(row["kind"], row["severity"]): row for row in rows}
    text = [
        ["" if of[k, s]["recall"] is None else f"{of[k, s]['recall']:.2f}<br>n {of[k, s]['n']}" for s in severities]
        for k in kinds
    ]
    figure = _figure(90 + 38 * max(3, len(kinds)), xaxis_title="x limit")
    figure.add_heatmap(
        z=[[of[k, s]["recall"] for s in severities] for k in kinds], x=severities, y=kinds, text=text,
        texttemplate="%{text}", zmin=0, zmax=1, colorscale=[[0, "#d55e00"], [0.5, "#f4e3d3"], [1, "#8cc4ee"]],
        hovertemplate="%{y}, %{x} x limit: recall %{z:.2f}<extra></extra>", colorbar={"title": "recall"},
    )  # fmt: skip
    figure.update_xaxes(type="category")
    return figure


def window(worst: dict, channels: list[dict], period_s: float) -> go.Figure:
    """The samples of one window; of several channels each in its own scale."""
    figure = _figure(150, showlegend=len(channels) > 1)
    for i, (channel, samples) in enumerate(zip(channels, worst["samples"], strict=True)):
        axis = "" if i == 0 else str(i + 1)
        seconds = [k * period_s for k in range(len(samples))]
        figure.add_scatter(
            x=seconds, y=samples, mode="lines+markers", marker={"size": 3}, name=channel["name"], yaxis=f"y{axis}",
        )  # fmt: skip
        if i:
            figure.update_layout({f"yaxis{axis}": {"overlaying": "y", "showticklabels": False, "showgrid": False}})
    figure.update_layout(margin={"l": 48, "r": 8, "t": 8, "b": 30})
    return figure


def selection(found: dict) -> go.Figure:
    """The path, from all dimensions on: what is missed by those that are left, and which set was kept."""
    path = found["path"]
    n = [len(step["dimensions"]) for step in path]
    figure = _figure(260, xaxis_title="dimensions kept", yaxis_title="missed in validation")
    figure.add_scatter(
        x=n, y=[step["loss"] for step in path], mode="lines+markers", line={"color": STREAM}, showlegend=False,
        text=[", ".join(step["dropped"]) or "nothing" for step in path],
        hovertemplate="%{x} kept, %{y:.3f} missed; let go of %{text}<extra></extra>",
    )  # fmt: skip
    best = min(step["loss"] for step in path)
    figure.add_hline(
        y=best + found["standard_error"], line={"color": DIM, "dash": "dot"}, annotation_text="a standard error"
    )
    figure.add_scatter(
        x=[len(found["kept"])], y=[found["loss"]], mode="markers", marker={"size": 11, "color": FAIL}, name="kept",
    )  # fmt: skip
    figure.update_xaxes(dtick=max(1, max(n) // 8), autorange="reversed")
    return figure


def costs(measured: dict) -> go.Figure:
    """What each candidate misses against the bytes of its pack; of a search its trials, too, and their front."""
    figure = _figure(300, xaxis_title="bytes of the pack", yaxis_title="missed in validation")
    search = measured["search"]
    if search:
        figure.add_scatter(
            x=[size for size, _, _ in search["losses"]], y=[loss for _, _, loss in search["losses"]], mode="markers",
            text=[f"{macs:,} MACs" for _, macs, _ in search["losses"]], marker={"color": DIM, "size": 5},
            name="trials", hovertemplate="%{x} bytes, %{text}: %{y:.3f} missed<extra></extra>",
        )  # fmt: skip
        front = sorted(search["front"], key=lambda one: one["bytes"])
        figure.add_scatter(
            x=[one["bytes"] for one in front], y=[one["loss"] for one in front], mode="lines+markers",
            text=[f"{one['macs']:,} MACs, units {one['settings']['units']}" for one in front],
            line={"color": PASS, "shape": "hv"}, name="the best for their bytes and MACs",
            hovertemplate="%{x} bytes, %{text}: %{y:.3f} missed<extra></extra>",
        )  # fmt: skip
    for name, one in measured["candidates"].items():
        shipped = name == measured["model"]
        figure.add_scatter(
            x=[one["bytes"]], y=[one["loss"]], mode="markers+text", text=[name], textposition="top center",
            marker={"size": 11, "color": FAIL if shipped else STREAM}, showlegend=False,
            error_y={"array": [one["standard_error"]]}, name=name,
            hovertemplate=f"{name}: %{{x}} bytes, {one['macs']:,} MACs, %{{y:.3f}} missed<extra></extra>",
        )  # fmt: skip
    return figure
