"""The setup file: connections and links with their rules as one document, for machines without a mouse.

`exporting` prints it and `changes` carries it out. They are imported one by one: printing needs none of the checks.
"""
