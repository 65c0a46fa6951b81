"""Sample rows of operators and the suites that run over all of them; see README.md."""
