"""What is switched on in the current thread: recording for gradients, training mode, and NumPy semantics."""

from __future__ import annotations

import threading


class _State(threading.local):
    recording = False
    training = False
    np_shape = False
    np_array = False


state = _State()
