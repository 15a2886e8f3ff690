//! How much of an account may wait to be delivered: parcels lie in the store, which all accounts share.

use wharf_base::ShareFull;
use wharf_store::StoreError;

/// Bytes of one account's parcels of one service. Targets that take what they get keep far from it; one that does not
/// has its parcels tried for a day and longer.
pub const MOST_WAITING: u64 = 1 << 30;

/// What is left for further parcels of an account. It is taken from as they are made: one message for many may come to
/// far more than it is.
#[derive(Debug, Clone)]
pub struct Room {
    account: String,
    most: u64,
    left: u64,
}

impl Room {
    pub(crate) fn new(account: &str, most: u64, held: u64) -> Self {
        Self {
            account: account.to_owned(),
            most,
            left: most.saturating_sub(held),
        }
    }

    /// With so many bytes of the service's that wait in another form.
    #[must_use]
    pub fn less(self, bytes: u64) -> Self {
        Self {
            left: self.left.saturating_sub(bytes),
            ..self
        }
    }

    /// Bytes that are left.
    pub fn left(&self) -> u64 {
        self.left
    }

    /// Takes room for a parcel of so many bytes.
    ///
    /// # Errors
    /// The account has used it up.
    pub fn take(&mut self, bytes: usize) -> Result<(), StoreError> {
        match self.left.checked_sub(bytes as u64) {
            Some(left) if self.left > 0 => {
                self.left = left;
                Ok(())
            }
            _ => Err(StoreError::ShareFull(ShareFull {
                account: self.account.clone(),
                what: "waiting deliveries",
                most_bytes: self.most,
            })),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_is_gone() {
        let mut room = Room::new("000000000001", 100, 30).less(10);
        room.take(50).unwrap();
        assert!(room.take(11).is_err());
        room.take(10).unwrap();
        let full = room.take(0).unwrap_err();
        let StoreError::ShareFull(full) = full else {
            panic!("{full}");
        };
        let text =
            "Account 000000000001 holds all of the 100 bytes that its waiting deliveries may take";
        assert!(full.to_string().starts_with(text), "{full}");
        assert!(Room::new("000000000001", 100, 130).take(1).is_err());
    }
}
