"""How the documentation site is made of docs/: `make docs` writes it to build/docs, without a network."""

import re
from typing import Any

from features import __version__

project = "Proffer"
author = "the Proffer authors"
copyright = "the Proffer authors, Apache-2.0"  # noqa: A001 - the name that Sphinx reads
version = release = __version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.autosummary", "sphinx.ext.napoleon"]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
root_doc = "index"
templates_path = ["_templates"]
exclude_patterns = ["_templates"]
default_role = "code"  # what stands between backticks in a docstring is code
suppress_warnings = ["ref.python"]  # a short name in a docstring may be that of several attributes

myst_heading_anchors = 4  # headings are linked as they are on the forge
myst_links_external_new_tab = False

autosummary_generate = True
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_default_options = {"members": True, "show-inheritance": True}
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True

html_theme = "furo"
html_title = f"Proffer {release}"
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {"top_of_page_buttons": []}

PROSE = tags.has("prose")  # noqa: F821 - Sphinx gives it; the pages without those of the Python packages, in seconds
if PROSE:
    exclude_patterns.append("reference/*")
    suppress_warnings.append("toc.excluded")


def setup(app: Any) -> None:
    """Show docstrings, which are plain text with code between backticks, as what they are."""
    app.connect("autodoc-process-docstring", _plain)
    app.connect("autodoc-skip-member", _skipped)


def _plain(_app: Any, _what: str, _name: str, _thing: Any, _options: Any, lines: list[str]) -> None:
    """What is indented after a colon is shown as it stands; elsewhere a bar stands for itself."""
    as_it_stands = False
    for number, line in enumerate(lines):
        as_it_stands = as_it_stands and (not line or line.startswith("    "))
        if not as_it_stands:
            code_apart = re.split(r"(`+[^`]*`+)", line)
            lines[number] = "".join(part if part.startswith("`") else part.replace("|", "\\|") for part in code_apart)
        if re.match(r"[^:.].*[^:]:$", line) and "".join(lines[number + 1 : number + 3]).startswith("    "):
            lines[number] += ":"
            as_it_stands = True


def _skipped(_app: Any, _what: str, name: str, _thing: Any, skip: bool, _options: Any) -> bool:
    """scikit-learn adds methods to estimators that it documents itself."""
    return skip or re.fullmatch(r"set_\w+_request", name) is not None
