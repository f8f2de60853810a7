"""The page: what it is told of a terminal, who listens, and the runs behind it."""
