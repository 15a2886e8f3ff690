//! What those have in common that make volumes for Kubernetes' claims, whatever they make them of: a loop that claims, volumes and
//! storage classes wake, and what stands between them and an object.

#![forbid(unsafe_code)]

mod claimed;
mod standings;

pub use self::{
    claimed::{Claimed, Failure, Key, Queue},
    standings::Standings,
};
