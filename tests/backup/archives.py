"""What an archive is compared with, and archives that somebody changed who knows the format."""

import hashlib
import io
import json
import tarfile

from django.apps import apps

from integration.backup.rows import models_of


def everything():
    """Every row that a backup keeps, by table."""
    return {
        table: sorted(map(repr, model._default_manager.order_by("pk").values_list()))
        for table, model in models_of(apps).items()
        if not table.startswith(("django_content_type", "auth_permission"))
    }


def change_rows(archive, table, change):
    """With each line of a table as `change` makes it."""
    name = f"database/{table}.jsonl"
    rebuild(
        archive, lambda kept, facts: kept.update({name: b"".join(map(change, kept[name].splitlines(keepends=True)))})
    )


def rebuild(archive, change):
    """With what `change` makes of the members and the facts; the digests are right unless it changes them, too."""
    with tarfile.open(archive) as tar:
        kept = {one.name: tar.extractfile(one).read() for one in tar}
    facts = json.loads(kept.pop("manifest.json"))
    change(kept, facts)
    if "members" in facts:
        facts["members"] = {name: hashlib.sha256(content).hexdigest() for name, content in kept.items()}
    kept["manifest.json"] = json.dumps(facts).encode()
    with tarfile.open(archive, "w:gz") as tar:
        for name, content in kept.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
