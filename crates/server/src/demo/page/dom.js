// What all parts of the page need of the document: finding, writing only what changed, and buttons that may rest.

export const find = (selector, root = document) => root.querySelector(selector);

/** Writes a text if it is another one, so that nothing is read aloud twice. */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Sets a data attribute; `null` and `false` take it away. */
export function mark(element, name, value) {
  if (value === null || value === false) delete element.dataset[name];
  else element.dataset[name] = value === true ? "" : value;
}

const status = find("#status");

/** Tells the visitor what has happened. */
export function tell(text, bad = false) {
  write(status, text);
  mark(status, "bad", bad);
}

/** Lets a button rest for a reason, or work again without one. It keeps its focus, which `disabled` would take. */
export function rest(button, reason) {
  button.setAttribute("aria-disabled", String(reason !== null));
  if (reason === null) button.removeAttribute("title");
  else button.title = reason;
}

/** Runs `press` instead of sending the form. A resting button tells its reason; one press at a time. */
export function onSubmit(form, press) {
  const button = find("button", form);
  let pressed = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.getAttribute("aria-disabled") === "true") {
      tell(button.title);
      return;
    }
    if (pressed) return;
    pressed = true;
    try {
      await press(form);
    } catch (error) {
      tell(error.message, true);
    } finally {
      pressed = false;
    }
  });
}

/** Asks this page's own server, and gives the JSON of its answer; an error says what the server said. */
export async function ask(path, options = {}) {
  let response;
  try {
    response = await fetch(path, { cache: "no-store", headers: { Accept: "application/json" }, ...options });
  } catch {
    throw new Error("The demo does not answer.");
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(sentence(answer.error ?? `the answer was ${response.status}`));
  return answer;
}

export const post = (path) => ask(path, { method: "POST" });

/** What a server says in the middle of a sentence, as a sentence. */
export const sentence = (text) => `${text[0].toUpperCase()}${text.slice(1)}.`;
