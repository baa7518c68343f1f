// Fields of a page, and files in and out of the browser.

const hintOf = (id, hint) => (hint ? h("p", { class: "hint", id: `${id}-hint` }, hint) : null);
const whyOf = (id) => h("p", { class: "why", id: `${id}-why` });
const described = (id, hint) => (hint ? `${id}-hint ${id}-why` : `${id}-why`);

function inputField(id, label, { hint = null, type = "text", value = "", ...more } = {}) {
  const input = h("input", { id, type, class: "box", value, autocomplete: "off", "aria-describedby": described(id, hint), ...more });
  return h("div", { class: "field" }, h("label", { for: id }, label), hintOf(id, hint), whyOf(id), input);
}

function textField(id, label, { hint = null, value = "", ...more } = {}) {
  const area = h("textarea", { id, class: "box", dir: "auto", autocomplete: "off", rows: "6", "aria-describedby": described(id, hint), ...more });
  area.value = value;
  return h("div", { class: "field" }, h("label", { for: id }, label), hintOf(id, hint), whyOf(id), area);
}

// One of several; `options` are [value, words, hint, is it closed to this officer].
function choiceField(id, label, options, { chosen = null, hint = null, change = null } = {}) {
  const picks = options.map(([value, words, more, isClosed], at) => {
    const own = at === 0 ? id : `${id}-${value}`;
    const input = h("input", { type: "radio", name: id, id: own, value, checked: value === chosen, disabled: isClosed, change });
    return h("div", { class: "pick" }, input, h("label", { for: own }, words, more ? h("span", { class: "hint" }, more) : null));
  });
  return h("fieldset", { class: "field" }, h("legend", {}, label), hintOf(id, hint), whyOf(id), picks);
}

// One of many, too many to stand beside each other; `options` are [value, words].
function selectField(id, label, options, { chosen = null, hint = null, change = null } = {}) {
  const listed = options.map(([value, words]) => h("option", { value, selected: value === chosen }, words));
  const box = h("select", { id, class: "box", autocomplete: "off", "aria-describedby": described(id, hint), change }, listed);
  return h("div", { class: "field" }, h("label", { for: id }, label), hintOf(id, hint), whyOf(id), box);
}

const valueOf = (id) => document.getElementById(id).value;
const chosenOf = (id) => document.querySelector(`input[name="${id}"]:checked`)?.value ?? null;

function fileField(id, label, { hint = null, multiple = false } = {}) {
  return inputField(id, label, { hint, type: "file", value: null, multiple });
}

const FILE_MOST = 512 * 1024 * 1024; // bytes

async function readFiles(id) {
  const files = [...document.getElementById(id).files];
  if (files.length === 0) {
    complain([[id, t("choose_file")]]);
    return [];
  }
  if (files.some((file) => file.size > FILE_MOST)) throw new Refusal("file_too_large");
  const read = await Promise.all(files.map((file) => file.arrayBuffer()));
  return read.map((buffer) => orRefuse("not_text", () => fromUtf8(new Uint8Array(buffer))));
}

// The browser puts it where it puts all downloads.
function saveFile(name, text) {
  const address = URL.createObjectURL(new Blob([text], { type: "application/octet-stream" }));
  const link = h("a", { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

// A button that saves a file and then says under which name. `after` hears of it.
function saveButton(key, name, text, { second = false, after = null } = {}) {
  const said = h("span", { class: "small muted", role: "status" });
  const save = () => {
    saveFile(name, text);
    said.textContent = t("saved_as", { name });
    if (after) after();
  };
  return acts(button(key, save, { second }), said);
}

const facts = (...pairs) => h("dl", { class: "facts" }, pairs.filter(Boolean).flatMap(([term, about]) => [h("dt", {}, term), h("dd", {}, about)]));
const words = (text) => h("bdi", {}, text);
