#!/usr/bin/env python3
"""Stands in for sbatch, squeue, scontrol and scancel, by the name it is called by.

Jobs are processes of this machine, begun at once; their states are files in $FAKE_SLURM.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

STATE = Path(os.environ["FAKE_SLURM"])


def word(job, name, text=None):
    """Reads, or writes, one word about a job."""
    file = STATE / f"{job}.{name}"
    if text is None:
        return file.read_text() if file.exists() else ""
    unfinished = file.with_suffix(".unfinished")
    unfinished.write_text(text)
    unfinished.replace(file)
    return text


def options(script):
    lines = Path(script).read_text().splitlines()
    return dict(line[len("#SBATCH --"):].partition("=")[::2]
                for line in lines if line.startswith("#SBATCH --"))


def sbatch(arguments):
    if "FAKE_SLURM_REFUSES" in os.environ:
        sys.exit("sbatch: error: Batch job submission failed: Invalid account")
    given = dict(a[2:].partition("=")[::2] for a in arguments[:-1])
    script = arguments[-1]
    first, _, last = given["array"].partition("-")
    number = str(1 + len(list(STATE.glob("*.array"))))
    (STATE / f"{number}.array").write_text(script)
    for task in range(int(first), int(last or first) + 1):
        job = f"{number}_{task}"
        word(job, "state", "PENDING")
        word(job, "name", options(script)["job-name"])
        subprocess.Popen([sys.executable, __file__, "run", number, str(task), script],
                         start_new_session=True, stdin=subprocess.DEVNULL,
                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    print(number)


def run(number, task, script):
    job = f"{number}_{task}"
    given = options(script)
    environment = dict(os.environ, SLURM_ARRAY_JOB_ID=number, SLURM_ARRAY_TASK_ID=task,
                       SLURM_JOB_ID=str(1000 * int(number) + int(task)))
    while True:
        if word(job, "cancel"):
            word(job, "state", "CANCELLED")
            return
        with open(given["output"].replace("%a", task), "a", encoding="utf-8") as output:
            child = subprocess.Popen(["bash", script], cwd=given["chdir"], env=environment,
                                     stdout=output, stderr=output, stdin=subprocess.DEVNULL)
            word(job, "pid", str(child.pid))
            word(job, "state", "RUNNING")
            status = child.wait()
        if word(job, "requeue"):
            word(job, "requeue", "")
            word(job, "restarts", word(job, "restarts") + "x")
            continue
        word(job, "exit", f"{status}:0" if status >= 0 else f"0:{-status}")
        done = "CANCELLED" if word(job, "cancel") else "FAILED"
        word(job, "state", "COMPLETED" if status == 0 else done)
        return


def squeue(_):
    if "FAKE_SLURM_IS_DOWN" in os.environ:
        sys.exit("slurm_load_jobs error: Unable to contact slurm controller (connect failure)")
    for file in sorted(STATE.glob("*.state")):
        job = file.stem
        if file.read_text() in ("PENDING", "RUNNING"):
            print("|".join([job, "week", word(job, "name"), "me", file.read_text(), "0:01", "1",
                            "node1" if file.read_text() == "RUNNING" else "(Resources)"]))


def ask_to_stop(job):
    if word(job, "pid"):
        try:
            os.kill(int(word(job, "pid")), signal.SIGTERM)
        except ProcessLookupError:
            pass


def scontrol(arguments):
    if arguments[0] == "requeue":
        word(arguments[1], "requeue", "yes")
        ask_to_stop(arguments[1])
        return
    job = arguments[-1]
    if not word(job, "state"):
        sys.exit("slurm_load_jobs error: Invalid job id specified")
    reason = "None" if word(job, "state") == "COMPLETED" else "NonZeroExitCode"
    print(f"JobId={job} JobState={word(job, 'state')} Reason={reason} "
          f"ExitCode={word(job, 'exit') or '0:0'}")


def scancel(arguments):
    word(arguments[0], "cancel", "yes")
    ask_to_stop(arguments[0])


if len(sys.argv) > 1 and sys.argv[1] == "run":
    run(*sys.argv[2:])
else:
    {"sbatch": sbatch, "squeue": squeue, "scontrol": scontrol,
     "scancel": scancel}[Path(sys.argv[0]).name](sys.argv[1:])
