"""`proffer privacy audit`: its claim beside what was seen, in words, and its exit code."""

from __future__ import annotations

import json
from decimal import Decimal

import numpy as np
import pytest

from privacy.learning.audit import Claim, judged
from privacy.ledger.ledger import Ledger
from proffer import audit_verb, cli
from tests.privacy.ledgers import clock

CLAIM = Claim(Decimal(1), Decimal("0.000001"))


def ran(capsys, *words):
    code = cli.main(["privacy", "audit", *words])
    found = capsys.readouterr()
    return code, found.out, found.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--epsilon", "0"], "--epsilon"),
        (["--epsilon", "-1"], "--epsilon"),
        (["--epsilon", "NaN"], "--epsilon"),
        (["--epsilon", "1e400"], "--epsilon"),
        (["--delta", "0"], "--delta"),
        (["--delta", "0.00001"], "1/n"),
        (["--canaries", "99"], "--canaries"),
        (["--canaries", "5001"], "--canaries"),
        (["--units", "0"], "--units"),
    ],
)
def test_a_claim_that_is_none_is_refused_before_anything_is_trained(capsys, words, said) -> None:
    code, out, err = ran(capsys, *words)
    assert (code, out) == (2, "")
    assert said in err


def test_all_that_is_wrong_is_said_at_once(capsys) -> None:
    _, _, err = ran(capsys, "--epsilon", "0", "--delta", "2", "--canaries", "7")
    assert all(name in err for name in ("--epsilon", "--delta", "--canaries"))


@pytest.mark.slow
def test_people_who_may_exist_get_no_canaries(capsys, tmp_path) -> None:
    people = tmp_path / "people"
    assert cli.main(["synth", "--citizens", "20", "--months", "2", "--out", str(people), "--processes", "1"]) == 0
    (people / "stamp.json").unlink()
    capsys.readouterr()
    code, out, err = ran(capsys, "--data", str(people), "--home", str(tmp_path / "home"))
    assert (code, out) == (2, "")
    assert "infinite epsilon of real people's privacy" in err


@pytest.mark.slow
def test_the_private_ranker_as_it_ships_passes_its_audit(capsys, tmp_path) -> None:
    code, out, _ = ran(capsys, "--json", "--home", str(tmp_path), "--canaries", "300")
    found = json.loads(out)
    assert code == 0
    assert found["refuted"] is False
    for seen in ("steps", "model"):
        assert found[seen]["claimed_epsilon"] == "1"
        assert Decimal(found[seen]["lower_bound"]) <= 1 < Decimal(found[seen]["most_that_could_be_shown"])
        assert found[seen]["confidence"] == 0.95
    assert Decimal(found["run"]["sigma"]) > 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_the_private_ranker_without_its_noise_fails_its_audit(capsys, tmp_path, monkeypatch) -> None:
    from tests.privacy.noises import Silent

    monkeypatch.setattr("privacy.learning.noise.secure", lambda: Silent(1))
    made = Ledger.create(tmp_path / "ledger", clock)
    code, out, _ = ran(capsys, "--home", str(tmp_path), "--canaries", "300", "--record")
    assert code == 1
    assert made.populations() == ()  # reads what the verb wrote
    assert made.entry(1).body.lower > 1
    assert "REFUTED" in out
    assert "Do not release" in " ".join(out.split())


def test_what_was_found_is_said_in_words_and_drawn() -> None:
    from training.runs.canaries import Trial

    rng = np.random.default_rng(1)
    included = rng.random(1000) < 0.5
    idle = [judged(rng.normal(size=1000), included, CLAIM) for _ in range(2)]
    sound, broken = Trial(*idle, 300), Trial(judged(included + 0.0, included, CLAIM), idle[1], 300)
    assert "nothing speaks against it" in audit_verb.meaning(sound)
    assert "the claim is false" in audit_verb.meaning(broken)
    text = audit_verb._text(broken)
    assert "REFUTED" in text
    assert "1000 canaries among 300" in text
    bars = {line.split(":")[0]: line.count("#") for line in text.splitlines() if "#" in line}
    assert bars["seen in the steps"] > bars["claimed"] > 0
