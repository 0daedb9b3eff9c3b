"""Runs every campaign, one after the other, and prints what came of all: `make soak`.

In full, or with --short as the tests do.
"""

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
CAMPAIGNS = sorted(set(FOLDER.glob("*.py")) - {FOLDER / "run.py", FOLDER / "campaign.py"})


def main() -> None:
    failed = []
    for campaign in CAMPAIGNS:
        print(f"{campaign.stem} ...", flush=True)
        if subprocess.run([sys.executable, campaign, *sys.argv[1:]]).returncode != 0:
            failed.append(campaign.stem)
    print(f"{len(CAMPAIGNS)} campaigns, failed: {', '.join(failed) or 'none'}")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
