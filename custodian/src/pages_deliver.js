// Bringing somebody protected what is sent to all: how to reach them, and the words, to be copied or printed.

const deliveryRow = (delivery) => {
  const entry = entryAt(delivery.ref);
  return h("li", {},
    h("p", {}, entry.problem ? codeBox(entry.ref) : h("button", { type: "button", class: "linklike", click: () => show(() => deliverPage(delivery)) }, nameOf(entry.identity)), " ",
      isDelivered(delivery) ? h("span", { class: "tag accepted" }, t("deliver.done")) : null),
    h("p", { class: "muted excerpt", lang: delivery.language, dir: "auto" }, visible(delivery.subject)));
};

function deliverPage(delivery) {
  const entry = entryAt(delivery.ref);
  const { identity } = entry;
  const mark = async () => {
    session.entryWork.delivered[delivery.id] = true;
    changed();
    await saveNow();
    show(entriesPage);
  };
  return {
    title: t("deliver.title"),
    trail: [nameOf(identity), " ", codeBox(entry.ref)],
    body: [
      isDelivered(delivery) ? h("p", { class: "until" }, t("deliver.done_already")) : null,
      entry.left ? h("p", { class: "until" }, t("deliver.not")) : null,
      identity.reach === "no_email" ? h("p", { class: "until" }, t("deliver.no_email")) : null,
      facts(...reachedBy(entry), identity.people && [t("entry.people"), shownText(identity.people)], identity.access_needs && [t("entry.access_needs"), shownText(identity.access_needs)]),
      senderPart(() => deliverPage(delivery), { mayMail: identity.reach !== "no_email" }),
      h("section", {}, h2("deliver.subject"), h("p", { class: "quoted", lang: delivery.language, dir: "auto" }, visible(delivery.subject)), copyButton("deliver.copy_subject", delivery.subject)),
      h("section", {}, h2("deliver.text"), h("p", { class: "quoted lines", lang: delivery.language, dir: "auto" }, visible(delivery.text)), copyButton("deliver.copy_text", delivery.text)),
      acts(button("deliver.letter", () => show(() => letterPage(delivery)), { second: true }), button("deliver.mark", trying(mark)), button("entries.back", () => show(entriesPage), { second: true })),
    ],
    back: false,
  };
}

function copyButton(key, text) {
  const said = h("span", { class: "small muted", role: "status" });
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(cleaned(text));
      said.textContent = t("deliver.copied");
    } catch {
      said.textContent = t("deliver.copy_by_hand");
    }
  };
  return acts(button(key, copy, { second: true }), said);
}

// A letter: where it goes, and the words. Nothing on it says who sends it but the return address that the officer chose, if any.
const letterPage = (delivery) => {
  const { identity } = entryAt(delivery.ref);
  const back = senderNow()?.return_address;
  return {
    title: t("deliver.letter_title"),
    unprinted: true,
    body: [
      acts(button("print", () => print())),
      h("section", { class: "printed letter", lang: delivery.language, dir: "auto" },
        back ? h("p", { class: "lines small", dir: "auto" }, visible(back)) : null,
        h("p", { class: "lines", dir: "auto" }, visible([identity.name, identity.postal_address].filter(Boolean).join("\n"))),
        h("p", { class: "lines", dir: "auto" }, visible(delivery.text))),
    ],
  };
};
