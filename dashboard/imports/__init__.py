"""CSV import: upload, columns, check, and what became of the rows."""
