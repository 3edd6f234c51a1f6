//! A file of its own: the build script reads it, too.

/// The application's UUID.
pub const UUID: &str = "e26812e7-d1ba-45b0-963a-2fa8d427bf24";
