//! The authority that nodes trust the control plane by.
//!
//! A rotation makes the next one beside it. Nodes that are connected hear of it within seconds
//! (`plane/session.rs`), take it over their connection with new credentials (`node_credentials.rs`) and
//! say so; others when they come. The retirement of the one before ends what has not: it is refused
//! while there is such a node, unless that is what is wanted.

use wharf_api_wharf::types::{
    NodeAuthorities, NodeAuthority, RetireKeysResponse, RotateKeysResponse,
};
use wharf_records::{decode, node::Node};
use wharf_store::Range;
use wharf_wire::Fault;

use super::{Keys, failed, invalid, refused};

impl Keys {
    pub(super) fn rotate_nodes(&self) -> Result<RotateKeysResponse, Fault> {
        let digest = self.authorities.rotate().map_err(refused)?;
        Ok(RotateKeysResponse {
            authority: Some(digest),
            ..RotateKeysResponse::default()
        })
    }

    /// The authorities, and the nodes that would be locked out without the first.
    pub(super) async fn show_nodes(&self) -> Result<NodeAuthorities, Fault> {
        let all = self.authorities.all().map_err(failed)?;
        let next = all.iter().find(|it| it.next);
        let locked_out = match next {
            Some(next) => self.not_trusting(&next.digest).await?,
            None => Vec::new(),
        };
        let authorities = all.into_iter().map(|it| NodeAuthority {
            digest: Some(it.digest),
            made_at: it.made_at,
            next: Some(it.next),
        });
        Ok(NodeAuthorities {
            authorities: Some(authorities.collect()),
            locked_out: Some(locked_out),
        })
    }

    pub(super) async fn retire_nodes(&self, now: bool) -> Result<RetireKeysResponse, Fault> {
        let all = self.authorities.all().map_err(failed)?;
        let Some(next) = all.iter().find(|it| it.next) else {
            return Err(refused(crate::tls::TlsError::NotRotating));
        };
        let locked_out = self.not_trusting(&next.digest).await?;
        if !locked_out.is_empty() && !now {
            return Err(invalid(format!(
                "These nodes have not learnt of the new authority: {}. Start them, remove them with \
                 `wharf node remove`, or lock them out with --now.",
                locked_out.join(", ")
            )));
        }
        self.authorities.retire(&next.digest).map_err(failed)?;
        let gone = all.iter().filter(|it| !it.next);
        let gone = gone.map(|it| it.digest.clone());
        Ok(RetireKeysResponse {
            retired: Some(gone.collect()),
            locked_out: Some(locked_out),
            outdated: None,
        })
    }

    /// Nodes whose credentials may be sealed under a key before the active one: they have not renewed
    /// them since the last rotation of the keyring, or not said that they have.
    pub(super) async fn not_renewed(&self) -> Result<Vec<String>, Fault> {
        let active = self.keyring.active_key();
        let keys = self.keyring.keys();
        let rotated = keys.iter().find(|(id, _)| *id == active).map(|(_, at)| *at);
        let Some(rotated) = rotated.filter(|_| keys.len() > 1) else {
            return Ok(Vec::new());
        };
        let is_before = |node: &Node| {
            node.credentials.as_ref().is_some_and(|it| {
                it.previous.is_some() || it.made_at.is_none_or(|made| made < rotated)
            })
        };
        self.nodes_that(is_before).await
    }

    async fn not_trusting(&self, digest: &str) -> Result<Vec<String>, Fault> {
        let lacks = |node: &Node| !node.trusts.iter().any(|it| it == digest);
        self.nodes_that(lacks).await
    }

    /// Names of nodes that joined.
    async fn nodes_that(&self, wanted: impl Fn(&Node) -> bool) -> Result<Vec<String>, Fault> {
        let prefix = Node::prefix(&self.config.account, &self.config.region);
        let all = self.store.all(Range::prefix(prefix)).await;
        let mut names = Vec::new();
        for entry in all.map_err(failed)?.entries {
            let node: Node = decode(&entry.value).map_err(failed)?;
            if wanted(&node) {
                names.push(node.user);
            }
        }
        Ok(names)
    }
}
