//! Interfaces of mount targets whose server ended, or whose EC2 did not answer, in the middle of it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    time::Duration,
};

use tokio_util::sync::{CancellationToken, DropGuard};
use wharf_api_ec2::{Ec2, Input, types::*};
use wharf_api_efs::{
    CreateFileSystemRequest, CreateMountTargetRequest, DeleteMountTargetRequest,
    DescribeMountTargetSecurityGroupsRequest, DescribeMountTargetsRequest, Efs as _,
    ModifyMountTargetSecurityGroupsRequest,
};
use wharf_base::{Permit, SystemClock};
use wharf_hosts::Hosts;
use wharf_reconcile::Takeover;
use wharf_store::{Range, Txn};
use wharf_svc_efs::{EfsService, Parts, plane};
use wharf_testkit::{World, call, until};
use wharf_wire::{Call, Check, Context, Fault, async_trait};

const ANSWERS: u8 = 0;
const FAILS: u8 = 1;
const HANGS: u8 = 2;
/// Deletions too.
const FAILS_ALL: u8 = 3;

/// EC2 that makes interfaces, and may not say so.
struct Silent {
    inner: Arc<dyn Ec2>,
    how: AtomicU8,
}

#[async_trait]
impl Ec2 for Silent {
    async fn authorize(&self, cx: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault> {
        self.inner.authorize(cx, input).await
    }

    async fn create_network_interface(
        &self,
        call: &Call,
        input: CreateNetworkInterfaceRequest,
    ) -> Result<CreateNetworkInterfaceResult, Fault> {
        let made = self.inner.create_network_interface(call, input).await?;
        match self.how.load(Ordering::Relaxed) {
            FAILS | FAILS_ALL => Err(no_answer()),
            HANGS => std::future::pending().await,
            _ => Ok(made),
        }
    }

    async fn delete_network_interface(
        &self,
        call: &Call,
        input: DeleteNetworkInterfaceRequest,
    ) -> Result<(), Fault> {
        match self.how.load(Ordering::Relaxed) {
            FAILS_ALL => Err(no_answer()),
            _ => self.inner.delete_network_interface(call, input).await,
        }
    }

    async fn modify_network_interface_attribute(
        &self,
        call: &Call,
        input: ModifyNetworkInterfaceAttributeRequest,
    ) -> Result<(), Fault> {
        let modified = self.inner.modify_network_interface_attribute(call, input);
        modified.await
    }

    async fn describe_network_interfaces(
        &self,
        call: &Call,
        input: DescribeNetworkInterfacesRequest,
    ) -> Result<DescribeNetworkInterfacesResult, Fault> {
        self.inner.describe_network_interfaces(call, input).await
    }

    async fn describe_security_groups(
        &self,
        call: &Call,
        input: DescribeSecurityGroupsRequest,
    ) -> Result<DescribeSecurityGroupsResult, Fault> {
        self.inner.describe_security_groups(call, input).await
    }

    async fn describe_subnets(
        &self,
        call: &Call,
        input: DescribeSubnetsRequest,
    ) -> Result<DescribeSubnetsResult, Fault> {
        self.inner.describe_subnets(call, input).await
    }
}

fn no_answer() -> Fault {
    Fault {
        sender: false,
        ..Fault::sender("InternalError", 500, "no answer")
    }
}

struct It {
    world: World,
    efs: EfsService,
    ec2: Arc<Silent>,
    file_system: String,
    subnet: String,
}

impl It {
    async fn new() -> Self {
        let world = World::new();
        let ec2 = Arc::new(Silent {
            inner: world.ec2_client(),
            how: AtomicU8::new(ANSWERS),
        });
        let efs = EfsService::new(Parts {
            store: world.store.clone(),
            keyring: world.keyring.clone(),
            ec2: ec2.clone(),
            dispatcher: world.dispatcher.clone(),
            hosts: Hosts::new(world.store.clone()),
            clock: Arc::new(SystemClock),
            takeover: Takeover::Replace,
        });
        let input = CreateFileSystemRequest {
            creation_token: Some("one".to_owned()),
            ..Default::default()
        };
        let made = efs.create_file_system(&call(), input).await.unwrap();
        let subnet = world.network().await.subnet('a');
        let it = Self {
            file_system: made.file_system_id.unwrap(),
            world,
            efs,
            ec2,
            subnet,
        };
        it.place().await;
        it
    }

    /// Puts the file system on a host.
    async fn place(&self) {
        const PERMIT: Permit = Permit::for_controller("efs-tests");
        let all = self.world.store.all(Range::prefix(plane::prefix())).await;
        for entry in all.unwrap().entries {
            if plane::key(&entry.key).is_none() {
                continue;
            }
            let mut record: serde_json::Value = serde_json::from_slice(&entry.value).unwrap();
            record["body"]["host"] = "i-1".into();
            let txn = Txn::new().put(entry.key, serde_json::to_vec(&record).unwrap());
            self.world.store.txn(&PERMIT, txn).await.unwrap();
        }
    }

    fn asked(&self) -> CreateMountTargetRequest {
        CreateMountTargetRequest {
            file_system_id: Some(self.file_system.clone()),
            subnet_id: Some(self.subnet.clone()),
            ..Default::default()
        }
    }

    async fn interfaces(&self) -> usize {
        let all = DescribeNetworkInterfacesRequest::default();
        let caller = call();
        let all = self.world.ec2.describe_network_interfaces(&caller, all);
        all.await.unwrap().network_interfaces.unwrap().len()
    }

    async fn targets(&self) -> Vec<String> {
        let all = DescribeMountTargetsRequest {
            file_system_id: Some(self.file_system.clone()),
            ..Default::default()
        };
        let all = self.efs.describe_mount_targets(&call(), all).await.unwrap();
        let all = all.mount_targets.unwrap().into_iter();
        all.filter_map(|it| it.mount_target_id).collect()
    }

    /// The next server takes it from here.
    fn run(&self) -> DropGuard {
        self.ec2.how.store(ANSWERS, Ordering::Relaxed);
        let stop = CancellationToken::new();
        let (efs, stopped) = (self.efs.clone(), stop.clone());
        tokio::spawn(async move { efs.run(stopped).await });
        stop.drop_guard()
    }
}

#[tokio::test]
async fn what_ec2_does_not_answer_for_is_cleared_away() {
    let it = It::new().await;
    it.ec2.how.store(FAILS_ALL, Ordering::Relaxed);
    let refused = it.efs.create_mount_target(&call(), it.asked()).await;
    assert_eq!(refused.unwrap_err().status, 500);
    assert_eq!(it.targets().await, Vec::<String>::new());
    assert_eq!(it.interfaces().await, 1);
    let _running = it.run();
    until("the interface is gone", || async {
        it.interfaces().await == 0
    })
    .await;
}

/// Clients ask again by themselves.
#[tokio::test]
async fn who_asks_again_gets_the_address() {
    let it = It::new().await;
    it.ec2.how.store(FAILS, Ordering::Relaxed);
    let refused = it.efs.create_mount_target(&call(), it.asked()).await;
    assert_eq!(refused.unwrap_err().status, 500);
    assert_eq!(it.interfaces().await, 0);
    it.ec2.how.store(ANSWERS, Ordering::Relaxed);
    let made = it.efs.create_mount_target(&call(), it.asked()).await;
    made.unwrap();
    assert_eq!(it.interfaces().await, 1);
}

#[tokio::test]
async fn one_that_was_cut_off_and_deleted_leaves_no_interface() {
    let it = It::new().await;
    it.ec2.how.store(HANGS, Ordering::Relaxed);
    let caller = call();
    let cut = it.efs.create_mount_target(&caller, it.asked());
    let cut = tokio::time::timeout(Duration::from_millis(500), cut).await;
    assert!(cut.is_err(), "it hangs");
    assert_eq!(it.interfaces().await, 1);
    let delete = DeleteMountTargetRequest {
        mount_target_id: it.targets().await.pop(),
    };
    it.efs.delete_mount_target(&call(), delete).await.unwrap();
    let _running = it.run();
    until("the interface is gone", || async {
        it.interfaces().await == 0 && it.targets().await.is_empty()
    })
    .await;
}

/// One of a list may go while the list is read.
#[tokio::test]
async fn a_list_leaves_out_what_went_meanwhile() {
    const PERMIT: Permit = Permit::for_controller("efs-tests");
    let it = It::new().await;
    let made = it.efs.create_mount_target(&call(), it.asked()).await;
    made.unwrap();
    let id = it.targets().await.remove(0);
    let all = it.world.store.all(Range::prefix(plane::prefix())).await;
    let all = all.unwrap().entries.into_iter();
    let keys: Vec<String> = all
        .map(|entry| entry.key)
        .filter(|key| key.ends_with(&format!("/mount-target/{id}")))
        .collect();
    assert_eq!(keys.len(), 1);
    for key in keys {
        let txn = Txn::new().delete(key);
        it.world.store.txn(&PERMIT, txn).await.unwrap();
    }
    assert_eq!(it.targets().await, Vec::<String>::new());
}

#[tokio::test]
async fn its_groups_are_those_of_its_interface() {
    let it = It::new().await;
    let made = it.efs.create_mount_target(&call(), it.asked()).await;
    let made = made.unwrap();
    let id = made.mount_target_id.unwrap();
    let wanted = CreateSecurityGroupRequest {
        group_name: Some("files".to_owned()),
        description: Some("who mounts".to_owned()),
        vpc_id: made.vpc_id,
        ..Default::default()
    };
    let group = it.world.ec2.create_security_group(&call(), wanted).await;
    let group = group.unwrap().group_id.unwrap();
    let modify = |group: &str| ModifyMountTargetSecurityGroupsRequest {
        mount_target_id: Some(id.clone()),
        security_groups: Some(vec![group.to_owned()]),
    };
    let modified = it
        .efs
        .modify_mount_target_security_groups(&call(), modify(&group))
        .await;
    modified.unwrap();
    let wrong = it
        .efs
        .modify_mount_target_security_groups(&call(), modify("sg-00000000000000000"))
        .await;
    assert_eq!(wrong.unwrap_err().code, "SecurityGroupNotFound");
    let asked = DescribeMountTargetSecurityGroupsRequest {
        mount_target_id: Some(id.clone()),
    };
    let shown = it
        .efs
        .describe_mount_target_security_groups(&call(), asked)
        .await;
    assert_eq!(shown.unwrap().security_groups, Some(vec![group.clone()]));
    let all = DescribeNetworkInterfacesRequest::default();
    let all = it.world.ec2.describe_network_interfaces(&call(), all).await;
    let interface = all.unwrap().network_interfaces.unwrap().remove(0);
    let groups = interface.groups.unwrap().into_iter();
    let groups: Vec<String> = groups.filter_map(|it| it.group_id).collect();
    assert_eq!(groups, [group]);
}
