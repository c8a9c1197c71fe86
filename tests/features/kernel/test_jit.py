"""Kernels read as plain Python say what the compiled ones say."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from features.kernel import jit

ASK = """
import json, sys
from features.kernel import jit
if sys.argv[1] == "python":
    jit.interpret()
from datetime import date
from composition import reading
from recommender.engine import Engine
declaration, regions = reading.read_declaration(None), reading.read_regions()
engine = Engine(declaration, reading.read_catalogue(None, declaration, regions), regions, reading.read_messages())
for facts in json.loads(sys.argv[2]):
    person = engine.from_facts(facts, ["citizen"], date(2026, 10, 31))
    print(json.dumps(engine.answer(person, date(2026, 10, 31), 5).to_json(), ensure_ascii=False))
print("numba" in sys.modules)
"""
PEOPLE = [
    {},
    {"birth_date": "1996-02-29", "sex": "female", "region": "11440", "children": ["2025-03-01"], "income_percent": 72},
    {"birth_date": "1950-01-01", "region": "41", "disabled": True, "children": [], "worker": False},
]


def said(how: str) -> list[str]:
    words = [sys.executable, "-c", ASK, how, json.dumps(PEOPLE)]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.splitlines()


@pytest.mark.slow
def test_kernels_read_as_python_say_what_compiled_ones_say_and_load_no_compiler():
    *read, loaded = said("python")
    *compiled, _ = said("numba")
    assert loaded == "False"
    assert [json.loads(line) for line in read] == [json.loads(line) for line in compiled]


def test_a_process_that_has_a_compiler_goes_on_using_it():
    jit.interpret()  # numba is loaded here, so this changes nothing
    assert hasattr(jit.njit(lambda value: value + 1), "py_func")


def test_a_sum_in_any_order_is_the_same_sum_whether_compiled_or_read_as_python():
    def summed(values):
        total = 0.0
        for value in values:
            total += value
        return total

    values = np.random.default_rng(1).normal(size=1_000)
    assert jit.njit_any_order(summed)(values) == pytest.approx(summed(values), rel=1e-12)
