"""Parses the Compose and Kubernetes files of examples/sglang; prints what the test looks at.

usage: manifests.py FOLDER
"""

import json
import sys
from pathlib import Path

import yaml

folder = Path(sys.argv[1])
compose = yaml.safe_load((folder / "compose.yaml").read_text())
kubernetes = list(yaml.safe_load_all((folder / "kubernetes.yaml").read_text()))
json.dump({"compose": compose, "kubernetes": kubernetes}, sys.stdout)
