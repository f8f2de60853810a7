"""Mirrors: folds what the core knows into data points, tables and alarms that people look at; never commands."""
