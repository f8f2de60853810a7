"""models calculate: numbers in, numbers out, no state of any terminal."""
