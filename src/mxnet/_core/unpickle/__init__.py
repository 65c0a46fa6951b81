"""Reading pickled optimizer states without trusting them.

MXNet stores ``pickle.dumps(states)``: a dict of arrays, with or without the optimizer. An ordinary unpickler would run
whatever a file asks for, and spend whatever time and memory it asks for. Here a machine of our own (``machine.py``)
obeys the part of pickle's language that such files need, within bounds; ``classes.py`` says what a file may name.
Nothing is imported because a file names it.
"""

from __future__ import annotations

import pickle
from typing import Any

from ...base import MXNetError
from .checks import Bases, check_shape_of
from .machine import Machine


def loads(data: bytes, bases: Bases, what: str = "optimizer states") -> Any:
    """Unpickle optimizer states.

    Parameters
    ----------
    data : bytes
    bases : Bases
        The classes whose objects it may hold.
    what : str
        What to call it in messages.

    Raises
    ------
    MXNetError
        When the data is damaged, names a class or function that optimizer states do not hold, or asks for more work and
        memory than its size explains.
    """
    if not isinstance(data, (bytes, bytearray, memoryview)):
        raise TypeError(f"{what} should be bytes, got {type(data).__name__}")
    try:
        made = Machine(bytes(data), bases).run()
        check_shape_of(made, bases)
    # Classes of the user's take part, in __setstate__.
    except Exception as e:
        reason = str(e) if isinstance(e, (MXNetError, pickle.UnpicklingError)) else f"{type(e).__name__}: {e}"
        raise MXNetError(f"cannot read {what}: {reason[:400]}") from e
    return made
