"""Whether the database itself keeps the bot from changing the audit."""

from typing import Final, LiteralString

from store.database import Database

# Who owns the table, its schema or its database can take the protection away again; so can who
# may make roles (in PostgreSQL 15 and older), and who may pass triggers by.
_POWERS: Final[LiteralString] = """
select me.rolsuper as "is superuser",
  me.rolcreaterole as "may make roles",
  me.rolreplication as "may replicate",
  pg_has_role(current_user, audit.relowner, 'MEMBER') as "owns the audit",
  pg_has_role(current_user, home.nspowner, 'MEMBER') as "owns the schema",
  pg_has_role(current_user, here.datdba, 'MEMBER') as "owns the database",
  has_any_column_privilege(audit.oid, 'UPDATE') as "may UPDATE the audit",
  has_table_privilege(audit.oid, 'DELETE') as "may DELETE from the audit",
  has_table_privilege(audit.oid, 'TRUNCATE') as "may TRUNCATE the audit",
  has_table_privilege(audit.oid, 'TRIGGER') as "may put triggers on the audit"
from pg_class audit
join pg_namespace home on home.oid = audit.relnamespace
join pg_database here on here.datname = current_database()
join pg_roles me on me.rolname = current_user
where audit.oid = 'audit'::regclass
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
