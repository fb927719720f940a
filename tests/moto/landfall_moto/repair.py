"""How a repair is written down: a function that takes the place of one of moto's methods."""

import functools


def replaces(owner, name):
    """Put the decorated function in the place of `owner.name`; it is given the original as first argument."""

    def decorate(function):
        original = getattr(owner, name)

        # A plain function, since moto finds its actions with `inspect.isfunction`.
        @functools.wraps(original)
        def repaired(self, *args, **kwargs):
            return function(original, self, *args, **kwargs)

        setattr(owner, name, repaired)
        return function

    return decorate


def adds(owner):
    """Give `owner` the decorated function as a method that moto has not."""

    def decorate(function):
        setattr(owner, function.__name__, function)
        return function

    return decorate
