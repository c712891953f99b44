"""Reports for people and machines: a value goes in, text comes out. Pure; nothing is counted here."""
