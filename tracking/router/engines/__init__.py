"""Engines that read a mail: the local one is the default and needs no network."""
