"""Deleting what workers are writing to."""

import pytest
from django.db import IntegrityError
from django.db.models import QuerySet

from integration.models import Workflow, delete_row
from integration.workflows import versions

pytestmark = pytest.mark.django_db


def fail_first(monkeypatch, times):
    delete, left = QuerySet.delete, [times]

    def fail(rows):
        if rows.model is Workflow and left[0]:
            left[0] -= 1
            raise IntegrityError("an entry was added meanwhile")
        return delete(rows)

    monkeypatch.setattr(QuerySet, "delete", fail)


def test_what_was_added_meanwhile_is_taken_along_by_the_next_try(monkeypatch, link):
    flow = versions.create_workflow(link, "task_done")
    fail_first(monkeypatch, 2)
    delete_row(flow)
    assert not Workflow.objects.exists()


def test_what_never_lets_go_is_an_error(monkeypatch, link):
    flow = versions.create_workflow(link, "task_done")
    fail_first(monkeypatch, 100)
    with pytest.raises(IntegrityError):
        delete_row(flow)
    assert Workflow.objects.exists()
