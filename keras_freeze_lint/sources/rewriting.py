"""Source text that is to be written back: nothing of a file may change but the text itself."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from keras_freeze_lint.sources.files import SourceError, decode_exactly, read_bytes


@dataclass(frozen=True)
class ExactSource:
    """A source text with the line ends that it has, and the encoding that it came in."""

    text: str
    encoding: str
    data: bytes

    def encode(self, text: str) -> bytes:
        """Return another text in the same encoding. Raises SourceError if that would change what both share."""
        try:
            if self.text.encode(self.encoding) == self.data:
                return text.encode(self.encoding)
        except UnicodeEncodeError:
            pass
        raise SourceError(f"cannot be written back in its encoding ({self.encoding})")


def read_exactly(path: str) -> ExactSource:
    """Return the source in a file, or from standard input for ``-``. Raises SourceError as ``read_source`` does."""
    data = read_bytes(path)
    return ExactSource(*decode_exactly(data), data)


def replace_file(path: str, data: bytes) -> None:
    """Give a file new content at once: whoever reads it finds the old or the new, and it keeps its mode.

    A link stays a link. Raises SourceError if the file may not be written; then it is as it was.
    """
    # Only now: most runs write no file.
    import tempfile

    target = Path(path).resolve()
    if not os.access(target, os.W_OK):
        raise SourceError("cannot be fixed: permission denied")
    try:
        descriptor, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    except OSError as error:
        raise SourceError(f"cannot be fixed: {error.strerror}") from error
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        shutil.copymode(target, temporary)
        Path(temporary).replace(target)
    except OSError as error:
        Path(temporary).unlink(missing_ok=True)
        raise SourceError(f"cannot be fixed: {error.strerror}") from error
