"""`manage.py invite EMAIL --role …`: gives somebody an account; the one-time address is the last line."""

from argparse import ArgumentParser
from typing import Any

from dashboard.models import Role, User
from dashboard.people.invitations import Invited, invite, role_label
from integration.management.reporting import ReportingCommand, find_link


class Command(ReportingCommand):
    help = "Invites somebody, or changes the role and links of whoever has the address; prints the one-time address."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("email", metavar="EMAIL")
        parser.add_argument("--role", required=True, choices=Role.values)
        parser.add_argument(
            "--link", action="append", metavar="LINK", help="see only this link; may be repeated (left out: all links)"
        )

        seen = parser.add_mutually_exclusive_group()
        seen.add_argument(
            "--masked", dest="sees", action="store_false", default=None,
            help="they see masks in place of names, addresses, numbers and values (so a new viewer begins)",
        )  # fmt: skip
        seen.add_argument("--unmasked", dest="sees", action="store_true", help="they see personal values")

    def run(self, **options: Any) -> None:
        links = [find_link(key) for key in options["link"]] if options["link"] else None
        invited = invite(options["email"], options["role"], links, sees_personal_data=options["sees"])
        self.report([*_describe(invited), invited.address], _as_data(invited))


def _describe(invited: Invited) -> list[str]:
    user = invited.user
    if not invited.is_new:
        is_now = f"{role_label(user.role)} now, {_values(user)}"
        return [f"{user.email} has an account already and is {is_now}. They sign in as before, at:"]
    how = "The address was mailed." if invited.mailed else "No mail was sent: pass the address on yourself."
    until = f"until {user.invitation.ends_at:%Y-%m-%d %H:%M} UTC"
    return [f"{user.email} is invited as {role_label(user.role)}, {_values(user)}, {until}. {how} It works once:"]


def _values(user: User) -> str:
    return "with personal values masked" if user.is_masked else "seeing personal values"


def _as_data(invited: Invited) -> dict[str, Any]:
    user = invited.user
    return {
        "email": user.email,
        "role": user.role,
        "masked": user.is_masked,
        "links": None if user.sees_all_links else [link.key for link in user.links.all()],
        "invited": invited.is_new,
        "mailed": invited.mailed,
        "address": invited.address,
        "ends_at": user.invitation.ends_at.isoformat() if invited.is_new else None,
    }
