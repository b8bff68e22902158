"use strict";
// Reads the data once, keeps one list of row numbers per view, and draws only what can be seen.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const { accounts, units, sets, principals, people, members, texts, judgements } = data;
  const { a: ofAccount, s: ofSet, p: ofPrincipal, j: ofJudgement, o: ofSource, f: ofSince, r: ofRequest,
    b: ofBuild, c: ofCommit } = data.columns;
  const privileged = new Set(data.privileged);
  const drifting = new Set(data.drift);
  const size = ofAccount.length;
  const absent = new Set(data.absent);
  const element = (id) => document.getElementById(id);
  const view = element("view"), sizer = element("sizer"), detail = element("detail");
  const HEAD = 34, ROW = 30, SPARE = 8, COLUMN = 150, ACCOUNT = 260;
  const fold = (text) => text.toLocaleLowerCase();
  const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

  const holders = people.map(() => []);
  members.forEach((list, principal) => (list || []).forEach((person) => holders[person].push(principal)));
  const accountText = accounts.map((one) => fold(`${one[1]} ${one[0]} ${one[2]} ${units[one[3]]}`));
  const principalText = principals.map((name, number) =>
    fold(`${name} ${(members[number] || []).map((person) => people[person]).join(" ")}`));
  const setText = sets.map(fold);
  const textText = texts.map(fold);

  const state = { view: "grants", search: "", set: "", ou: "", source: "", drift: false, high: false,
    person: -1, sort: "", down: false, active: 0, column: 0 };
  let rows = [];
  let matrix = { accounts: [], principals: [], cells: new Map() };

  function make(tag, properties, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(properties || {})) {
      if (name in made) made[name] = value; else made.setAttribute(name, value);
    }
    made.append(...children);
    return made;
  }

  // --- what is shown -----------------------------------------------------------------------------

  function words() { return fold(state.search).split(/\s+/).filter(Boolean); }

  function matching() {
    const wanted = words();
    // A word is looked up once per distinct text, not once per row.
    const hits = wanted.map((word) => ({
      account: accountText.map((text) => text.includes(word)),
      principal: principalText.map((text) => text.includes(word)),
      set: setText.map((text) => text.includes(word)),
      text: textText.map((text) => text.includes(word)),
      judgement: judgements.map((text) => fold(text).includes(word)),
    }));
    const set = state.set === "" ? -1 : Number(state.set);
    const source = state.source === "" ? -1 : Number(state.source);
    const inUnit = units.map((unit) => state.ou === "" || unit === state.ou || unit.startsWith(`${state.ou}/`));
    const held = state.person < 0 ? null : new Set(holders[state.person]);
    const found = [];
    for (let row = 0; row < size; row += 1) {
      if (set >= 0 && ofSet[row] !== set) continue;
      if (source >= 0 && ofSource[row] !== source) continue;
      if (!inUnit[accounts[ofAccount[row]][3]]) continue;
      if (state.drift && !drifting.has(ofJudgement[row])) continue;
      if (state.high && !privileged.has(ofSet[row])) continue;
      if (held && !held.has(ofPrincipal[row])) continue;
      if (hits.every((hit) => hit.account[ofAccount[row]] || hit.principal[ofPrincipal[row]] || hit.set[ofSet[row]]
        || hit.text[ofSource[row]] || hit.text[ofRequest[row]] || hit.judgement[ofJudgement[row]])) found.push(row);
    }
    return found;
  }

  const KEYS = {
    account: (row) => accounts[ofAccount[row]][1], ou: (row) => units[accounts[ofAccount[row]][3]],
    set: (row) => sets[ofSet[row]], principal: (row) => principals[ofPrincipal[row]],
    count: (row) => (entering(row) || []).length, since: (row) => texts[ofSince[row]],
    source: (row) => texts[ofSource[row]], judgement: (row) => judgements[ofJudgement[row]],
    person: (one) => people[one.person], accounts: (one) => one.accounts.size,
    privileged: (one) => one.privileged, grants: (one) => one.grants,
    groups: (one) => one.through.size,
  };

  function sorted(list) {
    const key = KEYS[state.sort];
    if (!key) return list;
    const keyed = list.map((one) => [key(one), one]);
    const order = typeof (keyed[0] || [""])[0] === "number" ? (x, y) => x[0] - y[0] : (x, y) => collator.compare(x[0], y[0]);
    keyed.sort(state.down ? (x, y) => order(y, x) : order);
    return keyed.map((pair) => pair[1]);
  }

  // Nobody gets in through a grant that does not stand.
  function entering(row) { return absent.has(row) ? [] : members[ofPrincipal[row]]; }

  function peopleOf(found) {
    const seen = new Map();
    for (const row of found) {
      for (const person of entering(row) || []) {
        let one = seen.get(person);
        if (!one) seen.set(person, one = { person, accounts: new Set(), through: new Set(), privileged: 0, grants: 0 });
        one.accounts.add(ofAccount[row]);
        one.through.add(ofPrincipal[row]);
        one.grants += 1;
        if (privileged.has(ofSet[row])) one.privileged += 1;
      }
    }
    const wanted = words();
    const direct = [...seen.values()].filter((one) => wanted.every((word) => fold(people[one.person]).includes(word)));
    const list = direct.length ? direct : [...seen.values()];
    return list.sort((x, y) => collator.compare(people[x.person], people[y.person]));
  }

  function matrixOf(found) {
    const cells = new Map(), across = new Set(), down = new Set();
    for (const row of found) {
      const key = ofAccount[row] * principals.length + ofPrincipal[row];
      if (!cells.has(key)) cells.set(key, []);
      cells.get(key).push(row);
      across.add(ofPrincipal[row]);
      down.add(ofAccount[row]);
    }
    return { accounts: [...down].sort((x, y) => x - y), principals: [...across].sort((x, y) => x - y), cells };
  }

  function update() {
    const found = matching();
    if (state.view === "grants") rows = sorted(found);
    else if (state.view === "people") rows = sorted(peopleOf(found));
    else { matrix = matrixOf(found); rows = matrix.accounts; }
    state.active = Math.max(0, Math.min(state.active, rows.length - 1));
    state.column = Math.max(0, Math.min(state.column, matrix.principals.length - 1));
    const nouns = { grants: "grants", people: "people", matrix: "accounts" };
    const bad = found.reduce((sum, row) => sum + (drifting.has(ofJudgement[row]) ? 1 : 0), 0);
    element("count").textContent = `${rows.length.toLocaleString()} ${nouns[state.view]}`
      + `${state.view === "grants" ? ` of ${size.toLocaleString()}` : ""}, ${bad.toLocaleString()} not as declared`;
    view.setAttribute("aria-rowcount", rows.length + 1);
    view.setAttribute("aria-label", nouns[state.view]);
    view.className = state.view;
    layout();
    draw();
  }

  function reset(changes) {
    Object.assign(state, changes, { active: 0, column: 0 });
    view.scrollTop = 0; view.scrollLeft = 0;
    update();
  }

  // --- drawing -----------------------------------------------------------------------------------

  const COLUMNS = {
    grants: [["account", "Account"], ["ou", "Organizational unit"], ["set", "Permission set"], ["principal", "Principal"],
      ["count", "People"], ["since", "Since"], ["source", "Source"], ["judgement", "Judgement"]],
    people: [["person", "Person"], ["accounts", "Accounts"], ["privileged", "Privileged"], ["grants", "Grants"],
      ["groups", "Through"]],
  };

  function layout() {
    sizer.replaceChildren();
    if (!rows.length) {
      sizer.style.height = "auto"; sizer.style.width = "auto";
      sizer.append(make("p", { className: "empty", textContent: size ? "Nothing matches. Esc shows all again." : "Nobody has access to any account." }));
      return;
    }
    if (state.view === "matrix") {
      sizer.style.height = `${HEAD + rows.length * ROW}px`;
      sizer.style.width = `${ACCOUNT + matrix.principals.length * COLUMN}px`;
      return;
    }
    sizer.style.width = "auto";
    sizer.style.height = `${HEAD + rows.length * ROW}px`;
    const head = make("div", { className: "head", role: "row" });
    for (const [key, title] of COLUMNS[state.view]) {
      const mark = state.sort === key ? (state.down ? " ▼" : " ▲") : "";
      const button = make("button", { textContent: title + mark, title: `Sort by ${title.toLowerCase()}` });
      button.addEventListener("click", () => reset({ sort: key, down: state.sort === key && !state.down }));
      const order = state.sort === key ? (state.down ? "descending" : "ascending") : "none";
      head.append(make("span", { role: "columnheader", "aria-sort": order }, button));
    }
    sizer.append(head);
  }

  let drawn = [];
  function draw() {
    drawn.forEach((one) => one.remove());
    drawn = [];
    if (!rows.length) { view.removeAttribute("aria-activedescendant"); return; }
    const first = Math.max(0, Math.floor(view.scrollTop / ROW) - SPARE);
    const last = Math.min(rows.length, Math.ceil((view.scrollTop + view.clientHeight) / ROW) + SPARE);
    if (state.view === "matrix") drawMatrix(first, last);
    else for (let number = first; number < last; number += 1) {
      const row = state.view === "grants" ? grantRow(rows[number]) : personRow(rows[number]);
      row.style.top = `${HEAD + number * ROW}px`;
      row.id = `row-${number}`;
      row.setAttribute("aria-rowindex", number + 2);
      row.classList.toggle("active", number === state.active);
      row.addEventListener("click", () => { state.active = number; draw(); open(); });
      drawn.push(row);
    }
    sizer.append(...drawn);
    view.setAttribute("aria-activedescendant",
      state.view === "matrix" ? `cell-${state.active}-${state.column}` : `row-${state.active}`);
  }

  function cell(text, className) {
    return make("span", { role: "gridcell", textContent: text, title: text, className: className || "" });
  }

  function grantRow(row) {
    const account = accounts[ofAccount[row]], list = entering(row);
    const drift = drifting.has(ofJudgement[row]);
    const since = texts[ofSince[row]].slice(0, 10);
    return make("div", { className: drift ? "row drift" : "row", role: "row" },
      cell(account[1]), cell(units[account[3]], "quiet"),
      cell(sets[ofSet[row]], privileged.has(ofSet[row]) ? "high" : ""), cell(principals[ofPrincipal[row]]),
      cell(list ? String(list.length) : "?"), cell(since || "unknown", since ? "" : "quiet"),
      cell(texts[ofSource[row]]), cell(judgements[ofJudgement[row]], drift ? "is-drift" : "quiet"));
  }

  function personRow(one) {
    return make("div", { className: "row", role: "row" },
      cell(people[one.person]), cell(String(one.accounts.size)), cell(String(one.privileged), one.privileged ? "high" : ""),
      cell(String(one.grants)), cell([...one.through].map((number) => principals[number]).join(", "), "quiet"));
  }

  function drawMatrix(first, last) {
    const left = Math.max(0, Math.floor(view.scrollLeft / COLUMN) - 2);
    const right = Math.min(matrix.principals.length, Math.ceil((view.scrollLeft + view.clientWidth) / COLUMN) + 2);
    const top = make("div", { className: "layer-top", role: "row" });
    const side = make("div", { className: "layer-left" });
    for (let column = left; column < right; column += 1) {
      const head = make("div", { className: "column", role: "columnheader", textContent: principals[matrix.principals[column]], title: principals[matrix.principals[column]] });
      place(head, ACCOUNT + column * COLUMN, 0, COLUMN, HEAD);
      top.append(head);
    }
    for (let number = first; number < last; number += 1) {
      const name = make("div", { className: "account", role: "rowheader", textContent: accounts[rows[number]][1], title: units[accounts[rows[number]][3]] });
      place(name, 0, HEAD + number * ROW, ACCOUNT, ROW);
      side.append(name);
      const row = make("div", { role: "row", "aria-rowindex": number + 2 });
      for (let column = left; column < right; column += 1) row.append(matrixCell(number, column));
      drawn.push(row);
    }
    const corner = make("div", { className: "corner", textContent: "Account" });
    place(corner, 0, 0, ACCOUNT, HEAD);
    const cornerLayer = make("div", { className: "layer-left" }, corner);
    top.append(cornerLayer);
    sizer.prepend(top, side);
    drawn.push(top, side);
  }

  function matrixCell(number, column) {
    const found = matrix.cells.get(rows[number] * principals.length + matrix.principals[column]) || [];
    const names = found.map((row) => sets[ofSet[row]]);
    const made = make("div", { className: "cell", role: "gridcell", id: `cell-${number}-${column}`, title: names.join(", "),
      textContent: names.length > 1 ? `${names[0]} +${names.length - 1}` : names[0] || "" });
    made.classList.toggle("drift", found.some((row) => drifting.has(ofJudgement[row])));
    made.classList.toggle("high", found.some((row) => privileged.has(ofSet[row])));
    made.classList.toggle("active", number === state.active && column === state.column);
    place(made, ACCOUNT + column * COLUMN, HEAD + number * ROW, COLUMN, ROW);
    made.addEventListener("click", () => { state.active = number; state.column = column; draw(); open(); });
    return made;
  }

  function place(one, left, top, width, height) {
    Object.assign(one.style, { left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px` });
  }

  // --- details -----------------------------------------------------------------------------------

  function open() {
    if (!rows.length) return;
    if (state.view === "people") {
      const one = rows[state.active];
      close();
      element("person").hidden = false;
      element("person").textContent = `${people[one.person]} ✕`;
      element("person").setAttribute("aria-label", `Only ${people[one.person]}; remove`);
      choose("grants", { person: one.person, search: "" });
      element("search").value = "";
      return;
    }
    let shown = [rows[state.active]];
    if (state.view === "matrix") {
      shown = matrix.cells.get(rows[state.active] * principals.length + matrix.principals[state.column]) || [];
      if (!shown.length) return close();
    }
    const button = make("button", { className: "close", textContent: "Close" });
    button.addEventListener("click", () => { close(); view.focus(); });
    detail.replaceChildren(button, ...shown.flatMap(details));
    detail.hidden = false;
    return undefined;
  }

  function details(row) {
    const account = accounts[ofAccount[row]], list = members[ofPrincipal[row]];
    const pairs = [
      ["Account", `${account[1]} (${account[0]})`], ["Email", account[2]], ["Organizational unit", units[account[3]]],
      ["Status", data.statuses[account[4]] + (account[5] ? "" : ", no request")],
      ["Principal", principals[ofPrincipal[row]]],
      ["People", list ? list.map((person) => people[person]).join(", ") || "nobody" : "not read"],
      ["Since", texts[ofSince[row]] || "unknown"], ["Source", texts[ofSource[row]]],
      ["Request", texts[ofRequest[row]] || "unknown"], ["Build", texts[ofBuild[row]]], ["Commit", texts[ofCommit[row]]],
      ["Judgement", judgements[ofJudgement[row]] + (absent.has(row) ? " (does not stand)" : "")],
    ];
    const listed = make("dl");
    for (const [name, value] of pairs) {
      if (value) listed.append(make("dt", { textContent: name }), make("dd", { textContent: value }));
    }
    return [make("h2", { textContent: sets[ofSet[row]] + (privileged.has(ofSet[row]) ? " (privileged)" : "") }), listed];
  }

  function close() { detail.hidden = true; }

  // --- controls ----------------------------------------------------------------------------------

  const VIEWS = ["grants", "people", "matrix"];
  function choose(name, changes) {
    for (const one of VIEWS) {
      element(`view-${one}`).setAttribute("aria-selected", String(one === name));
      element(`view-${one}`).tabIndex = one === name ? 0 : -1;
    }
    close();
    reset({ view: name, sort: "", down: false, ...changes });
  }

  function options(select, title, pairs) {
    select.append(make("option", { value: "", textContent: title }));
    for (const [value, text] of pairs) select.append(make("option", { value: String(value), textContent: text }));
  }

  function parents() {
    const all = new Set();
    for (const unit of units) {
      const parts = unit.split("/");
      parts.forEach((_, number) => all.add(parts.slice(0, number + 1).join("/")));
    }
    all.delete("");
    return [...all].sort(collator.compare);
  }

  function scrollTo() {
    const top = HEAD + state.active * ROW;
    if (top - HEAD < view.scrollTop) view.scrollTop = top - HEAD;
    else if (top + ROW > view.scrollTop + view.clientHeight) view.scrollTop = top + ROW - view.clientHeight;
    if (state.view !== "matrix") return;
    const left = ACCOUNT + state.column * COLUMN;
    if (left - ACCOUNT < view.scrollLeft) view.scrollLeft = left - ACCOUNT;
    else if (left + COLUMN > view.scrollLeft + view.clientWidth) view.scrollLeft = left + COLUMN - view.clientWidth;
  }

  function move(down, across) {
    state.active = Math.max(0, Math.min(rows.length - 1, state.active + down));
    state.column = Math.max(0, Math.min(matrix.principals.length - 1, state.column + across));
    scrollTo();
    draw();
    if (!detail.hidden && state.view !== "people") open();
  }

  function clear() {
    for (const id of ["search", "set", "ou", "source"]) element(id).value = "";
    for (const id of ["drift", "high"]) element(id).checked = false;
    element("person").hidden = true;
    reset({ search: "", set: "", ou: "", source: "", drift: false, high: false, person: -1, sort: "", down: false });
  }

  view.addEventListener("keydown", (event) => {
    const page = Math.max(1, Math.floor(view.clientHeight / ROW) - 2);
    const moves = { ArrowDown: [1, 0], ArrowUp: [-1, 0], PageDown: [page, 0], PageUp: [-page, 0],
      Home: [-rows.length, 0], End: [rows.length, 0], ArrowRight: [0, 1], ArrowLeft: [0, -1] };
    if (event.target !== view || event.ctrlKey || event.metaKey || event.altKey) return;
    if (moves[event.key]) { event.preventDefault(); move(...moves[event.key]); }
    else if (event.key === "Enter") { event.preventDefault(); open(); }
  });
  document.addEventListener("keydown", (event) => {
    const typing = event.target.matches("input[type=search], select");
    if (event.key === "Escape") {
      if (!detail.hidden) close(); else clear();
      view.focus();
    } else if (event.key === "Enter" && event.target.id === "search") view.focus();
    else if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    else if (event.key === "/") { event.preventDefault(); element("search").focus(); element("search").select(); }
    else if (["1", "2", "3"].includes(event.key)) { choose(VIEWS[Number(event.key) - 1], {}); view.focus(); }
  });
  document.querySelector("[role=tablist]").addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = VIEWS[(VIEWS.indexOf(state.view) + step + VIEWS.length) % VIEWS.length];
    choose(next, {});
    element(`view-${next}`).focus();
  });
  VIEWS.forEach((name) => element(`view-${name}`).addEventListener("click", () => choose(name, {})));
  let waiting = 0;
  element("search").addEventListener("input", (event) => {
    window.clearTimeout(waiting);
    waiting = window.setTimeout(() => reset({ search: event.target.value }), 60);
  });
  for (const id of ["set", "ou", "source"]) element(id).addEventListener("change", (event) => reset({ [id]: event.target.value }));
  for (const id of ["drift", "high"]) element(id).addEventListener("change", (event) => reset({ [id]: event.target.checked }));
  element("person").addEventListener("click", () => { element("person").hidden = true; reset({ person: -1 }); view.focus(); });
  element("reset").addEventListener("click", () => { clear(); view.focus(); });
  view.addEventListener("scroll", () => window.requestAnimationFrame(draw), { passive: true });
  window.addEventListener("resize", draw);

  options(element("set"), "All permission sets", sets.map((name, number) => [number, name]));
  options(element("ou"), "All organizational units", parents().map((unit) => [unit, unit]));
  options(element("source"), "All sources", [...new Set(ofSource)].map((number) => [number, texts[number]])
    .sort((x, y) => collator.compare(x[1], y[1])));
  element("summary").textContent = `${accounts.length.toLocaleString()} accounts, ${people.length.toLocaleString()} people, `
    + `as of ${data.generated.replace("T", " ")}${data.portal ? `, portal ${data.portal}` : ""}`;
  element("notes").textContent = data.notes.join(" ");
  update();
  view.focus();
  document.documentElement.dataset.ready = "yes";
})();
