"""The use cases: each gives the events of a run as they happen and ends in a Report."""
