"""What a test that runs a real Spark needs."""

from __future__ import annotations

import importlib.util
import shutil

import pytest

SPARK = pytest.mark.skipif(
    importlib.util.find_spec("pyspark") is None or shutil.which("java") is None, reason="needs pyspark and Java"
)
