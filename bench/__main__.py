"""``python -m bench [AREA …]``: run the measurements of all areas, or of those named, one after another."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

AREAS = sorted(path.stem for path in Path(__file__).parent.glob("[a-z]*.py"))


def main() -> int:
    """Each area runs in a process of its own, so that memory and caches do not mix; 1 if any failed."""
    wanted = sys.argv[1:] or AREAS
    unknown = [area for area in wanted if area not in AREAS]
    if unknown:
        print(f"no area {unknown[0]!r}; there are {', '.join(AREAS)}")
        return 1
    failed = False
    for area in wanted:
        print(f"== {area}", flush=True)
        failed |= subprocess.run([sys.executable, "-m", f"bench.{area}"], check=False).returncode != 0
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main())
