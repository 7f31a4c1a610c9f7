"""Importing a file of people into a link, as a run.

    upload ─► check: rows that cannot be taken stand aside ─► each row: look ─► decide ─► changes ─► apply ─► record

The check goes over the whole file before anything is written. Its rows wait in a file of their own (store.py), so that
a run that was interrupted goes on where it stopped, and a file of a million rows needs no memory.
"""
