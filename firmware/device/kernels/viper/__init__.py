"""The kernels in viper: machine code for every architecture that MicroPython emits."""
