// What every page needs: data that scripts hand over, words and numbers in the page's language, light and dark.
"use strict";
window.chiso = (function () {
  const root = document.documentElement.dataset.root;
  const taken = {}, waiting = {};

  function take(name, value) {
    taken[name] = value;
    (waiting[name] || []).forEach(one => one.resolve(value));
    delete waiting[name];
  }
  // A data file is a script: a browser reads no other file beside a page that was opened from a disk.
  function need(name, file) {
    if (name in taken) return Promise.resolve(taken[name]);
    return new Promise((resolve, reject) => {
      if (waiting[name]) { waiting[name].push({ resolve, reject }); return; }
      waiting[name] = [{ resolve, reject }];
      load(file || "data/" + name + ".js").catch(error => {
        (waiting[name] || []).forEach(one => one.reject(error));
        delete waiting[name];
      });
    });
  }
  function load(file) {
    return new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = root + file.split("/").map(encodeURIComponent).join("/").replace(/%40/g, "@");
      script.onload = resolve;
      script.onerror = () => reject(new Error(say("no_data_file", file)));
      document.head.append(script);
    });
  }

  const core = () => taken.core, words = () => taken.words;
  function say(key, ...values) {
    return values.reduce((said, one, at) => said.split("{" + at + "}").join(one), words().phrases[key] ?? key);
  }
  // Half-up of the decimal text, as the pages written by the engine do; the marks are the language's.
  const exact = {};
  function number(value, decimals = 2) {
    if (value === null || value === undefined) return "–";
    exact[decimals] ??= new Intl.NumberFormat("en", { maximumFractionDigits: decimals });
    const [whole, rest] = exact[decimals].format(String(value)).split(".");
    const grouped = whole.split(",").join(words().thousands);
    return (grouped === "-0" && !rest ? "0" : grouped) + (rest ? words().decimal + rest : "");
  }
  // Two places are moved in the text: a product of floating point would round otherwise at some halves.
  function hundredfold(value) {
    const text = String(value);
    return text.includes("e") ? value * 100 : text + "e2";
  }
  function figure(value, scale) {
    if (value === null || value === undefined) return "–";
    return scale === "percent" ? number(hundredfold(value)) + "%" : number(value);
  }
  function placeOf(key) {
    const one = core().places[key];
    if (!one) return null;
    return {
      key: Number(key), code: one[0], name: words().language === "en" && one[2] ? one[2] : one[1], home: one[1],
      register: one[3], level: one[4], parent: above(one[5]), latitude: one[6], longitude: one[7], ended: one[8],
    };
  }
  // What stands above a place; on a day, what stood there then.
  function above(parents, day) {
    if (!Array.isArray(parents)) return parents;
    return (day && parents.find(one => one[0] >= day) || parents[parents.length - 1])[1];
  }
  const parentOf = (key, day) => { const one = core().places[key]; return one ? above(one[5], day) : null; };
  const nameOf = key => (placeOf(key) || { name: "–" }).name;
  function day(text) {
    const [year, month, one] = text.split("-").map(Number), two = n => String(n).padStart(2, "0");
    return say("day").replace("{year}", year).replace("{month:02}", two(month)).replace("{day:02}", two(one));
  }
  // An element with attributes and children; texts are texts, never markup.
  function el(name, about = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(about)) {
      if (value === null || value === undefined || value === false) continue;
      if (key === "on") Object.entries(value).forEach(([event, call]) => made.addEventListener(event, call));
      else made.setAttribute(key, value === true ? "" : value);
    }
    made.append(...children.filter(one => one !== null && one !== undefined));
    return made;
  }
  const sign = operator => ({ ">=": "≥", "<=": "≤" })[operator] || operator;
  // States that are not plainly ok, as words: figures without a remark are complete and final.
  function states(row) {
    const [, , , , received, expected, status, told] = row, found = [];
    if (status) found.push(el("span", { class: "state" }, say("status." + core().statuses[status])));
    if (expected && received < expected) found.push(el("span", { class: "state" }, "◔ " + say("partial")));
    if (told !== 1) found.push(el("span", { class: "state soft" }, say("release_status." + core().release_statuses[told])));
    return found.flatMap(one => [one, " "]);
  }
  const link = (code, key, period) =>
    root + words().language + "/explain.html#" + core().indicators[code].slug + "/" + key + "/" + period;
  const unitLink = key => root + words().language + "/unit.html#" + key;

  // A table from heads [{title, number}] and rows of cells (texts or nodes), or of functions that give them: those are
  // asked for when a row is shown. The first cell of a row is its head. Long tables show their beginning until asked.
  const STEP = 200;
  function table(heads, rows, most = 100) {
    const body = el("tbody"), head = el("tr");
    heads.forEach(one => head.append(el("th", { scope: "col", class: one.number ? "number" : null }, one.title)));
    const made = el("table", { class: "cards" }, el("thead", {}, head), body);
    const add = some => body.append(...some.map(cells => {
      const line = el("tr");
      (typeof cells === "function" ? cells() : cells).forEach((cell, at) => line.append(el(at ? "td" : "th", {
        scope: at ? null : "row", class: heads[at].number ? "number" : null, "data-label": at ? heads[at].title : null,
      }, ...(Array.isArray(cell) ? cell : [cell]))));
      return line;
    }));
    add(rows.slice(0, most));
    if (rows.length <= most) return [made];
    // Step by step, so that the page can be used meanwhile.
    function rest(from) {
      add(rows.slice(from, from + STEP));
      if (from + STEP < rows.length) requestAnimationFrame(() => rest(from + STEP));
    }
    const more = el("button", { type: "button", class: "more", on: { click: () => { more.remove(); rest(most); } } },
      say("show_all", number(rows.length)));
    return [made, more];
  }

  const choice = localStorage => { try { return window[localStorage]; } catch { return null; } };
  function theme() {
    const kept = choice("localStorage"), now = kept && kept.getItem("chiso-theme");
    if (now) document.documentElement.dataset.theme = now;
  }
  const dark = () => (document.documentElement.dataset.theme
    || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  theme();
  document.addEventListener("DOMContentLoaded", () => {
    document.getElementById("theme").addEventListener("click", () => {
      const now = dark() ? "light" : "dark", kept = choice("localStorage");
      document.documentElement.dataset.theme = now;
      if (kept) kept.setItem("chiso-theme", now);
      document.dispatchEvent(new Event("theme"));
    });
    document.getElementById("print").addEventListener("click", () => window.print());
    // What was chosen here is what the other language shows.
    document.querySelectorAll("a[data-language]").forEach(one => one.addEventListener("click", () => {
      one.href = one.href.split("#")[0] + location.hash;
    }));
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => document.dispatchEvent(new Event("theme")));
  return { take, need, load, core, words, say, number, figure, placeOf, parentOf, nameOf, day, sign, el, states, link, unitLink, table, dark, root };
})();
