"""Comments that came by letter, telephone or in a meeting, and were entered on somebody's behalf."""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.db import Base
from consult.core.ddl import refuse_change, refuse_when


class EnteredComment(Base):
    """That a comment was entered by staff, and for what it stands: its author sees it so marked. Never public, like the channel."""

    __tablename__ = "entered_comment"
    __table_args__ = (CheckConstraint("posted_on <= arrived_on", name="posted_before_it_arrived"),)

    comment_id: Mapped[int] = mapped_column(ForeignKey("comment.id"), primary_key=True)
    entered_by: Mapped[str] = mapped_column(String(40))  # "staff:7"; no foreign key
    arrived_on: Mapped[date]  # the letter, or the day of the call or the meeting
    posted_on: Mapped[date | None]  # by the postmark, where it arrived after the closing


refuse_change("entered_comment", "entered_comment_never_changes")
refuse_when(
    "entered_comment",
    "entered_comment_has_its_channel",
    before="INSERT",
    when="EXISTS (SELECT 1 FROM comment WHERE id = new.comment_id AND channel IN ('site', 'safe'))",
)
