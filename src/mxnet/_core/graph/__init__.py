"""The graph behind a Symbol: nodes, JSON files, shape and type inference, rewriting passes."""
