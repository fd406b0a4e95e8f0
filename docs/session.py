"""Fill in first-level.md from the example and a real session with it: `python docs/session.py` rewrites the page.

A comment before a block says what it holds: `<!-- code: FILE NAME... -->` definitions of the example,
`<!-- script: FILE -->` a script that the session runs, `<!-- run: NAME -->` what a run of the session prints.
"""

import ast
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE / "first-level.md"
EXAMPLES = HERE.parent / "examples"
BLOCK = re.compile(r"^<!-- (code|script|run|edit): (.*?) -->\n```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def filled(text):
    """Return the text of the page with all blocks of code and output as they are now."""
    printed = session(text)

    def fill(match):
        kind, name, language, content = match.groups()
        if kind == "code":
            content = definitions(*name.split())
        elif kind == "run":
            content = printed[name]
        return f"<!-- {kind}: {name} -->\n```{language}\n{content}```"

    return BLOCK.sub(fill, text)


def definitions(file, *names):
    """Return functions of a file of the example, with their decorators."""
    source = (EXAMPLES / file).read_text()
    lines = source.splitlines()
    found = {node.name: node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)}
    parts = []
    for name in names:
        node = found[name]
        start = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
        parts.append("\n".join(lines[start - 1 : node.end_lineno]))
    return "\n\n\n".join(parts) + "\n"


def session(text):
    """Return what each run prints: the example and the page's scripts, one after the other, in a folder of its own."""
    blocks = {(kind, name): content for kind, name, _, content in BLOCK.findall(text)}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve() / "project"
        shutil.copytree(EXAMPLES, folder, ignore=shutil.ignore_patterns("__pycache__", "first_level"))
        for (kind, file), content in blocks.items():
            if kind == "script":
                (folder / file).write_text(content)
        found = {"first": run(folder, "first_level.py"), "second": run(folder, "first_level.py")}
        edit(folder / "filters.py", blocks["edit", "filters.py"])
        found["edited"] = run(folder, "first_level.py")
        run(folder, "hand.py")
        found["refused"] = run(folder, "first_level.py", refused=True)
        found["adopted"] = run(folder, "adopt.py")
        found["after"] = run(folder, "first_level.py")
    return found


def edit(path, difference):
    """Change the one line of a file that a difference takes away into the one that it adds."""
    old, new = (re.search(rf"^\{sign}(.*)$", difference, re.MULTILINE)[1] for sign in "-+")
    text = path.read_text()
    if text.count(old) != 1:
        raise ValueError(f"{path.name} holds {text.count(old)} times: {old}")
    path.write_text(text.replace(old, new))


def run(folder, script, *, refused=False):
    """Return what a script prints; of one that is refused, the error alone."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKEIT_")}
    # Two edits of one second and of equal length would leave an old .pyc valid.
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    command = [sys.executable, "-W", "error", script]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment, check=False)
    if bool(done.returncode) != refused:
        raise RuntimeError(f"{script}: {done.stderr}")
    shown = done.stderr.splitlines()[-1] + "\n" if refused else done.stdout
    return shown.replace(f"{folder}{os.sep}", "")


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text()))
