"use strict";
// Answers the playground: bpgen and Graphviz, both WebAssembly.
importScripts("wasm_exec.js", "viz.js");
const ready = (async () => {
  const viz = await Viz.instance();
  globalThis.bpgenLayout = dot => viz.renderString(dot, { format: "plain", engine: "dot" });
  const go = new Go();
  const { instance } = await WebAssembly.instantiateStreaming(fetch("bpgen.wasm"), go.importObject);
  go.run(instance);
})();
onmessage = async e => {
  let answer;
  try {
    await ready;
    answer = globalThis.bpgenExplain(e.data.request);
  } catch (error) {
    answer = JSON.stringify({ errors: String(error) });
  }
  postMessage({ id: e.data.id, answer });
};
