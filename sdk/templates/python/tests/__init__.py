"""The tests run in any Python, without WebAssembly: `python3 -m unittest`. The bindings are stubs there, and a fake is the host."""

import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent

sys.path[:0] = [str(ROOT / "src"), str(ROOT / "bindings")]
