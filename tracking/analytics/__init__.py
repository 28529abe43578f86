"""E-mail performance: what became of applications, how soon answers come, how much mail there is.

figures: pure computation; sankey: where to draw it; loading: the user's rows.
"""
