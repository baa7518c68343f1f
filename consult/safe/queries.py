"""Reads. The look at a code's rows is the same whatever comes of it."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from consult.safe import models
from consult.safe.bodies import Sealing
from consult.safe.manifests import Key, Manifest, key_for, read_manifest
from consult.safe.receipts import Thread


@dataclass(frozen=True, slots=True)
class Rows:
    """What the receipts table holds of a thread: one query, the same number of ids for every code."""

    consultation: str  # "" where there is no such comment
    cells: dict[bytes, bytes]
    thread: Thread

    @property
    def is_there(self) -> bool:
        """Whether somebody sent a comment under this code."""
        return self.thread.lookup in self.cells

    @property
    def is_withdrawn(self) -> bool:
        """Whether it was withdrawn."""
        return self.thread.withdraw in self.cells

    @property
    def replies(self) -> int:
        """How many replies followed."""
        return len(self.cells) - self.is_there - self.is_withdrawn


def find_rows(db: Connection, thread: Thread) -> Rows:
    """The receipts rows of a thread."""
    found = db.execute(select(models.receipt).where(models.receipt.c.id.in_(thread.receipts()))).all()
    consultation = next((row.consultation for row in found if row.id == thread.lookup), "")
    return Rows(consultation, {row.id: row.cell for row in found}, thread)


def find_manifest(db: Connection, name: str) -> Manifest | None:
    """The manifest of a consultation as last taken."""
    content = db.scalar(select(models.manifest.c.content).where(models.manifest.c.consultation == name))
    return read_manifest(content) if content else None


def list_manifests(db: Connection) -> list[Manifest]:
    """Every consultation there is, by name."""
    query = select(models.manifest.c.content).order_by(models.manifest.c.consultation)
    return [read_manifest(content) for content in db.scalars(query)]


def find_key(db: Connection, name: str) -> tuple[Key | None, int, bytes]:
    """The key in use for the coming release, that release's number, and the decoy key. Raises LookupError for an unknown consultation."""
    joined = models.release.join(models.pinned, models.release.c.consultation == models.pinned.c.consultation)
    row = db.execute(
        select(models.release, models.pinned.c.opening, models.pinned.c.stops)
        .select_from(joined)
        .where(models.release.c.consultation == name)
    ).one_or_none()
    if row is None:
        raise LookupError(name)
    return key_for(row.opening, row.stops, row.number), row.number, row.decoy_key


def find_sealing(db: Connection, manifest: Manifest) -> Sealing | None:
    """What letters of a consultation are made with now; None while no key is in use."""
    key, number, decoy_key = find_key(db, manifest.name)
    return Sealing(manifest, key, number, decoy_key) if key else None


def find_published(db: Connection, name: str, ref: str) -> tuple[str, dict[str, Any]] | None:
    """(outcome, reason by language) of the published answer to a released comment."""
    table = models.published
    row = db.execute(select(table).where(table.c.consultation == name, table.c.ref == ref)).one_or_none()
    return (row.outcome, json.loads(row.reason)) if row else None


def list_fingerprints(db: Connection, name: str) -> list[str]:
    """The officers who can open what is sent now, by fingerprint, as the opening says."""
    opening = db.scalar(select(models.pinned.c.opening).where(models.pinned.c.consultation == name))
    return [str(one) for one in json.loads(opening).get("officers", [])] if opening else []


def spooled(db: Connection, ids: Iterable[bytes]) -> dict[bytes, tuple[bytes, int]]:
    """(inclusion, bytes of the sealed letter) of those of these spool rows that are there."""
    table = models.spool
    found = db.execute(select(table).where(table.c.id.in_(list(ids)))).all()
    return {row.id: (row.inclusion, len(row.sealed)) for row in found}
