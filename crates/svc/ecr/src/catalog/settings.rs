//! Settings of a registry as a whole, which its account chooses.

use wharf_base::Permit;
use wharf_store::Txn;

use super::{Catalog, Registry};
use crate::{error::EcrError, records::AccountSetting};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Setting {
    BasicScanTypeVersion,
    RegistryPolicyScope,
    BlobMounting,
}

impl Setting {
    const ALL: [Self; 3] = [
        Self::BasicScanTypeVersion,
        Self::RegistryPolicyScope,
        Self::BlobMounting,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::BasicScanTypeVersion => "BASIC_SCAN_TYPE_VERSION",
            Self::RegistryPolicyScope => "REGISTRY_POLICY_SCOPE",
            Self::BlobMounting => "BLOB_MOUNTING",
        }
    }

    /// What it may be; the first is what it is until somebody says otherwise.
    fn values(self) -> &'static [&'static str] {
        match self {
            Self::BasicScanTypeVersion => &["AWS_NATIVE"],
            Self::RegistryPolicyScope => &["V2", "V1"],
            Self::BlobMounting => &["ENABLED", "DISABLED"],
        }
    }

    pub(crate) fn named(name: &str) -> Result<Self, EcrError> {
        let mut all = Self::ALL.into_iter();
        all.find(|it| it.name() == name).ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            EcrError::invalid("name", format!("must be one of {names}"))
        })
    }

    fn check(self, value: &str) -> Result<(), EcrError> {
        if self.values().contains(&value) {
            return Ok(());
        }
        let text = format!("must be one of {}", self.values().join(", "));
        Err(EcrError::invalid("value", text))
    }
}

impl Catalog {
    pub(crate) async fn setting(
        &self,
        registry: &Registry,
        setting: Setting,
    ) -> Result<String, EcrError> {
        let key = registry.keys().account_setting(setting.name());
        let chosen = self.read::<AccountSetting>(&key).await?;
        Ok(chosen.map_or_else(|| setting.values()[0].to_owned(), |it| it.record.value))
    }

    pub(crate) async fn put_setting(
        &self,
        permit: &Permit,
        registry: &Registry,
        setting: Setting,
        value: &str,
    ) -> Result<(), EcrError> {
        setting.check(value)?;
        let record = AccountSetting {
            value: value.to_owned(),
            unknown: Default::default(),
        };
        let key = registry.keys().account_setting(setting.name());
        let txn = Txn::new().put(key, wharf_records::encode(&record));
        self.store().txn(permit, txn).await?;
        Ok(())
    }

    /// Whether layers of one repository may be taken into another without being sent.
    pub(crate) async fn mounts(&self, registry: &Registry) -> Result<bool, EcrError> {
        Ok(self.setting(registry, Setting::BlobMounting).await? == "ENABLED")
    }
}
