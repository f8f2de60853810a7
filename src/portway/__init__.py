"""Portway: decision core, simulator and control of driverless container trucks."""
