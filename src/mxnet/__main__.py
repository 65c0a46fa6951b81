"""``python -m mxnet``: the ``remx`` command."""

from mxnet.cli import main

if __name__ == "__main__":
    main()
