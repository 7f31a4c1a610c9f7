"""One trace: all that one webhook, click or run brought about."""
