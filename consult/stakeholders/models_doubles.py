"""Names that may mean the same, as the worker found them, and what it has to compare yet. Of protected entries nothing stands here."""

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.db import Base
from consult.core.ddl import refuse_when


class NameToCompare(Base):
    """An entry that is new, or has another name or telephone: the worker has to compare it yet."""

    __tablename__ = "name_to_compare"

    stakeholder_id: Mapped[int] = mapped_column(ForeignKey("stakeholder.id", ondelete="CASCADE"), primary_key=True)


class NamesAlike(Base):
    """Two entries of one kind whose names may mean the same. Merging and saying that they are two leave it as it is."""

    __tablename__ = "names_alike"
    __table_args__ = (
        CheckConstraint("first_id < second_id", name="first_is_older"),
        CheckConstraint("likeness BETWEEN 1 AND 100", name="likeness_in_percent"),
    )

    first_id: Mapped[int] = mapped_column(ForeignKey("stakeholder.id", ondelete="CASCADE"), primary_key=True)
    second_id: Mapped[int] = mapped_column(
        ForeignKey("stakeholder.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    likeness: Mapped[int]  # of 100


class PhonesKeyed(Base):
    """For which country the keys of telephone numbers were made: one row. Where the setting is another, they are made again."""

    __tablename__ = "phones_keyed"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    country: Mapped[str] = mapped_column(String(2))  # "" = none


# Whom a protected entry looks like says who it is.
_PROTECTED = "EXISTS (SELECT 1 FROM stakeholder AS s WHERE s.id IN ({ids}) AND s.protection = 'protected')"
for _table, _ids in (("name_to_compare", "new.stakeholder_id"), ("names_alike", "new.first_id, new.second_id")):
    refuse_when(
        _table, f"{_table}_of_nobody_protected", before="INSERT", when=_PROTECTED.format(ids=_ids)
    )  # fmt: skip
