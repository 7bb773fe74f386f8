"""The bot's role on a server without it, and its rights in a database that was restored.

Both are what the migrations make, which keep words of their own because they never change; the
drill of the restore compares the rights.
"""

from typing import Any, Final, LiteralString

import psycopg

_ROLE: Final[LiteralString] = """
do $$
begin
  if not exists (select from pg_roles where rolname = 'mutatiebot_app') then
    create role mutatiebot_app nologin;
  end if;
end;
$$
"""
_RIGHTS: Final[LiteralString] = """
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


def ensure_role(connection: psycopg.Connection[Any]) -> None:
    """Make the role of the bot where the server has none."""
    connection.execute(_ROLE)


def grant_rights(connection: psycopg.Connection[Any]) -> None:
    """Let the role do what the bot does, and nothing to the audit but add."""
    connection.execute(_RIGHTS)
