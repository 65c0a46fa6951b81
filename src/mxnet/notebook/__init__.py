"""Training seen in a notebook: tables of metrics and charts that grow; see :mod:`mxnet.notebook.callback`."""
