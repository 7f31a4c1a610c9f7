"""Every operation of both systems: what can be read, done and waited for, and what trying one brings."""

from integration.catalogue.entries import CATALOGUE, CatalogueEntry

__all__ = ["CATALOGUE", "CatalogueEntry"]
