"""E-mail and IP addresses of authors, encrypted in the database where the operator wishes it.

`tokens` says how one is written, `keyring` under which key, and `columns` are the columns that do it by themselves.
"""
