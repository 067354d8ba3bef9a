"""The kernels as specified, in plain Python: for the host, and for whoever writes another target."""
