"""Hands for tests of what became of each write: edits of Ann on either side, calls that fail, states of changes."""


def edit(world, pair, *, gist=None, ghl=None):
    """Change fields of Ann, whose ids in Gist and GHL `pair` holds."""
    if gist:
        world.gist("POST", "/contacts", json={"id": pair[0], "email": "ann@example.test", **gist})
    if ghl:
        world.ghl("PUT", f"/contacts/{pair[1]}", json=ghl)


def fail(world, side, method, path):
    """From now on these calls answer 500."""
    world.fault({"side": side, "method": method, "path": path, "kind": "500", "rate": 1})


def states(run):
    return {(one.side, one.field): one.state for one in run.changes.all()}
