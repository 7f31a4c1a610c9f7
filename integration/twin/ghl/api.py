"""The table of GHL operations; the files beside this one fill it."""

from integration.twin.router import Router

ROUTER = Router()
