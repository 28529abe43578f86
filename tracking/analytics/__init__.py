"""E-mail performance: what became of applications, how soon answers come, how much mail there is.

figures: pure computation; sankey, ladder: where to draw it, wide and narrow; loading: the user's rows.
"""
