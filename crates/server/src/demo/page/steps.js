// The nine steps: the server plays them, this shows how far they are.

import { find, mark, onSubmit, post, rest, tell, write } from "/demo/dom.js";

const items = [...find("#steps").children].map((item) => {
  const part = (name) => {
    const element = document.createElement("span");
    element.className = name;
    item.append(element);
    return element;
  };
  return { item, word: part("hidden"), took: part("took"), error: part("error") };
});
const button = find("#play button");
const outcome = find("#outcome");

let begun = () => {};

/** Calls back when a play was begun here. */
export function onBegun(callback) {
  begun = callback;
}

onSubmit(find("#play"), async () => {
  await post("/play");
  tell("The nine steps are being played. Your session rests meanwhile.");
  begun();
});

/** Shows a play as the server tells it. `why`: why none can begin now, or `null`. */
export function show(play, why) {
  play.steps.forEach((step, index) => {
    const { item, word, took, error } = items[index];
    mark(item, "state", step.state);
    write(word, step.state === "waiting" ? "" : step.state);
    write(took, step.ms === null ? "" : seconds(step.ms));
    write(error, step.error ?? "");
    error.hidden = step.error === null;
  });
  rest(button, play.on ? "The nine steps are being played already." : why);
  write(button, play.on ? "Playing" : play.number > 0 ? "Play them again" : "Play the nine steps");
  const [text, good] = summary(play);
  write(outcome, text);
  mark(outcome, "good", good === true);
  mark(outcome, "bad", good === false);
}

/** A sentence, and whether it is good news (`null`: not known yet). */
function summary(play) {
  if (play.number === 0) return ["", null];
  if (play.trouble !== null) return [`It could not begin: ${play.trouble}.`, false];
  const of = (state) => play.steps.filter((step) => step.state === state).length;
  if (play.on) {
    const running = play.steps.findIndex((step) => step.state === "running");
    return [running < 0 ? "Taking A down. B has everything." : `Step ${running + 1} of ${play.steps.length}`, null];
  }
  const time = seconds(play.steps.reduce((sum, step) => sum + (step.ms ?? 0), 0));
  const failed = of("failed");
  return [`${of("passed")} passed, ${failed} failed, in ${time}`, failed === 0];
}

const seconds = (ms) => (ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`);
