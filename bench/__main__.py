"""Run the benches that are named, all of them by default, in one synthetic city, and print one table."""

import importlib
import sys
import traceback
from pathlib import Path

from bench.city import city
from bench.harness import print_row

HELPERS = ("__init__", "__main__", "chequer", "city", "harness")
BENCHES = sorted(file.stem for file in Path(__file__).parent.glob("*.py") if file.stem not in HELPERS)


def main(names: list[str]) -> int:
    if unknown := set(names) - set(BENCHES):
        raise SystemExit(f"no bench is called {', '.join(sorted(unknown))}; there are {', '.join(BENCHES)}.")
    print_row("what", "ours", "floor", "ratio", "aim")
    failed = []
    with city():
        for name in names or BENCHES:
            sys.argv = [name]  # a bench that takes arguments of its own takes its defaults here
            try:
                importlib.import_module(f"bench.{name}").main()
            except Exception:
                failed.append(name)
                traceback.print_exc()
    if failed:
        print(f"FAILED: {', '.join(failed)}")
    return len(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
