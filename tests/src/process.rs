//! The service as its users run it: the binary, in a process of its own.
