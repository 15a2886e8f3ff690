//! Identity providers that speak OpenID Connect: whom accounts trust (`provider`), what a token says and
//! whether it is the provider's (`token` and `signature`, pure), and the keys that providers sign with (`keys`).

pub(crate) mod keys;
pub(crate) mod provider;
pub(crate) mod signature;
pub(crate) mod token;
mod vouched;

pub use keys::{Documents, IssuerKeys, NoDocument};
pub use vouched::NotVouched;
