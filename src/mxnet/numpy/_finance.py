"""Functions of finance, which NumPy had until 1.19: payments at regular times, with interest in between.

Of the five quantities ``pv`` (worth today), ``fv`` (worth in the end), ``pmt`` (each payment), ``nper`` (how many there
are) and ``rate`` (interest of one period) any follows from the others, by the equation

    fv + pv * (1 + rate)**nper + pmt * (1 + rate * when) * ((1 + rate)**nper - 1) / rate == 0

in which ``when`` is 1 for payments at the beginning of periods, and 0 for those at their end.
"""

from __future__ import annotations

from typing import Any

import numpy as onp

_WHEN = {"end": 0, "e": 0, "finish": 0, "begin": 1, "b": 1, "beginning": 1, "start": 1}


def _when(when: Any) -> Any:
    """0 or 1, from a word or a number, or from a list of them."""
    if isinstance(when, (list, tuple)):
        return onp.asarray([_when(w) for w in when])
    if not isinstance(when, str):
        return when
    if when not in _WHEN:
        raise ValueError(f"when must be one of {', '.join(_WHEN)}, or 0 or 1; got {when!r}")
    return _WHEN[when]


def _growth(rate: Any, nper: Any, when: Any) -> tuple[Any, Any]:
    """What one unit paid today is worth in the end, and what one unit paid each period is."""
    rate, nper = onp.asarray(rate, float), onp.asarray(nper, float)
    grown = (1 + rate) ** nper
    safe = onp.where(rate == 0, 1.0, rate)
    return grown, onp.where(rate == 0, nper, (1 + rate * _when(when)) * (grown - 1) / safe)


def npv(rate: float, values: Any) -> Any:
    """What payments are worth today, of which the first is made today and each other one period later."""
    values = onp.asarray(values)
    return (values / (1 + rate) ** onp.arange(len(values))).sum(axis=0)


def pv(rate: Any, nper: Any, pmt: Any, fv: Any = 0, when: Any = "end") -> Any:
    """The worth today of ``nper`` payments, and of ``fv`` in the end."""
    grown, paid = _growth(rate, nper, when)
    return -(onp.asarray(fv) + onp.asarray(pmt) * paid) / grown


def pmt(rate: Any, nper: Any, pv: Any, fv: Any = 0, when: Any = "end") -> Any:
    """The payment each period that brings ``pv`` to ``fv``."""
    grown, paid = _growth(rate, nper, when)
    return -(onp.asarray(fv) + onp.asarray(pv) * grown) / paid


def ppmt(rate: Any, per: Any, nper: Any, pv: Any, fv: Any = 0, when: Any = "end") -> Any:
    """The part of payment number ``per`` (from 1) that is no interest."""
    rate, per, when = onp.asarray(rate, float), onp.asarray(per), onp.asarray(_when(when))
    each = pmt(rate, nper, pv, fv, when)
    grown, paid = _growth(rate, per - 1, when)
    interest = -(onp.asarray(pv) * grown + each * paid) * rate
    interest = onp.where(when == 1, onp.where(per == 1, 0.0, interest / (1 + rate)), interest)
    return onp.where(per < 1, onp.nan, each - interest)[()]


def rate(
    nper: Any,
    pmt: Any,
    pv: Any,
    fv: Any,
    when: Any = "end",
    guess: float | None = None,
    tol: float | None = None,
    maxiter: int = 100,
) -> Any:
    """The interest of one period, found by Newton's method from ``guess`` (0.1); NaN where that does not converge."""
    nper, pmt, pv, fv = [onp.asarray(v, float) for v in (nper, pmt, pv, fv)]
    found = onp.broadcast_to(0.1 if guess is None else guess, onp.broadcast(nper, pmt, pv, fv, _when(when)).shape)
    found = found.astype(float)
    step = onp.full_like(found, onp.inf)

    def left(r: Any) -> Any:
        grown, paid = _growth(r, nper, when)
        return fv + pv * grown + pmt * paid

    for _ in range(maxiter):
        width = 1e-6 * onp.maximum(onp.abs(found), 1e-3)
        step = left(found) * 2 * width / (left(found + width) - left(found - width))
        found = found - step
        if onp.all(onp.abs(step) < (1e-6 if tol is None else tol)):
            return found[()]
    return onp.where(onp.abs(step) < (1e-6 if tol is None else tol), found, onp.nan)[()]


def mirr(values: Any, finance_rate: float, reinvest_rate: float) -> Any:
    """The rate of return of payments, those below zero financed and those above reinvested at rates of their own.

    NaN unless there are payments of both signs.
    """
    values = onp.asarray(values, float)
    count = len(values)
    if not (values > 0).any() or not (values < 0).any():
        return onp.nan
    gained = npv(reinvest_rate, onp.where(values > 0, values, 0))
    spent = abs(npv(finance_rate, onp.where(values < 0, values, 0)))
    return (gained / spent) ** (1 / (count - 1)) * (1 + reinvest_rate) - 1
