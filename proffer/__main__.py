"""`python -m proffer`: the same as the `proffer` command."""

from proffer.cli import entry

if __name__ == "__main__":
    entry()
