"""app starts: the only place where a core meets a world."""
