"""What `towpath init` writes: a small project that works, to be changed into one's own."""
