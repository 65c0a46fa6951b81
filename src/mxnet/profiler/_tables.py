"""What a profile is shown as: totals by name, as text or JSON, and the events themselves, for trace viewers."""

from __future__ import annotations

import json
import os
from typing import Any

from ._recorder import Recorder

_KEYS = {"total": "Total", "avg": "Avg", "min": "Min", "max": "Max", "count": "Count"}
SORT_KEYS = tuple(_KEYS)
_RANGE = ("Min", "Max", "Avg")

Totals = dict[str, dict[str, dict[str, float]]]


def totals(recorder: Recorder, sort_by: str, ascending: bool) -> dict[str, Totals]:
    """By kind (time in milliseconds, memory in kilobytes, counters), category and name: count, sum, smallest, ..."""
    times: dict[tuple[str, str], dict[int, int]] = {}
    for s in recorder.spans:
        calls = times.setdefault((s.category, s.name), {})
        calls[s.instance] = calls.get(s.instance, 0) + s.spent
    values: dict[tuple[str, str], list[float]] = {}
    for sample in recorder.samples:
        values.setdefault((sample.category, sample.name), []).append(sample.value)
    found: dict[str, Totals] = {"Time": {}, "Memory": {}, "Counter": {}}
    for (category, name), calls in times.items():
        row = _summary([t / 1e6 for t in calls.values()])
        found["Time"].setdefault(category, {})[name] = row
    for (category, name), levels in values.items():
        is_memory = name.startswith("Memory: ")
        row = _summary([v / 1024 for v in levels] if is_memory else levels)
        del row["Total"]
        found["Memory" if is_memory else "Counter"].setdefault(category, {})[name] = row
    key = _KEYS[sort_by]
    for kind in found.values():
        for category in kind:
            rows = kind[category].items()
            kind[category] = dict(sorted(rows, key=lambda r: r[1].get(key, 0.0), reverse=not ascending))
    return found


def _summary(values: list[float]) -> dict[str, float]:
    total = sum(values)
    return {
        "Count": len(values),
        "Total": total,
        "Min": min(values),
        "Max": max(values),
        "Avg": total / len(values),
    }


def as_json(found: dict[str, Totals]) -> str:
    """The totals as JSON."""
    return json.dumps({**found, "Unit": {"Time": "ms", "Memory": "kB"}}, indent=4) + "\n"


def as_text(found: dict[str, Totals]) -> str:
    """The totals as tables, one a category."""
    lines = ["", "Profile Statistics:", "\tTimes are in milliseconds, memory in kilobytes."]
    units = {"Time": "Time (ms)", "Memory": "Use (kB)", "Counter": "Value"}
    for kind, categories in found.items():
        heads = [("Total Count", "Count")]
        if kind == "Time":
            heads.append(("Time (ms)", "Total"))
        heads += [(f"{k} {units[kind]}", k) for k in _RANGE]
        for category, rows in sorted(categories.items()):
            width = max(24, *[len(name) for name in rows])
            lines += [category, "=" * 17, _line(width, "Name", [h for h, _ in heads])]
            lines.append(_line(width, "----", ["-" * len(h) for h, _ in heads]))
            for name, row in rows.items():
                shown = [f"{row[k]:d}" if k == "Count" else f"{row[k]:.4f}" for _, k in heads]
                lines.append(_line(width, name, shown))
            lines.append("")
    return "\n".join(lines) + "\n"


def _line(width: int, name: str, cells: list[str]) -> str:
    return name.ljust(width) + "".join([cell.rjust(18) for cell in cells])


_SCOPES = {"global": "g", "process": "p", "thread": "t", "task": "t", "marker": "t"}
SCOPES = tuple(_SCOPES)


def trace(recorder: Recorder) -> dict[str, Any]:
    """The events in the format of chrome://tracing and Perfetto."""
    process = os.getpid()
    timed: list[tuple[tuple[int, int, int], dict[str, Any]]] = []
    for number, s in enumerate(recorder.spans):
        event = {"name": s.name, "cat": s.category, "pid": process, "tid": s.thread}
        begin, end = ("b", "e") if s.is_measured else ("B", "E")
        if s.is_measured:  # those may overlap
            event["id"] = number
        last = max(s.end, s.start + 1)
        # Where two meet the one that ends comes first; of ranges in one another the inner one ends first.
        timed.append(((s.start, 1, -last), {**event, "ph": begin, "ts": s.start / 1000}))
        timed.append(((last, 0, -s.start), {**event, "ph": end, "ts": last / 1000}))
    for sample in recorder.samples:
        event = {"name": sample.name, "cat": sample.category, "pid": process, "tid": 0, "ph": "C"}
        timed.append(((sample.time, 2, 0), {**event, "ts": sample.time / 1000, "args": {sample.name: sample.value}}))
    for mark in recorder.marks:
        event = {"name": mark.name, "cat": mark.category, "pid": process, "tid": 0, "ph": "i"}
        timed.append(((mark.time, 2, 0), {**event, "ts": mark.time / 1000, "s": _SCOPES[mark.scope]}))
    timed.sort(key=lambda pair: pair[0])
    head = {"ph": "M", "name": "process_name", "pid": process, "args": {"name": "mxnet"}}
    return {"traceEvents": [head, *[event for _, event in timed]], "displayTimeUnit": "ms"}
