"""Looks of form fields: attributes of the widgets that all forms are made of."""

TEXT, MONO = {"class": "input"}, {"class": "input is-mono", "autocomplete": "off", "spellcheck": "false"}
LONG = {"class": "input", "rows": 3}
SELECT, SWITCH = {"class": "select"}, {"class": "switch", "role": "switch"}
