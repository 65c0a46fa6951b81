"""What is switched on in the current thread: recording for gradients, and training mode."""

from __future__ import annotations

import threading


class _State(threading.local):
    recording = False
    training = False


state = _State()
