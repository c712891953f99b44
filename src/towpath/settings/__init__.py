"""Settings: the typed values of one platform in one environment, read in layers."""
