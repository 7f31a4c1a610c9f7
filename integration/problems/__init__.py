"""What a person does about a problem: retry it, repair its cause, leave it alone, pause what it is about."""
