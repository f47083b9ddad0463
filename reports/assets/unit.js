// One page for all units: search, and all indicators of the one in the address.
"use strict";
(function () {
  const { say, el, core, number, figure } = chiso, get = id => document.getElementById(id);
  const plain = text => text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(/đ/gi, "d").toLowerCase();
  const index = Object.keys(core().places).map(key => {
    const one = chiso.placeOf(key);
    return { ...one, folded: plain(`${one.code} ${one.name} ${one.home}`) };
  });
  const input = get("search"), hits = get("hits");
  let marked = -1;
  function close() { hits.hidden = true; input.setAttribute("aria-expanded", "false"); input.removeAttribute("aria-activedescendant"); marked = -1; }
  function found() {
    const wanted = plain(input.value).split(/\s+/).filter(one => one);
    if (input.value.trim().length < 2) { close(); return; }
    const some = index.filter(one => wanted.every(part => one.folded.includes(part))).slice(0, 30);
    hits.replaceChildren(...some.map((one, at) => el("li", { role: "option", id: "hit" + at, "aria-selected": "false", on: { mousedown: event => { event.preventDefault(); go(one.key); } } },
      one.name, el("span", { class: "under inline" }, ` ${one.code}${one.parent ? " · " + chiso.nameOf(one.parent) : ""}`))));
    hits.hidden = !some.length;
    input.setAttribute("aria-expanded", String(!!some.length));
    get("search-hint").textContent = say("found", number(some.length) + (some.length === 30 ? "+" : ""));
    hits.keys = some.map(one => one.key);
    marked = -1;
  }
  function go(key) { close(); input.value = ""; location.hash = "#" + key; }
  input.addEventListener("input", found);
  input.addEventListener("blur", close);
  input.addEventListener("keydown", event => {
    if (event.key === "Escape") close();
    if (event.key === "Enter" && hits.keys && !hits.hidden) go(hits.keys[Math.max(marked, 0)]);
    if (!["ArrowDown", "ArrowUp"].includes(event.key) || hits.hidden) return;
    event.preventDefault();
    marked = (marked + (event.key === "ArrowDown" ? 1 : -1) + hits.children.length) % hits.children.length;
    [...hits.children].forEach((one, at) => one.setAttribute("aria-selected", String(at === marked)));
    hits.children[marked].scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", "hit" + marked);
  });

  const KINDS = ["year", "quarter", "half", "nine_months", "month"];
  function spark(rows) {
    const values = rows.map(row => row[1]), known = values.filter(one => one !== null), width = 120, height = 30, inset = 4;
    if (!known.length) return "";
    const low = Math.min(...known), span = Math.max(...known) - low || 1, step = (width - 2 * inset) / Math.max(values.length - 1, 1);
    const up = one => (height - inset - (one - low) / span * (height - 2 * inset)).toFixed(1);
    let path = "", pen = false, last = null;
    values.forEach((one, at) => { if (one !== null) { last = [(inset + at * step).toFixed(1), up(one)]; path += (pen ? "L" : "M") + last.join(" "); } pen = one !== null; });
    const made = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    Object.entries({ class: "spark", viewBox: `0 0 ${width} ${height}`, width, height, role: "img",
      "aria-label": say("trend") + ": " + rows.slice(-6).map(row => chiso.words().periods[row[0]] + ": " + row.text).join(", ") })
      .forEach(([name, value]) => made.setAttribute(name, value));
    made.innerHTML = `<path class="line" d="${path}"/><circle cx="${last[0]}" cy="${last[1]}" r="2.6"/>`;
    return made;
  }
  async function show() {
    const key = location.hash.slice(1), place = chiso.placeOf(key), box = get("unit");
    document.body.dataset.ready = "false";
    if (!place) { tree(box); document.body.dataset.ready = "true"; return; }
    get("name").textContent = place.name;
    document.title = place.name;
    get("about").replaceChildren(`${chiso.words().registers[place.register]} · ${chiso.words().levels[place.level] || place.level} · ${place.code}`,
      " ", place.ended ? el("span", { class: "state" }, say("ended", chiso.day(place.ended))) : "");
    let figures = {};
    try { figures = await chiso.need("unit/" + key); } catch { figures = {}; }
    const periods = core().periods, heads = [{ title: say("indicator") }, { title: say("latest"), number: true }, { title: say("trend") }, { title: say("how_sure") }];
    const lines = Object.entries(figures).filter(([code]) => core().indicators[code]).map(([code, rows]) => {
      const scale = core().indicators[code].scale, [title, unit] = chiso.words().titles[code];
      const kind = KINDS.find(one => rows.some(row => periods[row[0]][1] === one));
      const series = rows.filter(row => periods[row[0]][1] === kind).sort((a, b) => periods[a[0]][3] < periods[b[0]][3] ? -1 : 1);
      series.forEach(row => { row.text = figure(row[1], scale); });
      const last = series[series.length - 1];
      const all = el("details", {}, el("summary", {}, say("history")));
      all.addEventListener("toggle", () => { if (all.open && all.children.length < 2) all.append(history(code, key, rows, scale)); });
      return [
        [el("a", { href: `indicator/${core().indicators[code].slug}.html` }, title), el("span", { class: "under" }, code), all],
        [el("a", { class: "figure", href: chiso.link(code, key, last[0]) }, figure(last[1], scale)), scale === "number" ? el("span", { class: "unit" }, " " + unit) : "",
          el("span", { class: "under" }, chiso.words().periods[last[0]])],
        spark(series),
        [last[5] ? say("reports_of", number(last[4]), number(last[5])) : say("no_reports"), " ", ...chiso.states(last)],
      ];
    });
    const up = [];
    for (let one = chiso.placeOf(place.parent), seen = 0; one && seen < 12; one = chiso.placeOf(one.parent), seen++) up.push(one);
    const below = index.filter(one => one.parent === place.key).sort((a, b) => a.name.localeCompare(b.name, chiso.words().language));
    box.replaceChildren(
      up.length ? el("p", { class: "crumbs" }, say("above") + ": ", ...up.flatMap((one, at) => [at ? " / " : "", el("a", { href: "#" + one.key }, one.name)])) : "",
      lines.length ? el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": say("indicators") }, ...chiso.table(heads, lines)) : el("p", {}, say("no_figures")),
      below.length ? el("section", {}, el("h2", {}, `${say("below")} (${number(below.length)})`), list(below)) : "");
    document.body.dataset.ready = "true";
  }
  const list = some => el("ul", { class: "columns" }, ...some.map(one => el("li", {}, el("a", { href: "#" + one.key }, one.name), one.ended ? " †" : "")));
  function history(code, key, rows, scale) {
    const periods = core().periods, sorted = [...rows].sort((a, b) => KINDS.indexOf(periods[a[0]][1]) - KINDS.indexOf(periods[b[0]][1]) || (periods[a[0]][3] < periods[b[0]][3] ? 1 : -1));
    return el("div", {}, ...chiso.table([{ title: say("period") }, { title: say("value"), number: true }, { title: say("how_sure") }], sorted.map(row => [
      chiso.words().periods[row[0]], el("a", { class: "figure", href: chiso.link(code, key, row[0]) }, figure(row[1], scale)),
      [row[5] ? say("reports_of", number(row[4]), number(row[5])) : say("no_reports"), " ", ...chiso.states(row)],
    ]), 24));
  }
  // With no unit in the address: the tops of the registers.
  function tree(box) {
    const tops = index.filter(one => !one.parent || !chiso.placeOf(one.parent) || !chiso.placeOf(one.parent).parent);
    tops.sort((a, b) => a.name.localeCompare(b.name, chiso.words().language));
    box.replaceChildren(...Object.keys(core().registers).map(register => {
      const some = tops.filter(one => one.register === register);
      return some.length ? el("section", {}, el("h2", {}, chiso.words().registers[register]), list(some)) : "";
    }));
  }
  window.addEventListener("hashchange", show);
  show();
})();
