"""What Gistline keeps of a person, and erasing it: find → holdings → erase → leftovers (files, sessions, pages)."""
