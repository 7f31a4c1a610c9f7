"""What the audit trail calls what was done: names of addresses, commands and sign-ins, in words."""

# By code; whatever is named nowhere here is shown as its code, with spaces.
WORDS = {
    "signed_in": "Signed in",
    "signed_out": "Signed out",
    "sign_in_failed": "Failed to sign in",
    "password_changed": "Changed their password",
    "email_changed": "Changed their e-mail address",
    "factor_added": "Added a second factor",
    "factor_removed": "Removed a second factor",
    "person_invite": "Invited",
    "person_changed": "Changed role or links of",
    "person_deactivate": "Deactivated",
    "person_activate": "Activated again",
    "person_sign_out": "Signed out everywhere",
    "invitation_revoke": "Withdrew an invitation",
    "invitation_accepted": "Accepted an invitation",
    "data": "Erased a person",
    "erasure_allow": "Allowed an erased person again",
    "connection_new_gist": "Connected Gist",
    "connection_new_ghl": "Connected GoHighLevel",
    "connection_check": "Checked a connection",
    "connection_rename": "Renamed a connection",
    "connection_reconnect": "Reconnected",
    "connection_disconnect": "Disconnected",
    "connection_addresses": "Renewed webhook addresses",
    "connection_delete": "Deleted a connection",
    "connection_gist_fields": "Changed the Gist fields of webhooks",
    "oauth_confirm": "Confirmed an installation of the app",
    "oauth_location": "Chose a location",
    "link": "Changed the rules",
    "link_new": "Made a link",
    "link_sync": "Started a sync",
    "link_filters": "Changed the filters",
    "link_delete": "Deleted a link",
    "mapping": "Published a mapping",
    "mapping_restore": "Restored a mapping version",
    "run_cancel": "Cancelled a run",
    "run_retry": "Retried what failed in a run",
    "run_confirm": "Confirmed a run over the cap",
    "workflow_new": "Made a workflow",
    "workflow": "Published a workflow",
    "workflow_switch": "Switched a workflow",
    "workflow_settings": "Changed the settings of a workflow",
    "workflow_delete": "Deleted a workflow",
    "workflow_restore": "Restored a workflow version",
    "workflow_run_retry": "Retried a workflow's run",
    "workflow_run_stop": "Stopped a workflow's run",
    "question_answer": "Answered a question",
    "question_dismiss": "Dismissed a question",
    "waiting_retry": "Retried somebody who waits",
    "log_retry": "Retried a log entry",
    "contact_command": "Acted on a contact",
    "contact_join": "Linked two records",
    "contact_delete": "Deleted a contact",
    "contact_tags": "Changed a contact's tags",
    "contact_book": "Booked an appointment",
    "contact_add": "Added to a contact",
    "contact_record": "Changed a task, note or appointment",
    "audit_export": "Exported the audit trail",
}


def describe(code: str) -> str:
    if code.startswith("command:"):
        return f"Ran {code.removeprefix('command:')}"
    return WORDS.get(code) or code.replace("_", " ").capitalize()


# For the filter: a kind, what it is called, and how its codes begin.
KINDS = {
    "access": ("Access", ("sign", "password", "email", "factor", "person", "invitation", "account", "mfa")),
    "rules": ("Rules", ("link", "mapping", "workflow", "connection", "oauth")),
    "people": ("Contacts", ("contact", "question", "waiting", "data", "erasure")),
    "work": ("Runs and commands", ("run", "log", "command", "import", "plan", "undo", "problem")),
}
