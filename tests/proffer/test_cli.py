import errno
import importlib
import json
import os
import signal
import subprocess
import sys
import types
from concurrent.futures import ProcessPoolExecutor

import pytest

from features.problem import Problem, Rejected
from proffer import cli


@pytest.fixture
def verb(monkeypatch):
    """Stands in for a verb: `verb(run)` makes `proffer stand` call it."""

    def install(run, add_arguments=lambda parser: parser.add_argument("--citizens", type=int)):
        monkeypatch.setitem(cli.VERBS, "stand", "stands in")
        module = types.SimpleNamespace(run=run, add_arguments=add_arguments)
        monkeypatch.setitem(sys.modules, "proffer.stand", module)

    return install


def refuse(*_):
    raise Rejected(
        [Problem(("f.json", "a"), "invalid", "is wrong", "Write b"), Problem(("f.json", "c"), "TODO", "too", "Write d")]
    )


def test_what_a_verb_returns_is_the_exit_code(verb):
    verb(lambda args: 1 if args.json else 0)
    assert cli.main(["stand"]) == 0
    assert cli.main(["stand", "--json"]) == 1


def test_all_problems_go_to_stderr_and_exit_is_two(verb, capsys):
    verb(refuse)
    assert cli.main(["stand"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "f.json: a: is wrong. Write b\nf.json: c: too. Write d\n"


def test_with_json_the_problems_are_a_document_too(verb, capsys):
    verb(refuse)
    assert cli.main(["stand", "--json"]) == 2
    document = json.loads(capsys.readouterr().out)
    assert document["problems"][0] == {
        "where": "f.json: a",
        "what": "is wrong",
        "remedy": "Write b",
        "code": "invalid",
        "path": ["f.json", "a"],
    }


def test_a_file_that_cannot_be_opened_is_refused_not_a_traceback(verb, capsys, tmp_path):
    verb(lambda _: (tmp_path / "nowhere").read_text())
    assert cli.main(["stand"]) == 2
    assert "nowhere: No such file or directory" in capsys.readouterr().err


def test_an_error_of_the_system_without_a_file_is_said_as_it_is(verb, capsys):
    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    verb(full)
    assert cli.main(["stand"]) == 2
    assert "No space left on device" in capsys.readouterr().err


def test_a_mistake_of_ours_is_not_dressed_up_as_bad_input(verb):
    def bug(_):
        raise KeyError("x")

    verb(bug)
    with pytest.raises(KeyError):
        cli.main(["stand"])


def test_control_c_ends_with_130(verb):
    def interrupted(_):
        raise KeyboardInterrupt

    verb(interrupted)
    assert cli.main(["stand"]) == 130


def test_control_c_says_what_stays_spent(verb, capsys):
    def interrupted(_):
        stopped = KeyboardInterrupt()
        stopped.add_note("What was reserved as train-1 stays spent")
        raise stopped

    verb(interrupted)
    assert cli.main(["stand"]) == 130
    assert "train-1 stays spent\ninterrupted" in capsys.readouterr().err


def test_a_library_that_is_not_installed_is_named_with_the_extra_that_brings_it(verb, capsys):
    def lacking(_):
        raise ModuleNotFoundError("No module named 'torch'", name="torch.nn")

    verb(lacking)
    assert cli.main(["stand"]) == 2
    assert "needs torch, which is not installed. Install it: pip install '.[private]'" in capsys.readouterr().err


def test_a_module_of_our_own_that_is_missing_is_not_dressed_up_as_an_extra(verb):
    def broken(_):
        raise ModuleNotFoundError("No module named 'features.nowhere'", name="features.nowhere")

    verb(broken)
    with pytest.raises(ModuleNotFoundError):
        cli.main(["stand"])


def test_a_full_disk_says_to_make_room(verb, capsys):
    def full(_):
        raise OSError(28, "No space left on device", "events.parquet")

    verb(full)
    assert cli.main(["stand"]) == 2
    assert "events.parquet: No space left on device. Make room" in capsys.readouterr().err


def end_itself():
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_worker_that_is_killed_is_said_in_one_sentence(verb, capsys):
    def shared(_):
        with ProcessPoolExecutor(1) as pool:
            return pool.submit(end_itself).result()

    verb(shared)
    assert cli.main(["stand"]) == 2
    assert "proffer stand: one of its processes was ended from outside" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["eligibel"], "Did you mean eligible?"),
        (["xyzzy"], "See proffer --help"),
        (["catalogue", "chek", "x"], "Did you mean check?"),
        (["catalogue", "check", "x", "--jsn"], "Did you mean --json?"),
        (["stand", "--citizen", "3"], "Did you mean --citizens?"),
        (["stand", "--citizens", "many"], "invalid int value"),
        (["stand", "--citizens"], "expected one argument"),
    ],
)
def test_a_usage_error_exits_two_with_a_hint(verb, capsys, words, hint):
    verb(lambda _: 0)
    assert cli.main(words) == 2
    assert hint in capsys.readouterr().err


@pytest.mark.parametrize("name", cli.VERBS)
def test_an_option_that_no_verb_has_is_refused_by_every_verb(name, capsys):
    assert cli.main([name, "--no-progres"]) == 2
    assert "Did you mean --no-progress?" in capsys.readouterr().err


def test_an_option_cannot_be_shortened_so_scripts_do_not_break_when_options_are_added(verb):
    verb(lambda _: 0)
    assert cli.main(["stand", "--citiz", "3"]) == 2


def test_no_verb_is_a_usage_error_that_prints_the_verbs(capsys):
    assert cli.main([]) == 2
    assert "eligible" in capsys.readouterr().out
    assert cli.main(["--help"]) == 0


def test_help_of_a_verb_exits_zero(verb, capsys):
    verb(lambda _: 1)
    assert cli.main(["stand", "--help"]) == 0
    assert "--no-progress" in capsys.readouterr().out


@pytest.mark.parametrize("name", cli.VERBS)
def test_every_verb_has_a_module_with_the_options_of_all_verbs(name):
    module = importlib.import_module(cli.module_of(name))
    assert callable(module.run)
    options = cli.parser_of(name, module).format_help()
    assert "--json" in options
    assert "--home" in options


HEAVY = (
    "numba",
    "numpy",
    "pyarrow",
    "pandas",
    "lightgbm",
    "mlflow",
    "sqlalchemy",
    "fastapi",
    "jinja2",
    "matplotlib",
    "sklearn",
    "torch",
    "yaml",
)


def loaded_by(code):
    """Which heavy libraries a fresh interpreter has loaded after running `code`."""
    probe = f"import sys\n{code}\nprint(*[m for m in {HEAVY!r} if m in sys.modules], file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    return set(done.stderr.split())


def test_help_loads_no_heavy_library():
    assert loaded_by("from proffer.cli import main; main(['--help'])") == set()


def test_verbs_are_imported_without_heavy_libraries():
    modules = [cli.module_of(name) for name in cli.VERBS]
    first = f"""
import importlib
heavy = set()
for module in {modules!r}:
    importlib.import_module(module)
    print(*[f"{{module}}:{{m}}" for m in {HEAVY!r} if m in sys.modules and m not in heavy])
    heavy |= {{m for m in {HEAVY!r} if m in sys.modules}}
"""
    done = subprocess.run([sys.executable, "-c", f"import sys{first}"], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_a_reader_that_stops_early_is_no_error():
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "proffer", "--help"], stdout=writer, stderr=subprocess.PIPE, check=False
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize(("words", "code"), [("--version", 0), ("privacy status --home none --json", 2)])
@pytest.mark.parametrize("streams", [">&-", "2>&-", ">&- 2>&-", ">/dev/full"])
def test_a_stream_that_takes_nothing_ends_in_no_traceback(tmp_path, words, code, streams):
    script = f"exec {sys.executable} -c 'from proffer.cli import entry; entry()' {words} {streams}"
    found = subprocess.run(["/bin/sh", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "Traceback" not in found.stderr
    assert found.returncode == (2 if streams == ">/dev/full" else code)
