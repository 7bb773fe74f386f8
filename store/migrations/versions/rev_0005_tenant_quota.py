"""What all replicas together ask of the tenant, one bucket a resource."""

from typing import Final

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_TABLE: Final = """
create table tenant_quota (
  resource text primary key,
  due_at timestamptz not null,
  share double precision not null default 1 check (share > 0 and share <= 1),
  share_at timestamptz not null default to_timestamp(0)
)
"""


def upgrade() -> None:
    """Make the table."""
    op.execute(_TABLE)


def downgrade() -> None:
    """Refuse: going back is restoring a backup."""
    raise NotImplementedError("restore a backup instead")
