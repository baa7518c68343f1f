// Bytes as text and text as bytes. What is not as it should be is Unreadable, and says no more: the rest would help to forge.

class Unreadable extends Error {}
class TooLong extends Error {}

const utf8 = (text) => new TextEncoder().encode(text);

function fromUtf8(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Unreadable();
  }
}

function concat(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function compareBytes(one, two) {
  for (let at = 0; at < Math.min(one.length, two.length); at += 1) {
    if (one[at] !== two[at]) return one[at] - two[at];
  }
  return one.length - two.length;
}

const isSame = (one, two) => compareBytes(one, two) === 0;

// Base64 for addresses, without padding: how all bytes stand in our JSON.
function b64(bytes) {
  const pieces = [];
  for (let at = 0; at < bytes.length; at += 0x8000) {
    pieces.push(String.fromCharCode(...bytes.subarray(at, at + 0x8000)));
  }
  return btoa(pieces.join("")).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

const UNUSED_BITS = { 2: 15, 3: 3 }; // of the last letter, by how many letters are over: they must be zero, so that bytes have one spelling
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

function unb64(text, length = null) {
  if (typeof text !== "string" || !/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) throw new Unreadable();
  const over = UNUSED_BITS[text.length % 4];
  if (over && LETTERS.indexOf(text.at(-1)) & over) throw new Unreadable();
  const letters = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  const bytes = new Uint8Array(letters.length);
  for (let at = 0; at < letters.length; at += 1) bytes[at] = letters.charCodeAt(at);
  if (length !== null && bytes.length !== length) throw new Unreadable();
  return bytes;
}

// JSON with sorted names: the same content gives the same bytes.
function asJson(content) {
  const sorted = (value) => {
    if (Array.isArray(value)) return value.map(sorted);
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.keys(value).sort().map((name) => [name, sorted(value[name])]));
  };
  return JSON.stringify(sorted(content));
}

function fromJson(text) {
  let content;
  try {
    content = JSON.parse(text);
  } catch {
    throw new Unreadable();
  }
  if (content === null || typeof content !== "object" || Array.isArray(content)) throw new Unreadable();
  return content;
}

const number4 = (value) => new Uint8Array([value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255]);
const numberAt = (bytes, at) => ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0;
const randomBytes = (length) => sodium.randombytes_buf(length);
const sha256 = (...parts) => sodium.crypto_hash_sha256(concat(...parts));
