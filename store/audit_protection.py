"""Whether the database itself keeps the bot from changing the audit."""

from typing import Final, LiteralString

from store.database import Database

# Who owns the table, its schema or its database can take the protection away again; so can who
# may make roles (in PostgreSQL 15 and older), pass triggers by, write files of the server, or put
# functions where the owner's session looks for them. What counts is every role that this login
# could become, not only what it inherits.
_POWERS: Final[LiteralString] = """
select bool_or(me.rolsuper) as "is superuser",
  bool_or(me.rolcreaterole) as "may make roles",
  bool_or(me.rolreplication) as "may replicate",
  bool_or(me.rolname in ('pg_write_server_files', 'pg_execute_server_program'))
    as "may write files of the server",
  bool_or(me.oid = audit.relowner) as "owns the audit",
  bool_or(me.oid = home.nspowner) as "owns the schema",
  bool_or(me.oid = here.datdba) as "owns the database",
  bool_or(has_schema_privilege(me.oid, home.oid, 'CREATE')) as "may CREATE in the schema",
  bool_or(has_any_column_privilege(me.oid, audit.oid, 'UPDATE')) as "may UPDATE the audit",
  bool_or(has_table_privilege(me.oid, audit.oid, 'DELETE')) as "may DELETE from the audit",
  bool_or(has_table_privilege(me.oid, audit.oid, 'TRUNCATE')) as "may TRUNCATE the audit",
  bool_or(has_table_privilege(me.oid, audit.oid, 'TRIGGER')) as "may put triggers on the audit"
from pg_class audit
join pg_namespace home on home.oid = audit.relnamespace
join pg_database here on here.datname = current_database()
join pg_roles me on pg_has_role(current_user, me.oid, 'MEMBER')
where audit.oid = 'public.audit'::regclass
"""


class AuditNotProtectedError(Exception):
    """The bot could change what it wrote in the audit; the message says why."""


async def check_protection(database: Database) -> None:
    """Make sure that this login can add to the audit and look at it, and nothing else.

    Raises:
        AuditNotProtectedError: It can do more; with everything that is too much.
        DatabaseUnavailableError: The database does not answer.
    """
    async with database.connection() as connection:
        row = await (await connection.execute(_POWERS)).fetchone()
    assert row is not None
    too_much = [power for power, has_it in row.items() if has_it]
    if too_much:
        raise AuditNotProtectedError(
            "the database login of the bot could change the audit: it "
            + ", ".join(too_much)
            + "; give it a login of its own in the role mutatiebot_app, see docs/operations.md"
        )
