"""Makes obp.json: a few rounds and the Open Bandit Pipeline's values of them.

Run in an environment of its own (python 3.11, `pip install sb-obp==0.5.10`), never that of the project:

    python tests/training/policy/obp_fixture.py > tests/training/policy/obp.json
"""

import json
import sys
from importlib.metadata import version

import numpy as np

SWITCH_AT = 1.3


def inputs(rng):
    many, programmes = 150, 3
    logits = np.round(rng.normal(0, 0.5, (many, programmes)), 2)
    logged = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    logged = np.round(logged, 3)
    logged[:, 2] = np.round(1 - logged[:, 0] - logged[:, 1], 3)
    policy = np.round(rng.dirichlet(np.full(programmes, 12.0), many), 3)
    policy[:, 2] = np.round(1 - policy[:, 0] - policy[:, 1], 3)
    action = (rng.random(many)[:, None] > logged.cumsum(axis=1)).sum(axis=1).clip(0, programmes - 1)
    predicted = np.round(rng.uniform(0.1, 0.6, (many, programmes)), 2)
    reward = (rng.random(many) < 0.3 + 0.1 * action).astype(int)
    return {"action": action, "reward": reward, "logged": logged, "policy": policy, "predicted": predicted}


def main():
    from obp.ope import (
        DoublyRobust,
        InverseProbabilityWeighting,
        SelfNormalizedInverseProbabilityWeighting,
        SwitchDoublyRobust,
    )

    given = inputs(np.random.default_rng(12))
    rows = np.arange(len(given["action"]))
    common = {
        "reward": given["reward"], "action": given["action"],
        "pscore": given["logged"][rows, given["action"]], "action_dist": given["policy"][:, :, None],
    }  # fmt: skip
    model = {"estimated_rewards_by_reg_model": given["predicted"][:, :, None]}
    outputs = {
        "ips": InverseProbabilityWeighting().estimate_policy_value(**common),
        "snips": SelfNormalizedInverseProbabilityWeighting().estimate_policy_value(**common),
        "dr": DoublyRobust().estimate_policy_value(**common, **model),
        "switch": SwitchDoublyRobust(lambda_=SWITCH_AT).estimate_policy_value(**common, **model),
    }
    made = f"sb-obp {version('sb-obp')}, numpy {np.__version__}: python tests/training/policy/obp_fixture.py"
    document = {"made_by": made, "switch_at": SWITCH_AT,
                "outputs": {name: float(value) for name, value in outputs.items()},
                "inputs": {name: np.round(array, 3).tolist() for name, array in given.items()}}  # fmt: skip
    json.dump(document, sys.stdout, separators=(",", ":"))


if __name__ == "__main__":
    main()
