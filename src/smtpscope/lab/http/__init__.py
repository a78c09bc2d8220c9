"""The HTTP interface to a running lab, for tests in any language."""
