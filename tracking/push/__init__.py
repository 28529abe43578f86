"""Being told of new mail by the providers, so that it is read sooner; the schedule finds it all the same.

`upkeep` asks the providers to tell us, renews that in time and ends it; `pubsub` and `graph` take what they
tell and wake the mailbox it is about; `google_tokens` knows Google's pushes from forged ones.
"""
