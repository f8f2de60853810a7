"""Work from the TOS side: CSV work lists, conflowgen exports, EDIFACT, WSC 2025 files."""
