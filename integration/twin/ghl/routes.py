"""All GHL operations, gathered by importing the files that hold them."""

from integration.twin.ghl import (
    appointment_notes,
    appointments,
    bulk,
    businesses,
    calendars,
    consent,
    contacts,
    custom_values,
    locations,
    notes,
    oauth,
    search,
    tags,
    tasks,
    users,
)
from integration.twin.ghl.api import ROUTER

PARTS = (
    appointment_notes,
    appointments,
    bulk,
    businesses,
    calendars,
    consent,
    contacts,
    custom_values,
    locations,
    notes,
    oauth,
    search,
    tags,
    tasks,
    users,
)
__all__ = ["PARTS", "ROUTER"]
