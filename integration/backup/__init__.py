"""One archive of the database and DATA_DIR, taken while the product works, and put back on either kind of database."""
