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
    """With the digests of what it holds then."""
    name = f"database/{table}.jsonl"
    with tarfile.open(archive) as tar:
        kept = {one.name: tar.extractfile(one).read() for one in tar}
    kept[name] = b"".join(map(change, kept[name].splitlines(keepends=True)))
    facts = json.loads(kept.pop("manifest.json"))
    facts["members"][name] = hashlib.sha256(kept[name]).hexdigest()
    kept["manifest.json"] = json.dumps(facts).encode()
    with tarfile.open(archive, "w:gz") as tar:
        for member, content in kept.items():
            info = tarfile.TarInfo(member)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
