"use strict";
// Drives the playground from within, as a person would, and writes into the
// page what does not hold.
(async () => {
  const wrong = [];
  const hold = (what, ok) => { if (!ok) wrong.push(what); };
  const $ = s => document.querySelector(s);
  const all = s => [...document.querySelectorAll(s)];
  const member = ".member:not([hidden]) ", circuit = member + "[data-picture]:not([hidden]) ";
  const until = async (what, f) => {
    for (let i = 0; i < (document.documentElement.dataset.worker ? 4000 : 400); i++) {
      if (f()) return;
      await new Promise(done => setTimeout(done, 25));
    }
    throw new Error("waited in vain: " + what);
  };
  const idle = () => $("#explanation").getAttribute("aria-busy") === "false";
  const write = (id, text) => {
    $(id).value = text;
    $(id).dispatchEvent(new Event("input", { bubbles: true }));
  };
  const choose = async name => {
    $("#starters").value = name;
    $("#starters").dispatchEvent(new Event("change", { bubbles: true }));
    await until(name, idle);
  };
  const seen = c => all(circuit + "text." + c).filter(t => getComputedStyle(t).visibility === "visible").length;
  window.addEventListener("error", e => wrong.push("script: " + e.message));
  try {
    await until("the first model", () => idle() && $("#state").textContent.includes("explained"));

    // editing
    const text = $("#source").value;
    write("#source", text.replace("q * z", "q * zz"));
    await until("an error", () => !$("#errors").hidden);
    hold("an error has its place", $("#errors").textContent.includes("model.bp:6:16: unknown name zz"));
    hold("the last explanation stays", all(".eqs li").length > 0);
    write("#source", text.replace("q * z", "q * z * z"));
    await until("no error", () => $("#errors").hidden && idle());
    write("#at", "nobody=3");
    await until("an error of values", () => !$("#errors").hidden);
    hold("it is said which", $("#errors").textContent.includes("nothing that is given a value is called nobody"));

    // the four explanations
    for (const s of all("#starters option").map(o => o.value)) {
      await choose(s);
      hold(`the starter ${s} is right`, $("#errors").hidden);
      for (const tab of ["equations", "circuit", "graph", "deltas"]) {
        $(member + `button[data-tab=${tab}]`).click();
        hold(`${s}: the view ${tab} is seen`, $(member + `[data-view=${tab}]`).getBoundingClientRect().height > 40);
      }
      hold(`${s}: there is Go`, all("#go li").length > 10);
    }

    // stepping and folding
    await choose("neuron");
    $(member + "button[data-tab=circuit]").click();
    const gradients = seen("bwd");
    hold("gradients stand below", gradients > 8);
    $(member + "button[data-step=start]").click();
    hold("nothing is computed at the start", seen("fwd") === 0 && seen("bwd") === 0);
    $(member + "button[data-step=end]").click();
    hold("all gradients are at the end", seen("bwd") === gradients);
    const boxes = all(circuit + ".box").length, groups = $(member + "[data-groups]");
    groups.value = [...groups.options].find(o => o.label === "all folded").value;
    groups.dispatchEvent(new Event("change", { bubbles: true }));
    hold("eight gates fold into one", all(circuit + ".box").length === boxes - 7);

    // from a formula to the code
    $(member + "button[data-tab=equations]").click();
    $(member + ".eqs li.bw .f").click();
    hold("its line of the model is marked", all("#model li.on").length > 0);
    hold("its lines of Go are marked", all("#go li.on").length > 0);
  } catch (e) {
    wrong.push(String(e));
  }
  document.documentElement.dataset.checks = wrong.join("; ") || "all hold";
})();
