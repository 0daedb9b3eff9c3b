"""Every campaign of `make soak`, with few trials."""

import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[3] / "soak"
CAMPAIGNS = sorted(set(FOLDER.glob("*.py")) - {FOLDER / "run.py", FOLDER / "campaign.py"})


@pytest.mark.parametrize("campaign", CAMPAIGNS, ids=[path.stem for path in CAMPAIGNS])
def test_campaign(campaign):
    run = subprocess.run(
        [sys.executable, campaign, "--short"], capture_output=True, text=True, timeout=300
    )
    assert run.returncode == 0, run.stdout + run.stderr
