"""Where objects come from: what a compile reads and makes, and which settings shaped what, from that."""
