"""Classes that are made by name: optimizers, initializers, metrics and the user's own kinds."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from typing import Any

_REGISTRY: dict[type, dict[str, type]] = {}


def warn_of_another(nickname: str, klass: type, known: type | None) -> None:
    """Warn the caller's caller of a class that takes the place of one of the same name, if there is one."""
    if known is not None:
        warnings.warn(
            f"WARNING: New {nickname} {klass.__module__}.{klass.__name__} is overriding existing {nickname} "
            f"{known.__module__}.{known.__name__}",
            stacklevel=3,
        )


def get_registry(base_class: type) -> dict[str, type]:
    """A copy of the classes registered under ``base_class``, by lower-case name."""
    return dict(_REGISTRY.setdefault(base_class, {}))


def get_register_func(base_class: type, nickname: str) -> Callable[..., Any]:
    """A function (usable as a decorator) that registers subclasses of ``base_class``.

    Parameters
    ----------
    base_class : type
    nickname : str
        What such a class is called in messages.
    """
    registry = _REGISTRY.setdefault(base_class, {})

    def register(klass: type, name: str | None = None) -> type:
        if not issubclass(klass, base_class):
            raise AssertionError(f"Can only register subclass of {base_class.__name__}, got {klass.__name__}")
        key = (klass.__name__ if name is None else name).lower()
        old = registry.get(key)
        if old is not None:
            warnings.warn(
                f"\033[91mNew {nickname} {klass.__module__}.{klass.__name__} registered with name {key} is "
                f"overriding existing {nickname} {old.__module__}.{old.__name__}\033[0m",
                UserWarning,
                stacklevel=2,
            )
        registry[key] = klass
        return klass

    register.__doc__ = f"Register {nickname} to the {nickname} factory"
    return register


def get_alias_func(base_class: type, nickname: str) -> Callable[..., Any]:
    """A decorator factory that registers a subclass of ``base_class`` under further names."""
    register = get_register_func(base_class, nickname)

    def alias(*aliases: str) -> Callable[[type], type]:
        def decorate(klass: type) -> type:
            for name in aliases:
                register(klass, name)
            return klass

        return decorate

    alias.__doc__ = f"Register {nickname} under the given names too"
    return alias


def get_create_func(base_class: type, nickname: str) -> Callable[..., Any]:
    """A function that makes an instance from a name and arguments, or from their JSON.

    It takes an instance (given back as it is), a name and its arguments, ``'["name", {arguments}]'``, or a dict or its
    JSON with the name under ``nickname``.
    """
    registry = _REGISTRY.setdefault(base_class, {})

    def create(*args: Any, **kwargs: Any) -> Any:
        if args:
            name, *rest = args
        else:
            name, rest = kwargs.pop(nickname), []
        if isinstance(name, base_class):
            if rest or kwargs:
                raise AssertionError(f"{nickname} is already an instance. Additional arguments are invalid")
            return name
        if isinstance(name, dict):
            return create(**name)
        if not isinstance(name, str):
            raise AssertionError(f"{nickname} must be of string type, got {type(name).__name__}")
        if name[:1] in ("[", "{"):
            if rest or kwargs:
                raise AssertionError(f"{nickname} is given as JSON. Additional arguments are invalid")
            config = json.loads(name)
            return create(**config) if name.startswith("{") else create(config[0], **config[1])
        key = name.lower()
        if key not in registry:
            raise AssertionError(
                f"{key} is not registered. Please register with {nickname}.register first; "
                f"known are {', '.join(sorted(registry))}"
            )
        return registry[key](*rest, **kwargs)

    create.__doc__ = f"""Create a {nickname} from its name.

    Parameters
    ----------
    {nickname} : str or {base_class.__name__}
        The name of the class, or an instance, which is returned as it is.
    **kwargs : dict
        Arguments of the constructor.
    """
    return create
