"""Every word that somebody new may not know, once: on the glossary's page, and where the word stands."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Term:
    """`meaning` in plain words; `page` and `place` are the name of the address where it appears and what it is
    called. `also` are other words for it that people may look for. `of_apis`: a word of both systems' documentation.
    """

    key: str
    title: str
    meaning: str
    page: str = ""
    place: str = ""
    also: tuple[str, ...] = ()
    of_apis: bool = False

    @property
    def in_sentence(self) -> str:
        """Its title in the midst of a sentence: `scope`, but `API key` and `OAuth 2.0`."""
        is_name = any(letter.isupper() for letter in self.title.split()[0][1:])
        return self.title if is_name else self.title[:1].lower() + self.title[1:]

    def has(self, text: str) -> bool:
        """Whether every word of the text is somewhere in it."""
        all_words = " ".join((self.key, self.title, *self.also, self.meaning)).lower()
        return all(one in all_words for one in text.lower().split())


def _ours(key: str, title: str, meaning: str, page: str = "", place: str = "", *also: str) -> Term:
    return Term(key, title, meaning, page, place, also)


def _theirs(key: str, title: str, meaning: str, page: str = "", place: str = "", *also: str) -> Term:
    return Term(key, title, meaning, page, place, also, of_apis=True)


OVERVIEW, CONNECTIONS, LINKS = ("overview", "Overview"), ("connections", "Connections"), ("links", "Links and mapping")
RUNS, LOG, PROBLEMS = ("runs", "Runs"), ("log", "Log"), ("problems", "Problems")
CONTACTS, WORKFLOWS, IMPORTS = ("contacts", "Contacts"), ("workflows", "Workflows"), ("imports", "CSV import")
CATALOGUE, GUIDE, PERSON = ("catalogue", "Catalogue"), ("guide", "Guide"), ("problems_person", "Needs a person")
REJECTED, CAPABILITIES = ("problems_rejected", "Turned away"), ("capabilities", "What Gist can do")

_OURS = (
    _ours("audit-trail", "Audit trail",
          "Who changed what in Gistline, when and from where. No line can be altered without it showing.",
          "audit", "Settings"),
    _ours("backlog", "Backlog",
          "Records and webhooks that have arrived and are not worked on yet.", *OVERVIEW),
    _ours("blank", "Blank",
          "A field with nothing in it. A blank never overwrites a value, unless a row of the mapping says so.", *LINKS),
    _ours("cap", "Cap",
          "How many contacts one run may change before it stops and waits for a person’s yes.",
          *LINKS, "changes a run may make before you confirm"),
    _ours("carried", "Carried",
          "Gist has no tasks, notes or appointments. Gistline shows them there as properties and events, and says "
          "which.", *CAPABILITIES),
    _ours("change", "Change",
          "One field or object to write on one side, with the value before and after. A plan is a list of changes.",
          *RUNS),
    _ours("check", "Check",
          "Something about the set-up that will fail or mislead, found before it does.", *LINKS),
    _ours("conflict", "Conflict",
          "Both sides changed the same field to different values since they were last equal.", *PERSON),
    _ours("connect-link", "Connect link",
          "An address by which a client lets Gistline into one GHL location, without an account here. It works once "
          "and ends by itself.", *CONNECTIONS),
    _ours("connection", "Connection",
          "An account on one side: a Gist workspace or a GHL location, with its login and health.", *CONNECTIONS),
    _ours("consent", "Consent",
          "Whether a person may be written to on a channel, such as e-mail. A no always wins and travels to the other "
          "side; a yes is written by a person only.", *CONTACTS, "opt-out", "opt-in"),
    _ours("decision", "Decision",
          "What the rules say about one record: a list of changes, or a skip, each with its reason.", *LOG),
    _ours("digest", "Digest",
          "A short fingerprint of a plan. Two people who see the same digest have read the same plan; one tick "
          "changes it.", *RUNS),
    _ours("draft", "Draft, version",
          "A mapping or workflow as it is being edited, and as it was published. Only published versions run; earlier "
          "ones can be compared and restored.", *LINKS, "version"),
    _ours("drift", "Drift",
          "The other system renamed, retyped or deleted a field that a mapping uses. The rows concerned rest; nothing "
          "is guessed.", *LINKS),
    _ours("dry-run", "Dry run",
          "A run that writes nothing and shows what it would write: it makes a plan.", *RUNS),
    _ours("echo", "Own write coming back",
          "A webhook that reports what Gistline itself just wrote. It is recognised by its value and not written "
          "again.", *LOG, "echo"),
    _ours("filter", "Filter",
          "Who of a side belongs to a link: by tag, segment or field. Everybody else is neither written, nor matched, "
          "nor deleted.", *LINKS, "filtered"),
    _ours("full-sync", "Full sync",
          "A run that reads every person on both sides. The first one of a link brings it in step; later runs read "
          "only what changed.", *RUNS, "backfill", "full run"),
    _ours("held", "Held",
          "Kept back on purpose, for a person to decide: a value changed after the plan was made, or two people could "
          "be meant.", *RUNS),
    _ours("incremental", "Sync",
          "A run that reads only who changed since the last one. It starts by the schedule, or when you press Sync.",
          *RUNS, "incremental"),
    _ours("in-step", "In step",
          "Both sides hold the same values in every mapped field, as far as they were read.", *OVERVIEW),
    _ours("ladder", "Retry in steps",
          "A retry of many tries one record first, then ten, then the rest, and stops at the first failure of the "
          "same cause.", *PROBLEMS, "canary", "ladder"),
    _ours("link", "Link",
          "A pair of one Gist connection and one GHL connection, with its mapping, rules, workflows and schedule.",
          *LINKS),
    _ours("live", "Live",
          "A link that writes. Also: changes that arrive by webhook within about a second.", *LINKS),
    _ours("log-entry", "Log entry",
          "The record of one decision or write in a run: what, why, before and after.", *LOG),
    _ours("mapping", "Mapping",
          "Which Gist field belongs to which GHL field: one row each, with a direction, who wins, and steps that "
          "change the value on its way.", *LINKS),
    _ours("mask", "Mask",
          "What stands in place of a personal value for whoever may not see it, such as a•••@e•••.com. Owners say who "
          "sees the values.", "", "", "masked", "personal data"),
    _ours("match", "Match",
          "Finding out that a contact in Gist and one in GHL are the same person, by e-mail address and phone number. "
          "In doubt a person is asked.", *LINKS),
    _ours("operation", "Operation",
          "One action, read or trigger of Gist or GHL, as the catalogue lists it.", *CATALOGUE),
    _ours("owner-rule", "Who wins",
          "The rule of a mapping row for when both sides changed: the newest value, Gist’s, GHL’s, only into a blank, "
          "or ask a person.", *LINKS, "owner rule"),
    _ours("pair", "Pair",
          "The same person, task, note or appointment on both sides, remembered by both ids.", *CONTACTS),
    _ours("parity", "Parity",
          "The share of pairs whose mapped values were read again and found equal on both sides.", *OVERVIEW),
    _ours("pause", "Pause",
          "A mapping row, a workflow or a kind of object rests, while the rest of the link goes on.", *PROBLEMS),
    _ours("plan", "Plan",
          "What a run would write, before it writes: exactly these changes are written when you apply it, and what "
          "moved meanwhile is held.", *RUNS),
    _ours("problem", "Problem",
          "All failures with the same cause on one link, with what they mean and the button that repairs them.",
          *PROBLEMS),
    _ours("rejected-row", "Rejected row",
          "A row of a file that was not taken, with the reason. Download it, mend it, and bring it again.", *IMPORTS),
    _ours("role", "Role",
          "What a person may do in Gistline: a viewer reads, an operator connects, maps and syncs, an owner also "
          "deletes and invites. Owners tick further rights for each person, such as to see personal data.", "", "",
          "viewer", "operator", "owner"),
    _ours("run", "Run",
          "One piece of work: a full sync, a sync of what changed, webhooks, a sweep, an import, a retry, an undo, a "
          "single contact.", *RUNS),
    _ours("sandbox", "Sandbox",
          "Built-in stand-ins of Gist and GHL with made-up people: they answer like the real ones, with their quirks, "
          "and reach nobody.", *GUIDE, "twin"),
    _ours("skip", "Skip",
          "A decision to write nothing for a record, with the reason.", *LOG),
    _ours("snapshot", "Snapshot",
          "The mapped values of a record as Gistline last saw them on one side. What changed is told by comparing "
          "with it.", *CONTACTS),
    _ours("sweep", "Sweep",
          "A slow daily round that reads both sides again and finds what no webhook reported.", *RUNS),
    _ours("template", "Template",
          "A ready-made workflow. What you switch on is your own copy of it.", *WORKFLOWS),
    _ours("timeline", "Timeline",
          "Everything that happened to one person, newest first, with why.", *CONTACTS),
    _ours("trace", "Trace",
          "The short id of all that one webhook, click or run brought about: its page shows the webhook, the runs, "
          "entries, changes and calls in order, and each line of the server’s log about it has the same id.",
          *LOG, "trace id", "request id", "correlation id"),
    _ours("twin", "Twin",
          "The built-in stand-in of Gist or of GHL. Both together are the sandbox.", *GUIDE, "sandbox"),
    _ours("undo", "Undo",
          "Taking back what was written, from the values that stood before. It is itself a run that can be undone.",
          *RUNS),
    _ours("waiting", "Set aside",
          "A record or webhook that failed for now and is tried again by itself, later.",
          "problems_waiting", "Waits for another try", "parked"),
    _ours("watch", "Watch",
          "The mode of a new link: it reads and plans, and writes nothing.", *LINKS),
    _ours("workflow", "Workflow",
          "A trigger with ordered actions, made from a template.", *WORKFLOWS),
)  # fmt: skip

_THEIRS = (
    _theirs("action", "Action",
            "Something that can be done in Gist or GHL by a call: create a contact, add a tag.", *CATALOGUE),
    _theirs("agency", "Agency",
            "The account in GHL that several locations belong to, also called company. Signed in for it, you choose "
            "which locations to connect.", *CONNECTIONS, "company"),
    _theirs("api", "API",
            "The way in which programs, and not people, use Gist and GHL.", *CATALOGUE),
    _theirs("api-key", "API key",
            "A long text that opens a Gist workspace to a program. As good as a password.", *CONNECTIONS),
    _theirs("authentication", "Authentication",
            "Proving to Gist or GHL who is calling. Gist takes an API key; GHL takes an OAuth login or a private "
            "token.", *CONNECTIONS, "login"),
    _theirs("bearer", "Bearer",
            "The word before a token in a call: whoever bears the token is let in.", *CATALOGUE),
    _theirs("call", "Call",
            "One question to an API and its answer. Both systems count them.", *CATALOGUE, "request"),
    _theirs("campaign", "Campaign",
            "A series of e-mails in Gist that a contact can be subscribed to.", *CATALOGUE),
    _theirs("client-id", "Client id and secret",
            "The name and the password of your app in GHL’s marketplace.", *GUIDE, "client secret"),
    _theirs("custom-field", "Custom field",
            "A field that an account made for itself. In Gist it is called a custom property.",
            *LINKS, "custom property"),
    _theirs("dnd", "DND",
            "Do not disturb: GHL’s word for “may not be written to”, per channel.", *CONTACTS),
    _theirs("e164", "E.164",
            "A phone number with its country, as +15125550136: how GHL stores them.", *LINKS, "phone_e164"),
    _theirs("endpoint", "Endpoint",
            "One address of an API together with what it does, such as PUT /contacts/:id: change a contact.",
            *CATALOGUE),
    _theirs("event", "Event",
            "Something that happened, as a webhook reports it or as Gist shows it on a contact’s timeline.",
            *CATALOGUE),
    _theirs("header", "Header",
            "A line that goes with a call or a webhook beside its content, such as a signature.", *CONNECTIONS),
    _theirs("http", "HTTP status",
            "The number with which an API answers: 200 is fine, 4xx refuses, 5xx is a fault over there.",
            *LOG, "404", "429", "500"),
    _theirs("id", "Id",
            "The name that Gist or GHL gave a record. It stays when everything else about it changes.", *CONTACTS),
    _theirs("json", "JSON",
            "The form in which both APIs send data: names and values in curly brackets.", *LOG),
    _theirs("location", "Location",
            "One account in GHL, with its own contacts. GHL also calls it a sub-account.", *CONNECTIONS, "sub-account"),
    _theirs("marketplace", "Marketplace",
            "Where apps for GHL are made and installed. Your own app can stay private.", *GUIDE),
    _theirs("oauth", "OAuth 2.0",
            "A way to let an app in without telling it a password: you say yes at GHL, GHL gives the app a key that "
            "can be taken back.", *GUIDE, "consent page"),
    _theirs("opportunity", "Opportunity",
            "A deal in a pipeline of GHL.", *CATALOGUE, "pipeline", "stage"),
    _theirs("payload", "Body",
            "What a call or a webhook carries: the data itself.", *LOG, "payload"),
    _theirs("private-token", "Private integration token",
            "A key for one GHL location, made in its settings. It needs no app, and brings no webhooks.",
            *CONNECTIONS, "pit"),
    _theirs("rate-limit", "Rate limit",
            "How many calls an account allows: GHL 100 in 10 seconds and 200,000 a day. Gistline stays below and "
            "waits instead of failing.", *OVERVIEW, "budget", "calls left"),
    _theirs("redirect", "Redirect address",
            "Where GHL sends people back after they said yes. It must be equal to the letter.", *GUIDE),
    _theirs("refresh-token", "Refresh token",
            "With it Gistline renews a GHL login by itself, before it ends.", *CONNECTIONS),
    _theirs("scope", "Scope",
            "A permission that the GHL account gives to the app, such as reading contacts. Without it GHL refuses, "
            "whatever the login.", *GUIDE, "permission"),
    _theirs("segment", "Segment",
            "A group of contacts in Gist that keeps itself by conditions.", *CATALOGUE),
    _theirs("signature", "Signature",
            "A seal on each webhook of GHL. One that does not fit is turned away.", *REJECTED),
    _theirs("token", "Token",
            "A text that stands for a login. Whoever has it can do what the login may do.",
            *CONNECTIONS, "access token"),
    _theirs("topic", "Topic",
            "What a webhook of Gist is about. Gist needs one webhook per topic.", *GUIDE),
    _theirs("trigger", "Trigger",
            "What a workflow begins with: something that happened in Gist or GHL.", *WORKFLOWS),
    _theirs("url", "Address",
            "Where something is found in the web. Also called URL.", *GUIDE, "url"),
    _theirs("webhook", "Webhook",
            "A message that Gist or GHL sends to an address of ours the moment something changes, so that nobody has "
            "to ask again and again.", *GUIDE),
    _theirs("workspace", "Workspace",
            "One account in Gist, with its own contacts.", *CONNECTIONS),
)  # fmt: skip

TERMS: dict[str, Term] = {one.key: one for one in sorted((*_OURS, *_THEIRS), key=lambda one: one.title.lower())}
