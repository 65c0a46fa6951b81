"""A soak: what people do with remx, over and over, while memory, descriptors, threads and processes must stay flat.

``make soak`` runs it for 30 minutes (``MINUTES=`` for another time). ``activities.py`` has what is done, one function
each; ``measure.py`` what is sampled, and what counts as flat.
"""
