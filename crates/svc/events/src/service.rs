//! The service: what it stands on, and one line for each operation.

use wharf_seal::Keyring;
use wharf_service::{Pages, Table};
use wharf_store::Store;
use wharf_wire::Context;

use crate::{authorize, fault::EventsFaults};

/// The service over the store that holds its records.
#[derive(Clone)]
pub struct EventsService {
    #[expect(dead_code, reason = "the first operation reads or writes records")]
    pub(crate) table: Table<EventsFaults>,
    /// Seals page tokens.
    keyring: Keyring,
}

impl EventsService {
    pub fn new(store: Store, keyring: Keyring) -> Self {
        Self {
            table: Table::new(store),
            keyring,
        }
    }

    #[expect(dead_code, reason = "the first list has pages")]
    /// The pages of a list of the caller's; `selection` is all that a request chooses by.
    pub(crate) fn pages(
        &self,
        cx: &Context,
        list: &str,
        selection: &impl std::fmt::Debug,
    ) -> Pages<'_, EventsFaults> {
        Pages::new(&self.keyring, cx, list, selection)
    }
}

/// Which members of requests operations heed.
static UNDERSTOOD: wharf_wire::understood::Understood =
    wharf_wire::understood::Understood::new(include_str!("understood.txt"));

wharf_api_events::operations! {
    impl EventsService;
    authorize(self, _cx, input) = Ok(authorize::checks(input));
    understood = UNDERSTOOD;
    run(self, operation, call, input) = operation(self, call, input).await;
}
