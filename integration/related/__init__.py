"""Tasks, notes and appointments: what GHL has, what Gist asks for, what is written, and how Gist is told."""
