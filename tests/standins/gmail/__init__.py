"""A stand-in for Google's consent, token and Gmail API, as strict as their documentation.

    python -m tests.standins.gmail --port 0 --client-id … --client-secret … --redirect-uri …

It prints its address as one line of JSON, and is steered by POSTs of JSON to /_control. It knows
nothing of the program that it tests.
"""
