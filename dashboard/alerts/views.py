"""Alerts: the list for everybody; channels, matrix and quiet hours for owners, under Settings."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from dashboard.alerts.context import LIST, AlertRow, alert_rows, settings_context
from dashboard.alerts.filters import AlertFilter
from dashboard.alerts.forms import ChannelForm, RulesForm, ticked_events
from dashboard.lists import read_list, render_list
from dashboard.permissions import settings_for_owners
from integration.alerts.deliver import send_again, send_test
from integration.alerts.events import usual_events
from integration.models import AlertChannel, AlertRules, ChannelKind


def alert_list(request: HttpRequest) -> HttpResponse:
    wanted = AlertFilter(request.GET)
    context = read_list(LIST, wanted, wanted.apply(alert_rows()), request.GET)
    context["rows"] = [AlertRow(alert) for alert in context["page"].rows]
    context["has_channel"] = AlertChannel.objects.filter(enabled=True).exists()
    return render_list(request, "alerts/list.html", context)


@settings_for_owners
def alert_settings(request: HttpRequest) -> HttpResponse:
    form = RulesForm(instance=AlertRules.load(), auto_id="rules-%s")
    return render(request, "alerts/settings.html", settings_context(form))


@settings_for_owners
def save_rules(request: HttpRequest) -> HttpResponse:
    """Matrix and quiet hours; what is wrong is said beside its field, and nothing is saved."""
    form = RulesForm(request.POST, instance=AlertRules.load(), auto_id="rules-%s")
    if not form.is_valid():
        return render(request, "alerts/settings.html", settings_context(form), status=422)
    form.save()
    for channel in AlertChannel.objects.defer("address"):
        AlertChannel.objects.filter(pk=channel.pk).update(events=ticked_events(request.POST, channel))
    messages.success(request, "Saved. It holds from the next message on.")
    return redirect("alert_settings")


@settings_for_owners
def new_channel(request: HttpRequest, kind: str) -> HttpResponse:
    if kind not in ChannelKind.values:
        raise Http404
    label = ChannelKind(kind).label
    form = ChannelForm(kind, request.POST or None, initial={"name": label, "enabled": True}, auto_id="channel-%s")
    if form.is_bound and form.is_valid():
        made = AlertChannel.objects.create(kind=kind, events=usual_events(), **form.cleaned_data)
        return _show_secret_or_return(request, made, f"{made.name} is added. Send a test, and tick what goes there.")
    context = {"form": form, "label": label, "settings_page": "alerts"}
    return render(request, "alerts/channel.html", context, status=422 if form.errors else 200)


@settings_for_owners
def change_channel(request: HttpRequest, pk: int) -> HttpResponse:
    channel = get_object_or_404(AlertChannel, pk=pk)
    initial = {"name": channel.name, "enabled": channel.enabled}
    form = ChannelForm(channel.kind, request.POST or None, initial=initial, stands=True, auto_id="channel-%s")
    if form.is_bound and form.is_valid():
        data = form.cleaned_data
        channel.name, channel.enabled, changed = data["name"], data["enabled"], ["name", "enabled"]
        if data["address"]:
            # What came of the old address says nothing of the new one.
            channel.address, channel.works, channel.answer = data["address"], None, ""
            changed += ["address", "works", "answer"]
        channel.save(update_fields=changed)
        return _show_secret_or_return(request, channel, f"{channel.name} is changed.", is_new="address" in changed)
    context = {"form": form, "label": channel.name, "channel": channel, "settings_page": "alerts"}
    return render(request, "alerts/channel.html", context, status=422 if form.errors else 200)


def _show_secret_or_return(
    request: HttpRequest, channel: AlertChannel, sentence: str, *, is_new: bool = True
) -> HttpResponse:
    """A webhook's secret is shown here and never again, so it is no redirect: no session may keep it."""
    if is_new and channel.kind == ChannelKind.WEBHOOK:
        context = {"channel": channel, "secret": channel.address["secret"], "settings_page": "alerts"}
        return render(request, "alerts/secret.html", context)
    messages.success(request, sentence)
    return redirect("alert_settings")


@settings_for_owners
def test_channel(request: HttpRequest, pk: int) -> HttpResponse:
    channel = get_object_or_404(AlertChannel, pk=pk)
    works, answer = send_test(channel)
    (messages.success if works else messages.error)(request, f"{channel.name}: {answer}")
    return redirect("alert_settings")


@settings_for_owners
def send_given_up(request: HttpRequest, pk: int) -> HttpResponse:
    channel = get_object_or_404(AlertChannel, pk=pk)
    number = send_again(channel)
    sentence = "1 message is" if number == 1 else f"{number:,} messages are"
    messages.success(request, f"{sentence} sent to {channel.name} once more.")
    return redirect("alert_settings")


@settings_for_owners
def delete_channel(request: HttpRequest, pk: int) -> HttpResponse:
    channel = get_object_or_404(AlertChannel, pk=pk)
    name = channel.name
    channel.delete()
    messages.success(request, f"{name} is deleted; nothing goes there any more.")
    return redirect("alert_settings")
