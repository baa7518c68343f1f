// What a text may betray: marks on likely identifying details, signs that cannot be seen, and texts that are much alike.

// Controls, direction marks, invisible spaces and tags. Joiners stay: Persian and emoji need them.
const HIDDEN = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u00AD\u061C\u180E\u200B\u200E\u200F\u2028-\u202E\u2060-\u206F\uFEFF\uFFF9-\uFFFB\u{E0000}-\u{E007F}]/gu;

const cleaned = (text) => text.normalize("NFC").replace(/\r\n?/g, "\n").replace(HIDDEN, "");
const codeOf = (sign) => `[U+${sign.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}]`;

// The patterns of config/patterns.json, compiled, and the places that the manifest names.
function patternsFor(language, places) {
  const fits = (each) => each.languages.includes("*") || each.languages.includes(language.split("-")[0]);
  const compiled = PATTERNS.filter(fits).map((each) => ({ code: each.code, regex: new RegExp(each.regex, "gu") }));
  const names = places.filter((each) => typeof each === "string" && each.length > 1).sort((one, two) => two.length - one.length);
  if (names.length > 0) {
    const literal = names.map((name) => name.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&")).join("|");
    compiled.push({ code: "place", regex: new RegExp(`(?<![\\p{L}\\p{N}])(?:${literal})`, "giu") });
    compiled.push({ code: "place", regex: new RegExp(`(?:${names.filter((name) => /\p{Script=Han}/u.test(name)).join("|") || "(?!)"})`, "gu") });
  }
  return compiled;
}

// Where something is marked: [from, to, code], in order; what overlaps or touches is one mark, under the code of its beginning.
function marksIn(text, patterns) {
  const found = [];
  for (const { code, regex } of patterns) {
    for (const match of text.matchAll(regex)) if (match[0]) found.push([match.index, match.index + match[0].length, code]);
  }
  found.sort((one, two) => one[0] - two[0] || two[1] - one[1]);
  const marks = [];
  for (const mark of found) {
    if (marks.length > 0 && mark[0] <= marks.at(-1)[1]) marks.at(-1)[1] = Math.max(marks.at(-1)[1], mark[1]);
    else marks.push(mark);
  }
  return marks;
}

// The text with every marked passage left out, to begin a public version with: what is forgotten is then hidden, not shown.
function withoutMarked(text, patterns) {
  const clean = cleaned(text);
  let at = 0;
  let shown = "";
  for (const [from, to] of marksIn(clean, patterns)) {
    shown += `${clean.slice(at, from)}[…]`;
    at = to;
  }
  return shown + clean.slice(at);
}

const ALIKE = 0.6; // share of common pieces from which two texts are called much alike
const PIECE = 5; // letters
const SKETCH = 64; // pieces kept of a text, those with the smallest hashes: enough to estimate how much two texts share

function sketchOf(text) {
  const plain = text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, " ").trim();
  const hashes = new Set();
  for (let at = 0; at <= Math.max(0, plain.length - PIECE); at += 1) {
    let hash = 0x811c9dc5;
    for (let letter = at; letter < Math.min(at + PIECE, plain.length); letter += 1) hash = Math.imul(hash ^ plain.charCodeAt(letter), 0x01000193);
    hashes.add((hash ^ (hash >>> 15)) >>> 0);
  }
  return Uint32Array.from(hashes).sort().slice(0, SKETCH);
}

// About the share of pieces that two texts have in common, of all that either has.
function likeness(one, two) {
  let [first, second, seen, common] = [0, 0, 0, 0];
  while (seen < SKETCH && (first < one.length || second < two.length)) {
    const [left, right] = [one[first] ?? Infinity, two[second] ?? Infinity];
    if (left === right) common += 1;
    if (left <= right) first += 1;
    if (right <= left) second += 1;
    seen += 1;
  }
  return common / seen;
}

// For each thread, how many others are much like it. A word that only one of them has may point to its writer.
async function countAlike(threads) {
  const slice = slicer();
  const sketches = threads.map((thread) => sketchOf(thread.comment.text));
  const counts = new Array(threads.length).fill(0);
  for (let one = 0; one < threads.length; one += 1) {
    for (let two = one + 1; two < threads.length; two += 1) {
      if (threads[two].isWithdrawn || threads[one].isWithdrawn || likeness(sketches[one], sketches[two]) < ALIKE) continue;
      counts[one] += 1;
      counts[two] += 1;
    }
    await slice();
  }
  return new Map(threads.map((thread, at) => [thread.key, counts[at]]));
}
