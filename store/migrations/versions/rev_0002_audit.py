"""The audit becomes a chain, and the bot a role that can add to it and nothing else.

Rows that are there already are numbered without gaps and chained as they are found: the chain
vouches for them from this step on. The login of the bot must be a member of `mutatiebot_app`.
"""

from typing import Any, Final

from alembic import op
from psycopg import Connection, errors
from psycopg.rows import dict_row

from store.audit_chain import Event, Head, link
from store.audit_protection import AuditNotProtectedError

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_NO_ROLE: Final = (
    "the role mutatiebot_app does not exist and this database user may not create it:"
    " let an administrator run `create role mutatiebot_app nologin` and migrate again"
)

# Another database of the same server may be creating the role at this very moment.
_ROLE: Final = """
do $$
begin
  if not exists (select from pg_roles where rolname = 'mutatiebot_app') then
    create role mutatiebot_app nologin;
  end if;
exception when duplicate_object or unique_violation then
  null;
end;
$$
"""

_COLUMNS: Final = """
alter table audit
  alter column seq drop identity,
  add column correlation_id text,
  add column prev_hash text,
  add column hash text;
"""

_CHAINED: Final = """
alter table audit
  alter column prev_hash set not null,
  alter column hash set not null,
  add constraint audit_hash_is_hex check (hash ~ '^[0-9a-f]{64}$'),
  add constraint audit_one_successor unique (prev_hash);
create function audit_follows() returns trigger language plpgsql as $$
declare
  head record;
begin
  select seq, hash into head from audit order by seq desc limit 1;
  if new.seq <> coalesce(head.seq, 0) + 1
      or new.prev_hash <> coalesce(head.hash, repeat('0', 64)) then
    raise exception 'the row does not follow the head of the audit'
      using errcode = 'integrity_constraint_violation';
  end if;
  return new;
end;
$$;
create trigger audit_in_order before insert on audit
  for each row execute function audit_follows();
"""

_RIGHTS: Final = """
do $$
begin
  execute format('grant connect on database %I to mutatiebot_app', current_database());
end;
$$;
revoke create on schema public from public;
grant usage on schema public to mutatiebot_app;
grant select, insert, update, delete on all tables in schema public to mutatiebot_app;
grant usage, select on all sequences in schema public to mutatiebot_app;
grant execute on all functions in schema public to mutatiebot_app;
alter default privileges in schema public
  grant select, insert, update, delete on tables to mutatiebot_app;
alter default privileges in schema public grant usage, select on sequences to mutatiebot_app;
alter default privileges in schema public grant execute on functions to mutatiebot_app;
revoke update, delete on audit from mutatiebot_app;
revoke insert, update, delete on alembic_version from mutatiebot_app;
"""

_ROWS: Final = "select seq, at, request_id, actor, kind, params from audit order by seq"
_CHAIN: Final = """
update audit set seq = %(new)s, prev_hash = %(prev_hash)s, hash = %(hash)s where seq = %(seq)s
"""


def upgrade() -> None:
    """Chain the audit and give the bot's role its rights.

    Raises:
        AuditNotProtectedError: The role is missing and may not be created here.
    """
    connection = op.get_bind().connection.driver_connection
    assert isinstance(connection, Connection)
    try:
        connection.execute(_ROLE)
    except errors.InsufficientPrivilege as error:
        raise AuditNotProtectedError(_NO_ROLE) from error
    connection.execute(_COLUMNS)
    _chain(connection)
    connection.execute(_CHAINED)
    connection.execute(_RIGHTS)


def downgrade() -> None:
    """Refuse: a chain that is taken off proves nothing any more."""
    raise NotImplementedError("restore a backup instead")


def _chain(connection: Connection[Any]) -> None:
    """Number and chain the rows that are there; the trigger against changes rests meanwhile."""
    connection.execute("alter table audit disable trigger audit_no_change")
    head = Head()
    with connection.cursor(name="audit_rows", row_factory=dict_row) as rows:
        for row in rows.execute(_ROWS):
            seq = row.pop("seq")
            following = link(head, Event(correlation_id=None, **row))
            values = {"new": following.seq, "hash": following.hash}
            connection.execute(_CHAIN, {**values, "prev_hash": head.hash, "seq": seq})
            head = following
    connection.execute("alter table audit enable trigger audit_no_change")
