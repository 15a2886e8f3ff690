//! Every service, built.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use wharf_api_ec2::Ec2;
use wharf_base::Clock;
use wharf_egress::Egress;
use wharf_reconcile::Takeover;
use wharf_svc_acm::{AcmService, Parts as AcmParts};
use wharf_svc_autoscaling::{AutoscalingService, Parts as GroupParts};
use wharf_svc_cloudtrail::{CloudtrailService, Recorder};
use wharf_svc_cloudwatch::StoredAlarms;
use wharf_svc_ec2::{Ec2Service, instances::Parts as InstanceParts};
use wharf_svc_ecr::Catalog;
use wharf_svc_ecs::{AgentsConfig, Config as EcsConfig, EcsService, Parts};
use wharf_svc_efs::{EfsService, Parts as EfsParts};
use wharf_svc_elbv2::{Config as Elbv2Config, Elbv2Service, Parts as Elbv2Parts, Place};
use wharf_svc_iam::{Directory, IamGate, IamService, IssuerKeys, Mode};
use wharf_svc_kms::{KmsService, Parts as KmsParts};
use wharf_svc_logs::{LogsService, Options as LogsOptions, Parts as LogsParts};
use wharf_svc_secretsmanager::{Parts as SecretsParts, SecretsmanagerService};
use wharf_svc_sns::Signer;
use wharf_svc_sqs::{Parts as SqsParts, SqsService};
use wharf_vended::Counters;
use wharf_wire::Dispatcher;

use super::{Data, ServerConfig};
use crate::{
    adapters::{
        Ec2Records, EcsNodes, EfsRecords, Elbv2Records, HostedInstances, Hosts, InstanceProfiles,
        ListenerCertificates, Listeners, LoadBalancing, Roles, ServicesOfEndpoints,
    },
    admission::{Admission, Decisions},
    by_name::ByName,
    certificate_authority::CertificateAuthority,
    gateway::{
        IamMode,
        connections::{Connections, Limits as ConnectionLimits},
    },
    group_changes::GroupChanges,
    issuers::Issuers,
    kube::issuers::ClusterIssuers,
    metered_keys::{Bound, MeteredKeys},
    names,
    node_credentials::NodeCredentials,
    node_gate::NodeGate,
    plane::{Parts as PlaneParts, Planes},
    task_images::Images,
};

/// Every service, with what the gateway needs to reach it.
pub(crate) struct Plane {
    pub dispatcher: Dispatcher,
    pub directory: Arc<Directory>,
    pub catalog: Catalog,
    pub iam: IamService,
    pub ec2: Ec2Service,
    /// The machines, for all who claim room on them.
    pub hosts: wharf_hosts::Hosts,
    pub ecs: EcsService,
    pub groups: AutoscalingService,
    /// For ECS, which scales some of them.
    pub group_changes: GroupChanges,
    /// All operations, once all services are built.
    pub operations: Arc<ByName>,
    /// Which images tasks and pods start.
    pub task_images: Arc<Images>,
    pub acm: AcmService,
    pub elbv2: Elbv2Service,
    pub efs: EfsService,
    pub kms: KmsService,
    /// The same for services that use keys in the name of accounts.
    pub keys: Arc<wharf_api_kms::Client>,
    pub bound_keys: Bound,
    pub secrets: SecretsmanagerService,
    pub sqs: SqsService,
    /// Signs what topics send.
    pub signer: Arc<Signer>,
    pub logs: LogsService,
    pub cloudtrail: CloudtrailService,
    pub recorder: Arc<Recorder>,
    /// The way to addresses that users name.
    pub egress: Egress,
    /// What services count for CloudWatch.
    pub counters: Counters,
    /// Those of the gateway and of clusters.
    pub connections: Connections,
    /// Clusters that sign tokens.
    pub issuers: ClusterIssuers,
    /// Keys of all who sign tokens.
    pub issuer_keys: Arc<IssuerKeys>,
}

/// Counts that the next server finds, whatever this one dies of.
fn counters(config: &ServerConfig, clock: &Arc<dyn Clock>) -> Counters {
    Counters::kept_in(clock.clone(), &config.counts).unwrap_or_else(|error| {
        tracing::warn!(%error, "failed to keep counts outside of this process; they are lost if it is killed");
        Counters::new(clock.clone())
    })
}

impl Plane {
    pub fn new(config: &ServerConfig, data: &Data, clock: &Arc<dyn Clock>) -> Self {
        let directory = Arc::new(Directory::new(data.store.clone(), data.keyring.clone()));
        let mode = match config.iam {
            IamMode::Enforce => Mode::Enforce,
            IamMode::Soft => Mode::Soft,
            IamMode::Off => Mode::Off,
        };
        let recorder = Arc::new(Recorder::new(data.journal.clone(), clock.clone()));
        let iam_gate = Arc::new(IamGate::new(directory.clone(), mode));
        let (gate, gate_ecs) = NodeGate::new(iam_gate, mode == Mode::Enforce);
        let mut dispatcher = Dispatcher::new(Arc::new(gate));
        if config.audit {
            dispatcher = dispatcher.audited(recorder.clone());
        } else {
            tracing::warn!("the audit log is off: nobody will be able to tell who did what");
        }
        let hosts = wharf_hosts::Hosts::new(data.store.clone());
        let iam = IamService::new(directory.clone());
        let ec2 = Ec2Service::new(data.store.clone(), data.keyring.clone())
            .with_public_addresses(config.public_addresses.clone())
            .with_spot_notice(config.spot_notice);
        let ec2 = ec2.keeping(InstanceParts {
            hosts: hosts.clone(),
            profiles: Arc::new(InstanceProfiles {
                iam: iam.clone(),
                clock: clock.clone(),
            }),
            metrics: data.vended(),
            clock: clock.clone(),
            takeover: Takeover::Replace,
        });
        let ec2_client: Arc<dyn Ec2> = Arc::new(wharf_api_ec2::Client::new(
            Arc::new(ec2.clone()),
            dispatcher.clone(),
        ));
        let roles = Roles {
            directory: directory.clone(),
            clock: clock.clone(),
        };
        let acm = AcmService::new(AcmParts {
            users: Arc::new(Listeners(data.store.clone())),
            clock: clock.clone(),
            ..AcmParts::new(data.store.clone(), data.keyring.clone())
        });
        let vended = data.vended();
        let counters = counters(config, clock);
        let elbv2 = Elbv2Service::new(Elbv2Parts {
            certificates: Arc::new(ListenerCertificates {
                acm: acm.clone(),
                iam: directory.clone(),
            }),
            instances: Arc::new(Hosts {
                store: data.store.clone(),
                ec2: ec2.clone(),
            }),
            endpoint_services: Arc::new(ServicesOfEndpoints(ec2.clone())),
            metrics: vended.clone(),
            clock: clock.clone(),
            config: Elbv2Config {
                home: Some(Place {
                    account: config.account.clone(),
                    region: config.region.clone(),
                }),
                public_cidr: config.public_cidr,
                ..Elbv2Config::default()
            },
            ..Elbv2Parts::new(data.store.clone(), data.keyring.clone(), ec2_client.clone())
        });
        let elbv2_client = Arc::new(wharf_api_elbv2::Client::new(
            Arc::new(elbv2.clone()),
            dispatcher.clone(),
        ));
        let efs = EfsService::new(EfsParts {
            store: data.store.clone(),
            keyring: data.keyring.clone(),
            ec2: ec2_client.clone(),
            dispatcher: dispatcher.clone(),
            hosts: hosts.clone(),
            clock: clock.clone(),
            takeover: Takeover::Replace,
        });
        let kms = KmsService::new(KmsParts {
            store: data.store.clone(),
            keyring: data.keyring.clone(),
            clock: clock.clone(),
            takeover: Takeover::Replace,
        });
        let bound_keys = Bound::default();
        let metered = MeteredKeys {
            kms: kms.clone(),
            bound: bound_keys.clone(),
        };
        let kms_client = Arc::new(wharf_api_kms::Client::new(
            Arc::new(metered),
            dispatcher.clone(),
        ));
        let authority = CertificateAuthority { acm: acm.clone() };
        let egress = Egress::new(config.egress.clone(), Arc::new(authority));
        let secrets = SecretsmanagerService::new(SecretsParts {
            egress: egress.clone(),
            store: data.store.clone(),
            keyring: data.keyring.clone(),
            dispatcher: dispatcher.clone(),
            kms: kms_client.clone(),
            clock: clock.clone(),
            regions: config.regions(),
            takeover: Takeover::Replace,
        });
        let registry_host = format!("localhost:{}", config.port);
        let catalog = Catalog::new(
            data.store.clone(),
            data.blobs.clone(),
            data.keyring.clone(),
            wharf_svc_ecr::Config {
                repository_bytes: config.repository_bytes(),
                account_bytes: config.registry_bytes(),
                boundless_account: config.boundless_registry(),
                outside: Some(wharf_svc_ecr::Outside::new(
                    &egress,
                    Arc::new(wharf_api_secretsmanager::Client::new(
                        Arc::new(secrets.clone()),
                        dispatcher.clone(),
                    )),
                )),
                keys: Some(wharf_svc_ecr::KmsKeys(kms_client.clone())),
                scan_data: Some(config.data_dir.join("scan-db")),
                counters: counters.clone(),
                ..wharf_svc_ecr::Config::new(registry_host)
            },
        );
        ec2.keys_from(kms_client.clone());
        efs.keys_from(kms_client.clone());
        ec2.bytes_among(catalog.wants().clone());
        let logs = LogsService::new(LogsParts {
            store: data.store.clone(),
            keyring: data.keyring.clone(),
            journal: data.journal.clone(),
            kms: kms_client.clone(),
            options: LogsOptions {
                counters: counters.clone(),
                ..config.logs_options()
            },
        });
        let by_name = ByName::new(directory.clone(), dispatcher.clone(), clock.clone());
        let operations = Arc::new(by_name);
        ec2.roles_from(operations.clone());
        let groups = AutoscalingService::new(GroupParts {
            store: data.store.clone(),
            keyring: data.keyring.clone(),
            ec2: ec2_client.clone(),
            operations: operations.clone(),
            alarms: Arc::new(StoredAlarms::new(data.store.clone(), clock.clone())),
            clock: clock.clone(),
            takeover: Takeover::Replace,
        });
        let group_changes = GroupChanges::new();
        let task_images = Arc::new(Images {
            admission: Admission::new(data.store.clone()),
            decisions: Decisions::default(),
            catalog: catalog.clone(),
            clock: clock.clone(),
            hosts: names::of_registry(config),
        });
        let ecs = EcsService::new(Parts {
            operations: Some(operations.clone()),
            group_changes: Some(group_changes.listen()),
            autoscaling: Some(Arc::new(wharf_api_autoscaling::Client::new(
                Arc::new(groups.clone()),
                dispatcher.clone(),
            ))),
            elbv2: Some(elbv2_client),
            target_changes: Some(elbv2.changes()),
            images: task_images.clone(),
            metrics: vended,
            logs: Some(Arc::new(logs.clone())),
            clock: clock.clone(),
            config: EcsConfig {
                agents: AgentsConfig {
                    endpoint: config.endpoint(),
                    at_443: config.at_443,
                    high_resolution: config.metrics_period,
                    ..AgentsConfig::default()
                },
                home_account: Some(config.account.clone()),
                ..EcsConfig::default()
            },
            ..Parts::new(
                data.store.clone(),
                hosts.clone(),
                Arc::new(data.keyring.clone()),
                ec2_client,
                Arc::new(roles),
            )
        });
        let _ = gate_ecs.set(ecs.downgrade());
        let sqs = SqsService::new(SqsParts {
            store: data.store.clone(),
            keyring: data.keyring.clone(),
            kms: kms_client.clone(),
            clock: clock.clone(),
            counters: counters.clone(),
            most_bytes: wharf_svc_sqs::MOST_BYTES,
            takeover: Takeover::Replace,
        });
        let issuers = ClusterIssuers::default();
        let documents = Issuers::new(&egress, &config.jwks, issuers.clone());
        Self {
            kms,
            keys: kms_client,
            bound_keys,
            sqs,
            signer: Arc::new(Signer::new(
                data.store.clone(),
                data.keyring.clone(),
                clock.clone(),
            )),
            iam,
            logs,
            cloudtrail: CloudtrailService::new(
                data.store.clone(),
                data.keyring.clone(),
                data.journal.clone(),
                config.trails.clone(),
                clock.clone(),
            ),
            recorder,
            dispatcher,
            directory,
            catalog,
            ec2,
            hosts,
            ecs,
            groups,
            group_changes,
            operations,
            task_images,
            acm,
            elbv2,
            efs,
            secrets,
            egress,
            counters,
            connections: Connections::new(ConnectionLimits::for_descriptors(descriptors())),
            issuers,
            issuer_keys: Arc::new(IssuerKeys::new(Arc::new(documents))),
        }
    }

    pub fn planes(&self, config: &ServerConfig, data: &Data, stop: &CancellationToken) -> Planes {
        Planes::new(PlaneParts {
            account: config.account.clone(),
            store: data.store.clone(),
            dispatcher: self.dispatcher.clone(),
            sources: vec![
                Arc::new(Ec2Records(data.keyring.clone())),
                Arc::new(Elbv2Records(data.keyring.clone())),
                Arc::new(EfsRecords(data.keyring.clone())),
            ],
            nodes: Arc::new(EcsNodes(self.ecs.clone())),
            balancers: Arc::new(LoadBalancing(self.elbv2.clone())),
            instances: Arc::new(HostedInstances {
                ec2: self.ec2.clone(),
                efs: self.efs.clone(),
            }),
            authorities: data.authorities.clone(),
            stop: stop.clone(),
        })
    }

    pub fn node_credentials(
        &self,
        config: &ServerConfig,
        data: &Data,
        clock: &Arc<dyn Clock>,
    ) -> NodeCredentials {
        NodeCredentials {
            store: data.store.clone(),
            iam: self.iam.clone(),
            directory: self.directory.clone(),
            clock: clock.clone(),
            account: config.account.clone(),
            region: config.region.clone(),
            authorities: data.authorities.clone(),
        }
    }
}

/// How many descriptors this process may have.
fn descriptors() -> u64 {
    let limit = nix::sys::resource::getrlimit(nix::sys::resource::Resource::RLIMIT_NOFILE);
    limit.map_or(1024, |(soft, _)| soft)
}
