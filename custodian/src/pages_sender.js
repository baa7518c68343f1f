// The page on which an officer says from which mailbox they write, and what other pages show of it.

const aboutSender = () => ({ host: session.entries.host, institution: session.officer.card.institution });

// The one that was kept, unless it tells something by now: the site may have got another name.
function senderNow() {
  const { sender } = session.known;
  return sender && problemsOfSender(sender, aboutSender()).length === 0 ? sender : null;
}

const senderLine = ({ name, email }) => h("span", {}, words(visible(name)), " ", h("bdi", { dir: "ltr" }, `<${visible(email)}>`));

function senderPage(back) {
  const sender = session.known.sender ?? cleanSender({});
  const next = async () => {
    const typed = cleanSender(Object.fromEntries(SENDER.map((name) => [name, valueOf(`sender-${name}`)])));
    const problems = problemsOfSender(typed, aboutSender()).map(([field, code, values]) => [`sender-${field}`, t(code, values)]);
    if (problems.length > 0) return complain(problems);
    session.known.sender = typed;
    await keep(session.officer, ["known"], session.known).catch(() => null);
    return showInstead(back);
  };
  return {
    title: t("sender.title"),
    body: [
      p("sender.what"),
      h("form", { submit: trying(next), novalidate: true },
        inputField("sender-name", t("sender.name"), { hint: t("sender.name_hint"), value: sender.name, dir: "auto", maxlength: "100" }),
        inputField("sender-email", t("sender.email"), { hint: t("sender.email_hint"), value: sender.email, dir: "ltr", inputmode: "email", maxlength: "254" }),
        textField("sender-return_address", t("sender.return_address"), { hint: t("sender.return_address_hint"), value: sender.return_address, rows: "3", maxlength: "500" }),
        acts(h("button", { class: "button" }, t("sender.keep")))),
    ],
  };
}

// On the page of a message: from whom it goes out, or that this has to be said first, unless no mail may go.
const senderPart = (back, { mayMail }) => {
  const sender = senderNow();
  return h("section", {}, h2("deliver.from"),
    sender ? h("p", { class: "quoted" }, senderLine(sender)) : mayMail && h("p", { class: "until" }, t("sender.none")),
    acts(button(sender ? "sender.change" : "sender.choose", () => show(() => senderPage(back)), { second: true })));
};
