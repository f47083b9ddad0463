// The page of an indicator: its trend, and for a chosen period and group the ranking, the map and the distribution.
"use strict";
(async function () {
  const { say, el, core, number, figure } = chiso;
  const about = await chiso.need("indicator"), meta = core().indicators[about.code], map = await chiso.need("map");
  const get = id => document.getElementById(id), scale = meta.scale, periods = core().periods;
  const inOrder = new Intl.Collator(chiso.words().language).compare;
  const label = no => chiso.words().periods[no];
  const option = (value, text) => el("option", { value }, text);

  // Trend -------------------------------------------------------------------------------------------------------------
  const KINDS = ["year", "quarter", "half", "nine_months", "month"];
  const kinds = KINDS.filter(kind => about.series.some(one => one.kind === kind));
  kinds.forEach(kind => get("kind").append(option(kind, say("period_kind." + kind))));
  function trend() {
    const kind = get("kind").value, goals = about.targets.filter(one => one[4] === "target");
    let chosen = about.series.filter(one => one.kind === kind);
    // Places with a target, else the tops of the registers; of many the first: the others have pages of their own.
    const aimed = chosen.filter(one => about.targets.some(goal => goal[0] === one.key));
    chosen = (aimed.length ? aimed : chosen).slice(0, 8);
    const names = chosen.map(one => chiso.nameOf(one.key));
    const rows = chosen.flatMap(one => one.rows.filter(row => row[1] !== null).map(row => ({
      series: chiso.nameOf(one.key), start: periods[row[0]][4] + "T00:00", label: label(row[0]), value: row[1],
      text: figure(row[1], scale), whole: row[6] === 0 && row[4] >= row[5],
      sure: row[5] ? say("reports_of", number(row[4]), number(row[5])) : say("no_reports"),
    })));
    const lines = goals.filter(goal => chosen.some(one => one.key === goal[0])).map(goal => ({
      series: chiso.nameOf(goal[0]), value: goal[3],
      text: `${say("target")} ${goal[1]}: ${chiso.sign(goal[2])} ${figure(goal[3], scale)}${names.length > 1 ? ` (${chiso.nameOf(goal[0])})` : ""}`,
    }));
    if (!rows.length) chiso.charts.clear("trend-chart");
    else chiso.charts.draw("trend-chart", "trend", rows, lines, {
      names, format: chiso.charts.format(scale), dates: kind === "year" ? "%Y" : "%m/%Y",
      ticks: kind === "year" ? "year" : undefined,
      said: say("chart_of", say("trend")) + ". " + rows.slice(-6).map(one => `${one.series}, ${one.label}: ${one.text}`).join("; "),
    });
    get("trend-table").replaceChildren(...chiso.table(
      [{ title: say("place") }, { title: say("period") }, { title: say("value"), number: true }, { title: say("how_sure") }],
      chosen.flatMap(one => [...one.rows].reverse().map(row => [
        el("a", { href: chiso.unitLink(one.key) }, chiso.nameOf(one.key)), label(row[0]),
        el("a", { class: "figure", href: chiso.link(about.code, one.key, row[0]) }, figure(row[1], scale)),
        [row[5] ? say("reports_of", number(row[4]), number(row[5])) : say("no_reports"), " ", ...chiso.states(row)],
      ]))));
  }
  get("kind").addEventListener("change", trend);
  if (kinds.length) trend(); else chiso.charts.clear("trend-chart");

  // A period ----------------------------------------------------------------------------------------------------------
  const at = meta.at[""] || [];
  KINDS.forEach(kind => {
    const found = at.filter(no => periods[no][1] === kind).sort((a, b) => periods[b][3] < periods[a][3] ? -1 : 1);
    if (found.length) get("period").append(el("optgroup", { label: say("period_kind." + kind) }, ...found.map(no => option(no, label(no)))));
  });
  get("boundaries").append(option("", say("as_reported")),
    ...Object.keys(meta.at).filter(day => day).map(day => option(day, say("on_boundaries", chiso.day(day)))));
  get("boundaries").parentElement.hidden = Object.keys(meta.at).length < 2;

  // Everything above a place in the chosen period, nearest first. On other boundaries, what stands there on their day.
  function chain(key) {
    const day = get("boundaries").value || periods[get("period").value][3], found = [];
    for (let up = chiso.parentOf(key, day); up !== null && up !== undefined && found.length < 12; up = chiso.parentOf(up, day)) found.push(up);
    return found;
  }
  const above = (key, wanted) => key === wanted || chain(key).includes(wanted);
  // Competition ranking: as many as are better, and one; equal values share it.
  function ranked(rows) {
    const down = meta.direction === "down" || scale === "rank";
    const sorted = rows.filter(row => row[1] !== null).sort((a, b) => (down ? a[1] - b[1] : b[1] - a[1]) || a[0] - b[0]);
    let rank = 0;
    const found = sorted.map((row, no) => [rank = no && sorted[no - 1][1] === row[1] ? rank : no + 1, row]);
    return [...found, ...rows.filter(row => row[1] === null).map(row => ["–", row])];
  }
  let rows = [], group = "", within = null;
  async function period() {
    const day = get("boundaries").value, no = get("period").value;
    const there = (meta.at[day] || []).includes(Number(no));
    rows = there ? await chiso.need(`period/${meta.slug}/${no}${day ? "@" + day : ""}`) : [];
    const groups = new Map();
    rows.forEach(row => { const one = chiso.placeOf(row[0]); if (one) groups.set(one.register + "/" + one.level, (groups.get(one.register + "/" + one.level) || 0) + 1); });
    const levels = Object.entries(core().registers).flatMap(([register, all]) => all.map(level => register + "/" + level));
    const sorted = [...groups.keys()].sort((a, b) => levels.indexOf(a) - levels.indexOf(b));
    get("group").replaceChildren(...sorted.map(one => {
      const [register, level] = one.split("/");
      return option(one, `${chiso.words().registers[register]} – ${chiso.words().levels[level] || level} (${number(groups.get(one))})`);
    }));
    // The group with most places says most, where nobody has chosen.
    const most = [...groups].sort((a, b) => b[1] - a[1])[0];
    get("group").value = groups.has(group) ? group : most ? most[0] : "";
    places();
  }
  function places() {
    const [register, level] = get("group").value.split("/"), tops = new Set();
    rows.forEach(row => {
      const one = chiso.placeOf(row[0]);
      if (!one || one.register !== register || one.level !== level) return;
      chain(row[0]).slice(0, -1).forEach(up => tops.add(up));
    });
    const named = [...tops].map(key => [key, chiso.nameOf(key)]).sort((a, b) => inOrder(a[1], b[1]));
    get("within").replaceChildren(option("", say("all")), ...named.map(([key, name]) => option(key, name)));
    // Where all lie in one region, that is looked at first; the whole country is one choice away.
    const root = [...tops].filter(key => chain(key).length === 1);
    const first = root.length === 1 ? String(root[0]) : "";
    get("within").value = within === null ? first : tops.has(Number(within)) ? within : "";
    show();
  }
  function show() {
    const [register, level] = get("group").value.split("/"), only = Number(get("within").value);
    const no = Number(get("period").value);
    const chosen = rows.filter(row => {
      const one = chiso.placeOf(row[0]);
      return one && one.register === register && one.level === level && (!only || above(row[0], only));
    });
    const order = ranked(chosen), valued = order.filter(([rank]) => rank !== "–");
    const sorted = valued.map(([, row]) => row[1]).sort((a, b) => a - b), half = sorted.length / 2;
    const median = sorted.length ? (sorted[Math.ceil(half) - 1] + sorted[Math.floor(half)]) / 2 : null;
    const received = chosen.reduce((sum, row) => sum + row[4], 0), expected = chosen.reduce((sum, row) => sum + row[5], 0);
    get("summary").textContent = chosen.length ? [
      say("shown_places", number(chosen.length)), say("median", figure(median, scale)), say("smallest", figure(sorted[0] ?? null, scale)),
      say("largest", figure(sorted[sorted.length - 1] ?? null, scale)),
      say("coverage") + ": " + (expected ? say("reports_of", number(received), number(expected)) : say("no_reports")),
    ].join(" · ") : say("no_figures");
    get("ranking-table").replaceChildren(...(chosen.length ? chiso.table(
      [{ title: say("place") }, { title: say("rank"), number: true }, { title: say("value"), number: true },
        { title: say("numerator"), number: true }, { title: say("denominator"), number: true }, { title: say("how_sure") }],
      order.map(([rank, row]) => () => [
        [el("a", { href: chiso.unitLink(row[0]) }, chiso.nameOf(row[0])), el("span", { class: "under" }, chiso.placeOf(row[0]).code)],
        rank === "–" ? rank : number(rank), el("a", { class: "figure", href: chiso.link(about.code, row[0], no) }, figure(row[1], scale)),
        number(row[2]), row[3] === null ? "–" : number(row[3]),
        [row[5] ? say("reports_of", number(row[4]), number(row[5])) : say("no_reports"), " ", ...chiso.states(row)],
      ])) : []));
    const told = valued.map(([rank, row]) => ({ rank, value: row[1], size: row[1], text: figure(row[1], scale), ...spot(row[0]) }));
    const format = chiso.charts.format(scale);
    if (told.length) chiso.charts.draw("distribution-chart", "distribution", told, [{ value: median, text: say("median", figure(median, scale)) }], {
      format, said: say("chart_of", say("distribution")) + ". " + get("summary").textContent,
    }); else chiso.charts.clear("distribution-chart");
    mapped(told.filter(one => one.x !== null), only, format);
  }
  const spot = key => { const one = chiso.placeOf(key); return { name: one.name, x: one.longitude, y: one.latitude }; };
  // Whether a point lies where the dots of a region do.
  function box(told, marks) {
    const xs = [...told.map(one => one.x), ...marks.flatMap(one => one.points.map(point => point[0]))];
    const ys = [...told.map(one => one.y), ...marks.flatMap(one => one.points.map(point => point[1]))];
    const margin = 0.08, left = Math.min(...xs) - margin, right = Math.max(...xs) + margin, low = Math.min(...ys) - margin, high = Math.max(...ys) + margin;
    return ([x, y]) => x >= left && x <= right && y >= low && y <= high;
  }
  function mapped(told, only, format) {
    get("map-part").hidden = !map.silhouette.length && !told.length;
    if (get("map-part").hidden) return;
    if (!told.length) { chiso.charts.clear("map-chart"); return; }
    // Every map of more than one region shows the whole country, its islands too.
    const whole = !only, marks = map.landmarks.filter(one => whole || one.within.includes(only));
    const near = whole ? () => true : box(told, marks);
    const islands = marks.flatMap(one => one.points.map(point => ({ x: point[0], y: point[1], name: point[2] })));
    const labels = marks.map(one => {
      const lowest = Math.min(...one.points.map(point => point[1])), title = one.title[chiso.words().language] || Object.values(one.title)[0];
      return { x: one.points.reduce((sum, point) => sum + point[0], 0) / one.points.length, y: lowest, lines: title.replace(/ \(/, "\n(").split("\n") };
    });
    chiso.charts.draw("map-chart", "map", told, [], {
      format, islands, labels, silhouette: map.silhouette.filter(near).map(one => ({ x: one[0], y: one[1] })),
      sizes: told.length > 300 ? [8, 70] : told.length > 60 ? [15, 140] : [25, 260],
      said: say("chart_of", say("map")) + ". " + get("summary").textContent,
    });
  }
  get("period").addEventListener("change", period);
  get("boundaries").addEventListener("change", period);
  get("group").addEventListener("change", () => { group = get("group").value; places(); });
  get("within").addEventListener("change", () => { within = get("within").value; show(); });
  if (at.length) await period(); else get("summary").textContent = say("no_figures");
  document.body.dataset.ready = "true";
})();
