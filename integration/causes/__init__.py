"""Why something fails, told apart by cause: the ground that log entries are grouped on."""
