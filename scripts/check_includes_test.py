#!/usr/bin/env python3
"""Plants violations in a small tree and expects check_includes.py to report each one, alone."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

CHECK = Path(__file__).resolve().parent / "check_includes.py"


def complaints(files):
    """What the check says about a tree of {path below src: text}."""
    with tempfile.TemporaryDirectory() as root:
        for path, text in files.items():
            file = Path(root) / "src" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        run = subprocess.run([sys.executable, CHECK, root], capture_output=True, text=True)
        return run.stdout.splitlines() if run.returncode else []


HEADER = "#pragma once\n"


class CheckIncludes(unittest.TestCase):
    def expect(self, includer, included, text):
        files = {included: HEADER, includer: f'{HEADER}#include "{included}"\n'}
        found = complaints(files)
        self.assertEqual(len(found), 1, found)
        self.assertIn(text, found[0])

    def test_accepts_the_directions_of_the_table(self):
        for includer, included in [("env/env.h", "config/table.h"),
                                   ("env/hockey/world.h", "env/env.h"),
                                   ("planner/mppi.h", "world_model/latent_model.h"),
                                   ("agent/sac/sac.cpp", "env/env_spec.h"),
                                   ("cli/train.cpp", "render/painter.h")]:
            files = {included: HEADER, includer: f'{HEADER}#include "{included}"\n'}
            self.assertEqual(complaints(files), [], includer)

    def test_finds_an_upward_include(self):
        self.expect("base/rng.h", "config/table.h", "base/ may not include config/table.h")

    def test_finds_siblings_that_know_each_other(self):
        self.expect("agent/sac/sac.h", "agent/dreamer/actor.h", "agent/ may not include")

    def test_finds_a_planner_that_knows_a_model(self):
        self.expect("planner/mppi.h", "world_model/tdmpc2/world_model.h", "planner/ may not")

    def test_finds_drawing_in_the_loop(self):
        self.expect("train/trainer.cpp", "render/painter.h", "train/ may not include")

    def test_finds_a_tensor_where_no_libtorch_may_be(self):
        self.expect("env/env.h", "base/tensor.h", "without LibTorch")
        found = complaints({"env/env.h": HEADER + "#include <torch/torch.h>\n"})
        self.assertEqual(len(found), 1)

    def test_finds_an_include_of_cli(self):
        self.expect("train/trainer.cpp", "cli/command.h", "nobody includes cli")

    def test_finds_a_long_file(self):
        found = complaints({"base/long.cpp": "\n" * 501})
        self.assertIn("501 lines, more than 500", found[0])


if __name__ == "__main__":
    unittest.main()
