"""From graphs to results: programs, and how an executor runs them."""
