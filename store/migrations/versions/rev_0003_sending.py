"""Sending within limits over all replicas, and counting the faults of each job."""

from typing import Final

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TABLES: Final = """
create table send_limit (
  key text primary key,
  due_at timestamptz not null,
  gap interval not null,
  slack interval not null
);
create index send_limit_due_at on send_limit (due_at);

create table job_fault (
  job_id bigint primary key,
  transient integer not null default 0,
  unexpected integer not null default 0,
  deaths integer not null default 0
);

alter table delivery add column uncertain boolean not null default false;
alter table sent_card add column is_repeat boolean not null default false;
alter table sent_card add column is_stale boolean not null default false;
create index sent_card_stale on sent_card (person) where is_stale;
create index delivery_waiting on delivery (person) where state = 'unreachable';
"""


def upgrade() -> None:
    """Make the tables."""
    for statement in filter(str.strip, _TABLES.split(";")):
        op.execute(statement)


def downgrade() -> None:
    """Refuse: going back is restoring a backup."""
    raise NotImplementedError("restore a backup instead")
