"""Alerts: one message when something breaks, one when it is well again, whatever happens to the process meanwhile.

conditions (watch.py, once a minute; a broken login at once)
   ─► lifecycle: an Alert per event, subject and beginning, a delivery per channel, in one transaction
         ─► deliver: claimed, sent by channels/, tried again, given up in words
"""
