"""Reading one input, and judging what comes of it."""

from __future__ import annotations

import re
import traceback
import warnings
from dataclasses import dataclass

from tests.fuzz.reader import Reader

# A message has a path and what a file holds in it, cut to what can be read.
LONGEST_MESSAGE = 2000


@dataclass(frozen=True)
class Outcome:
    """What came of an input.

    Attributes
    ----------
    kind : str
        ``"read"``, ``"refused"``, or what went wrong.
    signature : str
        What is the same for inputs that go the same way.
    detail : str
        The traceback of a fault.
    """

    kind: str
    signature: str = ""
    detail: str = ""

    @property
    def is_fault(self) -> bool:
        return self.kind not in ("read", "refused")


def probe(reader: Reader, data: bytes, folder: str) -> Outcome:
    """Read an input. Warnings meant for users are welcome; any other is a fault."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", UserWarning)
        warnings.simplefilter("ignore", ResourceWarning)  # readers are left to the garbage collector here
        try:
            reader.read(data, folder)
        except MemoryError as e:
            return _fault("memory", e)
        except reader.errors as e:
            message = str(e)
            if len(message) > LONGEST_MESSAGE:
                return _fault("long message", e)
            if type(e).__name__.startswith("_"):
                return _fault("private error", e)
            return Outcome("refused", f"{type(e).__name__}: {re.sub('[0-9]+', '', message)[-40:]}")
        except BaseException as e:  # noqa: BLE001 - whatever it is, it is a fault
            return _fault(type(e).__name__, e)
    return Outcome("read")


def _fault(kind: str, error: BaseException) -> Outcome:
    last = traceback.extract_tb(error.__traceback__)[-1]
    own = [f for f in traceback.extract_tb(error.__traceback__) if "/mxnet/" in f.filename] or [last]
    detail = "".join(traceback.format_exception(error))
    return Outcome(kind, f"{kind} at {own[-1].filename.rpartition('/mxnet/')[2]}:{own[-1].lineno}", detail[-4000:])
