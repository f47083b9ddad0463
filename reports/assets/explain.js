// Why a figure is what it is, as far as the site knows; the command tells the rest, down to the cells.
"use strict";
(function () {
  const { say, el, core, number, figure } = chiso, box = document.getElementById("explained");
  async function show() {
    const [slug, key, no] = decodeURIComponent(location.hash.slice(1)).split("/");
    const code = Object.keys(core().indicators).find(one => core().indicators[one].slug === slug), place = chiso.placeOf(key);
    document.body.dataset.ready = "false";
    const figures = code && place ? await chiso.need("unit/" + key).catch(() => ({})) : {};
    const row = (figures[code] || []).find(one => one[0] === Number(no));
    if (!row) { box.replaceChildren(el("p", {}, say("not_found"))); document.body.dataset.ready = "true"; return; }
    const scale = core().indicators[code].scale, [title, unit] = chiso.words().titles[code], period = core().periods[no];
    const command = `chiso explain ${code} --place "${place.code}" --period ${period[0]} --as-of ${core().release}`;
    const button = el("button", { type: "button", on: { click: () => {
      navigator.clipboard && navigator.clipboard.writeText(command).then(() => { button.textContent = say("copied"); }, () => {});
    } } }, say("copy"));
    const facts = [
      [say("indicator"), el("a", { href: `indicator/${slug}.html` }, `${title} (${code})`)],
      [say("place"), el("a", { href: "unit.html#" + key }, `${place.name} (${place.code})`)],
      [say("period"), chiso.words().periods[no]],
      [say("explain.value"), el("strong", { class: "big" }, figure(row[1], scale) + (scale === "number" ? " " + unit : ""))],
      [row[3] === null ? say("numerator") : say("explain.parts"), row[3] === null ? number(row[2], 6) : `${number(row[2], 6)} / ${number(row[3], 6)}`],
      [say("explain.reports"), row[5] ? say("reports_of", number(row[4]), number(row[5])) : say("no_reports")],
      [say("status"), el("span", {}, row[6] ? "" : say("status.ok") + " ", ...chiso.states(row))],
      [say("explain.how"), el("a", { href: `indicator/${slug}.html` }, say("definition"))],
    ];
    box.replaceChildren(el("dl", { class: "facts" }, ...facts.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)])),
      el("p", { class: "lead" }, say("explain.lead")), el("pre", { tabindex: "0" }, el("code", {}, command)), button);
    document.body.dataset.ready = "true";
  }
  window.addEventListener("hashchange", show);
  show();
})();
