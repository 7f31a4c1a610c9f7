"""The pages of workflows: drafts, the editor, its fields and the lists."""
