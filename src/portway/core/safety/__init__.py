"""Which trucks are fit to be given orders; supervisory, never sold as a safety function."""
