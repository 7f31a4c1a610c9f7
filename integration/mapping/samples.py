from integration.samples import *  # noqa: F403  (temporary)
