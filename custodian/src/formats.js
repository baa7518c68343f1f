// Sealing, signing, digits on paper, the tree: docs/decisions/0012-sealed-formats.md, as consult/core/crypto.py has it.

const PREFIX = new Uint8Array([1, 1]); // format, suite
const SEAL_OVERHEAD = 2 + 48;
const PADDED = [4096, 16384, 65536, 262144];
const CELL = 4096;
const CELL_ROOM = CELL - SEAL_OVERHEAD - 4; // bytes of what a cell can say
const STATE_STEP = 65536;
const LEAVES_MIN = 256;

const boxPair = (seed) => pairOf(sodium.crypto_box_seed_keypair(seed));
const signPair = (seed) => pairOf(sodium.crypto_sign_seed_keypair(seed));
const pairOf = (made) => ({ public: made.publicKey, secret: made.privateKey });

const seal = (content, boxPublic) => concat(PREFIX, sodium.crypto_box_seal(content, boxPublic));

function unseal(sealed, pair) {
  if (sealed.length < SEAL_OVERHEAD || sealed[0] !== PREFIX[0] || sealed[1] !== PREFIX[1]) throw new Unreadable();
  try {
    return sodium.crypto_box_seal_open(sealed.subarray(2), pair.public, pair.secret);
  } catch {
    throw new Unreadable();
  }
}

function pad(content, sizes = PADDED) {
  const size = sizes.find((each) => content.length + 4 <= each);
  if (size === undefined) throw new TooLong();
  const padded = new Uint8Array(size);
  padded.set(number4(content.length));
  padded.set(content, 4);
  return padded;
}

function unpad(padded) {
  if (padded.length < 4 || padded.length < 4 + numberAt(padded, 0)) throw new Unreadable();
  return padded.subarray(4, 4 + numberAt(padded, 0));
}

const padInSteps = (content) => pad(content, [Math.ceil((content.length + 4) / STATE_STEP) * STATE_STEP]);
const sealCell = (content, threadPublic) => seal(pad(content, [CELL - SEAL_OVERHEAD]), threadPublic);
const blankCell = () => sealCell(new Uint8Array(0), boxPair(randomBytes(32)).public);

const HEAD = "consult/1 ";

function sign(purpose, content, signSecret) {
  const body = asJson(content);
  const signature = sodium.crypto_sign_detached(utf8(`${HEAD}${purpose}\n${body}`), signSecret);
  return `${HEAD}${purpose}\n${b64(signature)}\n${body}`;
}

// The content of a signed text, with the one of `publics` that signed it.
function verify(signed, purpose, publics) {
  if (typeof signed !== "string") throw new Unreadable();
  const first = signed.indexOf("\n");
  const second = signed.indexOf("\n", first + 1);
  if (second < 0 || signed.slice(0, first) !== HEAD + purpose) throw new Unreadable();
  const signature = unb64(signed.slice(first + 1, second), 64);
  const body = signed.slice(second + 1);
  const message = utf8(`${HEAD}${purpose}\n${body}`);
  const by = publics.find((each) => sodium.crypto_sign_verify_detached(signature, message, each));
  if (by === undefined) throw new Unreadable();
  return { content: fromJson(body), by };
}

// What a signed text says before anybody vouches for it: only to find out whose signature to look for.
const unproved = (signed) => fromJson(typeof signed === "string" ? signed.split("\n").slice(2).join("\n") : "");

function checkDigits(digits) {
  return String(98n - ((BigInt(digits) * 100n) % 97n)).padStart(2, "0");
}

const hasCheckDigits = (digits) => BigInt(digits) % 97n === 1n;
const grouped = (digits, size = 5) => digits.match(new RegExp(`.{1,${size}}`, "g")).join(" ");

// Digits of any keyboard: Arabic-Indic, Persian, Devanagari and full-width ones count, everything else falls away.
function digitsIn(typed) {
  let digits = "";
  for (const letter of typed) {
    const code = letter.codePointAt(0);
    const zero = [0x30, 0x660, 0x6f0, 0x966, 0xff10].find((each) => code >= each && code < each + 10);
    if (zero !== undefined) digits += String(code - zero);
  }
  return digits;
}

function fingerprintOf(boxPublic, signPublic) {
  const made = sha256(utf8("consult officer 1"), boxPublic, signPublic);
  return [0, 4, 8, 12, 16, 20, 24, 28].map((at) => String(numberAt(made, at) % 100000).padStart(5, "0")).join(" ");
}

const leafOf = (content) => sha256(utf8("\0consult leaf 1"), content);
const nodeOf = (left, right) => sha256(new Uint8Array([1]), left, right);

function filledLeaves(known) {
  let size = LEAVES_MIN;
  while (size < known.length) size *= 2;
  const random = Array.from({ length: size - known.length }, () => randomBytes(32));
  return [...known, ...random].sort(compareBytes);
}

// The rows of the tree, from the leaves up to the root.
function treeOf(leaves) {
  const rows = [leaves];
  while (rows.at(-1).length > 1) {
    const row = rows.at(-1);
    rows.push(Array.from({ length: row.length / 2 }, (_, at) => nodeOf(row[2 * at], row[2 * at + 1])));
  }
  return rows;
}

const rootOf = (leaves) => treeOf(leaves).at(-1)[0];
const pathIn = (tree, place) => tree.slice(0, -1).map((row, level) => row[(place >> level) ^ 1]);
