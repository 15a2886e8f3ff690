//! Registries outside: those that images are pulled through from, with their addresses, their challenges and what they answer, and those
//! of other installations that images are replicated to.
//!
//! - [`Address`] is what a rule calls `upstreamRegistryUrl`; those that AWS knows have names.
//! - [`Remote`] is one repository of such a registry, asked in the OCI distribution protocol.
//! - [`Far`] is one repository of a registry of ECR elsewhere, which is written.

mod address;
mod far;
mod login;
mod remote;

use std::sync::Arc;

use wharf_api_secretsmanager::Secretsmanager;
use wharf_egress::{Egress, Failure, Shares};

pub(crate) use address::Address;
pub(crate) use far::{Far, FarLogin, NotSent, REPLICATION};
pub use login::SecretError;
pub(crate) use login::{Login, PRINCIPAL};
pub(crate) use remote::{Remote, Served};

/// Requests under way and names looked up at once, and those of one account, beside what is brought of registries piece by piece.
const OF_ALL: (usize, usize) = (64, 16);
const OF_ACCOUNT: (usize, usize) = (16, 4);

/// What pulls through a cache, and replication to other installations, need of the world.
#[derive(Clone)]
pub struct Outside {
    ways: Arc<Shares>,
    /// Holds what upstream registries want to be shown.
    pub secrets: Arc<dyn Secretsmanager>,
}

impl Outside {
    /// By a way out of which each account has a share.
    pub fn new(egress: &Egress, secrets: Arc<dyn Secretsmanager>) -> Self {
        Self {
            ways: Arc::new(Shares::new(egress, OF_ALL, OF_ACCOUNT)),
            secrets,
        }
    }

    /// The way out of an account.
    pub(crate) fn way(&self, account: &str) -> Arc<Egress> {
        self.ways.of(account)
    }
}

impl std::fmt::Debug for Outside {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Outside").finish_non_exhaustive()
    }
}

/// Why an upstream registry gave nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UpstreamError {
    #[error("the upstream registry {0} does not have it")]
    NotFound(String),
    #[error("the upstream registry {host} may not be asked: {why}")]
    Denied { host: String, why: String },
    #[error("the upstream registry {0} takes no more requests at the moment")]
    TooMany(String),
    #[error("the upstream registry {host} cannot be asked: {why}")]
    Unavailable { host: String, why: String },
    /// Not what was asked for, or nothing that can be kept.
    #[error("what the upstream registry {host} sent cannot be taken: {why}")]
    Wrong { host: String, why: String },
}

impl UpstreamError {
    pub(crate) fn unavailable(host: &str, why: impl Into<String>) -> Self {
        let (host, why) = (host.to_owned(), why.into());
        Self::Unavailable { host, why }
    }

    pub(crate) fn denied(host: &str, why: impl Into<String>) -> Self {
        let (host, why) = (host.to_owned(), why.into());
        Self::Denied { host, why }
    }

    pub(crate) fn wrong(host: &str, why: impl Into<String>) -> Self {
        let (host, why) = (host.to_owned(), why.into());
        Self::Wrong { host, why }
    }

    fn of(host: &str, failure: &Failure) -> Self {
        match failure {
            Failure::TooLong(_) => Self::wrong(host, failure.to_string()),
            // Clients show this text, and do not try again.
            _ if !failure.passes() => Self::denied(host, failure.to_string()),
            _ => Self::unavailable(host, failure.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bytes::Bytes;
    use http::Request;
    use tokio::net::TcpListener;
    use wharf_api_secretsmanager::Input;
    use wharf_egress::Limits;
    use wharf_wire::{Check, Context, Fault, async_trait};

    use super::*;

    struct NoSecrets;

    #[async_trait]
    impl Secretsmanager for NoSecrets {
        async fn authorize(&self, _: &Context, _: Input<'_>) -> Result<Vec<Check>, Fault> {
            Ok(Vec::new())
        }
    }

    #[tokio::test]
    async fn registries_of_an_account_that_never_answer_take_no_turns_of_others() {
        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v2/", silent.local_addr().unwrap());
        let egress = Egress::to(vec!["127.0.0.0/8".parse().unwrap()]);
        let outside = Outside::new(&egress, Arc::new(NoSecrets));
        let get = || Request::get(&url).body(Bytes::new()).unwrap();
        let limits = Limits {
            time: Duration::from_secs(60),
            body: 1024,
        };
        let call = |account: &str| {
            let (way, request) = (outside.way(account), get());
            tokio::spawn(async move { way.send(request, limits).await })
        };
        let mut calls = Vec::new();
        for _ in 0..OF_ACCOUNT.0 {
            // It has been connected to: its turn is taken.
            calls.push((call("1"), silent.accept().await.unwrap()));
        }
        let (way, time) = (outside.way("1"), Duration::from_millis(50));
        let late = way.send_in_turn(get(), Limits { time, ..limits }).await;
        assert_eq!(late.unwrap_err(), Failure::Busy(time));
        calls.push((call("2"), silent.accept().await.unwrap()));
        calls.iter().for_each(|(call, _)| call.abort());
    }
}
