#!/usr/bin/env python3
"""Pushes the metrics of runs to Weights & Biases, for those who want them there.

    pip install wandb && wandb login
    python3 python/sync_wandb.py runs/20261121-151341_quick --project hockey
    python3 python/sync_wandb.py runs/20261121-151341_sweep --project hockey --watch

A run keeps one id for good, however often it is synced, stopped and resumed: rows that were pushed
are not pushed again. On machines without a network set WANDB_MODE=offline, and push later with
`wandb sync`. Needs Python 3.11.
"""

import argparse
import hashlib
import json
import sys
import time
import tomllib
from pathlib import Path

STATE = "wandb.json"  # in the run folder: id, and the last step that was pushed


def run_folders(path):
    """A run, or the runs of a sweep."""
    if (path / "run.json").exists():
        return [path]
    runs = sorted(p.parent for p in path.glob("*/run.json"))
    if not runs:
        sys.exit(f"{path}: neither a run nor a folder that holds runs")
    return runs


def stable_id(record, folder):
    """The same for a run wherever and whenever it is synced."""
    text = f"{record['name']}|{record['seed']}|{record['started']}|{folder.name}"
    return hashlib.sha1(text.encode()).hexdigest()[:16]


def new_rows(folder, last_step):
    """Whole rows after the last one that was pushed; half a line at the end is still being written."""
    file = folder / "metrics.jsonl"
    if not file.exists():
        return
    with open(file, encoding="utf-8") as lines:
        for line in lines:
            if not line.endswith("\n"):
                return
            row = json.loads(line)
            if row["step"] > last_step:
                yield row


def read_state(folder, record):
    file = folder / STATE
    if file.exists():
        return json.loads(file.read_text(encoding="utf-8"))
    return {"id": stable_id(record, folder), "step": -1}


def write_state(folder, state):
    unfinished = folder / (STATE + ".unfinished")
    unfinished.write_text(json.dumps(state) + "\n", encoding="utf-8")
    unfinished.replace(folder / STATE)


def sync(folder, arguments):
    """Pushes what is new; the number of rows."""
    import wandb  # only here: --help needs none

    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    config = tomllib.loads((folder / "config.toml").read_text(encoding="utf-8"))
    state = read_state(folder, record)
    rows = list(new_rows(folder, state["step"]))
    if not rows and state["step"] >= 0:
        return 0
    run = wandb.init(project=arguments.project, entity=arguments.entity, id=state["id"],
                     resume="allow", name=folder.name, notes=record["note"], config=config,
                     group=record["name"], dir=str(folder))
    for row in rows:
        step = row.pop("step")
        # null stands for a number that is not finite; W&B has no word for it.
        values = {name: value for name, value in row.items() if value is not None}
        run.log(values | {"env_step": step}, step=step)
    if record["verdicts"]:
        run.summary["verdict"] = record["verdicts"][-1]["text"]
    run.finish()
    if rows:
        state["step"] = step
    write_state(folder, state)
    return len(rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="+", type=Path, help="runs, or folders that hold runs")
    parser.add_argument("--project", default="foresight")
    parser.add_argument("--entity", default=None, help="user or team; W&B's default without it")
    parser.add_argument("--watch", action="store_true", help="again every minute")
    arguments = parser.parse_args()
    while True:
        for path in arguments.runs:
            for folder in run_folders(path):
                print(f"{folder}: {sync(folder, arguments)} rows", flush=True)
        if not arguments.watch:
            return
        time.sleep(60)


if __name__ == "__main__":
    main()
