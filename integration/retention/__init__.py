"""How long the log, webhooks, calls and files are kept, and deleting what is older."""
