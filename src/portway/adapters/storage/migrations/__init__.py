"""Steps from one format of the database to the next, in Alembic's own layout: `versions/NNNN_name.py` makes format N.

A step is never changed once it has been released, and it names tables and columns itself: what `durable_tables.py` says
today is not what it said when the step was written. A test compares both ends: all steps, and today's tables.
"""
