"use strict";
// Draws the page from the JSON beside it. No library: four kinds of track on one canvas, one shared time axis.
const D = JSON.parse(document.getElementById("data").textContent);
const $ = (id) => document.getElementById(id);
const el = (tag, attributes = {}, ...children) => {
  const node = Object.assign(document.createElement(tag), attributes);
  node.append(...children);
  return node;
};
function unpack(text, Kind) {
  const raw = atob(text), bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
  return new Kind(bytes.buffer);
}
const first = unpack(D.first, Uint32Array), last = unpack(D.last, Uint32Array), ends = unpack(D.ends, Uint32Array);
const channels = D.channels.map((c) => ({ ...c, low: unpack(c.low, Int16Array), high: unpack(c.high, Int16Array), band: c.band && c.band.map((edge) => unpack(edge, Int16Array)) }));
const parents = D.parents.map((p) => ({ ...p, verdicts: unpack(p.verdicts, Uint8Array), scores: unpack(p.scores, Int8Array) }));
const taken = unpack(D.actions.taken, Uint8Array);
const changes = D.changes;
const regimes = D.regimes && { ...D.regimes, of: unpack(D.regimes.of, Uint8Array) };
const dims = D.dimensions.map((d) => ({ ...d, values: unpack(d.values, Int16Array) }));
const FAIL = 0, PASS = 1, UNJUDGED = 2, NO_DATA = 3, NONE = 255, MISSING = -32768, LIMIT = 256;
const WORDS = ["fail", "pass", "commissioning", "fail: no data"];
const ACTIONS = ["#009e73", "#e69f00", "#cc79a7", "#56b4e9", "#f0e442", "#8c6d46", "#0072b2", "#999999"];
const actionColor = (i) => (i === NONE ? css("--unjudged") : ACTIONS[i % ACTIONS.length]);
// sixteen hues a golden angle apart: neighbours in number are far apart in colour
const regimeColor = (i) => (i === NONE ? css("--unjudged") : `hsl(${Math.round(i * 137.5 + 210) % 360} 45% ${i % 2 ? 42 : 58}%)`);
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// ---- words and figures
const SPAN = D.hop * D.period / D.tick;
const days = (n) => number(n, n < 10 ? 1 : 0) + " days";
const number = (x, digits = 0) => x.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
const percent = (x) => (x === 0 ? "0 %" : x < 0.0005 ? "< 0.1 %" : x < 0.1 ? number(100 * x, 1) + " %" : number(100 * x, 0) + " %");
const two = (n) => String(n).padStart(2, "0");
// time stamps from before 2000 are no dates: milliseconds since a start
const RELATIVE = D.zero < Date.UTC(2000, 0, 1), UTC = RELATIVE ? "since the start" : "UTC";
function since(ms, fine) {
  const s = Math.floor(ms / 1000), days = Math.floor(s / 86400), clock = `${two(Math.floor(s / 3600) % 24)}:${two(Math.floor(s / 60) % 60)}`;
  return (days ? `${number(days)} d ` : "") + clock + (fine ? `:${two(s % 60)}` : "");
}
function moment(t, fine) {
  if (RELATIVE) return since(t * D.tick, fine || D.period < 60000);
  const d = new Date(D.zero + t * D.tick);
  const day = `${d.getUTCFullYear()}-${two(d.getUTCMonth() + 1)}-${two(d.getUTCDate())}`;
  return day + ` ${two(d.getUTCHours())}:${two(d.getUTCMinutes())}` + (fine ? `:${two(d.getUTCSeconds())}` : "");
}
function length(ms) {
  const s = ms / 1000;
  if (s < 100) return number(s, s < 10 && s % 1 ? 1 : 0) + " s";
  if (s < 6000) return number(s / 60, 0) + " min";
  if (s < 172800) return number(s / 3600, 1) + " h";
  return number(s / 86400, 1) + " days";
}
const unit = (c, count) => (count * c.resolution + c.middle);
const digits = (c) => Math.max(0, Math.min(6, Math.ceil(-Math.log10(c.resolution) - 1e-9)));
// what a value says: how rare it is among good windows, of a given limit the multiple
const given = new Set(dims.filter((d) => d.given).map((d) => d.name));
const multiple = (v) => { const x = Math.pow(2, v / LIMIT) - 1; return (x < 9.95 ? number(x, 1) : x < 1e5 ? number(x) : "> 99,999") + " × limit"; };
const rarity = (v) => { const n = Math.pow(10, 1 + v / LIMIT); return v <= 0 ? "ordinary" : n < 9.95e5 ? "1 in " + number(Number(n.toPrecision(2))) : "< 1 in 1,000,000"; };
const loud = (name, v) => (given.has(name) ? multiple(v) : rarity(v));

// ---- summary tiles
function tile(name, value, ...below) {
  const b = el("b"); b.append(...[].concat(value));
  const t = el("div", { className: "tile" }, el("div", { className: "name", textContent: name, title: name }), b);
  t.append(...below); return t;
}
const small = (text) => el("small", { textContent: text });
const sub = (text) => el("div", { className: "sub", textContent: text });
function tiles() {
  const s = D.summary, box = $("tiles");
  const none = s.commissioning || 0;
  box.append(tile("Windows", number(s.windows), sub(none ? `${number(none)} of them commissioning` : `of ${D.length} records, every ${D.hop}`)));
  for (const p of D.parents) {
    const v = s.verdicts[p.name] || { pass: 0, fail: 0 }, n = v.pass + v.fail, share = n ? v.fail / n : 0;
    const meter = el("div", { className: "meter" });
    if (v.fail) { const i = el("i"); i.style.width = 100 * share + "%"; meter.append(i); }
    box.append(tile(p.name, [number(v.fail), small(" failed")], meter, sub(n ? `${percent(share)} of ${number(n)} judged` : "none judged")));
  }
  const counts = Object.entries(s.actions), all = counts.reduce((a, [, n]) => a + n, 0) || 1;
  const stack = el("div", { className: "stack" });
  counts.forEach(([name, n], i) => { const bar = el("span", { title: `${name}: ${n}` }); bar.style.cssText = `flex:${n};background:${actionColor(i)}`; if (n) stack.append(bar); });
  const most = counts.slice().sort((a, b) => b[1] - a[1]);
  box.append(tile("Actions", [most.length ? most[0][0] : "none", small(most.length ? " " + percent(most[0][1] / all) : "")], stack,
    sub(most.slice(1).map(([name, n]) => `${name} ${number(n)}`).join(" · "))));
  if (s.energy && s.energy.mWh != null) box.append(energy(s.energy));
  const free = s.heap && (s.heap.board_free_end != null ? s.heap.board_free_end : s.heap.free_end);
  if (free != null) box.append(tile("Board's heap free", [number(free / 1024, 1), small(" KiB")],
    sub(s.heap.allocated_per_window != null ? `${number(s.heap.allocated_per_window)} bytes allocated a window` : "")));
  const span = length(s.virtual_s * 1000).split(" ");
  box.append(tile("Virtual time", [span[0], small(" " + span[1])], sub(`in ${number(s.wall_s, 1)} s: ${number(Number((s.virtual_s / Math.max(s.wall_s, 1e-3)).toPrecision(2)))} × real time`)));
}

// What the energy went into, how long a battery lasts, and what would make it last longer.
function energy(e) {
  const value = e.mWh < 10000 ? [number(e.mWh, e.mWh < 10 ? 2 : 0), small(" mWh")] : [number(e.mWh / 1000, 1), small(" Wh")];
  const parts = Object.entries(e.mWh_by_work || {}).filter(([, mwh]) => mwh > 0).sort((a, b) => b[1] - a[1]);
  const stack = el("div", { className: "stack" });
  parts.forEach(([kind, mwh], i) => {
    const bar = el("span", { title: `${kind}: ${number(mwh, 3)} mWh, ${percent(mwh / e.mWh)}` });
    bar.style.cssText = `flex:${mwh};background:${actionColor(i)}`; stack.append(bar);
  });
  const below = [stack];
  const range = e.battery_days_range ? ` (${e.battery_days_range.map((n) => number(n, n < 10 ? 1 : 0)).join(" to ")})` : "";
  if (e.battery_days) below.push(sub(`${days(e.battery_days)}${range} of ${e.battery || "a battery"}, sleep ${e.sleep}; quality ${percent(e.quality_share || 0)}`));
  const best = e.saves_most;
  if (best && best.battery_days > 1.1 * e.battery_days) below.push(sub(`${best.policy}: ${days(best.battery_days)}`));
  return tile("Energy", value, ...below);
}

// ---- tracks
const GUTTER = window.innerWidth < 700 ? 130 : 172, RIGHT = 14;
const tracks = $("tracks"), overview = $("overview"), pen = tracks.getContext("2d"), pen0 = overview.getContext("2d");
const spanAll = () => {
  const a = Math.min(first.length ? first[0] : Infinity, ends.length ? ends[0] - SPAN : Infinity);
  const b = Math.max(last.length ? last[last.length - 1] : 0, ends.length ? ends[ends.length - 1] : 0);
  return [Number.isFinite(a) ? Math.max(0, a) : 0, Math.max(b, a + 1, 1)];
};
const WHOLE = spanAll();
const LEAST = Math.min(WHOLE[1] - WHOLE[0], Math.max(4 * SPAN, 20 * D.period / D.tick));
let view = WHOLE.slice(), width = 800, hover = null, drag = null, rows = [];
const x2t = (x) => view[0] + (x - GUTTER) / (width - GUTTER - RIGHT) * (view[1] - view[0]);
const t2x = (t) => GUTTER + (t - view[0]) / (view[1] - view[0]) * (width - GUTTER - RIGHT);
function lower(values, t) { let a = 0, b = values.length; while (a < b) { const m = (a + b) >> 1; if (values[m] < t) a = m + 1; else b = m; } return a; }

function layout() {
  rows = []; let y = 4;
  const put = (kind, height, space, extra) => { rows.push({ kind, y, height, ...extra }); y += height + space; };
  const tall = channels.length === 1 ? 190 : channels.length === 2 ? 130 : channels.length <= 4 ? 92 : 68;
  channels.forEach((c) => put("stream", tall, 12, { c }));
  put("axis", 20, 10, {});
  parents.forEach((p) => { put("verdict", 20, p.fails.length ? 9 : 5, { p }); if (p.scores.length) put("score", 34, 9, { p }); });
  y += 4; put("action", 20, regimes ? 5 : 12, {});
  if (regimes) put("regime", 20, 12, {});
  if (changes) put("change", 16, 12, {});
  dims.forEach((d) => put("heat", 14, 1, { d }));
  return y + 4;
}
function fit(canvas, height) {
  const ratio = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio); canvas.height = Math.round(height * ratio); canvas.style.height = height + "px";
  const p = canvas.getContext("2d"); p.setTransform(ratio, 0, 0, ratio, 0, 0); return p;
}
function ticks() {
  const target = Math.max(3, Math.floor((width - GUTTER) / 120)), ms = (view[1] - view[0]) * D.tick / target;
  const S = 1000, M = 60 * S, H = 60 * M, Y = 24 * H;
  const steps = [S, 2 * S, 5 * S, 10 * S, 30 * S, M, 2 * M, 5 * M, 10 * M, 30 * M, H, 2 * H, 3 * H, 6 * H, 12 * H, Y, 2 * Y, 7 * Y, 14 * Y, 30 * Y, 90 * Y, 180 * Y, 365 * Y, 730 * Y, 3650 * Y];
  const step = steps.find((s) => s >= ms) || steps[steps.length - 1], out = [];
  if (RELATIVE) {
    for (let t = Math.ceil(view[0] * D.tick / step) * step; t <= view[1] * D.tick; t += step) out.push([t / D.tick, step >= Y ? `${number(t / Y)} d` : since(t, step < M)]);
    return out;
  }
  const from = Math.ceil((D.zero + view[0] * D.tick) / step) * step, to = D.zero + view[1] * D.tick;
  for (let t = from; t <= to; t += step) {
    const d = new Date(t), day = `${d.getUTCFullYear()}-${two(d.getUTCMonth() + 1)}-${two(d.getUTCDate())}`;
    const clock = `${two(d.getUTCHours())}:${two(d.getUTCMinutes())}` + (step < M ? `:${two(d.getUTCSeconds())}` : "");
    const date = width < 500 ? day.slice(5) : day;
    out.push([(t - D.zero) / D.tick, step >= Y || t % Y === 0 ? date : clock]);
  }
  return out;
}
function nice(low, high, n) {
  const raw = (high - low) / n, base = Math.pow(10, Math.floor(Math.log10(raw)));
  const step = [1, 2, 5, 10].map((k) => k * base).find((s) => s >= raw) || raw, out = [];
  for (let v = Math.ceil(low / step) * step; v <= high + step * 1e-9; v += step) out.push([v, number(v, Math.max(0, -Math.floor(Math.log10(step) + 1e-9)))]);
  return out;
}
function label(text, y, color, more) {
  pen.fillStyle = color; pen.textAlign = "right"; pen.textBaseline = "middle";
  let shown = text; const room = GUTTER - 16 - (more ? 40 : 0);
  while (shown.length > 3 && pen.measureText(shown).width > room) shown = shown.slice(0, -2).trimEnd() + "…";
  pen.fillText(shown, GUTTER - 12 - (more ? 40 : 0), y);
  if (more) { pen.fillStyle = css("--faint"); pen.fillText(more, GUTTER - 10, y); }
}
function drawStream(r) {
  const { c, y, height } = r, a = Math.max(0, lower(last, view[0]) - 1), b = Math.min(first.length, lower(first, view[1]) + 1);
  const sorted = [];
  let low = 40000, high = -40000;
  for (let i = a; i < b; i++) if (c.high[i] !== MISSING) { if (c.low[i] < low) low = c.low[i]; if (c.high[i] > high) high = c.high[i]; }
  const w = lower(ends, view[0]), z = Math.min(ends.length, lower(ends, view[1]) + 1);
  if (c.band) for (let i = w; i < z; i++) if (c.band[0][i] !== MISSING) { low = Math.min(low, c.band[0][i]); high = Math.max(high, c.band[1][i]); }
  if (low > high) { low = -1; high = 1; }
  const pad = Math.max((high - low) * 0.06, 0.5), y2 = (count) => y + height - (count - low + pad) / (high - low + 2 * pad) * height;
  r.y2 = y2;
  pen.font = FONT_SMALL; pen.textAlign = "right"; pen.textBaseline = "middle";
  for (const [v, text] of nice(unit(c, low), unit(c, high), Math.max(3, Math.floor(height / 24)))) {
    const py = y2((v - c.middle) / c.resolution);
    if (py < y + 2 || py > y + height - 1) continue;
    pen.fillStyle = css("--grid"); pen.fillRect(GUTTER, Math.round(py), width - GUTTER - RIGHT, 1);
    pen.fillStyle = css("--faint"); pen.fillText(text, GUTTER - 8, py);
  }
  pen.font = FONT; pen.textAlign = "left"; pen.textBaseline = "top"; pen.fillStyle = css("--ink");
  wrapLabel(c.name, c.unit, y);
  pen.save(); pen.beginPath(); pen.rect(GUTTER, y - 1, width - GUTTER - RIGHT, height + 2); pen.clip();
  if (c.band) { // the band that windows were held against, so a new one shows beside the old
    pen.fillStyle = css("--band");
    for (let i = w; i < z; i++) if (c.band[0][i] !== MISSING) {
      const x0 = t2x(i ? ends[i - 1] : ends[i] - D.length * D.period / D.tick), y0 = y2(c.band[1][i]);
      pen.fillRect(x0, y0, t2x(ends[i]) - x0, Math.max(1, y2(c.band[0][i]) - y0));
    }
  }
  const period = D.period / D.tick, widest = 1.5 * period * 1.05;
  pen.fillStyle = css("--gap");
  for (let i = Math.max(1, a); i < b; i++) if (first[i] - last[i - 1] > Math.max(widest, D.perPoint > 1 ? 3 * period : 0)) {
    const x0 = t2x(last[i - 1]), x1 = t2x(first[i]); if (x1 - x0 >= 1) pen.fillRect(x0, y, x1 - x0, height);
  }
  pen.strokeStyle = pen.fillStyle = css("--stream"); pen.lineWidth = 1.3; pen.lineJoin = "round";
  const dense = (b - a) > (width - GUTTER) * 1.5;
  if (!dense) {
    pen.beginPath(); let open = false;
    for (let i = a; i < b; i++) {
      if (c.high[i] === MISSING || (i > a && first[i] - last[i - 1] > Math.max(widest, D.perPoint > 1 ? 3 * period : 0))) open = false;
      if (c.high[i] === MISSING) continue;
      const x = t2x((first[i] + last[i]) / 2), p = y2(c.low[i]), q = y2(c.high[i]);
      if (open) pen.lineTo(x, p); else { pen.moveTo(x - 0.6, p); pen.lineTo(x + 0.6, p); }
      if (q < p) pen.lineTo(x, q);
      open = true;
    }
    pen.stroke();
    if ((b - a) * 7 < width - GUTTER) for (let i = a; i < b; i++) if (c.high[i] !== MISSING) { pen.beginPath(); pen.arc(t2x((first[i] + last[i]) / 2), y2(c.high[i]), 2.1, 0, 7); pen.fill(); }
  } else {
    // one bar of extremes per pixel, joined to its neighbour so that steep parts stay connected
    let px = -1, lo = 0, hi = 0, before = null;
    const flush = () => {
      if (px < 0) return;
      let p = y2(lo), q = y2(hi);
      if (before && px - before[0] <= 2) { if (before[1] < q) q = before[1] < q ? Math.min(q, before[2]) : q; if (before[2] > p) p = Math.max(p, before[1]); }
      pen.fillRect(px, q - 0.6, 1, Math.max(1.2, p - q + 1.2)); before = [px, y2(hi), y2(lo)];
    };
    for (let i = a; i < b; i++) {
      if (c.high[i] === MISSING) continue;
      const x = Math.floor(t2x((first[i] + last[i]) / 2));
      if (x !== px) { flush(); px = x; lo = c.low[i]; hi = c.high[i]; }
      else { if (c.low[i] < lo) lo = c.low[i]; if (c.high[i] > hi) hi = c.high[i]; }
    }
    flush();
  }
  pen.restore();
}
function wrapLabel(name, unitName, y) {
  pen.textAlign = "left";
  let shown = name; while (shown.length > 3 && pen.measureText(shown).width > 96) shown = shown.slice(0, -2).trimEnd() + "…";
  pen.fillText(shown, 0, y);
  if (unitName) { pen.fillStyle = css("--faint"); pen.font = FONT_SMALL; pen.fillText(unitName, 0, y + 17); pen.font = FONT; }
}
// calls back for each pixel column with the windows [i, j) that it shows
function perPixel(call) {
  let i = lower(ends, view[0]);
  const right = width - RIGHT;
  while (i < ends.length && ends[i] - SPAN * D.group < view[1]) {
    const x0 = Math.max(GUTTER, t2x(Math.max(i ? ends[i - 1] : 0, ends[i] - SPAN * D.group))), px = Math.floor(x0);
    let j = i + 1;
    while (j < ends.length && Math.floor(t2x(Math.max(ends[j - 1], ends[j] - SPAN * D.group))) <= px) j++;
    const from = Math.min(px, right - 1), to = Math.min(right, Math.max(from + 1, Math.floor(t2x(ends[j - 1])))); // whole pixels leave no seams
    if (to > GUTTER && x0 < right) call(from, to, i, j);
    i = j;
  }
}
function drawVerdict(r) {
  const { p, y, height } = r, colors = [css("--fail"), css("--pass"), css("--unjudged"), css("--nodata")], v = p.verdicts;
  pen.font = FONT; label(p.name, y + height / 2, css("--ink"));
  perPixel((x0, x1, i, j) => {
    const n = [0, 0, 0, 0]; for (let k = i; k < j; k++) n[v[k]]++;
    const all = j - i, w = x1 - x0;
    pen.fillStyle = n[PASS] ? colors[PASS] : n[UNJUDGED] ? colors[UNJUDGED] : colors[n[FAIL] ? FAIL : NO_DATA];
    pen.fillRect(x0, y, w, height);
    let top = y + height;
    for (const kind of [FAIL, NO_DATA]) if (n[kind]) {
      const h = n[kind] === all ? height : Math.min(height, Math.max(4, height * n[kind] / all));
      pen.fillStyle = colors[kind]; pen.fillRect(x0, top - h, w, h); top -= h;
    }
  });
  pen.fillStyle = css("--truth");
  for (const [a, b] of p.fails) if (b >= view[0] && a <= view[1]) {
    const x0 = Math.max(GUTTER, t2x(a)), x1 = Math.min(width - RIGHT, t2x(b)); pen.fillRect(x0, y + height + 2, Math.max(2, x1 - x0), 3);
  }
}
function drawScore(r) { // the highest score of each pixel's windows, and the highest that has passed
  const { p, y, height } = r, at = (score) => y + height - (score + 128) / 255 * height;
  pen.font = FONT_SMALL; label("score", y + height / 2, css("--dim"));
  pen.fillStyle = css("--grid"); pen.fillRect(GUTTER, y + height, width - GUTTER - RIGHT, 1);
  pen.fillStyle = css("--stream");
  perPixel((x0, x1, i, j) => {
    let most = -129; for (let k = i; k < j; k++) if (p.verdicts[k] !== UNJUDGED && p.scores[k] > most) most = p.scores[k];
    if (most >= -128) { const top = at(most); pen.fillRect(x0, top, x1 - x0, y + height - top); }
  });
  if (p.passesTo !== null) {
    pen.strokeStyle = css("--fail"); pen.lineWidth = 1; pen.setLineDash([4, 3]); pen.beginPath();
    pen.moveTo(GUTTER, at(p.passesTo) - 0.5); pen.lineTo(width - RIGHT, at(p.passesTo) - 0.5); pen.stroke(); pen.setLineDash([]);
  }
}
function drawAction(r) {
  const { y, height } = r; pen.font = FONT; label("action", y + height / 2, css("--ink"));
  perPixel((x0, x1, i, j) => {
    const w = x1 - x0;
    if (j - i === 1) { pen.fillStyle = actionColor(taken[i]); pen.fillRect(x0, y, w, height); return; }
    const n = new Map(); for (let k = i; k < j; k++) n.set(taken[k], (n.get(taken[k]) || 0) + 1);
    let top = y; const kinds = [...n].sort((p, q) => p[0] - q[0]);
    for (const [kind, count] of kinds) { const h = height * count / (j - i); pen.fillStyle = actionColor(kind); pen.fillRect(x0, top, w, h + 0.5); top += h; }
  });
}
function drawRegime(r) {
  const { y, height } = r; pen.font = FONT; label("regime", y + height / 2, css("--ink"));
  perPixel((x0, x1, i, j) => {
    const n = new Map(); for (let k = i; k < j; k++) n.set(regimes.of[k], (n.get(regimes.of[k]) || 0) + 1);
    let top = y;
    for (const [kind, count] of [...n].sort((p, q) => p[0] - q[0])) { const h = height * count / (j - i); pen.fillStyle = regimeColor(kind); pen.fillRect(x0, top, x1 - x0, h + 0.5); top += h; }
  });
  for (const [what, t] of regimes.notices) if (t >= view[0] && t <= view[1]) { // asked: open and up, absorbed: filled and down
    const x = t2x(t), up = what === "asked", base = up ? y + height + 5 : y - 5, tip = up ? y + height - 4 : y + 4;
    pen.beginPath(); pen.moveTo(x - 5, base); pen.lineTo(x + 5, base); pen.lineTo(x, tip); pen.closePath();
    pen.lineWidth = 1.3; pen.strokeStyle = css("--ink"); pen.fillStyle = up ? css("--card") : css("--ink"); pen.fill(); pen.stroke();
  }
}
const PHASE = { wait: "--nodata", back: "--nodata", learn: "--accent", trial: "--pass", refused: "--fail" };
function drawChange(r) { // a phase from its time on; labels are ticks, good ones up; whatever else was said is a dot
  const { y, height } = r; pen.font = FONT; label("change", y + height / 2, css("--ink"));
  const right = width - RIGHT, place = (t) => Math.min(right, Math.max(GUTTER, t2x(t)));
  changes.phases.forEach(([t, phase], k) => {
    const end = k + 1 < changes.phases.length ? changes.phases[k + 1][0] : WHOLE[1];
    if (PHASE[phase]) { pen.fillStyle = css(PHASE[phase]); pen.fillRect(place(t), y, Math.max(0, place(end) - place(t)), height); }
  });
  for (const [t, good] of changes.labels) if (t >= view[0] && t <= view[1]) { pen.fillStyle = css("--ink"); pen.fillRect(Math.round(t2x(t)), good ? y - 4 : y + height, 1, 4); }
  for (const [t] of changes.said) if (t >= view[0] && t <= view[1]) { pen.fillStyle = css("--ink"); pen.beginPath(); pen.arc(t2x(t), y + height / 2, 3, 0, 7); pen.fill(); }
}
const RAMPS = { light: ["#f1f3f5", "#fbe3c0", "#f3b15f", "#e0701a", "#a63c06", "#4f1d05"], dark: ["#1e272e", "#43351f", "#8a5a17", "#d98a1f", "#f7c65c", "#fff6d6"] };
const rgb = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
let ramp = [];
function makeRamp() {
  const stops = RAMPS[dark() ? "dark" : "light"].map(rgb); ramp = [];
  for (let k = 0; k < 64; k++) { const u = k / 63 * (stops.length - 1), i = Math.min(stops.length - 2, Math.floor(u)), f = u - i; ramp.push("rgb(" + stops[i].map((s, c) => Math.round(s + (stops[i + 1][c] - s) * f)).join(",") + ")"); }
}
const shade = (v) => (v < 192 ? 0 : v < LIMIT ? 4 : Math.min(63, Math.round(13 + (v - LIMIT) / 1024 * 50))); // a step at the limit
function drawHeats(list) {
  if (!list.length) return;
  const columns = []; perPixel((x0, x1, i, j) => columns.push([x0, x1, i, j]));
  for (const { d, y, height } of list) {
    pen.font = FONT_SMALL; label(d.name, y + height / 2, d.share > 0 ? css("--ink") : css("--faint"), percent(d.share));
    let from = null, color = -1;
    const flush = (to) => { if (from !== null) { pen.fillStyle = ramp[color]; pen.fillRect(from, y, to - from, height); } };
    let end = null;
    for (const [x0, x1, i, j] of columns) {
      let most = 0; for (let k = i; k < j; k++) if (d.values[k] > most) most = d.values[k];
      const s = shade(most);
      if (s !== color || end === null || x0 - end > 0.6) { flush(end); from = x0; color = s; }
      end = x1;
    }
    flush(end);
  }
}
function drawAxis(r) {
  pen.font = FONT_SMALL; pen.fillStyle = css("--line"); pen.fillRect(GUTTER, r.y, width - GUTTER - RIGHT, 1);
  pen.textBaseline = "top";
  for (const [t, text] of ticks()) {
    const x = t2x(t); pen.fillStyle = css("--line"); pen.fillRect(x, r.y, 1, 5);
    const w = pen.measureText(text).width / 2; pen.fillStyle = css("--dim"); pen.textAlign = "center";
    pen.fillText(text, Math.min(width - w - 2, Math.max(GUTTER + w, x)), r.y + 7);
  }
}
const FAMILY = getComputedStyle(document.body).fontFamily, FONT = "13px " + FAMILY, FONT_SMALL = "11.5px " + FAMILY;
let pending = false;
function draw() { if (!pending) { pending = true; requestAnimationFrame(() => { pending = false; paint(); }); } }
function paint() {
  const height = layout(); fit(tracks, height);
  pen.fillStyle = css("--grid"); const top = rows[0].y;
  for (const [t] of ticks()) { const x = Math.round(t2x(t)); if (x >= GUTTER && x <= width - RIGHT) pen.fillRect(x, top, 1, height - top - 6); }
  rows.forEach((r) => ({ stream: drawStream, verdict: drawVerdict, score: drawScore, action: drawAction, regime: drawRegime, change: drawChange, axis: drawAxis, heat: () => {} })[r.kind](r));
  drawHeats(rows.filter((r) => r.kind === "heat"));
  if (drag && drag.kind === "zoom") {
    const a = Math.min(drag.x, drag.now), b = Math.max(drag.x, drag.now);
    pen.fillStyle = css("--shade"); pen.fillRect(a, 0, b - a, height); pen.fillStyle = css("--accent"); pen.fillRect(a, 0, 1, height); pen.fillRect(b, 0, 1, height);
  } else if (hover !== null) { pen.fillStyle = css("--ink"); pen.globalAlpha = 0.55; pen.fillRect(Math.round(hover), 0, 1, height); pen.globalAlpha = 1; }
  paintOverview();
  $("range").textContent = `${moment(view[0])} to ${moment(view[1])} ${UTC} · ${length((view[1] - view[0]) * D.tick)}`;
}
function paintOverview() {
  fit(overview, 34);
  const p = pen0, w = width - GUTTER - RIGHT, at = (t) => GUTTER + (t - WHOLE[0]) / (WHOLE[1] - WHOLE[0]) * w;
  p.fillStyle = css("--grid"); p.fillRect(GUTTER, 0, w, 34);
  const bins = new Float64Array(Math.ceil(w) + 1), sums = new Float64Array(bins.length), heads = parents.filter((q) => q.classifier >= 0);
  for (let k = 0; k < ends.length; k++) { const b = Math.max(0, Math.floor((ends[k] - WHOLE[0]) / (WHOLE[1] - WHOLE[0]) * w)); sums[b]++; for (const q of heads) if (q.verdicts[k] === FAIL || q.verdicts[k] === NO_DATA) { bins[b]++; break; } }
  for (let b = 0; b < bins.length; b++) if (sums[b]) { const h = bins[b] ? Math.max(3, 30 * bins[b] / sums[b]) : 0; p.fillStyle = css("--fail"); p.fillRect(GUTTER + b, 34 - h, Math.max(1, w / Math.max(1, ends.length)), h); }
  const a = at(view[0]), b = at(view[1]);
  p.fillStyle = css("--card"); p.globalAlpha = 0.7; p.fillRect(GUTTER, 0, a - GUTTER, 34); p.fillRect(b, 0, width - RIGHT - b, 34); p.globalAlpha = 1;
  p.strokeStyle = css("--accent"); p.lineWidth = 1.5; p.strokeRect(a + 0.75, 0.75, Math.max(2, b - a - 1.5), 32.5);
  p.font = FONT_SMALL; p.textAlign = "right"; p.textBaseline = "middle"; p.fillStyle = css("--faint"); p.fillText("failing windows", GUTTER - 10, 17);
}

// ---- reading a moment
function windowAt(t) { const i = lower(ends, t); return i < ends.length && ends[i] - SPAN * D.group <= t ? i : -1; }
function pointAt(t) {
  if (!first.length) return -1; let i = lower(last, t); if (i >= first.length) i = first.length - 1;
  if (i > 0 && Math.abs(last[i - 1] - t) < Math.abs(first[i] - t)) i--;
  return Math.max(Math.abs(first[i] - t), 0) <= 3 * D.perPoint * D.period / D.tick || (first[i] <= t && t <= last[i]) ? i : -1;
}
function showTip(x, y) {
  const t = x2t(x), k = windowAt(t), i = pointAt(t), tip = $("tip"), table = el("table");
  const row = (name, value, color, rule) => {
    const head = el("td"); if (color) { const s = el("span", { className: "swatch" }); s.style.background = color; head.append(s); } head.append(name);
    const tr = el("tr", {}, head, el("td", { className: "n", textContent: value })); if (rule) tr.className = "rule"; table.append(tr);
  };
  for (const c of channels) {
    let text = "no record";
    if (i >= 0) text = c.high[i] === MISSING ? "missing" : (c.low[i] === c.high[i] ? "" : number(unit(c, c.low[i]), digits(c)) + " to ") + number(unit(c, c.high[i]), digits(c)) + " " + c.unit;
    row(c.name, text);
  }
  if (k >= 0) {
    parents.forEach((p, n) => row(p.name, WORDS[p.verdicts[k]] + (p.scores.length && p.verdicts[k] !== UNJUDGED ? `, score ${p.scores[k]}` : ""), [css("--fail"), css("--pass"), css("--unjudged"), css("--nodata")][p.verdicts[k]], n === 0));
    row("action", taken[k] === NONE ? "none" : D.actions.names[taken[k]], actionColor(taken[k]));
    if (regimes) row("regime", regimes.of[k] === NONE ? "none" : String(regimes.of[k]), regimeColor(regimes.of[k]));
    dims.map((d) => [d.name, d.values[k]]).filter(([, v]) => v > LIMIT).sort((a, b) => b[1] - a[1]).slice(0, 6)
      .forEach(([name, v], n) => row(name, loud(name, v), ramp[shade(v)], n === 0));
  }
  const what = k < 0 ? "no window" : D.group > 1 ? `windows ${number(k * D.group)} to ${number(Math.min((k + 1) * D.group, D.summary.windows) - 1)}` : `window ${number(k)}`;
  tip.replaceChildren(el("h3", { textContent: `${moment(t, D.period < 60000)} · ${what}` }), table); tip.hidden = false;
  const box = tip.getBoundingClientRect(), left = x + 18 + box.width > width ? x - box.width - 18 : x + 18;
  tip.style.left = Math.max(0, left) + "px"; tip.style.top = Math.max(0, y + 40 - Math.min(box.height / 2, y + 30)) + "px";
}

// ---- moving about
function look(a, b) {
  const span = Math.min(WHOLE[1] - WHOLE[0], Math.max(LEAST, b - a)); const middle = (a + b) / 2;
  const from = Math.min(Math.max(WHOLE[0], middle - span / 2), WHOLE[1] - span); view = [from, from + span]; draw();
}
const zoom = (factor, about = (view[0] + view[1]) / 2) => { const k = (about - view[0]) / (view[1] - view[0]), span = Math.max(LEAST, (view[1] - view[0]) * factor); look(about - k * span, about + (1 - k) * span); };
const pan = (share) => { const d = (view[1] - view[0]) * share; look(view[0] + d, view[1] + d); };
const place = (event) => { const box = tracks.getBoundingClientRect(); return [event.clientX - box.left, event.clientY - box.top]; };
const inside = (x) => Math.min(width - RIGHT, Math.max(GUTTER, x));
tracks.addEventListener("pointerdown", (e) => { const [x] = place(e); if (e.button || x < GUTTER) return; drag = { kind: "zoom", x, now: x }; tracks.setPointerCapture(e.pointerId); });
tracks.addEventListener("pointermove", (e) => {
  const [x, y] = place(e);
  if (drag) { drag.now = inside(x); draw(); return; }
  if (x < GUTTER || x > width - RIGHT) { leave(); return; }
  hover = x; showTip(x, y); draw();
});
tracks.addEventListener("pointerup", () => { if (!drag) return; const { x, now } = drag; drag = null; if (Math.abs(now - x) > 5) look(x2t(Math.min(x, now)), x2t(Math.max(x, now))); else draw(); });
tracks.addEventListener("pointercancel", () => { drag = null; draw(); });
function leave() { hover = null; $("tip").hidden = true; draw(); }
tracks.addEventListener("pointerleave", leave);
tracks.addEventListener("dblclick", () => look(...WHOLE));
tracks.addEventListener("wheel", (e) => {
  if (e.ctrlKey || e.metaKey) { e.preventDefault(); zoom(Math.exp(e.deltaY * 0.004), x2t(inside(place(e)[0]))); }
  else if (Math.abs(e.deltaX) > Math.abs(e.deltaY)) { e.preventDefault(); pan(e.deltaX / width); }
}, { passive: false });
overview.addEventListener("pointerdown", (e) => { overview.setPointerCapture(e.pointerId); drag = { kind: "move" }; slide(e); });
overview.addEventListener("pointermove", (e) => { if (drag && drag.kind === "move") slide(e); });
overview.addEventListener("pointerup", () => { drag = null; });
function slide(e) { const [x] = place(e), t = WHOLE[0] + (x - GUTTER) / (width - GUTTER - RIGHT) * (WHOLE[1] - WHOLE[0]), half = (view[1] - view[0]) / 2; look(t - half, t + half); }
document.addEventListener("keydown", (e) => {
  if (e.ctrlKey || e.metaKey || e.altKey) return;
  const act = { "+": () => zoom(0.6), "=": () => zoom(0.6), "-": () => zoom(1 / 0.6), "0": () => look(...WHOLE), ArrowLeft: () => pan(-0.15), ArrowRight: () => pan(0.15) }[e.key];
  if (act && !(e.key.startsWith("Arrow") && document.activeElement !== tracks && document.activeElement !== document.body)) { e.preventDefault(); act(); }
});
$("in").onclick = () => zoom(0.5); $("out").onclick = () => zoom(2); $("whole").onclick = () => look(...WHOLE);

// ---- the table, the legend, the colours
let only = -1;
function table() {
  const list = D.runs.filter((r) => only < 0 || r.parent === only).slice(0, 15), body = el("tbody"), most = Math.max(LIMIT, ...D.runs.flatMap((r) => r.causes.map((c) => c[1])));
  const head = el("tr", {}, ...["Parent", "From", "For", "Windows", "Action", "Dimensions that caused it, and how rare their mean is among good windows"].map((text) => el("th", { textContent: text, className: text === "Windows" || text === "For" ? "n" : "" })));
  for (const r of list) {
    const causes = el("td");
    if (r.noData) causes.append(el("span", { className: "cause", textContent: r.noData === r.windows ? "no data" : `no data in ${number(r.noData)}` }));
    if (r.noData < r.windows) for (const [name, v] of r.causes) { const bar = el("i"); bar.style.width = Math.max(3, 70 * v / most) + "px"; bar.style.background = ramp[Math.max(14, shade(v))]; causes.append(el("span", { className: "cause" }, bar, name, el("small", { textContent: loud(name, v) }))); }
    const action = el("td"); if (r.action >= 0) { const s = el("span", { className: "swatch" }); s.style.background = actionColor(r.action); action.append(s, D.actions.names[r.action]); }
    const tr = el("tr", { title: "Show it above", tabIndex: 0 }, el("td", { textContent: D.parents[r.parent].name }), el("td", { textContent: moment(r.from, D.period < 60000) }), el("td", { className: "n", textContent: length((r.to - r.from) * D.tick) }), el("td", { className: "n", textContent: number(r.windows) }), action, causes);
    const show = () => { const span = Math.max(r.to - r.from, SPAN * 6); look(r.from - span, r.to + span); $("time").scrollIntoView({ behavior: "smooth", block: "start" }); };
    tr.onclick = show; tr.onkeydown = (e) => { if (e.key === "Enter") show(); }; body.append(tr);
  }
  if (!list.length) body.append(el("tr", {}, el("td", { colSpan: 6, textContent: "No window failed." })));
  $("runs").replaceChildren(el("thead", {}, head), body);
  const chips = [[-1, "all"], ...D.parents.map((p, i) => [i, p.name]).filter(([i]) => D.runs.some((r) => r.parent === i))];
  $("filter").replaceChildren(...(chips.length > 2 ? chips.map(([i, name]) => { const b = el("button", { type: "button", textContent: name }); b.setAttribute("aria-pressed", i === only); b.onclick = () => { only = i; table(); }; return b; }) : []));
}
function confusion() {
  const found = Object.entries(D.summary.labelled || {});
  if (!found.length) return;
  const share = (a, b) => (a + b ? percent(a / (a + b)) : "-");
  const head = el("tr", {}, ...["Parent", "Failures found", "missed", "Recall", "False alarms", "Good passed", "Precision"].map((text, i) => el("th", { textContent: text, className: i ? "n" : "" })));
  const body = el("tbody");
  for (const [name, c] of found) body.append(el("tr", {}, el("td", { textContent: name }), ...[number(c.found), number(c.missed), share(c.found, c.missed), number(c.false), number(c.passed), share(c.found, c.false)].map((text) => el("td", { textContent: text, className: "n" }))));
  $("square").replaceChildren(el("thead", {}, head), body); $("confusion").hidden = false;
}
function known() {
  if (!regimes) return;
  const head = el("tr", {}, ...["Regime", "Windows nearest to it", "First", "Last", "Radius, widths of the band", ""].map((text, i) => el("th", { textContent: text, className: i === 1 || i === 4 ? "n" : "" })));
  const body = el("tbody");
  regimes.known.forEach((r, i) => {
    const name = el("td"), s = el("span", { className: "swatch" }); s.style.background = regimeColor(i); name.append(s, String(i));
    const cell = (text, n) => el("td", { textContent: text, className: n ? "n" : "" });
    const when = (t) => (t === undefined ? "-" : moment(t, D.period < 60000));
    body.append(el("tr", {}, name, cell(number(r.windows), true), cell(when(r.first)), cell(when(r.last)), cell(number(r.radius / 2048, 2), true), cell(r.candidate ? "one visit so far: not known yet" : "")));
  });
  for (const [what, t] of regimes.notices) body.append(el("tr", {}, el("td", { colSpan: 6, textContent: `${moment(t, D.period < 60000)}: ${what === "asked" ? "a new regime is asked about" : "the new regime is known from here on"}` })));
  $("known").replaceChildren(el("thead", {}, head), body);
  $("regimes").hidden = false;
}
function told() {
  if (!changes) return;
  const body = el("tbody");
  for (const [t, text] of changes.said) body.append(el("tr", {}, el("td", { textContent: moment(t, D.period < 60000) }), el("td", { textContent: text })));
  if (changes.labels.length) body.append(el("tr", {}, el("td"), el("td", { textContent: `${changes.labels.length} labels were given: ${changes.labels.filter(([, good]) => good).length} good` })));
  $("said").replaceChildren(body); $("changes").hidden = false;
}
function legend() {
  const item = (color, text) => { const s = el("span", { className: "swatch" }); s.style.background = color; return el("span", {}, s, text); };
  const box = [item(css("--pass"), "pass"), item(css("--fail"), "fail")];
  if (parents.some((p) => p.passesTo !== null)) { const s = item(css("--fail"), "the highest score that has passed"); s.firstChild.style.cssText += "height:0;border-top:2px dashed;background:none!important;vertical-align:3px;color:" + css("--fail"); box.push(s); }
  if (channels.some((c) => c.band)) box.push(item(css("--band"), "the reference's band"));
  if (parents.some((p) => p.verdicts.includes(NO_DATA))) box.push(item(css("--nodata"), "fail: no data"));
  if (taken.includes(NONE)) box.push(item(css("--unjudged"), "commissioning"));
  if (parents.some((p) => p.fails.length)) { const s = item(css("--truth"), "labelled as failure in the recording"); s.firstChild.style.cssText += "height:3px;vertical-align:3px"; box.push(s); }
  D.actions.names.forEach((name, i) => { if (taken.includes(i)) { const s = item(actionColor(i), name); if (D.actions.does[i]) s.title = D.actions.does[i]; box.push(s); } });
  if (changes && changes.phases.length) for (const [phase, text] of [["wait", "a change: the board waits"], ["learn", "a shadow learns"], ["trial", "it is tried"], ["refused", "refused"]]) if (changes.phases.some(([, p]) => p === phase)) box.push(item(css(PHASE[phase]), text));
  if (regimes && regimes.notices.length) box.push(el("span", { textContent: "△ a new regime is asked about · ▼ it is known" }));
  const bar = el("span", { className: "ramp" }); bar.style.background = `linear-gradient(90deg, ${[0, 13, 25, 38, 50, 63].map((k) => ramp[k]).join(",")})`;
  box.push(el("span", {}, "dimensions: under the limit, 1 good window in 100", bar, "1 in 1,000,000 and rarer; % of windows beyond the limit at the left"));
  $("legend").replaceChildren(...box);
}
const wanted = window.matchMedia("(prefers-color-scheme: dark)");
const dark = () => document.documentElement.dataset.theme === "dark";
function theme(name) { document.documentElement.dataset.theme = name; makeRamp(); legend(); table(); confusion(); known(); told(); draw(); }
$("theme").onclick = () => theme(dark() ? "light" : "dark");
wanted.addEventListener("change", () => theme(wanted.matches ? "dark" : "light"));

$("stream").textContent = D.stream;
$("about").textContent = [`${moment(WHOLE[0])} to ${moment(WHOLE[1])} ${UTC}`, `a record every ${length(D.period)}`, `windows of ${D.length}, every ${D.hop}`, D.summary.board ? `for ${D.summary.board}` : ""].filter(Boolean).join(" · ");
$("footer").textContent = D.summary.made_by || "Motegate";
tiles();
new ResizeObserver(() => { const w = $("plot").clientWidth; if (w && w !== width) { width = w; draw(); } }).observe($("plot"));
width = $("plot").clientWidth || width;
theme(wanted.matches ? "dark" : "light");
paint(); // at once: a page that is printed or captured as it loads may never be given a frame
