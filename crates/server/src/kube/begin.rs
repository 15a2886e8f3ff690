//! A cluster begins to answer.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use parking_lot::RwLock;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use wharf_base::net::Ipv4Net;
use wharf_kube_api::{DataKey, FrontProxy, Network, OwnServer, Parts as Served};
use wharf_kube_auth::{UserInfo, account_token::Issuer, user::MASTERS};
use wharf_kube_client::{Informer, Selection, kind};
use wharf_kube_model::parts::Part;
use wharf_seal::SharedKey;
use wharf_service::Place;
use wharf_svc_eks::{
    control_planes::{ControlPlaneError, DataKey as WantedKey, Wanted},
    pod_identity::webhook::AwsPlace,
};
use wharf_svc_pod_interfaces::Interfaces;

use super::{
    Clusters, Serving,
    authority::{Authority, Whose},
    aws_auth,
    controllers::followed,
    failed,
    fargate::OfCluster,
    files,
    front::Front,
    gives_addresses, gives_volumes,
    identity::Identities,
    images::OfAccount,
    keys,
    logs::{ClusterLogs, Strangers},
    outside::ToAddresses,
    part_roles,
    pod_identity_webhook::{self, PodIdentityWebhook},
    ranges,
    signer::ClusterSigner,
    users::SELF,
};

/// Where agents lead pods, as they do tasks, to AWS' APIs.
const AWS_IN_PODS: &str = "http://169.254.170.2:4566";
/// The roles of a cluster are read within this, or its start is tried again.
const BEGINNING: Duration = Duration::from_secs(30);

impl Clusters {
    pub(super) async fn begin(&self, wanted: Wanted) -> Result<Serving, ControlPlaneError> {
        let now = self.settings.clock.now();
        let eks = self.eks.lock().clone();
        let eks = eks
            .ok_or_else(|| ControlPlaneError::new("starting a cluster", "EKS is not there yet"))?;
        let whose = Whose {
            place: wanted.place.clone(),
            name: wanted.name.clone(),
            id: wanted.id.clone(),
        };
        let signing = keys::Authority::read(wanted.authority_key.expose_str(), now);
        let signing = signing.map_err(failed("reading the authority of a cluster"))?;
        let issuer = Issuer::new(wanted.token_key.expose(), &wanted.issuer);
        let issuer = issuer.map_err(failed("reading the keys of a cluster"))?;
        let issuer = Arc::new(issuer);
        let front = keys::FrontProxy::new(wanted.secrets_key.expose(), now);
        let front = front.map_err(failed("making the authority of a cluster's front proxy"))?;
        let nodes = self.to_nodes(&wanted, &signing, &front)?;
        let clock = self.settings.clock.clone();
        let authority_key = wanted.authority_key.expose_str();
        let signer = ClusterSigner::read(&wanted.authority, authority_key, clock);
        let signer = signer.map_err(failed("reading the authority of a cluster"))?;
        let authority = Authority::new(whose.clone(), eks.clone());
        let own = UserInfo::authenticated(SELF, &[MASTERS]);
        let client = self.client(&wanted.id, own, "kube-apiserver");
        let logs = Arc::new(ClusterLogs {
            whose: whose.clone(),
            writer: self.settings.logs.clone(),
            clock: self.settings.clock.clone(),
            on: RwLock::new(wanted.logs.clone()),
            strangers: Strangers::default(),
        });
        let profiles = Arc::new(OfCluster {
            eks: eks.clone(),
            place: wanted.place.clone(),
            id: wanted.id.clone(),
        });
        let identities = Arc::new(Identities {
            whose,
            logs: logs.clone(),
            eks: eks.clone(),
            directory: self.settings.directory.clone(),
            clock: self.settings.clock.clone(),
            issuer: issuer.clone(),
            authority: authority.clone(),
            client: client.clone(),
            config_maps: OnceLock::new(),
            keys: self.settings.keys.clone(),
            provider: RwLock::new(wanted.provider.clone()),
        });
        let Place { account, region } = &wanted.place;
        let sealed_under = SharedKey::read(wanted.secrets_key.expose());
        let sealed_under = sealed_under.ok_or_else(|| {
            ControlPlaneError::new("reading the keys of a cluster", "a key has 32 bytes")
        })?;
        let sealed_under = Some(Arc::new(sealed_under));
        let data_key = wanted.data_key.as_ref().map(opened).transpose()?;
        let under = (sealed_under, data_key);
        let objects = self
            .servers
            .sealed_objects(account, region, &wanted.id, under);
        let objects = objects.await;
        let objects = objects.map_err(failed("opening the objects of a cluster"))?;
        let listeners = self.listen(&wanted).await;
        let (port, listeners) = listeners.map_err(failed("listening for a cluster"))?;
        let path = pod_identity_webhook::path_of(wanted.secrets_key.expose());
        let endpoint = self.endpoint(port);
        let webhook = Arc::new(PodIdentityWebhook {
            eks: eks.clone(),
            place: wanted.place.clone(),
            id: wanted.id.clone(),
            aws: AwsPlace {
                region: region.clone(),
                endpoint: AWS_IN_PODS.to_owned(),
            },
            client: client.clone(),
            accounts: OnceLock::new(),
            config: pod_identity_webhook::config_of(&endpoint, &path, &wanted.authority),
            path,
        });
        let outside = ToAddresses {
            egress: self.ways.of(account),
            ec2: self.settings.machines.clone(),
            place: wanted.place.clone(),
            vpc: wanted.vpc.clone(),
            provider: Arc::new(rustls::crypto::ring::default_provider()),
        };
        let parts = Served {
            network: Network {
                service_range: service_range(&wanted.service_cidr)?,
                server: Some(OwnServer {
                    port,
                    addresses: self.settings.reached.clone(),
                }),
            },
            authorizer: authority.clone(),
            tokens: identities.clone(),
            nodes: Arc::new(nodes),
            audit: Some(logs.clone()),
            clock: self.settings.clock.clone(),
            version: wanted.version,
            openid_configuration: issuer.configuration(),
            jwks: issuer.key_set(),
            outside: Some(Arc::new(outside)),
            own_webhook: Some(webhook.clone()),
            fargate: Some(profiles.clone()),
            images: Some(Arc::new(OfAccount {
                images: self.settings.images.clone(),
                place: wanted.place.clone(),
            })),
            without: wanted.without.clone(),
            front_proxy: Some(FrontProxy {
                clients: wanted.authority.clone(),
                authority: front.certificate,
            }),
        };
        let cluster = self.servers.create(&wanted.id, objects, parts).await;
        let cluster = cluster.map_err(failed("serving a cluster"))?;
        let stop = CancellationToken::new();
        // Whatever was begun ends with what fails behind it.
        let ending = stop.clone().drop_guard();
        let followed = followed(client.clone(), &stop);
        let config_maps = Informer::start(
            client.clone(),
            kind::CONFIG_MAP,
            Selection {
                namespace: aws_auth::NAMESPACE.to_owned(),
                fields: format!("metadata.name={}", aws_auth::NAME),
                ..Selection::default()
            },
            &[],
            stop.clone(),
        );
        let _ = identities.config_maps.set(config_maps);
        let _ = webhook.accounts.set(followed.of(&kind::SERVICE_ACCOUNT));
        // Before anybody else is answered, so that no pod comes without it. A full cluster does not take it, and is served all the
        // same: whoever is to make room in it needs that.
        if let Err(error) = webhook.restore().await {
            tracing::error!(%error, cluster = wanted.id, "failed to make the webhook of a cluster, its pods have no roles until it is served anew");
        }
        let read = tokio::time::timeout(BEGINNING, authority.follow(&followed)).await;
        read.map_err(failed("reading the roles of a cluster"))?;
        let front = Arc::new(Front {
            cluster,
            identities,
            tls: self.acceptor(&wanted, &signing)?,
            admitted: RwLock::new(ranges(&wanted.admitted)),
            connections: self.settings.connections.clone(),
            webhook,
        });
        for listener in listeners {
            tokio::spawn(front.clone().serve(listener, stop.clone()));
        }
        logs.serves(port);
        let addresses = watch::Sender::new(gives_addresses(&wanted.without));
        let acting = |part| self.acting(&wanted, (part, &issuer, &eks));
        let addressing = self.interfaces(wanted.cluster());
        let addressing = Interfaces {
            of_nodes: Arc::new(part_roles::Interfaces(acting(Part::VpcCni))),
            ..addressing
        };
        let given = (addressing, addresses.subscribe());
        let makers = self.start_controllers(&wanted, &followed, signer, given, &logs, &stop);
        let volumes = watch::Sender::new(gives_volumes(&wanted.without));
        let ec2 = Arc::new(part_roles::Volumes(acting(Part::EbsCsi)));
        self.start_volumes(&wanted, followed.clone(), ec2, volumes.subscribe(), &stop);
        let files = watch::Sender::new(files::are_given(&wanted.without));
        let driver = acting(Part::EfsCsi).acting;
        self.start_files(&wanted, followed.clone(), driver, files.subscribe(), &stop);
        self.start_fargate(&wanted, followed.clone(), port, profiles, &stop);
        self.settings.issuers.begin(&wanted.id, &issuer);
        ending.disarm();
        Ok(Serving {
            revision: wanted.revision,
            port,
            logs,
            front,
            followed,
            addresses,
            volumes,
            files,
            stop,
            makers,
        })
    }
}

/// The data key of Secrets, for who seals them.
pub(super) fn opened(key: &WantedKey) -> Result<DataKey, ControlPlaneError> {
    match key {
        WantedKey::Shut(why) | WantedKey::Unknown(why) => Ok(DataKey::Shut(why.clone())),
        WantedKey::Open(key) => {
            let key = SharedKey::read(key.expose());
            key.map(DataKey::Open).ok_or_else(|| {
                ControlPlaneError::new("reading the data key of a cluster", "a key has 32 bytes")
            })
        }
    }
}

fn service_range(text: &str) -> Result<Ipv4Net, ControlPlaneError> {
    text.parse()
        .map_err(failed("reading the addresses of services"))
}
