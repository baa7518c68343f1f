// Signing for a new officer: the cards that wait at the site, each with the fingerprint that came another way.

function appointPage() {
  const next = async () => {
    const [text] = await readFiles("officers-file");
    if (text === undefined) return;
    const place = readEntriesFile(text, session.officer, session.known.editions ?? {});
    checkInstallation(place);
    show(() => waitingPage(place));
  };
  return {
    title: t("appoint.title"),
    body: [
      p("appoint.how"),
      h("form", { submit: trying(next), novalidate: true },
        fileField("officers-file", t("appoint.file"), { hint: t("appoint.file_hint") }),
        acts(h("button", { class: "button" }, t("go_on")))),
    ],
  };
}

function waitingPage(place) {
  const isAlone = place.cards.every((card) => isMine(card.fingerprint));
  const signed = signersOf(place, session.officer.card);
  return {
    title: t("appoint.waiting"),
    trail: words(place.host),
    body: [
      p("appoint.compare"),
      isAlone ? h("p", { class: "until" }, t("appoint.alone")) : null,
      missingSection(place, () => waitingPage(place)),
      place.waiting.length === 0 ? p("appoint.none") : h("ul", { class: "rows" }, place.waiting.map((card, at) => waitingRow(place, card, at, signed.get(card.fingerprint) ?? new Set()))),
    ],
  };
}

function waitingRow(place, card, at, signers) {
  const make = async () => {
    if (digitsIn(valueOf(`paper-${at}`)) !== digitsIn(card.fingerprint)) return complain([[`paper-${at}`, t("cards.differ")]]);
    await rememberCompared(card.fingerprint);
    const made = makeAppointment(place, card, session.officer);
    return show(() => madePage("appoint", `appointment-${card.fingerprint.slice(0, 5)}.signed`, made, [facts([t("name_of"), words(visible(card.name))], [t("institution_of"), words(visible(card.institution))])]));
  };
  const others = [...signers].filter((each) => !isMine(each)).length;
  return h("li", {},
    h("h2", {}, words(visible(card.name))),
    h("p", {}, words(visible(card.institution)), card.inMinistry ? ` · ${t("in_ministry")}` : null),
    others > 0 ? h("p", { class: "small" }, t("appoint.others", { count: others })) : null,
    [...signers].some(isMine)
      ? h("p", { class: "tag accepted" }, t("appoint.signed"))
      : h("form", { submit: trying(make), novalidate: true },
          inputField(`paper-${at}`, t("cards.type", { name: cleaned(card.name) }), { hint: t("cards.type_hint"), inputmode: "numeric", dir: "ltr" }),
          acts(h("button", { class: "button" }, t("appoint.sign")))));
}
