"""What --resume may change in a run, and what it must find unchanged."""

from kgen.errors import invalid, positive_integer


def merged(stored, model, said, arguments, optimizers, reset_optimizer):
    """The options of a run that goes on: the stored ones, with another length or new optimisers.

    Args:
        stored: options of the run.
        model: name of the model that was said.
        said: dict of the options that were said.
        arguments: dict of the constructor arguments that were said.
        optimizers: dict of the optimisers that were said.
        reset_optimizer: whether they may differ.

    Returns:
        Dict of options.

    Raises:
        ValueError: naming what differs.
    """
    if reset_optimizer and stored["decay_epochs"]:
        number = stored["decay_epochs"]
        raise ValueError(
            f"--reset-optimizer would undo the run's --decay-epochs {number}: learning rates begin anew."
        )
    differing = {"model": (stored["model"], model)} if model != stored["model"] else {}
    for name, value in said.items():
        if name not in ("epochs", "steps") and value != stored[name]:
            differing[f"--{name.replace('_', '-')}"] = (stored[name], value)
    differing |= _differing(stored["arguments"], arguments)
    if not reset_optimizer:
        for slot, numbers in optimizers.items():
            differing |= _differing(stored["optimizers"][slot], numbers, f"{slot}: ")
    if differing:
        words = "; ".join(f"{name} was {was}, now {now}" for name, (was, now) in differing.items())
        hint = (
            " (--reset-optimizer starts optimizers anew)"
            if any("optimizer: " in name for name in differing)
            else ""
        )
        raise ValueError(f"--resume goes on with the options of the run. Differing: {words}{hint}.")
    return {**stored, **_longer(stored, said), "optimizers": _changed(stored["optimizers"], optimizers)}


def check_data(stored, found):
    """Checks that the data are those of the run.

    Args:
        stored: options of the run.
        found: options with the description of the data as they are now.

    Raises:
        ValueError: naming what differs.
    """
    was, now = stored["data_set"], found["data_set"]
    changed = [f"{key} was {was.get(key)}, now {now[key]}" for key in now if now[key] != was.get(key)]
    if changed:
        raise ValueError(f"The data of the run have changed: {'; '.join(changed)}.")


def _differing(stored, said, prefix=""):
    plain = {name: list(value) if isinstance(value, tuple) else value for name, value in said.items()}
    return {f"{prefix}{k}": (stored.get(k), v) for k, v in plain.items() if stored.get(k) != v}


def _changed(stored, said):
    return {
        slot: said[slot] if "name" in said.get(slot, {}) else {**stored[slot], **said.get(slot, {})}
        for slot in stored
    }


def _longer(stored, said):
    """Another number of epochs; their length stays, so that the state's position keeps its meaning."""
    for name in ("epochs", "steps"):
        if name in said:
            positive_integer(name, said[name])
    steps, epochs = said.get("steps", stored["steps"]), said.get("epochs", stored["epochs"])
    if steps == stored["steps"]:
        return {"epochs": epochs}
    if epochs != stored["epochs"]:
        raise invalid("steps", "another --epochs or another --steps, not both", epochs=epochs, steps=steps)
    if steps < stored["steps_per_epoch"]:
        raise invalid("steps", f"at least the {stored['steps_per_epoch']} steps of an epoch", steps=steps)
    return {"epochs": steps // stored["steps_per_epoch"], "steps": steps}
