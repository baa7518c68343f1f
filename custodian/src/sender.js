// From whom an officer writes: a mailbox of their own that tells nothing. Kept sealed here; the site never hears of it. docs/decisions/0028.

const SENDER = ["name", "email", "return_address"];
const ONE_ADDRESS = /^[^\s@<>,;:"()[\]\\]+@([^\s@<>,;:"()[\]\\.]+\.)+[^\s@<>,;:"()[\]\\.]{2,}$/u;
const TELLING_WORDS = [
  "consult", "consultation", "consultations", "upr", "nmirf", "protection", "protected", "human rights", "defender", "defenders", "witness", "witnesses", "mechanism", "mechanisms", "secretariat",
];
const RUN_TOGETHER = ["humanright", "consultation", "protection", "protected", "defender", "witness", "mechanism", "secretariat", "uprdesk"];
const TELLING_PARTS = ["حماية", "محمي", "حقوق الإنسان", "مدافع", "مشاور", "آلية", "الوزارة", "أمانة", "保护", "人权", "维护者", "协商", "磋商", "征求意见", "机制", "秘书处"];

const LABEL_LEAST = 4; // letters: a shorter part of the site's name, such as "gov", may stand in anybody's

const cleanSender = (sender) => Object.fromEntries(SENDER.map((name) => [name, cleaned(sender[name] ?? "").trim()]));

const spaced = (text) => ` ${text.toLowerCase().split(/[^\p{L}\p{N}]+/u).filter(Boolean).join(" ")} `;

// The first of the words in a text that would tell what a mail is about; null = none. In an address words are run together.
function tellingIn(text, names = [], { isAddress = false } = {}) {
  const low = text.toLowerCase();
  const whole = [...TELLING_WORDS, ...names].find((each) => each && spaced(text).includes(` ${spaced(each).trim()} `));
  const parts = [...TELLING_PARTS, ...names.filter(isUnspaced), ...(isAddress ? RUN_TOGETHER : [])];
  return whole ?? parts.find((each) => low.includes(each)) ?? null;
}

// In Chinese nothing stands between words, in Arabic small ones are joined to them.
const isUnspaced = (name) => /\p{L}/u.test(name) && !/\p{Script=Latin}/u.test(name);

// Whether an address is of the site's own domain, above or below it.
function isOfTheSite(email, host) {
  const [domain, site] = [email.split("@").pop().toLowerCase(), host.toLowerCase().split(":")[0]];
  return domain === site || domain.endsWith(`.${site}`) || site.endsWith(`.${domain}`);
}

// What keeps a sender from being neutral: [field, code of a sentence, its values], or none. What the site is called and the
// officer's institution tell too, as a name; not the place on an envelope, which may be the country's, nor the institution's domain.
function problemsOfSender({ name, email, return_address: back }, { host, institution }) {
  const names = ["ministry", ...host.toLowerCase().split(".").slice(0, -1).filter((label) => label.length >= LABEL_LEAST)];
  const found = [];
  const told = (field, word) => word && found.push([field, "sender.telling", { word }]);
  if (name) told("name", tellingIn(name, [...names, institution.toLowerCase()]));
  else found.push(["name", "sender.name_missing", {}]);
  const [box, domain] = email.split("@");
  if (!ONE_ADDRESS.test(email)) found.push(["email", "sender.email_wrong", {}]);
  else if (isOfTheSite(email, host)) found.push(["email", "sender.of_the_site", { host }]);
  else told("email", tellingIn(box, names, { isAddress: true }) ?? tellingIn(domain, [], { isAddress: true }));
  told("return_address", tellingIn(back));
  return found;
}
