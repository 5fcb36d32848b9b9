// Both nodes: how they are, their buttons, and the wire to the one that serves.

import { find, mark, onSubmit, post, rest, tell, write } from "/demo/dom.js";

const WORDS = { up: "up", down: "down", starting: "starting", silent: "silent", ending: "ending" };

const cards = { A: find("#node-a"), B: find("#node-b") };
const wires = { A: find("#wire-a"), B: find("#wire-b") };

for (const [name, card] of Object.entries(cards)) {
  button(card, "kill", `Node ${name} is killed.`, `Killing node ${name}.`);
  button(card, "start", `Node ${name} is up, with the sessions of the other one if that holds any.`, `Starting node ${name}.`);
}

let pressed = () => {};

/** Calls back when a button begins and when it is done. */
export function onPressed(callback) {
  pressed = callback;
}

function button(card, verb, done, begun) {
  const form = find(`.${verb}`, card);
  onSubmit(form, async () => {
    tell(begun);
    const answer = post(form.getAttribute("action"));
    pressed();
    try {
      await answer;
      tell(done);
    } finally {
      pressed();
    }
  });
}

/** Shows the nodes as the server sees them. `playing`: the buttons rest. */
export function show(nodes, playing) {
  for (const node of nodes) {
    const card = cards[node.name];
    const other = node.name === "A" ? "B" : "A";
    mark(card, "state", node.state);
    write(find(".state", card), WORDS[node.state]);
    write(find(".address", card), node.address);
    write(find(".sessions", card), node.sessions === null ? "–" : String(node.sessions));
    write(find(".members", card), node.members === null ? "–" : node.members > 0 ? `node ${other}` : "nobody");
    rest(find(".kill button", card), whyNoKill(node, playing));
    rest(find(".start button", card), whyNoStart(node, playing));
  }
  write(find("#copies"), copies(nodes));
}

/** Points at the node that serves (`null`: none). */
export function point(serving) {
  for (const name of Object.keys(cards)) {
    mark(cards[name], "serves", name === serving);
    mark(wires[name], "serves", name === serving);
  }
}

const PLAYING = "The nine steps are being played: the nodes are theirs until the end.";

function whyNoKill(node, playing) {
  if (playing) return PLAYING;
  return node.state === "down" || node.state === "ending" ? `Node ${node.name} is down already.` : null;
}

function whyNoStart(node, playing) {
  if (playing) return PLAYING;
  if (node.state === "starting") return `Node ${node.name} is starting.`;
  return node.state === "down" ? null : `Node ${node.name} is up already.`;
}

function copies(nodes) {
  const up = nodes.filter((node) => node.state === "up");
  if (up.length === 0) return "No node is up, and sessions live in memory: start one to begin anew.";
  if (up.length === 1) return `Only node ${up[0].name} holds the sessions now. The other one gets them when it starts.`;
  if (up.every((node) => node.members > 0)) return "Both hold every session: an answer waits until its changes are on both.";
  return "The nodes are about to find each other.";
}
