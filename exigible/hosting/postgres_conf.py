"""The settings of the embedded server, fitted to the memory of where it runs."""

import contextlib
import os
from pathlib import Path

from exigible.hosting.cluster import Cluster
from exigible.hosting.cluster_folders import write


def configure(cluster: Cluster) -> None:
    write(cluster, cluster.data / "postgresql.conf", configuration(cluster))
    rule = "host all all 127.0.0.1/32 scram-sha-256" if cluster.tcp else "local all all trust"
    write(cluster, cluster.data / "pg_hba.conf", rule + "\n")


def configuration(cluster: Cluster) -> str:
    """Return postgresql.conf: what suits a machine that runs other things too."""
    megabyte = 1024 * 1024
    memory = memory_bytes() // megabyte
    settings: dict[str, str | int] = {
        "listen_addresses": "127.0.0.1" if cluster.tcp else "",
        "port": cluster.port_and_password()[0] if cluster.tcp else 5432,
        "unix_socket_directories": "" if cluster.tcp else str(cluster.sockets),
        "unix_socket_permissions": "0700",
        "max_connections": 400,  # 200 web threads, 64 workers, commands
        "password_encryption": "scram-sha-256",
        "shared_buffers": f"{min(max(memory // 8, 128), 2048)}MB",
        "effective_cache_size": f"{max(memory // 2, 256)}MB",
        "maintenance_work_mem": f"{min(max(memory // 16, 64), 512)}MB",
        "work_mem": f"{min(max(memory // 256, 8), 32)}MB",
        "max_wal_size": "2GB",
        "checkpoint_timeout": "15min",
        "wal_compression": "pglz",
        "random_page_cost": "1.1",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "datestyle": "iso, dmy",
        "default_text_search_config": "pg_catalog.simple",
        # A week of logs, one file a day, without statements or values: they hold names.
        "logging_collector": "on",
        "log_directory": str(cluster.logs),
        "log_filename": "postgresql-%u.log",
        "log_file_mode": "0600",
        "log_rotation_age": "1d",
        "log_rotation_size": 0,
        "log_truncate_on_rotation": "on",
        "log_min_messages": "warning",
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
        "log_checkpoints": "off",
        "log_autovacuum_min_duration": -1,
    }
    if os.name != "nt":
        # A query whose process was killed ends by itself.
        settings["client_connection_check_interval"] = "10s"
    if not cluster.durable:
        settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    lines = [
        f"{name} = '{value}'".replace("\\", "/")
        if os.name == "nt"
        else f"{name} = {_quoted(value)}"
        for name, value in settings.items()
    ]
    return "\n".join(
        [
            "# Rewritten at each start by Exigible. Put changes in local.conf, in this folder.",
            *lines,
            *(["include = 'local.conf'"] if (cluster.data / "local.conf").exists() else []),
            "",
        ]
    )


def _quoted(value: str | int) -> str:
    return "'" + str(value).replace("\\", "\\\\").replace("'", "''") + "'"


def memory_bytes() -> int:
    """Return the memory this machine, or the container we are in, lets us use."""
    known = [4 * 1024**3]
    with contextlib.suppress(AttributeError, ValueError, OSError):
        known = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    for limit in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        with contextlib.suppress(OSError, ValueError):
            known.append(int(Path(limit).read_text()))
    return min(known)
