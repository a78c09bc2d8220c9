"""Settings for every test."""

from __future__ import annotations

import os

from hypothesis import settings

# No deadline: the machine may be busy. In CI the same examples each time, so that a red run is about the change;
# elsewhere new ones, so that they are found.
settings.register_profile("smtpscope", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("smtpscope")
