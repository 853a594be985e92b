"""Secrets of webhooks, which no database gets to see in clear.

They are encrypted as by MLflow's SQL store: by Fernet, with the key of the environment or, without
one, with a random key that the process keeps to itself. No text, log or error here tells of a
secret or a key.
"""

import logging
import threading

from cryptography.fernet import Fernet, InvalidToken
from mlflow.entities.webhook import Webhook
from mlflow.environment_variables import MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import BAD_REQUEST, INVALID_STATE

_LOG = logging.getLogger(__name__)

_VARIABLE = MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY.name
_SURROGATES = range(0xD800, 0xE000)


class ProcessKey:
    """A random key, drawn when it is first needed. All stores of a process share one."""

    def __init__(self) -> None:
        self._key: bytes | None = None
        self._lock = threading.Lock()

    def get(self) -> bytes:
        """The key."""
        with self._lock:
            if self._key is None:
                self._key = Fernet.generate_key()
                _LOG.warning(
                    "%s is not set: no other process, and not this one after a restart, can read"
                    " the secrets of webhooks that are stored now",
                    _VARIABLE,
                )
            return self._key


_PROCESS_KEY = ProcessKey()


class SealedWebhook(Webhook):
    """A webhook whose secret cannot be decrypted: it is asked for in vain, but all else is there.

    So such a webhook can be listed, given a new secret and deleted, while a request to it fails
    before it is sent without its signature.
    """

    @property
    def secret(self) -> str | None:
        """The secret.

        Raises:
            MlflowException: Why it cannot be had, unless the key has been set right since.
        """
        return decrypted(self._secret)


def encrypted(secret: str | None) -> str | None:
    """The secret as it is stored.

    Raises:
        MlflowException: It is no text, or the environment's key is none.
    """
    if secret is None:
        return None
    # Not left to the encoder: what that raises holds the text that it could not encode.
    if not isinstance(secret, str) or any(ord(letter) in _SURROGATES for letter in secret):
        raise MlflowException("The secret of a webhook must be a valid text", BAD_REQUEST)
    return _cipher().encrypt(secret.encode()).decode()


def decrypted(stored: str | None) -> str | None:
    """The secret that was stored.

    Raises:
        MlflowException: The key is another than it was stored with, or is none.
    """
    if stored is None:
        return None
    try:
        return _cipher().decrypt(stored.encode()).decode()
    except InvalidToken as error:
        raise MlflowException(
            "The secret of this webhook cannot be decrypted: it was stored by a process with"
            f" another encryption key, or with none. Set {_VARIABLE} to the same key wherever the"
            " webhook is used, or give the webhook a new secret.",
            INVALID_STATE,
        ) from error


def opened(stored: Webhook) -> Webhook:
    """The webhook with its secret in clear, or one that complains when it is asked for it."""
    try:
        return _copied(Webhook, stored, decrypted(stored.secret))
    except MlflowException:
        # Raised again by whoever asks for the secret; a list must not fail for one of its webhooks.
        return _copied(SealedWebhook, stored, stored.secret)


def _copied(cls: type[Webhook], webhook: Webhook, secret: str | None) -> Webhook:
    return cls(
        webhook_id=webhook.webhook_id,
        name=webhook.name,
        url=webhook.url,
        events=webhook.events,
        creation_timestamp=webhook.creation_timestamp,
        last_updated_timestamp=webhook.last_updated_timestamp,
        description=webhook.description,
        status=webhook.status,
        secret=secret,
        workspace=webhook.workspace,
    )


def _cipher() -> Fernet:
    key = MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY.get() or _PROCESS_KEY.get()
    try:
        return Fernet(key)
    except ValueError as error:
        raise MlflowException(
            f"The value of {_VARIABLE} is no key. It must be 32 bytes in URL-safe base64, such as"
            " cryptography.fernet.Fernet.generate_key() makes",
            INVALID_STATE,
        ) from error
