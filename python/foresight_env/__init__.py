"""What lies between an environment in Python and Foresight: observations as one row of numbers or
a picture, actions in [-1, 1], episodes with one kind of end."""
