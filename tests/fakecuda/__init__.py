"""Pretended CUDA devices for a torch without any: the host's memory, the CPU's kernels, CUDA's rules.

``pytest -p tests.fakecuda.plugin`` loads them (:mod:`tests.fakecuda.plugin` lists the environment variables); nothing
else does. What is modeled:

- tensors are ordinary C++ tensors whose device is ``cuda:N``: autograd with a thread for each device, views, hooks,
  foreach and fused kernels, ``torch.autograd.Function``, generators and pinned memory work, and values are right;
- a tensor or generator of another device, an integer matrix product, CUDA after a fork: each raises, as CUDA does;
- fresh memory holds garbage, so that what is read before it is written shows;
- waits of the host, copies and kernels are counted by :class:`tests.fakecuda.watch.Watch`, with their lines.

Not modeled: cuDNN (an LSTM runs as fused cells), kernels that are missing for other types than integers, asynchronous
errors, limits of memory, streams that run beside each other. A copy to the host that CUDA would deliver late is
reported, not delayed.

``src/`` is one C++ module: ``state.h`` what is shared, ``devices.h`` devices as torch's core sees them, ``call.h`` one
call with tensors of the host in place of the device's, ``fallback.h`` the rules, ``kernels.h`` operators written out.
"""
