"""Proves that an SQLAlchemy application works on the database that our migrations made.

    interop.py compare URL               differences between the models and the database; exit 1 if any
    interop.py compare --self-test URL   shows that `compare` sees a difference; touches nothing in URL
    interop.py autogenerate URL          fails unless, with what docs/operations.md has for env.py, Alembic proposes
                                         what has changed in the models and nothing else
    interop.py write URL                 inserts a user with children, prints {"id": …}
    interop.py read URL USER_ID          prints the user and all children; exit 1 if there is none
    interop.py update URL USER_ID        changes the user and every kind of child
    interop.py move_default URL USER_ID  moves the default email to the other one and back, a flush each
    interop.py delete URL USER_ID        deletes the user

URL is as the service takes it: postgres://… or sqlite://PATH.
"""

import argparse
import datetime
import json
import pathlib
import re
import sys
import uuid
import warnings

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata, produce_migrations
from alembic.migration import MigrationContext
from sqlalchemy.orm import Session

warnings.filterwarnings("ignore", message=".*declarative_base.*")
warnings.filterwarnings("ignore", message=".*utcnow.*")
# An index on an expression is always one of ours; the models have none.
warnings.filterwarnings("ignore", message=".*expression-based index.*")

sys.dont_write_bytecode = True
import models  # noqa: E402

METADATA = models.Base.metadata
# Argon2id of "legacy harbour lantern 47"
PASSWORD_HASH = "$argon2id$v=19$m=19456,t=2,p=1$lvyEEhKO6WAh9/IeLIAeYg$aiLMscTSrbZF3GVhM3FUbKO5E5t5aa6ZBSAvjF0tgKM"


def engine(url):
    scheme, _, rest = url.partition("://")
    if scheme == "sqlite":
        return sa.create_engine(sa.URL.create("sqlite", database=rest), connect_args={"timeout": 120})
    if scheme in ("postgres", "postgresql"):
        return sa.create_engine("postgresql+psycopg://" + rest)
    sys.exit(f"unknown scheme in {url}")


# compare ---------------------------------------------------------------------------------------


def differences(connection):
    """What the models declare and the database has not, one line each."""
    context = MigrationContext.configure(
        connection, opts={"compare_type": True, "compare_server_default": False}
    )
    found = []
    for entry in compare_metadata(context, METADATA):
        # Changes of a column come as a list, everything else as a tuple.
        found.extend(entry if isinstance(entry, list) else [entry])
    database_keys = [foreign_key(entry[1]) for entry in found if entry[0] == "remove_fk"]
    return [text for text in (describe(entry, database_keys) for entry in found) if text]


def foreign_key(constraint):
    """What a foreign key means, without ON DELETE, which is ours."""
    columns = tuple(element.parent.name for element in constraint.elements)
    targets = tuple(element.target_fullname for element in constraint.elements)
    return constraint.table.name, columns, targets


def describe(entry, database_keys):
    """The difference as text, or None where the database only has more than the models ask for."""
    kind, *rest = entry
    if kind in ("remove_table", "remove_index", "remove_constraint", "remove_fk"):
        return None
    if kind == "remove_column":
        table, column = rest[1], rest[2]
        if column.nullable or column.server_default is not None:
            return None
        return f"{table}.{column.name}: unknown to the models, NOT NULL and without a default"
    if kind == "add_fk" and foreign_key(rest[0]) in database_keys:
        return None
    if kind == "modify_nullable":
        table, column, existing, nullable, wanted = rest[1:]
        if not nullable and existing.get("existing_server_default") not in (None, False):
            return None
        return f"{table}.{column}: nullable is {nullable}, the models have {wanted}"
    if kind == "modify_type":
        table, column, _, actual, wanted = rest[1:]
        if same_time(actual, wanted):
            return None
        return f"{table}.{column}: type is {actual!r}, the models have {wanted!r}"
    if kind == "add_table":
        return f"table {rest[0].name} is missing"
    if kind == "add_column":
        return f"column {rest[1]}.{rest[2].name} is missing"
    if kind in ("add_index", "add_constraint", "add_fk"):
        thing = rest[0]
        columns = ", ".join(column.name for column in thing.columns)
        return f"{kind[4:]} {thing.name} on {thing.table.name} ({columns}) is missing or differs"
    return f"{kind}: {rest!r}"


def same_time(actual, wanted):
    """SQLite keeps the words DATETIME and TIMESTAMP apart, but not what they store."""
    both = isinstance(actual, sa.DateTime) and isinstance(wanted, sa.DateTime)
    return both and actual.timezone == wanted.timezone


def compare(url):
    with engine(url).connect() as connection:
        return differences(connection)


def shorten_email(metadata):
    metadata.tables["user_emails"].c.email.type = sa.String(254)


def textual_time(metadata):
    metadata.tables["users"].c.created_at.type = sa.Text()


def nullable_username(metadata):
    metadata.tables["users"].c.username.nullable = True


def no_type_index(metadata):
    table = metadata.tables["user_addresses"]
    table.indexes -= {index for index in table.indexes if index.name == "idx_user_address_type"}


def plain_username_index(metadata):
    for index in metadata.tables["users"].indexes:
        index.unique = False


def no_unique_email(metadata):
    table = metadata.tables["user_emails"]
    table.constraints -= {c for c in table.constraints if c.name == "uq_user_email"}


def no_foreign_key(metadata):
    table = metadata.tables["user_phones"]
    table.constraints -= {c for c in table.constraints if isinstance(c, sa.ForeignKeyConstraint)}


def demanding_column(metadata):
    metadata.tables["users"].append_column(sa.Column("tenant", sa.String(36), nullable=False))


def no_profiles(metadata):
    metadata.remove(metadata.tables["user_profiles"])


BREAKAGES = {
    shorten_email: "user_emails.email: type",
    textual_time: "users.created_at: type",
    nullable_username: "users.username: nullable",
    no_type_index: "index idx_user_address_type",
    plain_username_index: "index ix_users_username",
    no_unique_email: "constraint uq_user_email",
    no_foreign_key: "fk None on user_phones",
    demanding_column: "users.tenant: unknown",
    no_profiles: "table user_profiles",
}


def differences_after(url, breakage):
    """Compares the models with a scratch schema made from them and broken in one place."""
    broken = sa.MetaData()
    for table in METADATA.tables.values():
        table.to_metadata(broken)
    if breakage:
        breakage(broken)
    target = engine("sqlite://:memory:" if url.startswith("sqlite") else url)
    with target.connect() as connection, connection.begin() as transaction:
        if connection.dialect.name == "postgresql":
            scratch = "interop_" + uuid.uuid4().hex
            connection.execute(sa.text(f"CREATE SCHEMA {scratch}"))
            connection.execute(sa.text(f"SET LOCAL search_path TO {scratch}"))
        broken.create_all(connection)
        found = differences(connection)
        transaction.rollback()
    return found


def self_test(url):
    failures = differences_after(url, None)
    for breakage, expected in BREAKAGES.items():
        found = differences_after(url, breakage)
        if not any(text.startswith(expected) for text in found):
            failures.append(f"{breakage.__name__}: expected “{expected} …”, found {found}")
    return failures


# autogenerate ----------------------------------------------------------------------------------


def documented():
    """The two functions that docs/operations.md gives for env.py, as they stand there."""
    text = (pathlib.Path(__file__).parents[2] / "docs/operations.md").read_text()
    functions = re.search(r"```python\n(def include_object.*?)\ncontext\.configure", text, re.S).group(1)
    names = {}
    exec(functions, names)  # noqa: S102
    return names["include_object"], names["process_revision_directives"]


def proposals(connection, metadata, include_object=None, process=None):
    """What Alembic would write into a new revision."""
    options = {"compare_type": True, "include_object": include_object}
    context = MigrationContext.configure(connection, opts=options)
    script = produce_migrations(context, metadata)
    if process:
        process(context, None, [script])
    operations = []
    for operation in script.upgrade_ops.ops:
        operations.extend(getattr(operation, "ops", [operation]))
    return [type(operation).__name__ for operation in operations]


def autogenerate(url):
    include_object, process = documented()
    failures = []
    changed = sa.MetaData()
    for table in METADATA.tables.values():
        table.to_metadata(changed)
    changed.tables["users"].append_column(sa.Column("nickname", sa.String(50)))
    sa.Table("invoices", changed, sa.Column("id", sa.Integer, primary_key=True))
    with engine(url).connect() as connection:
        bare = proposals(connection, METADATA)
        if bare.count("DropTableOp") < 10:
            failures.append(f"without it, nothing would be dropped: {bare}")
        unchanged = proposals(connection, METADATA, include_object, process)
        if unchanged:
            failures.append(f"of models that have not changed: {unchanged}")
        wanted = ["AddColumnOp", "CreateTableOp"]
        found = sorted(proposals(connection, changed, include_object, process))
        if found != wanted:
            failures.append(f"of changed models: {found} and not {wanted}")
    return failures


# the application -------------------------------------------------------------------------------


def write(session):
    """Gives only what has no default, and what the service's rules tie together."""
    name = "legacy-" + uuid.uuid4().hex[:12]
    user = models.UserModel(username=name, password_hash=PASSWORD_HASH, email_verified=True)
    user.emails = [
        models.UserEmailModel(
            email=f"{name}@gmail.com",
            provider="Google",
            is_verified=True,
            is_default=True,
            verified_at=datetime.datetime(2024, 2, 29, 12, 30, 15, 123456),
        ),
        models.UserEmailModel(email=f"{name}@example.com", contact_type="work"),
    ]
    user.phones = [
        models.UserPhoneModel(
            phone_number="+12025550123",
            country_code="+1",
            formatted_number="(202) 555-0123",
            is_default=True,
        ),
        models.UserPhoneModel(
            phone_number="+442079460018",
            country_code="+44",
            formatted_number="020 7946 0018",
            contact_type="work",
        ),
    ]
    user.addresses = [
        models.UserAddressModel(
            street_line1="1 Main Street",
            city="Springfield",
            state="IL",
            postal_code="62701",
            is_default=True,
        ),
        models.UserAddressModel(
            street_line1="Hauptstraße 5",
            street_line2="2. OG",
            city="Köln",
            state="",
            postal_code="50667",
            country="DEU",
            contact_type="billing",
        ),
    ]
    user.profile = models.UserProfileModel(
        first_name="Léa", last_name="Legacy", date_of_birth=datetime.date(1990, 12, 31)
    )
    session.add(user)
    session.commit()
    return {"id": user.id}


def columns(row):
    return {attribute.key: getattr(row, attribute.key) for attribute in sa.inspect(type(row)).column_attrs}


def read(session, user):
    def rows(children):
        return [columns(child) for child in sorted(children, key=lambda child: child.id)]

    return columns(user) | {
        "emails": rows(user.emails),
        "phones": rows(user.phones),
        "addresses": rows(user.addresses),
        "profile": columns(user.profile) if user.profile else None,
    }


def update(session, user):
    """One change of every kind: the root, its JSON, and a child added, changed and removed."""
    user.status = "active"
    user.roles = ["user", "premium"]
    user.preferences = {**user.preferences, "theme": "dark", "legacy_flag": 7}
    user.emails.append(models.UserEmailModel(email=f"{user.username}@example.org", contact_type="other"))
    if user.phones:
        user.phones.remove(max(user.phones, key=lambda phone: phone.id))
    for address in user.addresses:
        address.street_line2 = "changed by SQLAlchemy"
    if user.profile:
        user.profile.bio = "changed by SQLAlchemy"
    session.commit()
    return read(session, user)


def move_default(session, user):
    """Moves the default email to and fro in one flush each: the rows change in the order of their ids."""
    for _ in range(2):
        for email in user.emails:
            email.is_default = not email.is_default
        session.commit()
    return read(session, user)


def delete(session, user):
    session.delete(user)
    session.commit()
    return {"id": user.id}


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("compare", "autogenerate", "write", "read", "update", "move_default", "delete"):
        command = commands.add_parser(name)
        command.add_argument("url")
        if name == "compare":
            command.add_argument("--self-test", action="store_true")
        elif name not in ("write", "autogenerate"):
            command.add_argument("user_id")
    given = parser.parse_args()

    if given.command == "compare":
        found = self_test(given.url) if given.self_test else compare(given.url)
        passed = "every breakage was seen" if given.self_test else "no differences"
        print("\n".join(found) if found else passed)
        sys.exit(1 if found else 0)
    if given.command == "autogenerate":
        failures = autogenerate(given.url)
        print("\n".join(failures) if failures else "only what has changed")
        sys.exit(1 if failures else 0)
    with Session(engine(given.url)) as session:
        if given.command == "write":
            result = write(session)
        else:
            user = session.get(models.UserModel, given.user_id)
            if user is None:
                sys.exit(f"no user {given.user_id}")
            result = {"read": read, "update": update, "move_default": move_default, "delete": delete}[given.command](session, user)
        # str of a time is what SQLite stores: no zone, a blank between date and time.
        print(json.dumps(result, default=str, ensure_ascii=False))


if __name__ == "__main__":
    main()
