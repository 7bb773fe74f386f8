"""The first shape: requests, messages, fulfilment, the simulated tenant and jobs.

Procrastinate's tables come as the installed version ships them. A later version of it brings a
step of ours that runs its own migration files, guarded, because a database made after that
upgrade already has the newer tables from this step.
"""

from alembic import op
from procrastinate.schema import SchemaManager
from sqlalchemy import text

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TABLES = """
create table request (
  id text primary key,
  number text not null unique,
  version integer not null,
  state text not null,
  is_open boolean not null,
  subject text not null,
  requester text not null,
  source_entity text,
  target_entity text,
  body jsonb not null,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create unique index request_one_open_per_subject on request (subject) where is_open;
create index request_requester on request (requester);
create index request_source_entity on request (source_entity);
create index request_state on request (state);

create table request_counter (
  year integer primary key,
  last integer not null
);

create table draft (
  person text primary key,
  version integer not null,
  body jsonb not null,
  updated_at timestamptz not null
);

create table licence_reservation (
  request_id text not null references request (id) deferrable initially deferred,
  entity text not null,
  pool text not null,
  created_at timestamptz not null,
  primary key (request_id, entity, pool)
);
create index licence_reservation_pool on licence_reservation (entity, pool);

create table audit (
  seq bigint generated always as identity primary key,
  at timestamptz not null,
  request_id text,
  actor text,
  kind text not null,
  params jsonb not null
);
create index audit_request on audit (request_id);
create function audit_is_append_only() returns trigger language plpgsql as $$
begin
  raise exception 'the audit record is append-only' using errcode = 'insufficient_privilege';
end;
$$;
create trigger audit_no_change before update or delete on audit
  for each row execute function audit_is_append_only();
create trigger audit_no_truncate before truncate on audit
  for each statement execute function audit_is_append_only();

create table conversation_reference (
  person text primary key,
  conversation_id text not null,
  service_url text not null,
  tenant_id text not null,
  bot_id text not null,
  account_id text not null,
  updated_at timestamptz not null
);

create table sent_card (
  id bigint generated always as identity primary key,
  person text not null,
  kind text not null,
  request_id text,
  conversation_id text not null,
  activity_id text not null,
  service_url text not null,
  digest text not null,
  is_final boolean not null default false,
  sent_at timestamptz not null,
  unique (conversation_id, activity_id)
);
create index sent_card_request on sent_card (request_id) where not is_final;

create table delivery (
  key text primary key,
  person text not null,
  kind text not null,
  request_id text,
  state text not null,
  reason text,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index delivery_request on delivery (request_id);

create table step_journal (
  request_id text not null,
  position integer not null,
  name text not null,
  target text not null,
  state text not null,
  before jsonb,
  after jsonb,
  detail jsonb,
  attempts integer not null default 0,
  intent_at timestamptz,
  written_at timestamptz,
  verified_at timestamptz,
  updated_at timestamptz not null,
  primary key (request_id, position)
);

create table retention_record (
  request_id text primary key,
  subject text not null,
  kind text not null,
  starts_on date not null,
  ends_on date not null
);
create index retention_record_ends_on on retention_record (ends_on);

create table simulated_object (
  kind text not null,
  id text not null,
  body jsonb,
  previous jsonb,
  visible_at timestamptz not null,
  version integer not null,
  primary key (kind, id)
);

create table simulated_ledger (
  seq bigint generated always as identity primary key,
  at timestamptz not null,
  operation text not null,
  target text not null,
  detail jsonb not null
);
"""


def upgrade() -> None:
    """Make everything; leaves the tables of Procrastinate alone where they are there already."""
    bind = op.get_bind()
    if bind.scalar(text("select to_regclass('procrastinate_jobs')")) is None:
        _run_script(SchemaManager.get_schema())
    _run_script(_TABLES)


def downgrade() -> None:
    """Refuse: going back to nothing is restoring a backup."""
    raise NotImplementedError("restore a backup instead")


def _run_script(script: str) -> None:
    """Run several statements as they are: percent signs and colons in them mean nothing."""
    cursor = op.get_bind().connection.cursor()
    try:
        cursor.execute(script)
    finally:
        cursor.close()
