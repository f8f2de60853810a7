"""Durable state: the journal of a run."""
