"""PostgreSQL: what clients are told in each mode, and how the official image runs it in mode `bundled`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from towpath.specs.parts import ConfigurationSpec, WorkloadSpec
from towpath.specs.values import Port, User, Writable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from towpath.images.symbol import ImageSymbol
    from towpath.specs.operated import Database
    from towpath.specs.values import EnvironmentValue, Probe, Resources, SecretKey, Storage

POSTGRESQL_PORT = 5432
CONFIGURATION = "/etc/postgresql"
INITIALISATION = "/docker-entrypoint-initdb.d"
DATA = "/var/lib/postgresql/data"
IDENTIFIER = r"[a-z_][a-z0-9_]*"
"""A name that SQL takes without quotes; PostgreSQL keeps 63 characters of it."""
OPERATORS_OWN = frozenset(
    """
    allow_system_table_mods archive_cleanup_command archive_command archive_mode bonjour bonjour_name cluster_name
    config_file data_directory data_sync_retry event_source external_pid_file hba_file hot_standby ident_file
    jit_provider listen_addresses log_destination log_directory log_file_mode log_filename log_rotation_age
    log_rotation_size log_truncate_on_rotation logging_collector port primary_conninfo primary_slot_name
    recovery_end_command recovery_min_apply_delay recovery_target recovery_target_action recovery_target_inclusive
    recovery_target_lsn recovery_target_name recovery_target_time recovery_target_timeline recovery_target_xid
    restart_after_crash restore_command ssl ssl_ca_file ssl_cert_file ssl_crl_file ssl_key_file
    ssl_passphrase_command ssl_passphrase_command_supports_reload stats_temp_directory synchronous_standby_names
    syslog_facility syslog_ident syslog_sequence_numbers syslog_split_messages unix_socket_directories
    unix_socket_group unix_socket_permissions wal_log_hints
    """.split()  # noqa: SIM905 -- sixty names in quotes, a line each, are harder to read
)
"""Lines of postgresql.conf that CloudNativePG writes itself: it refuses a cluster that states one of them."""
# Every connection gives a password; the image's own first start does so too.
_ACCESS = (
    "local all all scram-sha-256",
    "host all all 127.0.0.1/32 scram-sha-256",
    "host all all ::1/128 scram-sha-256",
    "host all all all scram-sha-256",
)


def password_variable(owner: str) -> str:
    """Return the variable by which the text of other variables refers to an owner's password."""
    return f"{owner.upper()}_PASSWORD"


def address_facts(
    *,
    username: str,
    password: SecretKey,
    database: str,
    port: int,
    hosts: Mapping[str, str],
    ssl: bool,
    prefix: str = "",
) -> dict[str, EnvironmentValue]:
    """Return the facts of one database.

    `hosts` maps a kind of access to a host: empty for reading and writing, `read` for replicas, `pool` for a pool.
    Each has a host and a URI (`host`, `uri`, `read_host`, ...), with `prefix` before the name.
    """
    query = "?sslmode=require" if ssl else ""
    login = f"{username}:$({password_variable(username)})"
    facts: dict[str, EnvironmentValue] = {
        "port": str(port),
        "database": database,
        "username": username,
        "password": password,
        "ssl": "true" if ssl else "false",
    }
    for kind, host in hosts.items():
        before = f"{kind}_" if kind else ""
        facts[f"{before}host"] = host
        facts[f"{before}uri"] = f"postgresql://{login}@{host}:{port}/{database}{query}"
    return {f"{prefix}{name}": value for name, value in facts.items()}


def configuration_files(parameters: Mapping[str, str], access: Sequence[str]) -> dict[str, str]:
    """Return postgresql.conf and pg_hba.conf."""
    wanted = {"listen_addresses": "*", **parameters}
    lines = [f"{name} = '{_quoted(value)}'" for name, value in sorted(wanted.items())]
    return {
        "postgresql.conf": "\n".join(lines) + "\n",
        "pg_hba.conf": "\n".join(access or _ACCESS) + "\n",
    }


def initialisation_files(
    extensions: Iterable[str], databases: Iterable[Database], statements: Sequence[str]
) -> dict[str, str]:
    """Return the scripts that the image runs, by name, when it makes a new database; none where there is nothing.

    Passwords are read from the environment: no script holds one.
    """
    files: dict[str, str] = {}
    # The image sources a script that is not executable, so this must not change the shell's own options.
    commands = [
        f'psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" '
        f"""--set=password="${password_variable(each.owner)}" <<'SQL' || exit 1\n"""
        f"CREATE ROLE {each.owner} LOGIN PASSWORD :'password';\n"
        f"CREATE DATABASE {each.name} OWNER {each.owner} ENCODING 'UTF8' TEMPLATE template0;\n"
        "SQL\n"
        for each in databases
    ]
    if commands:
        files["10-databases.sh"] = "".join(commands)
    sql = init_sql(extensions, statements)
    if sql:
        files["20-database.sql"] = "\n".join(sql) + "\n"
    return files


def init_sql(extensions: Iterable[str], statements: Sequence[str]) -> tuple[str, ...]:
    """Return the statements that a new database starts with."""
    return (*(f'CREATE EXTENSION IF NOT EXISTS "{each}";' for each in extensions), *statements)


def postgresql_workload(
    name: str,
    *,
    image: ImageSymbol,
    host: str,
    port: int,
    database: str,
    username: str,
    password: SecretKey,
    databases: Sequence[Database],
    resources: Resources,
    storage: Storage,
    health: Probe,
    startup: Probe | None,
    files: Mapping[str, ConfigurationSpec],
) -> WorkloadSpec:
    """Return what runs a bundled PostgreSQL of the official Alpine image."""
    return WorkloadSpec(
        name=name,
        image=image,
        # The user `postgres` of the official Alpine image.
        user=User(70, 70),
        arguments=(
            "postgres",
            "-c",
            f"config_file={CONFIGURATION}/postgresql.conf",
            "-c",
            f"hba_file={CONFIGURATION}/pg_hba.conf",
        ),
        ports=(Port("postgresql", port),),
        environment={
            # A folder below the volume, whose root may hold `lost+found`.
            "PGDATA": f"{DATA}/pgdata",
            "POSTGRES_DB": database,
            "POSTGRES_USER": username,
            "POSTGRES_PASSWORD": password,
            "POSTGRES_INITDB_ARGS": "--encoding=UTF-8",
            **{password_variable(each.owner): each.password for each in databases},
        },
        files=files,
        resources=resources,
        startup=startup,
        liveness=health,
        readiness=health,
        writable=(
            Writable("/tmp"),  # noqa: S108 -- a path in the container
            Writable("/var/run/postgresql", "16Mi"),
        ),
        storage=storage,
        host=host,
        # A shutdown writes what is in memory.
        grace_seconds=60,
        spread=False,
    )


def _quoted(value: str) -> str:
    return value.replace("'", "''")
