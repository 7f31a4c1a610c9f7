"""Importing a file of contacts: reading it as a table, what its columns mean, and what is wrong with its rows.

Nothing here writes to Gist or GHL, or to the database.
"""
