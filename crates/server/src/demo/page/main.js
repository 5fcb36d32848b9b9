// The page's one loop: asks how things are, and hands the answer to the parts. Slow while nothing happens, quick while something does, and
// not at all while nobody looks.

import { ask, tell } from "/demo/dom.js";
import * as nodes from "/demo/nodes.js";
import * as session from "/demo/session.js";
import * as steps from "/demo/steps.js";

const CALM_MS = 1000;
const QUICK_MS = 250;
/** How long the quick pace goes on after a press: a view changes a little later than its process. */
const QUICK_FOR_MS = 3000;

let timer = null;
let asking = false;
let quickUntil = 0;
let lost = false;
let last = { playing: false, nodes: "" };

async function look() {
  if (asking || document.hidden) return;
  asking = true;
  clearTimeout(timer);
  let pace = CALM_MS;
  try {
    const state = await ask("/state", { signal: AbortSignal.timeout(5000) });
    show(state);
    if (state.play.on || state.nodes.some((node) => node.state === "starting" || node.state === "ending")) pace = QUICK_MS;
    lost = false;
  } catch {
    if (!lost) tell("The demo does not answer. If it was ended, start it again: outlive demo", true);
    lost = true;
  }
  asking = false;
  timer = setTimeout(look, performance.now() < quickUntil ? QUICK_MS : pace);
}

function show(state) {
  const playing = state.play.on;
  const isUp = (node) => node.state === "up";
  const moving = state.nodes.find((node) => node.state === "starting" || node.state === "ending");
  nodes.show(state.nodes, playing);
  steps.show(state.play, moving && !playing ? `Node ${moving.name} is ${moving.state}.` : null);
  const nobody = state.nodes.some(isUp) ? null : "No node is up: start one.";
  session.restAll(playing ? "The nine steps are being played. Your session rests until their end, and lives through them." : nobody);

  // The session is read when something may have changed who serves it, and not by the clock: each reading keeps it alive.
  const now = JSON.stringify(state.nodes.map((node) => [node.state, node.sessions]));
  const ended = last.playing && !playing;
  const changed = now !== last.nodes || ended || lost;
  last = { playing, nodes: now };
  if (nobody !== null) session.lose();
  else if (changed) read(ended && state.play.trouble === null);
}

async function read(afterPlay) {
  try {
    await session.refresh();
  } catch {
    last.nodes = ""; // a node went just then: with the next look again
    return;
  }
  if (afterPlay && session.hasSession()) tellOfPlay();
}

function tellOfPlay() {
  tell(`Your session lived through it: node ${session.server()} serves you, ${session.holding()}.`);
}

function quick() {
  quickUntil = performance.now() + QUICK_FOR_MS;
  clearTimeout(timer);
  look();
}

session.onServer(nodes.point);
nodes.onPressed(quick);
steps.onBegun(quick);
document.addEventListener("visibilitychange", look);
look();
