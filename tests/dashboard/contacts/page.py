"""The contact page as a browser uses it: look at it, and send one of its forms."""

from tests.person import Ann


def look(browser, ann: Ann, **query):
    """The page with what both systems say now, as it stands once it has read them."""
    return browser.get("contact", "alder", "ghl", ann.ghl_id, read="now", **query)


def open_page(browser, ann: Ann, **query):
    """The page as it stands at once."""
    return browser.get("contact", "alder", "ghl", ann.ghl_id, **query)


def send(browser, ann: Ann, where: str, part: str = "", **form):
    """A form of the page, as htmx sends it when `part` is named, plainly otherwise."""
    headers = {"HX-Request": "true", "HX-Target": part} if part else {}
    return browser.client.post(f"/contacts/alder/ghl/{ann.ghl_id}/{where}/", form, headers=headers)
