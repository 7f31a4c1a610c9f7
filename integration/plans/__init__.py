"""Stored plans: what a dry run would write, its digest and price, what is left out of it, and how it is applied."""
