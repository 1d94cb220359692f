"""One module a suite, each with make(task, options) -> what foresight_env.session.Session takes."""
