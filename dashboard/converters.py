"""Parts of addresses that can be only so and so: anything else is no page."""

from django.urls import register_converter
from django.urls.converters import StringConverter

from integration.trace import TRACE


class Side(StringConverter):
    regex = "gist|ghl"


class Kind(StringConverter):
    """What belongs to a contact of GHL."""

    regex = "task|note|appointment"


class ExternalId(StringConverter):
    """An id of either side; what it may be made of, integration/people/find.py says too."""

    regex = "[A-Za-z0-9_-]{1,120}"


class Matched(StringConverter):
    """The lists of the match screen beside its questions."""

    regex = "both|gist|ghl|lost|decided"


class Trace(StringConverter):
    regex = TRACE


for name, converter in {"trace": Trace, "matched": Matched, "side": Side, "kind": Kind, "external": ExternalId}.items():
    register_converter(converter, name)
