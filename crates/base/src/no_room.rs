//! The cause of errors that a full disk brings about.

/// Says of an error, wherever it stands among the causes, that the control plane's disk is full: the
/// one thing about it that callers can do something about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoRoom;

impl std::fmt::Display for NoRoom {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("the disk is full")
    }
}

impl std::error::Error for NoRoom {}

impl NoRoom {
    /// Whether it is among the causes of `error`, or a file operation that found no room is.
    pub fn is_cause_of(error: &dyn std::error::Error) -> bool {
        let mut next = error.source();
        while let Some(cause) = next {
            let full = cause
                .downcast_ref::<std::io::Error>()
                .is_some_and(|e| e.kind() == std::io::ErrorKind::StorageFull);
            if full || cause.is::<Self>() {
                return true;
            }
            next = cause.source();
        }
        false
    }
}
