"""How much was changed on the tenant, and whether everything stands still for it."""

from typing import Final

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_TABLES: Final = """
create table tenant_effects (
  id bigint generated always as identity primary key,
  request_id text not null,
  effects integer not null check (effects > 0),
  at timestamptz not null default clock_timestamp()
);
create index tenant_effects_at on tenant_effects (at);
create table tenant_brake (
  is_one boolean primary key default true check (is_one),
  pulled_at timestamptz,
  called_at timestamptz,
  called_for text,
  counts_from timestamptz not null default to_timestamp(0)
);
"""


def upgrade() -> None:
    """Make the tables; the brake is off."""
    op.execute(_TABLES)


def downgrade() -> None:
    """Refuse: going back is restoring a backup."""
    raise NotImplementedError("restore a backup instead")
