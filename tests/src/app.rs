//! The service inside the test's own process.
