"""Versions of a mapping: numbered one after another, whoever saves at the same time."""

import threading

import pytest
from django.db import connection

from integration.errors import StaleSave
from integration.mapping.versions import current_version, save_version
from integration.models import Connection, Link

ROWS = [{"gist": "email", "ghl": "email"}]


def test_a_version_made_from_an_older_one_is_refused(link):
    read = current_version(link).number
    save_version(link, ROWS, read=read)
    with pytest.raises(StaleSave, match="Version 2 was saved since version 1 was opened"):
        save_version(link, [*ROWS, {"gist": "name", "ghl": "name"}], read=read)
    assert current_version(link).number == 2


def test_what_stands_already_is_no_stale_save(link):
    save_version(link, ROWS)
    assert save_version(link, ROWS, read=1).number == 2


@pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite has one writer at a time: DATABASE_URL=postgres://…"
)
@pytest.mark.django_db(transaction=True)
def test_eight_people_who_save_at_once_make_eight_versions():
    sides = [Connection.objects.create(key=side, name=side, provider=side) for side in ("gist", "ghl")]
    link = Link.objects.create(key="alder", name="Alder", gist=sides[0], ghl=sides[1])
    together = threading.Barrier(8)

    def save(number):
        together.wait()
        save_version(link, [{"gist": "email", "ghl": f"field{number}"}])
        connection.close()

    threads = [threading.Thread(target=save, args=(number,)) for number in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert list(link.mapping_versions.values_list("number", flat=True)) == [8, 7, 6, 5, 4, 3, 2, 1]
