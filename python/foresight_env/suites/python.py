"""A class of the user's: "module:Class", found on env.python_path."""

import importlib


def make(task, options):
    module_name, separator, class_name = task.partition(":")
    if not separator or not module_name or not class_name:
        raise ValueError(f'expected "module:Class", found "{task}"')
    found = importlib.import_module(module_name)
    for name in class_name.split("."):
        found = getattr(found, name)
    return found(**options["arguments"])
