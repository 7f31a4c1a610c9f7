"""The sandbox's own signing keys: made once into DATA_DIR/sandbox-webhook-keys/, like GHL's an Ed25519 and an RSA."""

import base64
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa

from integration.twin.store import Store

# GHL's has 4096 (docs/ghl-api.md#webhooks); half of that is much quicker to make and proves the same.
RSA_BITS = 2048
PEM = serialization.Encoding.PEM


@dataclass(frozen=True)
class Keys:
    ed25519: ed25519.Ed25519PrivateKey
    rsa: rsa.RSAPrivateKey


def keys_folder(store: Store) -> Path:
    return store.path.parent / "sandbox-webhook-keys"


def public_path(store: Store) -> Path:
    """A PEM file of both public keys, Ed25519 first, for GHL_WEBHOOK_PUBLIC_KEYS."""
    return keys_folder(store) / "public.pem"


def ensure_keys(store: Store) -> Keys:
    """The keys, made when there are none."""
    if not public_path(store).exists():
        with store.transaction():  # Other processes wait here, and then find them made.
            if not public_path(store).exists():
                _make_keys(keys_folder(store))
    return _read_keys(keys_folder(store), public_path(store).stat().st_mtime_ns)


def _make_keys(where: Path) -> None:
    where.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = {
        "ed25519.pem": ed25519.Ed25519PrivateKey.generate(),
        "rsa.pem": rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS),
    }
    public = b""
    for name, key in made.items():
        path = where / name
        path.touch(mode=0o600)
        path.write_bytes(
            key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())  # type: ignore[attr-defined]
        )
        public += key.public_key().public_bytes(PEM, serialization.PublicFormat.SubjectPublicKeyInfo)  # type: ignore[attr-defined]
    # Last, and in one step: it says that the others are complete.
    (where / "public.new").write_bytes(public)
    (where / "public.new").replace(where / "public.pem")


# `made_at` is read by the cache alone: keys that were made anew are read anew.
@lru_cache(maxsize=4)
def _read_keys(where: Path, made_at: int) -> Keys:
    first = serialization.load_pem_private_key((where / "ed25519.pem").read_bytes(), None)
    second = serialization.load_pem_private_key((where / "rsa.pem").read_bytes(), None)
    if not isinstance(first, ed25519.Ed25519PrivateKey) or not isinstance(second, rsa.RSAPrivateKey):
        raise ValueError(f"the keys in {where} are of another kind")
    return Keys(first, second)


def sign_ed25519(store: Store, body: bytes) -> str:
    return base64.b64encode(ensure_keys(store).ed25519.sign(body)).decode()


def sign_rsa(store: Store, body: bytes) -> str:
    return base64.b64encode(ensure_keys(store).rsa.sign(body, padding.PKCS1v15(), hashes.SHA256())).decode()
