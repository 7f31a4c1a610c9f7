"""Answers about what a location owns beside its fields: custom values and workflows (docs/ghl-api.md#custom-values)."""

from integration.providers.operations import Schema


class CustomValue(Schema):
    id: str
    name: str = ""
    fieldKey: str = ""
    value: str | None = None


class CustomValueList(Schema):
    customValues: list[CustomValue]


class CustomValueAnswer(Schema):
    customValue: CustomValue


class CustomValueBody(Schema):
    name: str
    value: str


class Automation(Schema):
    """What GHL calls a workflow."""

    id: str
    name: str = ""
    status: str = ""


class AutomationList(Schema):
    workflows: list[Automation]
