"""Looking for traces: every canary, in every spelling that a program might write it in, in every file there is.

What no scan sees: the memory of the machine, its kernel, the disk below the file system, and whoever watches the line.
"""

import base64
import hashlib
import hmac
import io
import ipaddress
import re
import struct
import urllib.parse
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

DIGESTS = ("md5", "sha1", "sha256")
NETWORKS = {4: (24,), 6: (64,)}  # hashes of a network are hashes of an address with few guesses
INFLATED_MAX = 5_000_000  # bytes of a compressed stream that are looked at
PIECE = 256  # bytes read at once: what a damaged one holds is lost, and no more
CUT = 1  # characters of a base64 spelling that depend on what stands beside it


@dataclass(frozen=True, slots=True)
class Trace:
    """A canary that was found: which, in which spelling, in which file."""

    canary: str
    spelling: str
    place: str


def spellings(words: str, secrets: Iterable[bytes] = ()) -> dict[str, bytes]:
    """Every spelling of a canary, by name."""
    raw = words.encode()
    found = {
        "utf-8": raw,
        "utf-16-le": words.encode("utf-16-le"),
        "utf-16-be": words.encode("utf-16-be"),
        "hex": raw.hex().encode(),
        "HEX": raw.hex().upper().encode(),
        "url": urllib.parse.quote(words, safe="").encode(),
        "url+": urllib.parse.quote_plus(words).encode(),
        "json": "".join(f"\\u{ord(one):04x}" for one in words).encode(),
    }
    for name, table in (("base64", base64.b64encode), ("base64url", base64.urlsafe_b64encode)):
        for offset in range(3):
            coded = table(bytes(offset) + raw).rstrip(b"=")
            found[f"{name} at {offset}"] = coded[(0, 2, 3)[offset] : len(coded) - CUT]
    for name in DIGESTS:
        found |= _with_hex(name, hashlib.new(name, raw, usedforsecurity=False).digest())
        for at, secret in enumerate(secrets):
            found |= _with_hex(f"hmac-{name} {at}", hmac.new(secret, raw, name).digest())
    return found


def _with_hex(name: str, digest: bytes) -> dict[str, bytes]:
    short = digest[:12]  # a hash that was cut is a hash
    return {name: short, f"{name} hex": short.hex().encode(), f"{name} base64": base64.b64encode(short)[:-2]}


def address_spellings(address: str, secrets: Iterable[bytes] = ()) -> dict[str, bytes]:
    """Every spelling of a network address: its words, its bytes, hashes of it and of its network."""
    parsed = ipaddress.ip_address(address)
    found = spellings(address, secrets)
    found["packed"] = parsed.packed
    found["packed, reversed"] = parsed.packed[::-1]
    found["exploded"] = parsed.exploded.encode()
    for prefix in NETWORKS[parsed.version]:
        network = ipaddress.ip_network(f"{address}/{prefix}", strict=False)
        for words in (str(network), str(network.network_address)):
            hashed = spellings(words, secrets)
            found |= {f"/{prefix} {words} {name}": value for name, value in hashed.items()}
        found |= _with_hex(f"/{prefix} packed sha256", hashlib.sha256(network.network_address.packed).digest())
    found |= _with_hex("packed sha256", hashlib.sha256(parsed.packed).digest())
    return found


def time_traces(content: bytes, begin: float, end: float) -> Iterator[str]:
    """Spellings of an instant between two (seconds since 1970) that stand in a content."""
    for match in re.finditer(rb"(?<![0-9])([0-9]{10})(?:[0-9]{3}|[0-9]{6}|[0-9]{9})?(?:\.[0-9]+)?(?![0-9])", content):
        if begin <= int(match[1]) <= end:
            yield "epoch in figures"
    for match in re.finditer(rb"(20[0-9]{2})-?([01][0-9])-?([0-3][0-9])[T _]([0-2][0-9]):?([0-5][0-9])", content):
        try:
            year, month, day, hour, minute = (int(part) for part in match.groups())
            instant = datetime(year, month, day, hour, minute, tzinfo=UTC).timestamp()
        except ValueError:
            continue
        if begin - 60 <= instant <= end:
            yield "ISO"
    for second in range(int(begin), int(end) + 1):
        for order in "<>":
            if struct.pack(f"{order}q", second) in content or struct.pack(f"{order}d", float(second)) in content:
                yield "8 bytes"


def unpacked(content: bytes, depth: int = 2) -> Iterator[bytes]:
    """A content, and what is compressed inside it: gzip anywhere, members of a zip."""
    yield content
    if depth == 0:
        return
    for at in (match.start() for match in re.finditer(b"\x1f\x8b\x08", content)):
        if inner := _inflated(content[at:]):
            yield from unpacked(inner, depth - 1)
    if content[:4] == b"PK\x03\x04":
        for member in _members(content):
            yield from unpacked(member, depth - 1)


def _inflated(content: bytes) -> bytes:
    """What a gzip stream holds, as far as it can be read: it may be cut off, or be random bytes that only begin like one."""
    reader, found = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16), b""
    try:
        for begin in range(0, len(content), PIECE):
            found += reader.decompress(content[begin : begin + PIECE], INFLATED_MAX)
            if reader.eof or len(found) >= INFLATED_MAX:
                break
    except zlib.error:
        pass
    return found


def _members(content: bytes) -> Iterator[bytes]:
    """The members of a zip that can be read; one that cannot does not hide the others."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, ValueError, OSError):
        return
    for name in archive.namelist():
        with suppress(zipfile.BadZipFile, zlib.error, RuntimeError, EOFError, OSError, ValueError):
            yield archive.read(name)


def files_below(folders: Iterable[Path]) -> Iterator[Path]:
    """Every plain file below some folders."""
    for folder in folders:
        yield from (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def find_traces(folders: Iterable[Path], canaries: Mapping[str, Mapping[str, bytes]]) -> list[Trace]:
    """Every canary (by name, its spellings) that stands in a file below some folders, or in a file's name."""
    found: list[Trace] = []
    for path in files_below(folders):
        name = str(path).encode()
        for content in (name, *unpacked(path.read_bytes())):
            found += [
                Trace(canary, spelling, str(path))
                for canary, spelled in canaries.items()
                for spelling, wanted in spelled.items()
                if len(wanted) >= 4 and wanted in content
            ]
    return list(dict.fromkeys(found))
