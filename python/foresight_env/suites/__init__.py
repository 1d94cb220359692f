"""One module a suite, each with make(task, options) -> what foresight_env.session.Session takes."""

import difflib


def no_task(suite, task, known):
    """The error that says which tasks there are, the nearest first."""
    nearest = difflib.get_close_matches(task, known, n=1)
    hint = f" (did you mean {nearest[0]}?)" if nearest else ""
    return ValueError(f"no task {task} in {suite}{hint}; there are {', '.join(known)}")
