//! Reading records and changing them by compare-and-swap.
//!
//! Whatever comes to depend on a resource rewrites the resource's fence in the same transaction. A
//! deletion reads the fence, then looks for dependents, then deletes on the condition that the
//! fence is as it was: so nothing is deleted under a dependent that came meanwhile, and makers of
//! dependents never wait for each other.

use sha2::{Digest, Sha256};
use wharf_records::{Record, Scope, encode};
pub use wharf_service::Stored;
use wharf_store::{Compare, Txn};
use wharf_wire::{Call, Context, Fault};

use crate::{
    Ec2Service,
    fault::{self, ChangeError},
    records::{Entity, Fence, is_seen},
};

/// Service segment of every key.
pub const SERVICE: &str = "ec2";
const MAX_TOKEN: usize = 64;

impl Ec2Service {
    pub(crate) fn scope(cx: &Context) -> Scope {
        Scope::new(SERVICE, &cx.account, &cx.region)
    }

    pub(crate) fn key<T: Record>(cx: &Context, id: &str) -> String {
        Self::scope(cx).key(T::KIND, id)
    }

    /// One record; `None` if there is none of that id.
    pub(crate) async fn stored<T: Record>(
        &self,
        cx: &Context,
        id: &str,
    ) -> Result<Option<Stored<T>>, Fault> {
        Ok(self.table.read(&Self::key::<T>(cx, id)).await?)
    }

    pub(crate) async fn find<T: Record>(&self, cx: &Context, id: &str) -> Result<Option<T>, Fault> {
        Ok(self.stored(cx, id).await?.map(|stored| stored.record))
    }

    /// One resource, which must be there.
    pub(crate) async fn get<T: Entity>(&self, cx: &Context, id: &str) -> Result<T, Fault> {
        Ok(self.get_stored(cx, id).await?.record)
    }

    pub(crate) async fn get_stored<T: Entity>(
        &self,
        cx: &Context,
        id: &str,
    ) -> Result<Stored<T>, Fault> {
        let stored = self.stored(cx, id).await?;
        let stored = stored.filter(|it: &Stored<T>| is_seen(&it.record, cx));
        stored.ok_or_else(|| T::missing(id))
    }

    /// All records of a kind, in the order of their ids.
    pub(crate) async fn all<T: Record>(&self, cx: &Context) -> Result<Vec<T>, Fault> {
        let all = self.table.all::<T>(&Self::scope(cx), "").await?;
        Ok(all.into_iter().map(|(_, stored)| stored.record).collect())
    }

    /// Runs the transaction; the key of the first condition that did not hold if it failed.
    pub(crate) async fn commit(&self, call: &Call, txn: Txn) -> Result<Option<String>, Fault> {
        let reply = self.table.store().txn(&call.permit, txn).await;
        let reply = reply.map_err(ChangeError::from)?;
        if reply.succeeded {
            return Ok(None);
        }
        Ok(Some(reply.conflict.unwrap_or_default()))
    }

    /// Changes one resource as `decide` does; `decide` runs again if somebody else was faster.
    /// Nothing is written where it changes nothing.
    pub(crate) async fn change<T: Entity + PartialEq, R>(
        &self,
        call: &Call,
        id: &str,
        mut decide: impl FnMut(&mut T) -> Result<R, Fault>,
    ) -> Result<R, Fault> {
        let key = Self::key::<T>(call, id);
        let decide = |it: &mut T| match is_seen(it, call) {
            true => decide(it),
            false => Err(T::missing(id)),
        };
        let changed = self.table.change(&call.permit, &key, decide).await?;
        let (_, result) = changed.ok_or_else(|| T::missing(id))?;
        Ok(result)
    }

    /// The condition that nothing came to depend on `id` from now on.
    pub(crate) async fn fence(&self, cx: &Context, id: &str) -> Result<Compare, Fault> {
        Ok(self.unchanged(&Self::scope(cx), id).await?)
    }
}

/// A client token, if a request has one; short enough for the key that remembers it.
pub fn client_token(given: Option<&str>) -> Result<Option<&str>, Fault> {
    match given {
        Some("") | None => Ok(None),
        Some(token) if token.len() <= MAX_TOKEN && token.is_ascii() => Ok(Some(token)),
        Some(token) => Err(fault::long_token(token)),
    }
}

/// Of a request without its client token: what must be the same for the token to stand for the same request.
pub fn digest_of(asked: &impl std::fmt::Debug) -> String {
    // Without members that are not there, so that a member that a later version knows changes nothing.
    let text = format!("{asked:#?}");
    let lines = text.lines().filter(|line| !line.ends_with(": None,"));
    let mut digest = Sha256::new();
    for line in lines {
        digest.update(line.as_bytes());
        digest.update(b"\n");
    }
    hex::encode(digest.finalize())
}

/// What a transaction says about resources it leans on.
pub trait LeanOn: Sized {
    /// The resource must be there, and its deletion shall notice.
    fn lean_on<T: Entity>(self, cx: &Context, id: &str) -> Self;
    /// Deletes a resource and its fence if both are as they were.
    fn remove<T: Entity>(self, cx: &Context, stored: &Stored<T>, fence: Compare) -> Self;
}

impl LeanOn for Txn {
    fn lean_on<T: Entity>(self, cx: &Context, id: &str) -> Self {
        self.when(Compare::present(Ec2Service::key::<T>(cx, id)))
            .put(Ec2Service::key::<Fence>(cx, id), encode(&Fence {}))
    }

    fn remove<T: Entity>(self, cx: &Context, stored: &Stored<T>, fence: Compare) -> Self {
        self.when(stored.unchanged())
            .when(fence)
            .delete(&stored.key)
            .delete(Ec2Service::key::<Fence>(cx, stored.record.id()))
    }
}
