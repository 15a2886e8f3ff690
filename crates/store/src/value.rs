//! A value as the state holds it.

use std::sync::Arc;

use bytes::Bytes;

/// Bytes in one allocation of their own: [`Bytes`] takes a second one for good once it was shared, and
/// there are as many values as keys.
#[derive(Debug, Clone)]
pub(crate) struct Value(Arc<[u8]>);

impl Value {
    /// A copy: the caller's buffer may be part of something large.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self(bytes.into())
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// For readers, without a copy.
    pub(crate) fn bytes(&self) -> Bytes {
        Bytes::from_owner(self.clone())
    }
}

impl AsRef<[u8]> for Value {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}
