"""Addresses of the sandbox, below /sandbox/: the two APIs, and the control of what they do."""

from django.urls import path

from integration.twin import control, views

urlpatterns = [
    path("ghl/<path:path>", views.serve_ghl, name="sandbox-ghl"),
    path("gist/<path:path>", views.serve_gist, name="sandbox-gist"),
    path("control/<path:path>", control.control_sandbox, name="sandbox-control"),
]
