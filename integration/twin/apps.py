from django.apps import AppConfig


class TwinConfig(AppConfig):
    name = "integration.twin"
    label = "twin"
