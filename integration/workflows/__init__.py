"""Workflows: something happens to a person on one side, and ordered actions follow."""
