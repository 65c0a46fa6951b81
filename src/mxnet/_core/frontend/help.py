"""What ``help`` shows of an operator: its own text, completed by what the registry knows of inputs and parameters."""

from __future__ import annotations

import inspect
import re
from types import SimpleNamespace

from ..registry import OpDef
from .arguments import DESCRIPTIONS

_HEADING = re.compile(r"^([A-Z][A-Za-z ]+)\n-{3,}\n", re.MULTILINE)
_TENSOR = re.compile(r"\bTensor\b")
# Arguments of the functions themselves, by the type of the arrays.
_OWN = {
    "NDArray": {"out": ("NDArray, optional", "    Where to write the result.")},
    "Symbol": {"name": ("str, optional", "    Of the node; found automatically when not given.")},
}


def docstring(od: OpDef, array_type: str) -> str:
    """The text of the function over arrays of a type."""
    beginning, sections = split_sections(inspect.cleandoc(od.doc))
    own = entries(sections.pop("Parameters", ""))
    kind = f"list of {array_type}" if od.variadic else array_type
    types = {n: kind + (", optional" if n in od.optional_inputs else "") for n in od.inputs}
    types.update((p.name, p.type_string) for p in od.params.values())
    rows = [(name, text, own.get(name) or _common(name)) for name, text in types.items()]
    rows += [(name, text, described) for name, (text, described) in _OWN[array_type].items() if name not in types]
    parameters = "\n".join(f"{name} : {text}" + f"\n{described}" * bool(described) for name, text, described in rows)
    result = _TENSOR.sub(array_type, sections.pop("Returns", _result(od, array_type)))
    parts = {"Parameters": parameters, "Returns": result, **sections}
    return "\n\n".join([beginning, *(f"{title}\n{'-' * len(title)}\n{text}" for title, text in parts.items())]) + "\n"


def split_sections(text: str) -> tuple[str, dict[str, str]]:
    """What stands before the first heading of a NumPy-style text, and its sections by heading."""
    beginning, *rest = _HEADING.split(text)
    return beginning.rstrip(), {title: body.rstrip() for title, body in zip(rest[::2], rest[1::2])}


def entries(section: str) -> dict[str, str]:
    """The indented descriptions in a section of parameters, by name; names that share one each get it."""
    found: dict[str, str] = {}
    names: list[str] = []
    for line in section.splitlines():
        if line and not line[0].isspace():
            names = [name.strip().lstrip("*") for name in line.split(" :")[0].split(",")]
            found.update(dict.fromkeys(names, ""))
        else:
            for name in names:
                found[name] += "\n" * bool(found[name]) + line
    return {name: text.rstrip() for name, text in found.items()}


def _common(name: str) -> str:
    return f"    {DESCRIPTIONS[name]}" if name in DESCRIPTIONS else ""


def _result(od: OpDef, array_type: str) -> str:
    """How many arrays there are, as far as the parameters do not decide."""
    if array_type == "Symbol":
        return array_type
    outputs = od.outputs if od.visible is None else od.visible
    if callable(outputs):
        return f"{array_type} or list of {array_type}"
    visible = len(od.output_names(SimpleNamespace())) if od.visible is None else od.visible
    return array_type if visible == 1 else f"list of {array_type}"
