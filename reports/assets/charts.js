// The charts: Vega-Lite specifications, drawn by the one library file, in the colours of the page. Each is an image with
// words for a screen reader; its figures stand in a table beside it.
"use strict";
chiso.charts = (function () {
  const drawn = new Map();
  const specs = {
    trend: (rows, goals, about) => ({
      height: 240,
      layer: [
        ...!goals.length ? [] : [{ data: { values: goals }, mark: { type: "rule", strokeDash: [6, 4], strokeWidth: 1.5 },
          encoding: { y: { field: "value", type: "quantitative" }, color: series(about) } },
        { data: { values: goals }, mark: { type: "text", align: "right", dx: -2, dy: -7, fontSize: 11 },
          encoding: { x: { value: "width" }, y: { field: "value", type: "quantitative" }, text: { field: "text" } } }],
        { data: { values: rows }, mark: { type: "line", strokeWidth: 2.2 },
          encoding: { x: time(about), y: value(about), color: series(about), detail: { field: "series" } } },
        // Every point as a ring, those that rest on all reports filled.
        point(rows, about, false), ...rows.some(one => one.whole) ? [point(rows.filter(one => one.whole), about, true)] : [],
      ],
    }),
    distribution: (rows, goals, about) => ({
      height: 240,
      layer: [
        { data: { values: rows }, mark: { type: "bar", tooltip: true },
          encoding: {
            x: { field: "value", type: "quantitative", bin: { maxbins: 20 }, axis: { title: null, format: about.format } },
            y: { aggregate: "count", type: "quantitative", axis: { title: chiso.say("places"), tickMinStep: 1 } },
          } },
        { data: { values: goals }, mark: { type: "rule", strokeWidth: 2, strokeDash: [6, 4], color: about.ink },
          encoding: { x: { field: "value", type: "quantitative" }, tooltip: [{ field: "text" }] } },
      ],
    }),
    map: (rows, goals, about) => ({
      height: 420,
      projection: { type: "mercator" },
      layer: [
        { data: { values: about.silhouette }, mark: { type: "circle", size: 5, opacity: 0.55, color: about.faint },
          encoding: { longitude: { field: "x", type: "quantitative" }, latitude: { field: "y", type: "quantitative" } } },
        { data: { values: about.islands }, mark: { type: "point", shape: "triangle-up", size: 14, filled: true, color: about.ink },
          encoding: { longitude: { field: "x", type: "quantitative" }, latitude: { field: "y", type: "quantitative" },
            tooltip: [{ field: "name" }] } },
        { data: { values: about.labels }, mark: { type: "text", fontSize: 10.5, dy: 14, align: "center", color: about.ink },
          encoding: { longitude: { field: "x", type: "quantitative" }, latitude: { field: "y", type: "quantitative" },
            text: { field: "lines" } } },
        { data: { values: rows }, mark: { type: "circle", opacity: 0.85, stroke: about.ink, strokeWidth: 0.5 },
          encoding: {
            longitude: { field: "x", type: "quantitative" }, latitude: { field: "y", type: "quantitative" },
            size: { field: "size", type: "quantitative", scale: { range: about.sizes }, legend: null },
            color: { field: "value", type: "quantitative", scale: { scheme: about.scheme },
              legend: { title: null, orient: "bottom", format: about.format, gradientLength: 180 } },
            tooltip: [{ field: "name", title: chiso.say("place") }, { field: "text", title: chiso.say("value") },
              { field: "rank", title: chiso.say("rank") }],
          } },
      ],
    }),
  };
  const time = about => ({ field: "start", type: "temporal", scale: { padding: 24 }, axis: { title: null, format: about.dates, tickCount: about.ticks, labelOverlap: true } });
  const value = about => ({ field: "value", type: "quantitative", scale: { zero: false, nice: true }, axis: { title: null, format: about.format } });
  const point = (rows, about, filled) => ({ data: { values: rows }, mark: { type: "point", size: 60, strokeWidth: 2, opacity: 1, filled },
    encoding: { x: time(about), y: value(about), color: series(about),
      shape: { field: "series", type: "nominal", scale: { domain: about.names }, legend: legend(about) },
      tooltip: [{ field: "series", title: chiso.say("place") }, { field: "label", title: chiso.say("period") },
        { field: "text", title: chiso.say("value") }, { field: "sure", title: chiso.say("how_sure") }] } });
  const legend = about => about.names.length > 1 ? { title: null, orient: "bottom", columns: 2, labelLimit: 260 } : null;
  const series = about => ({ field: "series", type: "nominal", scale: { domain: about.names, range: about.shades }, legend: legend(about) });

  const colour = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  // Eight that differ for eyes that see colours otherwise, on light and on dark; the shape of points differs, too.
  const SHADES = { false: ["#0b5394", "#b45309", "#047857", "#9d174d", "#4338ca", "#57534e", "#0e7490", "#7c2d12"],
    true: ["#7cb7f0", "#f3b562", "#5fd3a5", "#f28ab6", "#a7a5f7", "#cfc9c4", "#67d5ea", "#f0a184"] };

  // One after the other, each once what is there has been shown: figures can be read before the charts are drawn.
  let last = Promise.resolve();
  const shown = () => new Promise(done => requestAnimationFrame(() => setTimeout(done)));
  function draw(id, ...what) {
    drawn.set(id, what);
    last = last.then(shown).then(() => drawn.get(id) === what ? paint(id, ...what) : null);
  }
  async function paint(id, kind, rows, goals, about) {
    const place = document.getElementById(id);
    if (!window.vegaEmbed) await chiso.load("assets/vega.js");
    const night = chiso.dark(), words = chiso.words();
    const look = { paper: colour("--paper"), ink: colour("--ink"), faint: colour("--faint"), accent: colour("--accent"),
      shades: SHADES[night], scheme: night ? "viridis" : { name: "blues", extent: [0.25, 1] }, ...about };
    const spec = { $schema: "https://vega.github.io/schema/vega-lite/v6.json", width: "container", background: "transparent",
      autosize: { type: "fit", contains: "padding" }, ...specs[kind](rows, goals, look) };
    const font = getComputedStyle(document.body).fontFamily;
    const config = { font, locale: undefined, view: { stroke: null },
      axis: { labelColor: look.ink, titleColor: look.ink, gridColor: colour("--line"), domainColor: colour("--line"), tickColor: colour("--line"), labelFontSize: 11 },
      legend: { labelColor: look.ink, titleColor: look.ink, labelFontSize: 11 }, text: { color: look.ink },
      bar: { color: SHADES[night][0] } };
    try {
      await window.vegaEmbed(place, spec, { actions: false, renderer: "svg", config, tooltip: { theme: night ? "dark" : "light" },
        formatLocale: { decimal: words.decimal, thousands: words.thousands, grouping: [3], currency: ["", ""] } });
      const image = place.querySelector("svg");
      if (image) {
        image.setAttribute("role", "img");
        image.setAttribute("aria-label", about.said);
        // One image with one text: the parts would be read one by one, without their order.
        image.querySelectorAll("[role],[aria-label],[aria-roledescription]").forEach(one =>
          ["role", "aria-label", "aria-roledescription"].forEach(name => one.removeAttribute(name)));
        image.querySelectorAll("g").forEach(one => one.setAttribute("aria-hidden", "true"));
      }
    } catch (error) {
      place.textContent = String(error);
    }
  }
  function clear(id) {
    drawn.delete(id);
    const place = document.getElementById(id);
    if (place) { place.classList.remove("vega-embed"); place.replaceChildren(chiso.el("p", {}, chiso.say("no_figures"))); }
  }
  document.addEventListener("theme", () => drawn.forEach((one, id) => draw(id, ...one)));
  const format = scale => scale === "percent" ? ".0~%" : ",~f";
  return { draw, clear, format };
})();
