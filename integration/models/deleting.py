"""Deleting a row with everything that belongs to it, while workers go on writing."""

from django.db import IntegrityError, models, transaction

_TRIES = 5


def delete_row(row: models.Model) -> None:
    """Delete it with what follows it. Raises IntegrityError when workers never let it be.

    What a worker adds between the look at what belongs to it and the deletion would hold it: the next try sees it.
    """
    for left in reversed(range(_TRIES)):
        try:
            with transaction.atomic():
                type(row)._default_manager.filter(pk=row.pk).delete()
            return
        except IntegrityError:
            if not left:
                raise
