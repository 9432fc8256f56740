#!/usr/bin/env python3
"""How long a board of 500 SLOs takes over loopback: see slo_board_figures.cc."""

import os
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
subprocess.run([os.path.join(ROOT, "build", "release", "bench", "slo_board_figures")], check=True)
