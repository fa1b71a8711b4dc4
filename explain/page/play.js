"use strict";
// The playground: explains the model in the editor as it changes. Who answers
// is a worker with bpgen in it, where the page comes with one, else the server
// that the page is from.
(() => {
  const $ = id => document.getElementById(id);
  const starters = JSON.parse($("starter-texts").textContent);
  const source = $("source"), at = $("at"), state = $("state"), errors = $("errors"), out = $("explanation");

  let ask = async request => {
    const r = await fetch("explain", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(request) });
    if (!r.ok) throw new Error(await r.text());
    return r.json();
  };
  if (document.documentElement.dataset.worker) {
    const worker = new Worker(document.documentElement.dataset.worker);
    const waiting = new Map();
    let next = 0;
    worker.onmessage = e => {
      waiting.get(e.data.id)?.(JSON.parse(e.data.answer));
      waiting.delete(e.data.id);
    };
    worker.onerror = e => { state.textContent = "bpgen could not be started: " + e.message; };
    ask = request => new Promise(done => {
      waiting.set(++next, done);
      worker.postMessage({ id: next, request: JSON.stringify(request) });
    });
  }

  // One request is on its way at a time. What is typed meanwhile is asked when
  // it is answered, and then only the last of it.
  let asking = false, changed = false, timer = 0;
  async function explain() {
    changed = true;
    if (asking) return;
    asking = true;
    while (changed) {
      changed = false;
      await once();
    }
    asking = false;
    out.setAttribute("aria-busy", "false");
  }
  async function once() {
    state.textContent = "explaining …";
    out.setAttribute("aria-busy", "true");
    let answer;
    try {
      answer = await ask({ source: source.value, at: at.value });
    } catch (e) {
      answer = { errors: String(e.message || e) };
    }
    if (changed) return; // it is old
    errors.hidden = !answer.errors;
    errors.textContent = answer.errors || "";
    state.textContent = answer.errors ? "The model is wrong; beside it is the last one that was right." : `${answer.members} explained, ${answer.lines} lines of Go`;
    if (answer.html) {
      out.innerHTML = answer.html;
      explanation.start();
      const members = $("members"), now = members.value;
      members.replaceChildren(...explanation.members().map(m => new Option(m.name, m.id)));
      if (now) members.value = now;
      if (members.selectedIndex < 0) members.selectedIndex = 0;
      members.dispatchEvent(new Event("change", { bubbles: true }));
    }
  }
  const soon = () => { clearTimeout(timer); timer = setTimeout(explain, 300); };

  // The tab key indents by four spaces; after Escape it leaves the editor.
  let leaving = false;
  source.addEventListener("keydown", e => {
    if (e.key === "Escape") { leaving = true; return; }
    if (e.key === "Tab" && !e.shiftKey && !leaving) {
      e.preventDefault();
      source.setRangeText("    ", source.selectionStart, source.selectionEnd, "end");
      soon();
    }
    leaving = false;
  });
  source.addEventListener("input", soon);
  at.addEventListener("input", soon);
  $("starters").addEventListener("change", e => start(e.target.value));
  function start(name) {
    const s = starters.find(x => x.name === name) || starters[0];
    source.value = s.text;
    at.value = s.at || "";
    explain();
  }
  start(starters[0].name);
})();
