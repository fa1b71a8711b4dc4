"use strict";
// Answers the playground: bpgen and Graphviz, both WebAssembly.
importScripts("wasm_exec.js", "viz.js");
const load = (async () => {
  const viz = await Viz.instance();
  globalThis.bpgenLayout = dot => viz.renderString(dot, { format: "plain", engine: "dot" });
  return WebAssembly.compileStreaming(fetch("bpgen.wasm"));
})();
async function start() {
  const go = new Go();
  go.run(await WebAssembly.instantiate(await load, go.importObject));
}
let ready = start();
onmessage = async e => {
  let answer;
  try {
    await ready;
    answer = globalThis.bpgenExplain(e.data.request);
  } catch (error) {
    answer = JSON.stringify({ errors: String(error) });
    ready = start(); // what has failed once is not asked again
  }
  postMessage({ id: e.data.id, answer });
};
