"""`manage.py reset_second_factor EMAIL`: for an owner who lost theirs, where no other owner can do it on the page."""

from argparse import ArgumentParser
from typing import Any

from dashboard.models import User
from dashboard.people.addresses import find_by_address
from dashboard.people.roles import reset_factors
from integration.errors import SetupError
from integration.management.reporting import ReportingCommand


class Command(ReportingCommand):
    help = (
        "Takes authenticator app, passkeys and recovery codes of somebody who lost them away, and ends their sessions."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("email", metavar="EMAIL")

    def run(self, **options: Any) -> None:
        person = find_by_address(User.objects.all(), options["email"])
        if person is None:
            raise SetupError(f"There is nobody with the address {options['email']}. Write it as on Settings, People.")
        reset_factors(person)
        self.report(
            [f"{person.email} has no second factor any more and can set up a new one."], {"email": person.email}
        )
