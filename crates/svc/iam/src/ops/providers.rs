//! What identity providers of both kinds have in common: ARNs with the name in them, in one account each.

use wharf_api_iam::faults;
use wharf_base::arn::PARTITIONS;
use wharf_wire::Fault;

use crate::{records::Stored, table::Changes};

/// Account and name in the ARN of a provider, of any partition; `kind` is `oidc-provider` or `saml-provider`.
pub(crate) fn of_arn<'a>(arn: &'a str, kind: &str) -> Option<(&'a str, &'a str)> {
    let rest = arn.strip_prefix("arn:")?;
    let in_partition = |partition: &&str| rest.strip_prefix(*partition)?.strip_prefix(":iam::");
    let rest = PARTITIONS.iter().find_map(in_partition)?;
    let (account, resource) = rest.split_once(':')?;
    let name = resource.strip_prefix(kind)?.strip_prefix('/')?;
    (!name.is_empty()).then_some((account, name))
}

/// A kind of provider.
pub(crate) struct Kind {
    pub of_arn: fn(&str) -> Option<(&str, &str)>,
    pub missing: fn(&str) -> Fault,
}

impl Kind {
    /// The name in the ARN of one of the account's providers.
    pub(crate) fn name_in<'a>(&self, account: &str, arn: &'a str) -> Result<&'a str, Fault> {
        let (owner, name) = (self.of_arn)(arn)
            .ok_or_else(|| faults::invalid_input_exception(format!("Invalid ARN: {arn}")))?;
        match owner == account {
            true => Ok(name),
            false => Err((self.missing)(arn)),
        }
    }

    /// The provider of this ARN, inside a change: its id and the record.
    pub(crate) async fn existing<T: Stored>(
        &self,
        tx: &mut Changes<'_>,
        arn: &str,
    ) -> Result<(String, T), Fault> {
        let name = self.name_in(tx.account(), arn)?.to_owned();
        let found = tx.find(&name).await?;
        found
            .map(|it| (name, it))
            .ok_or_else(|| (self.missing)(arn))
    }
}
