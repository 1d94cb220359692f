"""What every peer of `foresight bench --against pytorch` has in common: how it is called and answers."""

import argparse
import json
import sys
import time

import torch


def parser(doc, what, presets, preset, repeat):
    result = argparse.ArgumentParser(description=doc,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    result.add_argument("what", choices=what)
    result.add_argument("--preset", choices=presets, default=preset)
    result.add_argument("--threads", type=int, default=2)
    result.add_argument("--games", type=int, default=1, help="plans in one call, where it plans")
    result.add_argument("--repeat", type=int, default=repeat)
    result.add_argument("--serve", action="store_true", help="one timing for each line read")
    return result


def answer(options, run, gflop, num_runs=1):
    """Times run(), which does the work of `gflop` (10^9 operations) `num_runs` times, and prints each
    timing as a line of JSON: for every line read with --serve, else --repeat times."""

    def report():
        begin = time.perf_counter()
        run()
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        seconds = (time.perf_counter() - begin) / num_runs
        print(json.dumps({"ms": 1e3 * seconds, "gflops": gflop / seconds}), flush=True)

    if options.serve:
        print(json.dumps({"torch": torch.__version__, "gflop": gflop}), flush=True)
        for _ in sys.stdin:
            report()
    else:
        for _ in range(options.repeat):
            report()
