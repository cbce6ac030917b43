"""Running Winnow: processes, the embedded Redis, migrations, logs and the command line."""
