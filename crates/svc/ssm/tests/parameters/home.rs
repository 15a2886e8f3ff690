//! The service with its neighbours, and short forms of its operations.

use std::{sync::Arc, time::Duration};

use wharf_api_ssm::{self as api, Ssm as _};
use wharf_base::{Clock as _, SystemClock, TestClock};
use wharf_reconcile::Takeover;
use wharf_store::Range;
use wharf_svc_kms::{KmsService, Parts as KmsParts};
use wharf_svc_secretsmanager::{Parts as SecretsParts, SecretsmanagerService};
use wharf_svc_ssm::{Facts, Parts, SsmService};
use wharf_testkit::{Running, World, call};
use wharf_wire::{Call, Check, Fault};

pub const HIDDEN: &str = "correct horse battery staple";

/// Nobody has a session.
struct NoSessions;

wharf_api_ssm::operations! {
    impl NoSessions;
    authorize(self, _cx, input) = Ok(vec![Check::any(input.action())]);
    run(self, operation, call, input) = operation(call, input).await;
}

pub struct Home {
    pub world: World,
    pub ssm: Running<SsmService>,
    pub secrets: SecretsmanagerService,
    pub keys: Arc<dyn wharf_api_kms::Kms>,
    pub clock: Arc<TestClock>,
}

impl Home {
    pub fn start() -> Self {
        Self::with_loops(true)
    }

    /// Without the loop that deletes what is expired.
    pub fn stopped() -> Self {
        Self::with_loops(false)
    }

    fn with_loops(runs: bool) -> Self {
        let world = World::new();
        let clock = Arc::new(TestClock::at(SystemClock.now()));
        let kms = KmsService::new(KmsParts {
            store: world.store.clone(),
            keyring: world.keyring.clone(),
            clock: clock.clone(),
            takeover: Takeover::Replace,
        });
        let keys = wharf_api_kms::Client::new(Arc::new(kms), world.dispatcher.clone());
        let keys: Arc<dyn wharf_api_kms::Kms> = Arc::new(keys);
        let secrets = SecretsmanagerService::new(SecretsParts {
            egress: wharf_egress::Egress::to(Vec::new()),
            store: world.store.clone(),
            keyring: world.keyring.clone(),
            dispatcher: world.dispatcher.clone(),
            kms: keys.clone(),
            clock: clock.clone(),
            regions: wharf_base::regions::Regions::default(),
            takeover: Takeover::Replace,
        });
        let client = wharf_api_secretsmanager::Client::new(
            Arc::new(secrets.clone()),
            world.dispatcher.clone(),
        );
        let parts = Parts {
            store: world.store.clone(),
            keyring: world.keyring.clone(),
            secrets: Arc::new(client),
            kms: keys.clone(),
            sessions: Arc::new(NoSessions),
            facts: Facts {
                kubernetes: Vec::new(),
                services: vec!["ecs", "ssm"],
                zones: |_| Vec::new(),
            },
            clock: clock.clone(),
            takeover: Takeover::Replace,
        };
        let ssm = Running::start(move || {
            let ssm = SsmService::new(parts.clone());
            let running = ssm.clone();
            (ssm, move |stop| async move {
                if runs {
                    running.run(stop).await;
                }
            })
        });
        Self {
            world,
            ssm,
            secrets,
            keys,
            clock,
        }
    }

    pub fn in_an_hour(&self) -> String {
        (self.clock.now() + Duration::from_secs(3600)).iso8601()
    }

    pub async fn put(&self, name: &str, value: &str) -> Result<api::PutParameterResult, Fault> {
        put(self, name, value, |_| ()).await
    }

    pub async fn put_secret(&self, name: &str, value: &str) -> Result<(), Fault> {
        let secret = |it: &mut api::PutParameterRequest| it.type_ = Some("SecureString".to_owned());
        put(self, name, value, secret).await.map(drop)
    }

    /// The number of the new version.
    pub async fn overwrite(&self, name: &str, value: &str) -> Result<i64, Fault> {
        let over = |it: &mut api::PutParameterRequest| {
            it.overwrite = Some(true);
            it.type_ = None;
        };
        Ok(put(self, name, value, over).await?.version.unwrap())
    }

    pub async fn decrypted(&self, name: &str) -> Result<api::Parameter, Fault> {
        get_as(self, &call(), name, true).await
    }

    pub async fn delete(&self, name: &str) -> Result<(), Fault> {
        let input = api::DeleteParameterRequest {
            name: Some(name.to_owned()),
        };
        self.ssm.delete_parameter(&call(), input).await.map(drop)
    }

    /// All versions, over pages of that size.
    pub async fn history(&self, name: &str, size: Option<i32>) -> Vec<api::ParameterHistory> {
        let (mut all, mut token) = (Vec::new(), None);
        loop {
            let input = api::GetParameterHistoryRequest {
                name: Some(name.to_owned()),
                with_decryption: Some(true),
                max_results: size,
                next_token: token,
            };
            let page = self
                .ssm
                .get_parameter_history(&call(), input)
                .await
                .unwrap();
            all.extend(page.parameters.unwrap());
            token = page.next_token;
            if token.is_none() {
                return all;
            }
        }
    }

    /// What is listed under these names, or all.
    pub async fn metadata(&self, names: &[&str]) -> Vec<api::ParameterMetadata> {
        let filter = api::ParameterStringFilter {
            key: Some("Name".to_owned()),
            option: None,
            values: Some(names.iter().map(|it| (*it).to_owned()).collect()),
        };
        let input = api::DescribeParametersRequest {
            parameter_filters: (!names.is_empty()).then(|| vec![filter]),
            ..Default::default()
        };
        let found = self.ssm.describe_parameters(&call(), input).await.unwrap();
        found.parameters.unwrap()
    }

    pub async fn described(&self, names: &[&str]) -> Vec<String> {
        let found = self.metadata(names).await.into_iter();
        found.map(|it| it.name.unwrap()).collect()
    }

    pub async fn tag(&self, name: &str, key: &str, value: &str) -> Result<(), Fault> {
        let tag = api::Tag {
            key: Some(key.to_owned()),
            value: Some(value.to_owned()),
        };
        let input = api::AddTagsToResourceRequest {
            resource_type: Some("Parameter".to_owned()),
            resource_id: Some(name.to_owned()),
            tags: Some(vec![tag]),
        };
        self.ssm
            .add_tags_to_resource(&call(), input)
            .await
            .map(drop)
    }

    pub async fn tags(&self, name: &str) -> Vec<(String, String)> {
        let input = api::ListTagsForResourceRequest {
            resource_type: Some("Parameter".to_owned()),
            resource_id: Some(name.to_owned()),
        };
        let found = self
            .ssm
            .list_tags_for_resource(&call(), input)
            .await
            .unwrap();
        let pair = |tag: api::Tag| (tag.key.unwrap(), tag.value.unwrap());
        found.tag_list.unwrap().into_iter().map(pair).collect()
    }

    pub async fn set_default_tier(&self, tier: &str) -> Result<(), Fault> {
        let input = api::UpdateServiceSettingRequest {
            setting_id: Some("/ssm/parameter-store/default-parameter-tier".to_owned()),
            setting_value: Some(tier.to_owned()),
        };
        self.ssm
            .update_service_setting(&call(), input)
            .await
            .map(drop)
    }

    /// Keys of parameters and versions.
    pub async fn keys(&self) -> Vec<String> {
        let range = Range::prefix("/w1/c0/ssm/").limit(1000);
        let reply = self.world.store.range(range).await.unwrap();
        let keys = reply.entries.into_iter().map(|it| it.key);
        keys.filter(|it| !it.contains("/shard/")).collect()
    }
}

pub async fn put(
    home: &Home,
    name: &str,
    value: &str,
    change: impl Fn(&mut api::PutParameterRequest),
) -> Result<api::PutParameterResult, Fault> {
    let mut input = api::PutParameterRequest {
        name: Some(name.to_owned()),
        value: Some(value.to_owned()),
        type_: Some("String".to_owned()),
        ..Default::default()
    };
    change(&mut input);
    home.ssm.put_parameter(&call(), input).await
}

pub async fn get_as(
    home: &Home,
    call: &Call,
    name: &str,
    decrypt: bool,
) -> Result<api::Parameter, Fault> {
    let input = api::GetParameterRequest {
        name: Some(name.to_owned()),
        with_decryption: Some(decrypt),
    };
    let got = home.ssm.get_parameter(call, input).await?;
    Ok(got.parameter.unwrap())
}

pub async fn get(home: &Home, name: &str) -> Result<api::Parameter, Fault> {
    get_as(home, &call(), name, false).await
}

pub async fn label(
    home: &Home,
    name: &str,
    version: Option<i64>,
    labels: &[&str],
) -> Result<api::LabelParameterVersionResult, Fault> {
    let input = api::LabelParameterVersionRequest {
        name: Some(name.to_owned()),
        parameter_version: version,
        labels: Some(labels.iter().map(|it| (*it).to_owned()).collect()),
    };
    home.ssm.label_parameter_version(&call(), input).await
}
