"""Protected entries in the rest of the system: what an officer delivers"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "2026_12_06_guard"
down_revision: str | None = "2026_12_01_protection"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None
