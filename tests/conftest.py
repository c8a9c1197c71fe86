"""How the properties are tried: the same examples on every run here, more and other ones in `make soak`."""

import os

import hypothesis
import numba  # noqa: F401  # loaded first, so that no verb under test makes this process read kernels as Python

hypothesis.settings.register_profile("check", deadline=None, derandomize=True)
hypothesis.settings.register_profile("soak", deadline=None, max_examples=2_000)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "check"))
