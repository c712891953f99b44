"""The output folder: its layout, reading it safely, and changing it all or nothing."""
