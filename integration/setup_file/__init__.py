"""The setup file: connections and links with their rules as one document, for machines without a mouse."""

from integration.setup_file.changes import Applied, apply_document, apply_file
from integration.setup_file.exporting import export

__all__ = ["Applied", "apply_document", "apply_file", "export"]
