"""Running Exigible on a machine: its settings, its embedded database, its processes, its backups."""
