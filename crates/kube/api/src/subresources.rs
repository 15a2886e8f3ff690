//! Subresources that are views of the object, and those that do something with it.

mod binding;
mod eviction;
mod scale;
mod token;

use bytes::Bytes;
use wharf_kube_model::status::Status;

pub use binding::bind;
pub use scale::admit as admit_scale;

use crate::{
    answer::{Answer, Fault},
    call::Call,
    patching, reading, writing,
};

pub async fn dispatch(
    call: &Call,
    verb: &str,
    subresource: &str,
    body: &Bytes,
) -> Result<Answer, Fault> {
    match (subresource, verb) {
        ("status" | "approval" | "ephemeralcontainers" | "resize", "get") => {
            reading::get(call).await
        }
        ("status" | "approval" | "ephemeralcontainers" | "resize" | "finalize", "update") => {
            writing::update(call, subresource, body).await
        }
        ("status" | "approval" | "ephemeralcontainers" | "resize", "patch") => {
            patching::patch(call, subresource, body).await
        }
        ("scale", _) => scale::serve(call, verb, body).await,
        ("binding", "create") => bind(call, body).await,
        ("eviction", "create") => eviction::evict(call, body).await,
        ("token", "create") => token::create(call, body).await,
        _ => Err(Status::no_such_page().into()),
    }
}
