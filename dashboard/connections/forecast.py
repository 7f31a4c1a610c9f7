"""How long the day's allowance of calls lasts, in words."""

from datetime import datetime

from django.utils import timezone

from integration.providers.budgets import Forecast


def describe_forecast(forecast: Forecast) -> str:
    """What the pace of the last hour makes of the calls that are left; "" where the provider counts no day."""
    if forecast.left_today is None:
        return ""
    tomorrow = _time_of(forecast.begins_again_at)
    if forecast.left_today <= 0:
        return f"Used up for today. Calls go on at {tomorrow}, when the provider's day begins again."
    if not forecast.per_hour:
        return "None was made within the last hour."
    pace = f"At the pace of the last hour, {forecast.per_hour:,} an hour,"
    if forecast.runs_out_at is None:
        return f"{pace} they last until the provider's day ends at {tomorrow}."
    return (
        f"{pace} they are used up at {_time_of(forecast.runs_out_at)}. The last tenth is kept for people and live "
        f"events: full syncs and sweeps wait for {tomorrow} then."
    )


def _time_of(moment: datetime) -> str:
    """`16:40`, with the day where it is another one."""
    local = timezone.localtime(moment)
    return local.strftime("%H:%M") + ("" if local.date() == timezone.localdate() else f" on {local.day} {local:%b}")
