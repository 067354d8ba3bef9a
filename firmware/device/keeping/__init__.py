"""What survives a reset and a power cut: the state, and the windows that an action stores."""
