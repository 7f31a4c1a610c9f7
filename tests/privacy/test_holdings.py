"""Every column of the domain says whether it holds data of the people who are synced."""

import pytest
from django.apps import apps
from django.db import models

from integration.privacy.holdings import FREE, HOLDINGS

HOLDS_TEXT = (models.CharField, models.TextField, models.JSONField, models.BinaryField, models.FileField)
MODELS = list(apps.get_app_config("integration").get_models())


def text_columns(model):
    return {one.name for one in model._meta.concrete_fields if isinstance(one, HOLDS_TEXT)}


def declared(model):
    return set().union(*(one.columns for one in HOLDINGS if one.model is model))


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_column_is_declared_personal_or_free_of_it(model):
    free = FREE.get(model.__name__, set())
    assert text_columns(model) - declared(model) - free == set()


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_no_column_is_declared_both_or_does_not_exist(model):
    free, names = FREE.get(model.__name__, set()), {one.name for one in model._meta.get_fields()}
    assert declared(model) & free == set()
    assert (declared(model) | free) - names == set()
