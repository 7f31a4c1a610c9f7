"""Tag operations: one POST does four jobs (docs/gist-api.md#tags)."""

from functools import partial

from integration.providers.gist import schemas as s
from integration.providers.operations import Operation

_op = partial(Operation, source="docs/gist-api.md#tags")

LIST = _op("gist.tags.list", "List tags", "GET", "/tags", s.TagList, query=("page", "per_page"), scope="read_tags")
SAVE = _op(
    "gist.tags.save", "Create, rename, set or take off a tag", "POST", "/tags", s.TagAnswer, body=s.TagBody,
    scope="write_tags",
)  # fmt: skip
DELETE = _op("gist.tags.delete", "Delete a tag", "DELETE", "/tags/{tag_id}", s.AnyAnswer, scope="write_tags")
