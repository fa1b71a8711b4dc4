"use strict";
// The page of an explanation: tabs, stepping through circuits, and the links
// between formulas, the model and the generated Go. It works on what is there
// and fetches nothing.
const explanation = (() => {
  const all = (sel, root = document) => [...root.querySelectorAll(sel)];
  const one = (sel, root = document) => root.querySelector(sel);
  let member = "";

  function show(id) {
    const members = all(".member");
    if (!members.some(m => m.dataset.member === id)) id = members.length ? members[0].dataset.member : "";
    member = id;
    for (const m of members) m.hidden = m.dataset.member !== id;
    const select = one("#members");
    if (select) select.value = id;
  }

  function tab(name, focus) {
    for (const m of all(".member")) {
      const views = all(".view", m);
      const there = views.some(v => v.dataset.view === name);
      views.forEach((v, i) => { v.hidden = there ? v.dataset.view !== name : i > 0; });
      for (const b of all("button[data-tab]", m)) b.setAttribute("aria-pressed", String(b.dataset.tab === name));
    }
    document.documentElement.dataset.tab = name;
    if (focus) focus.focus();
  }

  // Links: a value of a member is "member:value", with f or b before it for
  // its forward and backward formula.
  function mark(keys, lines, source) {
    for (const e of all(".on")) e.classList.remove("on");
    let firstModel, firstGo;
    for (const li of all(".listing li[data-at]")) {
      const hit = li.dataset.at.split(" ").some(k => keys.includes(k)) || (lines && li.closest("#model") && lines.includes(li.dataset.line));
      if (!hit) continue;
      li.classList.add("on");
      if (li.closest("#model")) firstModel = firstModel || li; else firstGo = firstGo || li;
    }
    for (const k of keys) {
      const [, dir, m, v] = /^([fb])(\d+):(\d+)$/.exec(k) || [];
      if (m === undefined) continue;
      const root = one(`.member[data-member="${m}"]`);
      if (!root) continue;
      for (const e of all(`[data-v="${v}"]`, root)) {
        if (e.matches(".eqs > li") ? e.dataset.back === String(dir === "b") : true) e.classList.add("on");
      }
    }
    for (const li of [firstModel, firstGo]) {
      if (li && li !== source) scrollInto(li);
    }
    return firstModel || firstGo;
  }

  // reveal opens what an element is folded in.
  function reveal(e) {
    for (let d = e.closest("details.part, .part > details"); d; d = d.parentElement.closest("details.part, .part > details")) d.open = true;
  }

  function scrollInto(li) {
    const box = li.closest(".listing");
    const top = li.offsetTop - box.offsetTop - box.clientHeight / 3;
    box.scrollTo({ top });
  }

  function chooseValue(m, v, back) {
    const keys = [];
    if (back !== "false") keys.push(`b${m}:${v}`);
    if (back !== "true") keys.push(`f${m}:${v}`);
    mark(keys, null);
    const root = one(`.member[data-member="${m}"]`);
    for (const f of all("[data-flow]", root)) f.hidden = f.dataset.flow !== String(v);
  }

  function chooseLine(li) {
    const keys = li.dataset.at.split(" ");
    mark(keys, null, li);
    const here = keys.map(k => /^[fb](\d+):/.exec(k)).filter(Boolean).map(x => x[1]);
    if (here.length && !here.includes(member)) show(here[0]);
    const formula = one(".member:not([hidden]) .view:not([hidden]) .on");
    if (formula) { reveal(formula); formula.scrollIntoView({ block: "nearest" }); }
  }

  // ---- pictures

  function steps(view) {
    const picture = all("[data-picture]", view).find(p => !p.hidden);
    if (!picture || view.dataset.view !== "circuit") return;
    const boxes = all(".box", picture);
    const n = boxes.length;
    const k = Math.min(Number(view.dataset.at ?? 2 * n), 2 * n);
    const forward = s => k > s;
    const backward = s => k - n > n - 1 - s;
    const later = (e, on) => e && e.classList.toggle("later", !on);
    let now = "";
    for (const b of boxes) {
      const s = Number(b.dataset.step);
      later(one(".fwd", b), forward(s));
      later(one(".bwd", b), backward(s));
      for (const l of all(".loc", b)) later(l, forward(s));
      const here = k > 0 && k < 2 * n && (k <= n ? s === k - 1 : s === 2 * n - k);
      b.classList.toggle("now", here);
      if (here) now = b.getAttribute("aria-label") || one("title", b)?.textContent || "";
    }
    for (const w of all(".wire", picture)) {
      later(one(".fwd", w), forward(Number(w.dataset.from)));
      later(one(".bwd", w), backward(Number(w.dataset.to)));
    }
    view.dataset.n = n;
    const out = one("output", view);
    if (out) out.textContent = k === 0 ? "nothing computed yet" : k === 2 * n ? "forward and backward, all" : `${k <= n ? "forward" : "backward"} ${k <= n ? k : k - n} of ${n}: ${now}`;
    for (const b of all("[data-step]", one(".steps", view))) {
      b.disabled = (b.dataset.step === "start" || b.dataset.step === "back") ? k === 0 : k === 2 * n;
    }
  }

  function step(view, what) {
    const n = Number(view.dataset.n);
    const k = Math.min(Number(view.dataset.at ?? 2 * n), 2 * n);
    view.dataset.at = { start: 0, back: Math.max(0, k - 1), on: Math.min(2 * n, k + 1), end: 2 * n }[what];
    steps(view);
  }

  function look(view, key) {
    const pictures = all("[data-picture]", view);
    if (!pictures.some(p => p.dataset.picture === key)) return;
    for (const p of pictures) p.hidden = p.dataset.picture !== key;
    const select = one("[data-groups]", view);
    if (select) select.value = key;
    delete view.dataset.at;
    steps(view);
  }

  // toggle folds or unfolds a group where there is a picture of that.
  function toggle(view, group) {
    const now = all("[data-picture]", view).find(p => !p.hidden).dataset.picture;
    const open = new Set(now.split(" ").filter(Boolean));
    if (open.has(group)) open.delete(group); else open.add(group);
    const key = [...open].sort((a, b) => a - b).join(" ");
    const keys = all("[data-picture]", view).map(p => p.dataset.picture);
    // Else the one that has the most of them open, with the group as it is to be.
    const alike = k => k.split(" ").filter(g => open.has(g)).length - k.split(" ").filter(g => g && !open.has(g)).length;
    const fit = keys.filter(k => k.split(" ").includes(group) === open.has(group)).sort((a, b) => alike(b) - alike(a));
    look(view, keys.includes(key) ? key : fit[0] ?? "");
  }

  // ---- events, on what is there and what comes later

  function activate(t) {
    const tabButton = t.closest("button[data-tab]");
    if (tabButton) return tab(tabButton.dataset.tab);
    const stepButton = t.closest("button[data-step]");
    if (stepButton) return step(stepButton.closest(".view"), stepButton.dataset.step);
    const li = t.closest(".listing li[data-at]");
    if (li) return chooseLine(li);
    const m = t.closest(".member");
    if (!m) return;
    const frame = t.closest(".frame");
    if (frame) return toggle(frame.closest(".view"), frame.dataset.group);
    const box = t.closest(".box");
    if (box) {
      const view = box.closest(".view");
      if (box.classList.contains("fold") && box.dataset.group !== undefined) return toggle(view, box.dataset.group);
      if (box.dataset.value !== undefined) chooseValue(m.dataset.member, box.dataset.value, null);
      else if (box.dataset.line) mark([], [box.dataset.line]);
      box.classList.add("on");
      const out = one("output", view);
      if (out) out.textContent = box.getAttribute("aria-label");
      return;
    }
    const v = t.closest("[data-v]");
    if (v) {
      const row = t.closest(".eqs > li");
      chooseValue(m.dataset.member, v.dataset.v, v.dataset.back ?? null);
      if (row) row.classList.add("on");
    }
  }

  document.addEventListener("click", e => {
    if (e.target.closest("summary, select, a, textarea, input")) return;
    activate(e.target);
  });
  document.addEventListener("keydown", e => {
    const t = e.target;
    if ((e.key === "Enter" || e.key === " ") && t.matches("[role=button]")) {
      e.preventDefault();
      activate(t);
    }
    if (t.closest("textarea, select, input")) return;
    const m = one(".member:not([hidden])");
    const view = m && one('.view[data-view="circuit"]:not([hidden])', m);
    if (view && !e.ctrlKey && !e.metaKey && !e.altKey) {
      if (e.key === "ArrowRight") { e.preventDefault(); step(view, "on"); }
      if (e.key === "ArrowLeft") { e.preventDefault(); step(view, "back"); }
    }
  });
  document.addEventListener("change", e => {
    if (e.target.id === "members") { show(e.target.value); }
    if (e.target.matches("[data-groups]")) look(e.target.closest(".view"), e.target.value);
  });

  addEventListener("beforeprint", () => { for (const d of all("details.part, .part > details")) d.open = true; });

  function theme() {
    const b = one("#theme");
    if (!b) return;
    const dark = () => {
      const t = document.documentElement.dataset.theme;
      return t ? t === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    };
    b.setAttribute("aria-pressed", String(dark()));
    b.addEventListener("click", () => {
      document.documentElement.dataset.theme = dark() ? "light" : "dark";
      b.setAttribute("aria-pressed", String(dark()));
    });
  }

  // start takes over the explanation that is in the page.
  function start() {
    document.documentElement.classList.add("js");
    show(member || (location.hash.slice(1).startsWith("m") ? location.hash.slice(2) : ""));
    const views = all(".member:not([hidden]) .view");
    tab(document.documentElement.dataset.tab || (views[0] ? views[0].dataset.view : "equations"));
    for (const v of all('.view[data-view="circuit"]')) steps(v);
    for (const f of all("[data-flow]")) f.hidden = true;
  }

  theme();
  start();
  return { start, members: () => all(".member").map(m => ({ id: m.dataset.member, name: one("h2", m).textContent })) };
})();
