// The board of a form: a cell per unit and period, with a sign and a word, and a link to the receipt where there is one.
"use strict";
(function () {
  const { say, el, core, number } = chiso, get = id => document.getElementById(id);
  const SIGNS = { T: "✔", L: "◷", M: "✘", R: "⊘", W: "…" };
  const label = {};
  core().periods.forEach((one, no) => { label[one[0]] = chiso.words().periods[no]; });
  const plain = text => text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(/đ/gi, "d").toLowerCase();
  const inOrder = new Intl.Collator(chiso.words().language).compare;
  async function show() {
    const form = get("form").value, board = form && await chiso.need("board/" + form);
    if (!board) { document.body.dataset.ready = "true"; return; }
    const wanted = plain(get("find").value);
    const units = board.units.map(([key, letters]) => ({ key, letters, name: chiso.nameOf(key), place: chiso.placeOf(key) }))
      .filter(one => !wanted || plain(`${one.name} ${one.place ? one.place.code : ""}`).includes(wanted))
      .sort((a, b) => inOrder(a.name, b.name));
    const heads = [{ title: say("unit") }, ...board.periods.map(code => ({ title: label[code] || code }))];
    const rows = units.map(one => () => [
      el("a", { href: chiso.unitLink(one.key) }, one.name),
      ...[...one.letters].map((letter, at) => cell(letter, board.receipts[`${one.key}:${board.periods[at]}`], one.name, label[board.periods[at]])),
    ]);
    const [table, more] = chiso.table(heads, rows, 50);
    table.className = "board";
    get("board").replaceChildren(table, more || "");
    document.body.dataset.ready = "true";
  }
  function cell(letter, receipt, unit, period) {
    if (letter === ".") return el("span", { class: "cell none" }, el("span", { class: "hidden" }, say("state.none")));
    const state = letter.toUpperCase(), partly = letter !== state;
    const said = say("state." + state) + (partly ? ", " + say("state.partly") : "");
    const inside = [el("span", { "aria-hidden": "true" }, SIGNS[state], partly ? el("sup", {}, "*") : ""), el("span", { class: "hidden" }, said)];
    const about = { class: "cell state-" + state, title: `${unit}, ${period}: ${said}` };
    return receipt ? el("a", { ...about, href: `${chiso.root}receipts/${receipt}.html` }, ...inside) : el("span", about, ...inside);
  }
  function chosen() { const form = decodeURIComponent(location.hash.slice(1)); if (form && [...get("form").options].some(one => one.value === form)) get("form").value = form; show(); }
  get("form").addEventListener("change", () => { history.replaceState(null, "", "#" + get("form").value); show(); });
  get("find").addEventListener("input", show);
  window.addEventListener("hashchange", chosen);
  chosen();
})();
