//! The service in process, over a real store, EC2 and IAM; only the API servers are a stand-in that remembers.

mod addon_roles;
mod addons;
mod cluster_config;
mod encryption;
mod fargate;
mod groups;
mod pod_identity;
mod providers;
mod refusals;
mod scaling;
mod turns;
mod versions;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use wharf_api_eks::{
    AccessScope, AssociateAccessPolicyRequest, CreateAccessConfigRequest, CreateAccessEntryRequest,
    CreateClusterRequest, DeleteClusterRequest, DescribeAccessEntryRequest, DescribeClusterRequest,
    DescribeClusterResponse, Eks as _, ListAccessEntriesRequest, TagResourceRequest, Update,
    UpdateAccessConfigRequest, UpdateClusterConfigRequest, VpcConfigRequest,
};
use wharf_api_iam::{CreateRoleRequest, CreateUserRequest, Iam as _};
use wharf_base::{Clock, SystemClock, Timestamp};
use wharf_kube_auth::{
    access_policies::{Policy, Reach},
    mapping::Identity,
    oidc::Provider,
};
use wharf_kube_client::{Client, fake::Fake, kind};
use wharf_kube_model::{Version, parts::Parts as Without};
use wharf_reconcile::Takeover;
use wharf_service::Place;
use wharf_svc_eks::{
    EksService, LookupError, Parts, Principals,
    control_planes::{
        ControlPlaneError, ControlPlanes, DataKey, PodOfToken, Running as Answering, TokenRefused,
        Wanted,
    },
    entry::Entry,
};
use wharf_svc_kms::{KmsService, Parts as KmsParts};
use wharf_testkit::{ACCOUNT, CutOff, REGION, Running, World, call, refused, until};
use wharf_wire::{Fault, async_trait};

use crate::scaling::Groups;

/// Remembers which clusters are to answer.
#[derive(Default)]
struct Planes {
    running: Mutex<Vec<String>>,
    /// As the last cluster that ran was to be.
    without: Mutex<Without>,
    version: Mutex<Option<Version>>,
    provider: Mutex<Option<Provider>>,
    /// From where it is reached.
    admitted: Mutex<Vec<String>>,
    /// What Secrets are under: the data key, or why it is shut.
    data_key: Mutex<Option<Result<Vec<u8>, String>>>,
    /// No API server can be started.
    is_stuck: Mutex<bool>,
    /// Each that starts waits for a permit.
    held: Mutex<Option<Arc<Semaphore>>>,
    /// How many wait, and how many waited at most.
    waiting: AtomicUsize,
    most_waiting: AtomicUsize,
    kubernetes: Fake,
}

#[async_trait]
impl ControlPlanes for Planes {
    async fn run(&self, cluster: Wanted) -> Result<Answering, ControlPlaneError> {
        assert!(cluster.authority.contains("BEGIN CERTIFICATE"));
        assert!(
            cluster
                .authority_key
                .expose_str()
                .unwrap()
                .contains("PRIVATE KEY")
        );
        if *self.is_stuck.lock() {
            return Err(ControlPlaneError::new("listening", "no port is free"));
        }
        let held = self.held.lock().clone();
        if let Some(held) = held {
            let waiting = self.waiting.fetch_add(1, Ordering::Relaxed) + 1;
            self.most_waiting.fetch_max(waiting, Ordering::Relaxed);
            held.acquire().await.unwrap().forget();
            self.waiting.fetch_sub(1, Ordering::Relaxed);
        }
        *self.without.lock() = cluster.without;
        *self.version.lock() = Some(cluster.version);
        *self.provider.lock() = cluster.provider;
        *self.admitted.lock() = cluster.admitted;
        *self.data_key.lock() = cluster.data_key.map(|it| match it {
            DataKey::Open(key) => Ok(key.expose().to_vec()),
            DataKey::Shut(why) | DataKey::Unknown(why) => Err(why),
        });
        let mut running = self.running.lock();
        if !running.contains(&cluster.id) {
            running.push(cluster.id);
        }
        let port = cluster.port.unwrap_or(7001);
        let endpoint = format!("https://localhost:{port}");
        Ok(Answering { port, endpoint })
    }

    async fn client(&self, _: &str) -> Option<Client> {
        Some(self.kubernetes.client())
    }

    /// Tokens of tests name what they are of: `namespace/account/pod/uid`.
    async fn pod(&self, id: &str, token: &str) -> Result<PodOfToken, TokenRefused> {
        if !self.running.lock().iter().any(|it| it == id) {
            return Err(TokenRefused::Unavailable);
        }
        let parts: Vec<String> = token.split('/').map(str::to_owned).collect();
        let [namespace, service_account, name, uid] = <[String; 4]>::try_from(parts)
            .map_err(|_| TokenRefused::Invalid("it is not a JWT".to_owned()))?;
        Ok(PodOfToken {
            namespace,
            service_account,
            name,
            uid,
        })
    }

    async fn erase(&self, _: &Place, id: &str) -> Result<(), ControlPlaneError> {
        self.running.lock().retain(|it| it != id);
        Ok(())
    }
}

/// The time, and the seconds that a test is ahead of it.
#[derive(Debug, Default)]
struct Ahead(AtomicU64);

impl Clock for Ahead {
    fn now(&self) -> Timestamp {
        SystemClock.now() + Duration::from_secs(self.0.load(Ordering::Relaxed))
    }
}

struct Known(Arc<wharf_svc_iam::Directory>);

#[async_trait]
impl Principals for Known {
    async fn trusts(&self, role: &str, service: &str, source: &str) -> Result<bool, LookupError> {
        let now = SystemClock.now();
        let assumed = self
            .0
            .assume_for_service(role, service, "x", Some(source), now);
        Ok(assumed.await.is_ok())
    }

    async fn id(&self, arn: &str) -> Result<Option<String>, LookupError> {
        Ok(self.0.unique_id(arn).await.unwrap())
    }
}

struct Home {
    world: World,
    planes: Arc<Planes>,
    scaling: Arc<Groups>,
    clock: Arc<Ahead>,
    kms: KmsService,
    keys: Arc<CutOff>,
    eks: Running<EksService>,
    role: String,
    subnets: Vec<String>,
}

impl Home {
    async fn new() -> Self {
        let world = World::new();
        let planes = Arc::new(Planes::default());
        let scaling = Arc::new(Groups::default());
        let clock = Arc::new(Ahead::default());
        let kms = KmsService::new(KmsParts {
            store: world.store.clone(),
            keyring: world.keyring.clone(),
            clock: Arc::new(SystemClock),
            takeover: Takeover::Replace,
        });
        let keys = CutOff::new(Arc::new(wharf_api_kms::Client::new(
            Arc::new(kms.clone()),
            world.dispatcher.clone(),
        )));
        let parts = Parts {
            store: world.store.clone(),
            keyring: world.keyring.clone(),
            ec2: world.ec2_client(),
            autoscaling: scaling.clone(),
            iam: world.iam(),
            kms: keys.clone(),
            principals: Arc::new(Known(world.directory.clone())),
            control_planes: planes.clone(),
            clock: clock.clone(),
            takeover: Takeover::Replace,
        };
        let eks = Running::start(move || {
            let eks = EksService::new(parts.clone());
            let running = eks.clone();
            (eks, move |stop| async move { running.run(stop).await })
        });
        let role = role(&world, "clusters", "eks.amazonaws.com").await;
        let subnets = world.network().await.subnets_in("ab");
        Self {
            world,
            planes,
            scaling,
            clock,
            kms,
            keys,
            eks,
            role,
            subnets,
        }
    }

    fn request(&self, mode: &str) -> CreateClusterRequest {
        CreateClusterRequest {
            name: Some("demo".to_owned()),
            role_arn: Some(self.role.clone()),
            resources_vpc_config: Some(VpcConfigRequest {
                subnet_ids: Some(self.subnets.clone()),
                ..VpcConfigRequest::default()
            }),
            access_config: Some(CreateAccessConfigRequest {
                authentication_mode: Some(mode.to_owned()),
                ..CreateAccessConfigRequest::default()
            }),
            ..CreateClusterRequest::default()
        }
    }

    async fn describe(&self) -> Result<DescribeClusterResponse, Fault> {
        let input = DescribeClusterRequest {
            name: Some("demo".to_owned()),
        };
        self.eks.describe_cluster(&call(), input).await
    }

    async fn status(&self) -> Option<String> {
        self.describe().await.ok()?.cluster?.status
    }

    async fn active(&self, mode: &str) -> wharf_api_eks::Cluster {
        let made = self.eks.create_cluster(&call(), self.request(mode)).await;
        assert_eq!(
            made.unwrap().cluster.unwrap().status.as_deref(),
            Some("CREATING")
        );
        until("the cluster is active", || async {
            self.status().await.as_deref() == Some("ACTIVE")
        })
        .await;
        self.describe().await.unwrap().cluster.unwrap()
    }

    fn id(&self) -> String {
        self.planes.running.lock()[0].clone()
    }

    async fn change(&self, input: UpdateClusterConfigRequest) -> Update {
        let input = UpdateClusterConfigRequest {
            name: Some("demo".to_owned()),
            ..input
        };
        let made = self.eks.update_cluster_config(&call(), input).await;
        let update = made.unwrap().update.unwrap();
        until("the update has ended", || async {
            self.status().await.as_deref() == Some("ACTIVE")
        })
        .await;
        update
    }

    async fn go_to_mode(&self, mode: &str) {
        let input = UpdateClusterConfigRequest {
            access_config: Some(UpdateAccessConfigRequest {
                authentication_mode: Some(mode.to_owned()),
            }),
            ..UpdateClusterConfigRequest::default()
        };
        let made = self.change(input).await;
        assert_eq!(made.type_.as_deref(), Some("AccessConfigUpdate"));
    }

    /// Roles in the ConfigMap `aws-auth`, as text; none where there is no map.
    async fn map_roles(&self) -> Option<String> {
        let client = self.planes.kubernetes.client();
        let map = client
            .get(&kind::CONFIG_MAP, "kube-system", "aws-auth")
            .await;
        let text = map.ok()?["data"]["mapRoles"].as_str()?.to_owned();
        Some(text)
    }

    /// The ConfigMap `aws-auth` is a user's.
    async fn given_roles(&self, text: &str) {
        let map = json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": "aws-auth", "namespace": "kube-system"},
            "data": {"mapRoles": text},
        });
        let client = self.planes.kubernetes.client();
        let made = client.create(&kind::CONFIG_MAP, "kube-system", &map).await;
        made.unwrap();
    }

    async fn enter(&self, identity: &Identity) -> Entry {
        let entered = self
            .eks
            .enter(&place(), ("demo", &self.id()), identity)
            .await;
        entered.unwrap()
    }
}

fn place() -> Place {
    Place::new(ACCOUNT, REGION)
}

async fn role(world: &World, name: &str, service: &str) -> String {
    role_at(world, "/", name, service).await
}

/// One that a service may assume, or all of a list.
async fn role_at(world: &World, path: &str, name: &str, service: impl Into<Value>) -> String {
    let service: Value = service.into();
    let trust = json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Principal": { "Service": service }, "Action": "sts:AssumeRole" }],
    });
    let input = CreateRoleRequest {
        path: Some(path.to_owned()),
        role_name: Some(name.to_owned()),
        assume_role_policy_document: Some(trust.to_string()),
        ..CreateRoleRequest::default()
    };
    let made = world.iam().create_role(&call(), input).await.unwrap();
    made.role.unwrap().arn.unwrap()
}

async fn user(world: &World, name: &str) -> Identity {
    let input = CreateUserRequest {
        user_name: Some(name.to_owned()),
        ..CreateUserRequest::default()
    };
    let made = world
        .iam()
        .create_user(&call(), input)
        .await
        .unwrap()
        .user
        .unwrap();
    Identity::new(
        &made.arn.unwrap(),
        &made.user_id.unwrap(),
        "",
        ACCOUNT,
        "AKIA1",
    )
}

#[tokio::test]
async fn a_cluster_comes_and_goes() {
    let home = Home::new().await;
    let made = home.active("API").await;
    assert_eq!(made.endpoint.as_deref(), Some("https://localhost:7001"));
    assert!(made.certificate_authority.unwrap().data.is_some());
    assert_eq!(home.planes.running.lock().len(), 1);
    let again = home.eks.create_cluster(&call(), home.request("API")).await;
    refused(
        again,
        "ResourceInUseException",
        "Cluster already exists with name: demo",
    );
    let groups = || async {
        let call = call();
        let found = wharf_api_ec2::Ec2::describe_security_groups(
            &*home.world.ec2,
            &call,
            Default::default(),
        );
        let found = found.await.unwrap().security_groups.unwrap();
        let names = found.into_iter().filter_map(|it| it.group_name);
        names
            .filter(|it| it.starts_with("eks-cluster-sg-demo-"))
            .count()
    };
    assert_eq!(groups().await, 1);
    let input = DeleteClusterRequest {
        name: Some("demo".to_owned()),
    };
    let gone = home.eks.delete_cluster(&call(), input).await.unwrap();
    assert_eq!(gone.cluster.unwrap().status.as_deref(), Some("DELETING"));
    until("the cluster is gone", || async {
        home.status().await.is_none()
    })
    .await;
    refused(
        home.describe().await,
        "ResourceNotFoundException",
        "No cluster found for name: demo.",
    );
    assert!(home.planes.running.lock().is_empty());
    assert_eq!(groups().await, 0);
    assert_eq!(
        home.world
            .stored("/w1/c0/eks/")
            .await
            .matches("demo")
            .count(),
        0
    );
}

#[tokio::test]
async fn a_cluster_that_has_lost_its_ground_fails_and_can_be_deleted() {
    let home = Home::new().await;
    *home.planes.is_stuck.lock() = true;
    let made = home.eks.create_cluster(&call(), home.request("API")).await;
    made.unwrap();
    let lost = &home.subnets[0];
    let input = wharf_api_ec2::DeleteSubnetRequest {
        subnet_id: Some(lost.clone()),
        ..Default::default()
    };
    let call = call();
    let deleted = wharf_api_ec2::Ec2::delete_subnet(&*home.world.ec2, &call, input);
    deleted.await.unwrap();
    let input = wharf_api_iam::DeleteRoleRequest {
        role_name: Some("clusters".to_owned()),
    };
    home.world.iam().delete_role(&call, input).await.unwrap();
    until("the cluster has failed", || async {
        home.status().await.as_deref() == Some("FAILED")
    })
    .await;
    let failed = home.describe().await.unwrap().cluster.unwrap();
    assert_eq!((failed.endpoint, failed.identity), (None, None));
    let issues = failed.health.unwrap().issues.unwrap();
    let issues: Vec<_> = issues
        .into_iter()
        .map(|it| (it.code.unwrap(), it.resource_ids.unwrap()))
        .collect();
    let expected = [
        ("IamRoleNotFound".to_owned(), vec![home.role.clone()]),
        ("Ec2SubnetNotFound".to_owned(), vec![lost.clone()]),
    ];
    assert_eq!(issues, expected);
    // It stays so, whatever could be had now.
    *home.planes.is_stuck.lock() = false;
    let input = DeleteClusterRequest {
        name: Some("demo".to_owned()),
    };
    home.eks.delete_cluster(&call, input).await.unwrap();
    until("the cluster is gone", || async {
        home.status().await.is_none()
    })
    .await;
    assert!(home.planes.running.lock().is_empty());
}

#[tokio::test]
async fn the_same_token_makes_the_same_cluster() {
    let home = Home::new().await;
    let request = || CreateClusterRequest {
        client_request_token: Some("t".to_owned()),
        ..home.request("API")
    };
    let first = home.eks.create_cluster(&call(), request()).await.unwrap();
    let second = home.eks.create_cluster(&call(), request()).await.unwrap();
    assert_eq!(
        first.cluster.unwrap().created_at,
        second.cluster.unwrap().created_at
    );
}

#[tokio::test]
async fn what_a_cluster_cannot_stand_on_is_refused() {
    let home = Home::new().await;
    let code = "InvalidParameterException";
    let mut old = home.request("API");
    old.version = Some("1.2".to_owned());
    let old = home.eks.create_cluster(&call(), old).await;
    refused(old, code, "unsupported Kubernetes version");
    let mut one = home.request("API");
    one.resources_vpc_config.as_mut().unwrap().subnet_ids = Some(home.subnets[..1].to_vec());
    let one = home.eks.create_cluster(&call(), one).await;
    refused(
        one,
        code,
        "Subnets specified must be in at least two different AZs",
    );
    let other = role(&home.world, "other", "ec2.amazonaws.com").await;
    let mut untrusting = home.request("API");
    untrusting.role_arn = Some(other.clone());
    let text = format!(
        "Role with arn: {other}, could not be assumed because it does not exist or the trusted entity is not correct"
    );
    refused(
        home.eks.create_cluster(&call(), untrusting).await,
        code,
        &text,
    );
}

#[tokio::test]
async fn a_cluster_is_kept_running_over_a_restart() {
    let mut home = Home::new().await;
    home.active("API").await;
    home.planes.running.lock().clear();
    home.eks.restart();
    until("the cluster answers again", || async {
        home.planes.running.lock().len() == 1
    })
    .await;
    assert_eq!(home.status().await.as_deref(), Some("ACTIVE"));
}

#[tokio::test]
async fn entries_let_their_very_principals_in() {
    let home = Home::new().await;
    home.active("API").await;
    let jane = user(&home.world, "jane").await;
    assert_eq!(home.enter(&jane).await, Entry::Nobody);
    let input = || CreateAccessEntryRequest {
        cluster_name: Some("demo".to_owned()),
        principal_arn: Some(jane.arn.clone()),
        kubernetes_groups: Some(vec!["devs".to_owned()]),
        ..CreateAccessEntryRequest::default()
    };
    let made = home
        .eks
        .create_access_entry(&call(), input())
        .await
        .unwrap();
    let arn = made.access_entry.unwrap().access_entry_arn.unwrap();
    let again = home.eks.create_access_entry(&call(), input()).await;
    let text = "The specified access entry resource is already in use on this cluster.";
    refused(again, "ResourceInUseException", text);
    let Entry::User(found) = home.enter(&jane).await else {
        panic!("she has an entry");
    };
    assert_eq!(found.name, jane.arn);
    assert!(found.is_in("devs"));
    let another = Identity {
        principal_id: "AIDAANOTHER".to_owned(),
        ..jane.clone()
    };
    assert_eq!(home.enter(&another).await, Entry::Nobody);

    let policy = AssociateAccessPolicyRequest {
        cluster_name: Some("demo".to_owned()),
        principal_arn: Some(jane.arn.clone()),
        policy_arn: Some(Policy::View.arn()),
        access_scope: Some(AccessScope {
            type_: Some("namespace".to_owned()),
            namespaces: Some(vec!["team-*".to_owned()]),
        }),
    };
    home.eks
        .associate_access_policy(&call(), policy.clone())
        .await
        .unwrap();
    let id = home.id();
    let found = home
        .eks
        .policies(
            &place(),
            ("demo", &id),
            (&jane.canonical_arn, &jane.principal_id),
        )
        .await;
    let expected = vec![(Policy::View, Reach::Namespaces(vec!["team-*".to_owned()]))];
    assert_eq!(found.unwrap(), expected);
    let another = (jane.canonical_arn.as_str(), "AIDAANOTHER");
    let found = home.eks.policies(&place(), ("demo", &id), another).await;
    assert_eq!(found.unwrap(), []);
    let tags = TagResourceRequest {
        resource_arn: Some(arn.clone()),
        tags: Some([("a".to_owned(), "b".to_owned())].into()),
    };
    home.eks.tag_resource(&call(), tags).await.unwrap();
    let absent = AssociateAccessPolicyRequest {
        policy_arn: Some(format!("{}None", Policy::View.arn())),
        ..policy
    };
    let made = home.eks.associate_access_policy(&call(), absent).await;
    let text = "The specified policyArn could not be found.";
    refused(made, "ResourceNotFoundException", text);
    let list = ListAccessEntriesRequest {
        cluster_name: Some("demo".to_owned()),
        associated_policy_arn: Some(Policy::View.arn()),
        ..ListAccessEntriesRequest::default()
    };
    let found = home.eks.list_access_entries(&call(), list).await.unwrap();
    assert_eq!(found.access_entries, Some(vec![jane.arn.clone()]));
}

#[tokio::test]
async fn an_entry_is_of_a_user_or_role_that_there_is() {
    let home = Home::new().await;
    home.active("API").await;
    let text = "The specified principalArn is invalid: invalid principal.";
    let form = "The principalArn parameter format is not valid";
    let of_service = "The caller is not allowed to modify access entries with a principalArn value of a Service Linked Role";
    let linked = "role/aws-service-role/eks.amazonaws.com/AWSServiceRoleForAmazonEKS";
    let session = format!("arn:aws:sts::{ACCOUNT}:assumed-role/clusters/jane");
    for (principal, text) in [
        ("jane".to_owned(), form),
        (session.clone(), form),
        (format!("arn:aws:iam::{ACCOUNT}:group/devs"), text),
        (format!("arn:aws:iam::{ACCOUNT}:role/nobody"), text),
        ("arn:aws:iam::999999999999:role/other".to_owned(), text),
        (format!("arn:aws:iam::{ACCOUNT}:{linked}"), of_service),
    ] {
        let input = CreateAccessEntryRequest {
            cluster_name: Some("demo".to_owned()),
            principal_arn: Some(principal),
            ..CreateAccessEntryRequest::default()
        };
        let made = home.eks.create_access_entry(&call(), input).await;
        refused(made, "InvalidParameterException", text);
    }
    let input = DescribeAccessEntryRequest {
        cluster_name: Some("demo".to_owned()),
        principal_arn: Some(session),
    };
    let found = home.eks.describe_access_entry(&call(), input).await;
    refused(found, "InvalidParameterException", form);
}

#[tokio::test]
async fn by_the_config_map_alone_the_creator_enters_unseen() {
    let home = Home::new().await;
    home.active("CONFIG_MAP").await;
    let jane = user(&home.world, "jane").await;
    let input = CreateAccessEntryRequest {
        cluster_name: Some("demo".to_owned()),
        principal_arn: Some(jane.arn.clone()),
        ..CreateAccessEntryRequest::default()
    };
    let text = "The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] to perform this operation.";
    let made = home.eks.create_access_entry(&call(), input).await;
    refused(made, "InvalidRequestException", text);
    assert_eq!(home.enter(&jane).await, Entry::AskConfigMap);
    let root = Identity::new(
        &format!("arn:aws:iam::{ACCOUNT}:root"),
        ACCOUNT,
        "",
        ACCOUNT,
        "AKIA2",
    );
    let Entry::User(found) = home.enter(&root).await else {
        panic!("root made the cluster");
    };
    assert!(found.is_in("system:masters"));
}
