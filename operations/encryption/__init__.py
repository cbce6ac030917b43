"""Encrypting the e-mail and IP addresses that the database has already, under another key, and back to clear text."""
