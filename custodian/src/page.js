// One thing a page: building nodes (text is always text, never markup), turning pages, languages, complaints.

const LANGUAGES = { en: { name: "English", direction: "ltr" }, ar: { name: "العربية", direction: "rtl" }, zh: { name: "中文", direction: "ltr" } };
let language = Object.keys(LANGUAGES).find((code) => (navigator.language ?? "").toLowerCase().startsWith(code)) ?? "en";

// A sentence in the language of the page; {names} in it are filled.
function t(key, values = {}) {
  const text = TEXTS[language][key];
  if (text === undefined) throw new Error(`no text ${key}`);
  return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}

// A node. Attributes that are functions listen; children that are no nodes become text.
function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(name, value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

const p = (key, values) => h("p", {}, t(key, values));
const h2 = (key, values) => h("h2", {}, t(key, values));
const button = (key, click, { second = false, values = {}, id = null } = {}) =>
  h("button", { type: "button", class: second ? "button second" : "button", click, id }, t(key, values));
const linkButton = (key, click, values = {}) => h("button", { type: "button", class: "linklike", click }, t(key, values));
const acts = (...buttons) => h("div", { class: "acts" }, ...buttons);
const digitsBox = (digits, label, look = "code") =>
  h("p", { class: look, dir: "ltr", role: "group", "aria-label": label }, digits.split(" ").flatMap((group, at) => [at ? " " : "", h("span", {}, group)]));

// Pages are functions that return {title, body}; the browser's own Back leads through them instead of out of the file.
const turned = { pages: [], at: -1 };

function show(page) {
  turned.pages.length = turned.at + 1;
  turned.pages.push(page);
  turned.at += 1;
  if (turned.at > 0) history.pushState({ at: turned.at }, "");
  else history.replaceState({ at: 0 }, "");
  draw();
}

// In the place of the page that is shown: it must not be gone back to.
function showInstead(page) {
  turned.pages[turned.at] = page;
  draw();
}

// Where what earlier pages showed is closed: none of them can be gone back to.
function showAnew(page) {
  turned.pages.fill(undefined);
  show(page);
}

addEventListener("popstate", (event) => {
  const at = event.state?.at;
  if (!Number.isInteger(at) || !turned.pages[at]) return;
  turned.at = at;
  draw();
});

const goBack = () => history.back();

function draw() {
  const { title, trail, body, back = true, unprinted = false } = turned.pages[turned.at]();
  document.documentElement.lang = language;
  document.documentElement.dir = LANGUAGES[language].direction;
  document.title = `${title} – ${t("name")}`;
  drawFrame();
  const heading = h("h1", { tabindex: "-1" }, title);
  const main = document.getElementById("main");
  main.replaceChildren(
    h("header", { class: unprinted ? "title unprinted" : "title" }, trail ? h("p", { class: "trail" }, trail) : null, heading),
    ...body.flat(Infinity).filter(Boolean),
    ...(back && turned.at > 0 ? [h("p", { class: "back" }, linkButton("back", goBack))] : []),
  );
  scrollTo(0, 0);
  heading.focus();
}

function drawFrame() {
  document.getElementById("name").textContent = t("name");
  document.getElementById("note").textContent = t("foot");
  const choices = Object.entries(LANGUAGES).map(([code, { name, direction }]) =>
    h("li", {}, h("button", { type: "button", class: "linklike", lang: code, dir: direction, "aria-pressed": String(code === language), click: () => changeLanguage(code) }, name)),
  );
  const nav = document.getElementById("languages");
  nav.setAttribute("aria-label", t("languages"));
  nav.replaceChildren(h("ul", { class: "inline" }, choices));
}

// The same page in another language, with what was typed into it.
function changeLanguage(code) {
  const fields = () => [...document.querySelectorAll("#main [id]:is(input, textarea)")].filter((field) => field.type !== "file");
  const typed = new Map(fields().map((field) => [field.id, [field.value, field.checked]]));
  language = code;
  draw();
  for (const field of fields()) if (typed.has(field.id)) [field.value, field.checked] = typed.get(field.id);
  document.querySelector(`#languages [lang="${code}"]`).focus();
}

// Says what is wrong, first on the page and again at its field. What was typed stays.
function complain(problems) {
  quiet();
  const lines = problems.map(([id, text]) => h("li", {}, id ? h("a", { href: `#${id}`, click: (event) => toField(event, id) }, text) : text));
  const box = h("div", { class: "errors", role: "alert", tabindex: "-1" }, h("h2", {}, t("not_yet")), h("ul", {}, lines));
  document.querySelector("#main > .title").after(box);
  for (const [id, text] of problems) {
    const field = id && document.getElementById(id);
    if (!field) continue;
    field.setAttribute("aria-invalid", "true");
    const about = field.closest(".field");
    about.classList.add("wrong");
    about.querySelector(".why").textContent = text;
  }
  box.focus();
}

function toField(event, id) {
  event.preventDefault();
  document.getElementById(id).focus();
}

function quiet() {
  document.querySelectorAll("#main > .errors").forEach((box) => box.remove());
  document.querySelectorAll("#main .wrong").forEach((field) => field.classList.remove("wrong"));
  document.querySelectorAll("#main .why").forEach((why) => (why.textContent = ""));
  document.querySelectorAll("#main [aria-invalid]").forEach((field) => field.removeAttribute("aria-invalid"));
}

// Does something that may be refused, or fail: then the officer reads why, and nothing else has changed.
const trying = (act) => async (event) => {
  event?.preventDefault();
  quiet();
  try {
    await act(event);
  } catch (problem) {
    if (problem instanceof Refusal) complain([[null, t(`refused.${problem.code}`, problem.values)]]);
    else complain([[null, t("refused.unknown", { what: `${problem.name}: ${problem.message}` })]]);
  }
};

// A page with a bar while something long is done. Returns what reports how far it is.
function showProgress(key) {
  const bar = h("progress", { max: "1", value: "0", "aria-label": t(key) });
  const figures = h("p", { class: "small muted number" }, "");
  showInstead(() => ({ title: t(key), body: [p("wait"), bar, figures], back: false }));
  return (done, all) => {
    bar.max = Math.max(all, 1);
    bar.value = done;
    figures.textContent = t("progress", { done, all });
  };
}

const nextTurn = () => new Promise((done) => setTimeout(done, 30)); // lets the browser paint before something that holds it up
