"""Runs a management command as a script would."""

import io
import json
from typing import Any

from django.core.management import CommandError, call_command


class Output:
    """What a command printed, and the sentence it failed with."""

    def __init__(self, *arguments: Any) -> None:
        out, err, self.failure = io.StringIO(), io.StringIO(), ""
        try:
            call_command(*arguments, stdout=out, stderr=err)
        except CommandError as failure:
            self.failure = str(failure)
        self.lines, self.errors = out.getvalue().splitlines(), err.getvalue()

    @property
    def json(self) -> Any:
        return json.loads(self.lines[-1])
