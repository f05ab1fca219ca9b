"""Directives themselves: sent, listed, waited for, cancelled, and ended when their time is over."""
