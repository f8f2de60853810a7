"""adapters connect: one folder per outside system; wire types never leave it."""
