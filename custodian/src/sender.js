// From whom an officer writes: a mailbox of their own that tells nothing. Kept sealed here; the site never hears of it. docs/decisions/0028.

const SENDER = ["name", "email", "return_address"];
const ONE_ADDRESS = /^[^\s@<>,;:"()[\]\\]+@([^\s@<>,;:"()[\]\\.]+\.)+[^\s@<>,;:"()[\]\\.]{2,}$/u;
const TELLING_WORDS = [
  "consult", "consultation", "consultations", "upr", "nmirf", "protection", "protected", "human rights", "defender", "defenders", "witness", "mechanism", "ministry", "secretariat",
];
const TELLING_PARTS = ["حماية", "محمي", "حقوق الإنسان", "مدافع", "مشاور", "آلية", "الوزارة", "أمانة", "保护", "人权", "维护者", "协商", "磋商", "征求意见", "机制", "秘书处"];

const LABEL_LEAST = 4; // letters: a shorter part of the site's name, such as "gov", may stand in anybody's

const cleanSender = (sender) => Object.fromEntries(SENDER.map((name) => [name, cleaned(sender[name] ?? "").trim()]));

const spaced = (text) => ` ${text.toLowerCase().split(/[^\p{L}\p{N}]+/u).filter(Boolean).join(" ")} `;

// The first of the words in a text that would tell what a mail is about; null = none. What the site is called tells, too.
function tellingIn(text, { host, institution }) {
  const labels = host.toLowerCase().split(".").slice(0, -1).filter((label) => label.length >= LABEL_LEAST);
  const names = [...labels, institution].map((each) => spaced(each).trim());
  const whole = [...TELLING_WORDS, ...names].find((each) => each && spaced(text).includes(` ${each} `));
  return whole ?? TELLING_PARTS.find((each) => text.includes(each)) ?? null;
}

// Whether an address is of the site's own domain, above or below it.
function isOfTheSite(email, host) {
  const [domain, site] = [email.split("@").pop().toLowerCase(), host.toLowerCase().split(":")[0]];
  return domain === site || domain.endsWith(`.${site}`) || site.endsWith(`.${domain}`);
}

// What keeps a sender from being neutral: [field, code of a sentence, its values], or none.
function problemsOfSender(sender, about) {
  const { name, email } = sender;
  const found = [];
  const told = (field, text) => {
    const word = tellingIn(text, about);
    if (word) found.push([field, "sender.telling", { word }]);
  };
  if (name) told("name", name);
  else found.push(["name", "sender.name_missing", {}]);
  if (!ONE_ADDRESS.test(email)) found.push(["email", "sender.email_wrong", {}]);
  else if (isOfTheSite(email, about.host)) found.push(["email", "sender.of_the_site", { host: about.host }]);
  else told("email", email.split("@")[0]);
  told("return_address", sender.return_address);
  return found;
}
