#!/usr/bin/env python3
"""How long a board of 500 SLOs takes over loopback, and a team's review: see slo_board_figures.cc."""

import os
import subprocess
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
with tempfile.TemporaryDirectory() as folder:
    figures = os.path.join(ROOT, "build", "release", "bench", "slo_board_figures")
    subprocess.run([figures, "100", "400", folder], check=True)
