"""A stand-in for Microsoft's consent, token and Graph mail API, as strict as their documentation.

    python -m tests.standins.outlook --port 0 --client-id … --client-secret … --redirect-uri …

The authority is at /common, Graph at /v1.0. It prints its address as one line of JSON, and is steered by
POSTs of JSON to /_control. It knows nothing of the program that it tests.
"""
