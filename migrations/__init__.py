"""The database's history. `operations/migrate.py` runs it; `winnow migrate` and `winnow up` call that."""
