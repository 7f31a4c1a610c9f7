"""One person: found, read live on both sides, compared, acted upon, and everything that ever happened to them."""
