"""The secrets page as a store: the keys of a guest, and how many messages each has sealed."""

from .file import FileSecrets
from .store import COUNT_END, Secrets

__all__ = ["COUNT_END", "FileSecrets", "Secrets"]
