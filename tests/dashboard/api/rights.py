"""Rows of the table of permissions (tests/dashboard/test_permissions.py) for API keys, and for addresses that take one:
whoever is signed in counts for nothing there.
"""

OF_PROGRAMS = """
keys                    GET     login   403     403       200
key_new                 GET     login   403     403       200
key_new                 POST    login   403     403       422
key_revoke              GET     login   405     405       405
key_revoke              POST    login   403     403       302
api_openapi             GET     401     200     200       200
api_docs                GET     login   200     200       200
api_links               GET     401     401     401       401
api_link                GET     401     401     401       401
api_timeline            GET     401     401     401       401
api_runs                GET     401     401     401       401
api_run                 GET     401     401     401       401
api_changes             GET     401     401     401       401
api_log                 GET     401     401     401       401
api_entry               GET     401     401     401       401
api_problems            GET     401     401     401       401
api_problem             GET     401     401     401       401
api_setup               GET     401     401     401       401
api_setup               PATCH   401     401     401       401
api_sync                GET     405     405     405       405
api_sync                POST    401     401     401       401
api_retry               GET     405     405     405       405
api_retry               POST    401     401     401       401
api_cancel              GET     405     405     405       405
api_cancel              POST    401     401     401       401
mcp                     GET     405     405     405       405
mcp                     POST    401     401     401       401
"""
