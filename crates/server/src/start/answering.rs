//! What answers requests, put together of the services: the gateway, and the service `wharf`.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use wharf_base::Clock;
use wharf_prometheus::PrometheusApi;
use wharf_registry::{Options as RegistryOptions, RegistryApi};
use wharf_service::rates::Quotas;
use wharf_svc_ecr::token::Bearer;
use wharf_wire::{Caller, Service};

use super::{Data, Plane, ServerConfig, StartError};
use crate::{
    accounts::Accounts,
    adapters::{GalleryPulls, Keys, Registry, Sockets},
    admission::Admission,
    backup::Backup,
    by_name::ByName,
    certificate_authority::CertificateAuthority,
    control::{Control, Parts as ControlParts},
    explain::Explain,
    gateway::{
        Apis, Gateway, IamMode,
        bytes_in_flight::{BytesInFlight, Limits as ByteLimits},
        file_systems::Mounting,
        held_back::HeldBack,
        instance_credentials::InstanceRoles,
        throttle::{OfServices, Throttle},
        usage,
        whereabouts::Recorded,
    },
    health::Health,
    join::Join,
    keys,
    layer_peers::LayerPeers,
    measures::{self, Measured},
    names,
    nodes::Nodes,
    outside::Outside,
    overview::Overview,
    plane::Planes,
    services::Links,
    signing_profiles::SigningProfiles,
    tls::Authorities,
};

/// The services of the table, as the gateway needs them.
#[derive(Default)]
pub(crate) struct Answering {
    pub services: Vec<Arc<dyn Service>>,
    pub rates: OfServices,
    pub links: Vec<Links>,
    /// What they are told of these rates.
    pub quotas: Quotas,
    pub measured: Measured,
}

impl Plane {
    /// What the service `wharf` is made of.
    pub fn control(
        &self,
        config: &ServerConfig,
        data: &Data,
        clock: &Arc<dyn Clock>,
        planes: Arc<Planes>,
        operations: Arc<ByName>,
    ) -> Control {
        let join = Join {
            credentials: self.node_credentials(config, data, clock),
            store: data.store.clone(),
            iam: self.iam.clone(),
            ecs: self.ecs.clone(),
            dispatcher: self.dispatcher.clone(),
            clock: clock.clone(),
            account: config.account.clone(),
            region: config.region.clone(),
            authorities: data.authorities.clone(),
        };
        Control(Arc::new(ControlParts {
            account: config.account.clone(),
            admission: Admission::new(data.store.clone()),
            signing_profiles: SigningProfiles::new(self.catalog.clone()),
            accounts: Accounts {
                home: config.account.clone(),
                directory: self.directory.clone(),
                clock: clock.clone(),
                wake: Arc::default(),
            },
            keys: keys::Keys {
                sealing: Arc::default(),
                store: data.store.clone(),
                keyring: data.keyring.clone(),
                blobs: data.blobs.clone(),
                directory: self.directory.clone(),
                clock: clock.clone(),
                config: config.clone(),
                credentials: join.credentials.clone(),
                authorities: data.authorities.clone(),
                acm: self.acm.clone(),
                logs: self.logs.clone(),
            },
            join: Arc::new(join),
            nodes: Nodes {
                store: data.store.clone(),
                iam: self.iam.clone(),
                ecs: self.ecs.clone(),
                ec2: self.ec2.clone(),
                dedicating: Default::default(),
            },
            certificate_authority: CertificateAuthority {
                acm: self.acm.clone(),
            },
            outside: Outside { operations },
            backup: Backup {
                store: data.store.clone(),
                journal: data.journal.clone(),
                series: data.series.clone(),
                blobs: data.blobs.clone(),
                clock: clock.clone(),
                data_dir: config.data_dir.clone(),
                installation: config.installation.to_string(),
                progress: Arc::default(),
            },
            explain: Explain {
                ecs: self.ecs.clone(),
                cloudtrail: self.cloudtrail.clone(),
                clusters: Default::default(),
            },
            overview: Overview {
                ecs: Arc::new(wharf_api_ecs::Client::new(
                    Arc::new(self.ecs.clone()),
                    self.dispatcher.clone(),
                )),
                elb: Arc::new(wharf_api_elbv2::Client::new(
                    Arc::new(self.elbv2.clone()),
                    self.dispatcher.clone(),
                )),
                planes,
                kubernetes: Default::default(),
            },
        }))
    }

    pub fn gateway(
        &self,
        answering: Answering,
        control: &ControlParts,
        config: &ServerConfig,
        data: &Data,
        clock: &Arc<dyn Clock>,
        ending: &CancellationToken,
    ) -> Result<Gateway, StartError> {
        let stranger = (config.iam == IamMode::Off).then(|| Bearer {
            caller: Caller::root(&config.account),
            region: config.region.clone(),
            registry: None,
        });
        let mut rates = answering.rates;
        rates.insert(wharf_prometheus::SERVICE, wharf_prometheus::RATES);
        let throttle = Throttle::new(config.throttling, rates);
        let throttle = Arc::new(throttle.with_pulls(config.gallery_pulls));
        let _ = self.bound_keys.set(throttle.clone());
        let bounding = throttle.clone();
        let quota =
            move |service: &str, operation: &str| usage::quota(&bounding, service, operation);
        answering.quotas.say(quota);
        let registry = RegistryApi::new(
            self.catalog.clone(),
            self.dispatcher.clone(),
            clock.clone(),
            RegistryOptions {
                stranger,
                pulls: Some(Arc::new(GalleryPulls(throttle.clone()))),
            },
        );
        let acceptor = data.authorities.acceptor().map_err(StartError::Tls)?;
        let encrypted = Authorities::acceptor_of_endpoints(&data.authorities);
        let encrypted = encrypted.map_err(StartError::Tls)?;
        let connections = self.connections.clone();
        let bytes = BytesInFlight::new(ByteLimits::default());
        let layers = Arc::new(LayerPeers::default());
        let held_back = Arc::new(HeldBack::default());
        let (metrics, requests) = measures::collect(
            &config.data_dir,
            measures::Sources {
                connections: connections.clone(),
                bytes: bytes.clone(),
                throttle: throttle.clone(),
                held_back: held_back.clone(),
                audit: config.audit.then(|| self.recorder.clone()),
                store: data.store.clone(),
                journal: data.journal.clone(),
                blobs: data.blobs.clone(),
                logs: self.logs.clone(),
                ecs: self.ecs.clone(),
                sqs: self.sqs.clone(),
                layers: layers.clone(),
                catalog: self.catalog.clone(),
                maker: self.ec2.machine_maker(),
                pool: self.ec2.fargate_pool(),
                services: answering.measured,
            },
        );
        Ok(Gateway {
            metrics: Arc::new(metrics),
            apis: Apis {
                services: answering.services,
                links: answering.links,
                dispatcher: self.dispatcher.clone(),
                directory: Arc::new(Keys(self.directory.clone())),
                clock: clock.clone(),
                iam: config.iam,
                account: config.account.clone(),
                region: config.region.clone(),
                regions: config.regions(),
                own_hosts: names::own_hosts(config),
                bytes,
                throttle,
                tasks_as_root: config.tasks_as_root,
                requests,
                counters: self.counters.clone(),
                held_back,
                s3: None,
                ending: ending.clone(),
            },
            registry: Arc::new(Registry(registry)),
            prometheus: PrometheusApi::new(data.series.clone()),
            agents: Arc::new(Sockets {
                endpoint: self.ecs.endpoint(),
                sessions: self.ecs.sessions(),
                dispatcher: self.dispatcher.clone(),
            }),
            health: Arc::new(Health::new(data.store.clone(), data.journal.clone())),
            join: control.join.clone(),
            node_credentials: control.join.credentials.clone(),
            instance_roles: InstanceRoles {
                ec2: self.ec2.clone(),
                directory: self.directory.clone(),
                keyring: data.keyring.clone(),
                clock: clock.clone(),
            },
            file_systems: Mounting {
                efs: self.efs.clone(),
                ecs: self.ecs.clone(),
                ec2: self.ec2.clone(),
                directory: self.directory.clone(),
                clock: clock.clone(),
            },
            planes: control.overview.planes.clone(),
            layers,
            signer: self.signer.clone(),
            issuers: self.issuers.clone(),
            balancers: self.elbv2.clone(),
            tls: Some(acceptor),
            encrypted: Some(encrypted),
            ec2: self.ec2.clone(),
            whereabouts: Arc::new(Recorded {
                iam: config.iam,
                ecs: self.ecs.clone(),
                planes: control.overview.planes.clone(),
            }),
            connections,
        })
    }
}
