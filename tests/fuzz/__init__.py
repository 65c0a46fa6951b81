"""Fuzzing of everything that reads files: mutated inputs must be read or refused, and nothing else.

``make fuzz N=1000000`` shares N inputs over all readers. A reader may raise the errors that its documentation names. It
may not crash, compute for more than two seconds, take more memory than 64 MB and twenty times the input, raise anything
else, or give messages that nobody can read.

- ``readers/`` has a module for each kind of file: what is read how, from which seeds, mutated in which ways. To add a
  reader, write a :class:`~tests.fuzz.reader.Reader` there and list it in ``READERS``.
- ``mutations.py`` changes inputs: bytes, numbers in them, lines and words of text, values of JSON, instructions of
  pickles.
- ``probe.py`` reads one input and judges what comes of it.
- ``driver.py`` does that in child processes, watches them, and makes inputs with faults small. The command in
  ``__main__.py`` puts them into ``build/fuzz/``.
"""
