"""The trigger that keeps the audit in order reads the audit itself, whatever else has its name.

Without a path of its own it would read a temporary table `audit` of whoever adds a row.
"""

from typing import Final

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_PATH: Final = (
    "alter function public.audit_follows() set search_path = pg_catalog, public, pg_temp"
)


def upgrade() -> None:
    """Give the trigger its path."""
    op.execute(_PATH)


def downgrade() -> None:
    """Refuse: no step goes back."""
    raise NotImplementedError("restore a backup instead")
