"""The HTTP control interface of a running lab, for tests in any language."""
