"""`python -m tests.bench [NAME...]`: runs the benchmarks of this folder and writes their sections into BENCHMARKS.md.

A benchmark is a module here, or in a folder below, with ``TITLE`` and ``run() -> str`` (markdown). Sections of
benchmarks that were not asked for, or that a machine cannot run (``run`` raises UnableError), stay as they were.
`--seeds N` is a quick look, for those whose ``run`` takes ``seeds``: the page stays as it was.
"""

import argparse
import importlib
import inspect
import os
import platform
import re
import sys
import time
from pathlib import Path

from . import UnableError

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "BENCHMARKS.md"
HEAD = """# Benchmarks

Made by `make bench` (or `python -m tests.bench NAME` for one of them). Figures are from one machine; ratios hold better
than absolutes.
"""


def benchmarks() -> dict[str, object]:
    """The modules of this folder and those below that have a title, by name."""
    paths = [path for path in HERE.rglob("[!_]*.py") if not path.stem.startswith("test_")]
    parts = sorted((path.relative_to(HERE).with_suffix("").parts for path in paths), key=lambda names: names[-1])
    modules = {names[-1]: importlib.import_module(".".join([__package__, *names])) for names in parts}
    return {name: module for name, module in modules.items() if hasattr(module, "TITLE")}


def sections(text: str) -> dict[str, str]:
    """Title -> its section, of a page that is there."""
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    return {title.strip(): body.strip() for title, body in zip(parts[1::2], parts[2::2], strict=True)}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--seeds", type=int)
    options = parser.parse_args(arguments)
    wanted, found = options.names, benchmarks()
    unknown = [name for name in wanted if name not in found]
    if unknown:
        print(f"no such benchmark: {', '.join(unknown)}; there are: {', '.join(found)}", file=sys.stderr)
        return 2
    for name in wanted or found:
        module = found[name]
        began = time.perf_counter()
        seeded = options.seeds is not None and "seeds" in inspect.signature(module.run).parameters
        print(f"{name}: {module.TITLE} ...", flush=True)
        try:
            body = module.run(options.seeds) if seeded else module.run()
        except UnableError as why:
            print(f"  left as it was: {why}")
            continue
        machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
        print(body)
        if options.seeds is not None:
            continue
        write(
            module.TITLE,
            f"{body.strip()}\n\n({machine}; took {time.perf_counter() - began:.0f} s)",
            [module.TITLE for module in found.values()],
        )
    return 0


def write(title: str, body: str, order: list[str]) -> None:
    """Puts a section in its place on the page, which others may have written meanwhile."""
    page = (sections(PAGE.read_text()) if PAGE.exists() else {}) | {title: body}
    titles = sorted(page, key=lambda title: order.index(title) if title in order else len(order))
    PAGE.write_text(HEAD + "".join(f"\n## {title}\n\n{page[title]}\n" for title in titles))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
