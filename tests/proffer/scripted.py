"""A verb as somebody would script it."""

import json

from proffer import cli


def run(capsys, *words):
    """Call a verb; give its exit code and the one document it printed."""
    capsys.readouterr()
    code = cli.main([*map(str, words), "--json", "--no-progress"])
    return code, json.loads(capsys.readouterr().out)
