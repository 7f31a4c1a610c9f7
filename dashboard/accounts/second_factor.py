"""What second factors are made of is stored encrypted with the key ring, like every other secret."""

from allauth.mfa.adapter import DefaultMFAAdapter

from integration.models.fields import decrypt_text, encrypt_text, is_token


class Adapter(DefaultMFAAdapter):  # type: ignore[misc]
    """allauth calls these for the key of an authenticator app and for the seed of recovery codes."""

    def encrypt(self, text: str) -> str:
        return encrypt_text(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Also what an earlier version stored in the clear, until a migration or `rotate_keys` has been over it.

        Raises UndecryptableValue when the key is gone.
        """
        return decrypt_text(encrypted_text) if is_token(encrypted_text) else encrypted_text
