// The visitor's own session: what it holds, and who serves it.

import { ask, find, mark, onSubmit, rest, tell, write } from "/demo/dom.js";

const you = find("#you");
const forms = ["#count", "#note", "#login", "#logout"].map((id) => find(id));
const [count, note, login, logout] = forms;

/** What the last answer told, and the mark of its id. */
let shown = { node: null, mark: null, user: null, counter: 0, note: null };
let watch = () => {};
let turn = Promise.resolve();

/** The node that served the last answer. */
export const server = () => shown.node;

/** Calls back with each node that serves. */
export function onServer(callback) {
  watch = callback;
}

/** Reads the session again; a node that only changed meanwhile is told. */
export function refresh() {
  return inTurn(async () => {
    const before = shown;
    await show(await ask("/app/session"));
    if (before.mark !== null && shown.mark === null) {
      tell("Your session is gone: it ended with the last node that held it.", true);
    } else if (movedSince(before)) {
      tell(`Node ${shown.node} serves you now. It is the same session: ${holding()}.`);
    }
  });
}

/** No node is there to ask. */
export function lose() {
  if (shown.node === null) return;
  shown = { ...shown, node: null };
  draw();
}

/** Lets all of it rest for a reason, or work again (`null`). */
export function restAll(reason) {
  for (const form of forms) rest(find("button", form), reason);
}

/** One request after the other, so that answers are shown in the order of what they tell. */
function inTurn(work) {
  const done = turn.then(work);
  turn = done.catch(() => {});
  return done;
}

/** Changes the session by one of the app's routes, reads it as it is then, and tells what happened. */
function change(form, happened) {
  onSubmit(form, () => inTurn(async () => {
    const before = shown;
    const query = new URLSearchParams(new FormData(form));
    await ask(`${form.getAttribute("action")}?${query}`);
    await show(await ask("/app/session"));
    const moved = movedSince(before) ? `Node ${shown.node} took over. ` : "";
    tell(`${moved}${happened(before)}`);
  }));
}

change(count, () => `Node ${shown.node} counted: ${shown.counter}.`);
change(note, () => `Node ${shown.node} keeps your note.`);
change(login, (before) => {
  const renewed = before.mark !== null && before.mark !== shown.mark;
  find("#logout button").focus();
  return `Signed in as ${shown.user}${renewed ? ", and the session has a new id" : ""}.`;
});
change(logout, () => {
  find("#login button").focus();
  return "Signed out. The session itself stays.";
});

const movedSince = (before) =>
  before.node !== null && shown.node !== before.node && shown.mark !== null && shown.mark === before.mark;

/** What the session holds, in words. */
export function holding() {
  const user = shown.user === null ? "nobody signed in" : `${shown.user} signed in`;
  return `${user}, counter ${shown.counter}${shown.note === null ? "" : ", your note in place"}`;
}

export const hasSession = () => shown.mark !== null;

async function show(session) {
  const attributes = session.attributes ?? {};
  shown = {
    node: session.node,
    mark: session.id === null ? null : await markOf(session.id),
    user: session.user ?? null,
    counter: attributes.counter ?? 0,
    note: attributes.note ?? null,
  };
  draw();
}

function draw() {
  mark(you, "server", shown.node);
  write(find("#server"), shown.node === null ? "no node answers" : `served by node ${shown.node}`);
  write(find("#counter"), String(shown.counter));
  const kept = find("#note-kept");
  if (shown.note === null) write(kept, "Not written yet");
  else if (find("q", kept)?.textContent !== shown.note) {
    const quote = document.createElement("q");
    quote.textContent = shown.note;
    kept.replaceChildren("Kept: ", quote);
  }
  login.hidden = shown.user !== null;
  logout.hidden = shown.user === null;
  write(find("#who"), shown.user ?? "");
  const session = find("#session");
  if (shown.mark === null) write(session, "No session yet: counting, writing or signing in makes one.");
  else {
    const code = document.createElement("code");
    code.textContent = shown.mark;
    if (find("code", session)?.textContent !== shown.mark) session.replaceChildren("Your session is ", code, " (a hash of its id)");
  }
  watch(shown.node);
}

/** Eight digits of a hash: enough to see that it is the same session, of no use to anybody else. The node's name behind the id is left out. */
async function markOf(id) {
  const bytes = new TextEncoder().encode(id.split(".")[0]);
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(hash.slice(0, 4), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
