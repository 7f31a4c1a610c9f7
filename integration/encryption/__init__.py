"""Stored secrets: where they are, which key of ENCRYPTION_KEYS each stands under, and bringing all under the newest."""
