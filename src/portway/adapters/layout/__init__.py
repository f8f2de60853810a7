"""Layouts of others: LIF, GeoJSON, the WSC challenge's control points."""
