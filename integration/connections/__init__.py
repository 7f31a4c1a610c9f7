"""What is done with one account: its session, check, location, fields and samples."""
