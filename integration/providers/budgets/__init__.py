"""Calls left per account, shared by every process, so that a limit is used up and never broken.

A budget is one small document per account, kept in Redis or, without one, in the database:

    marks     [[last, calls, first], …]   answered calls, by the time their answers came          window.py
    flying    {holder: [calls, since]}    granted, not answered yet
    limit     the provider's own figure from its headers, when lower than the configured one
    blocked   no call before this time (Retry-After, or the day's allowance is used up), `why`
    line      {holder: [rank, calls, until, served]}   who waits for how many calls               shares.py
    asked     {purpose: at}               when a person and live events last asked
    paced     the time up to which the granted calls fill the window evenly
    swept     [[at, calls], …]            calls granted to sweeps
    day       [day, left, most]           the day's allowance as the provider told it             day.py
    pace      [[slot, calls], …]          calls of the last hour, by five minutes
    outcomes  {code: calls}               all calls ever, by what came of them: "ok", or the error's code

Every `take` is one transaction on this document.
"""

from integration.providers.budgets.budget import Budget, Grant, budget_for
from integration.providers.budgets.day import Forecast, daily_remaining, forecast_day, forecast_days
from integration.providers.budgets.shares import PURPOSES
from integration.providers.budgets.window import FLYING_EXPIRES, Rate

__all__ = [
    "FLYING_EXPIRES",
    "PURPOSES",
    "Budget",
    "Forecast",
    "Grant",
    "Rate",
    "budget_for",
    "daily_remaining",
    "forecast_day",
    "forecast_days",
]
