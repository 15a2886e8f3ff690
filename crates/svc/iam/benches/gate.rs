//! What identity costs a request on one core: the key looked up and its secret opened, then one
//! decision with the policies of the user, its group and three managed ones.
//! `cargo bench -p wharf-svc-iam`.

use std::{
    hint::black_box,
    sync::Arc,
    time::{Duration, Instant},
};

use wharf_api_iam::{Iam, types::*};
use wharf_base::{Permit, Timestamp};
use wharf_seal::Keyring;
use wharf_store::{Store, StoreOptions};
use wharf_svc_iam::{Directory, IamGate, IamService, Mode};
use wharf_wire::{Call, Caller, Check, Context, Gate};

const ACCOUNT: &str = "000000000000";
const RUN: Duration = Duration::from_millis(500);
const NOW: Timestamp = Timestamp::from_millis(1_767_312_000_000);

fn name(name: &str) -> Option<String> {
    Some(name.to_owned())
}

/// A user with policies in every place, and the id of a key of it.
async fn user(iam: &IamService, root: &Call) -> Result<String, wharf_wire::Fault> {
    let anna = || name("anna");
    let user = CreateUserRequest {
        user_name: anna(),
        ..Default::default()
    };
    iam.create_user(root, user).await?;
    let group = CreateGroupRequest {
        group_name: name("crew"),
        ..Default::default()
    };
    iam.create_group(root, group).await?;
    let add = AddUserToGroupRequest {
        group_name: name("crew"),
        user_name: anna(),
    };
    iam.add_user_to_group(root, add).await?;
    let document = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::home/${aws:username}/*"}]}"#;
    let put = PutGroupPolicyRequest {
        group_name: name("crew"),
        policy_name: name("home"),
        policy_document: name(document),
    };
    iam.put_group_policy(root, put).await?;
    for policy in [
        "AmazonECS_FullAccess",
        "AmazonEC2ContainerRegistryPowerUser",
        "ReadOnlyAccess",
    ] {
        let policy_arn = Some(format!("arn:aws:iam::aws:policy/{policy}"));
        let attach = AttachUserPolicyRequest {
            user_name: anna(),
            policy_arn,
        };
        iam.attach_user_policy(root, attach).await?;
    }
    let key = iam
        .create_access_key(root, CreateAccessKeyRequest { user_name: anna() })
        .await?;
    Ok(key
        .access_key
        .and_then(|key| key.access_key_id)
        .expect("a key has an id"))
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = Store::open(folder.path(), StoreOptions::default()).expect("a fresh store");
    let directory = Arc::new(Directory::new(store, Keyring::in_memory()));
    let iam = IamService::new(Arc::clone(&directory));
    let gate = IamGate::new(Arc::clone(&directory), Mode::Enforce);
    let mut context = Context::internal(ACCOUNT, "us-east-1", "bench", NOW);
    context.caller = Caller::root(ACCOUNT);
    let root = Call::by_controller(context.clone(), Permit::for_controller("bench"));
    let id = user(&iam, &root).await.expect("IAM takes all of this");

    let (mut rounds, start) = (0_u32, Instant::now());
    while start.elapsed() < RUN {
        black_box(directory.identify(&id, None, NOW).await).expect("the key is known");
        rounds += 1;
    }
    println!(
        "key looked up: {} ns",
        start.elapsed().as_nanos() / u128::from(rounds)
    );

    context.caller = directory
        .identify(&id, None, NOW)
        .await
        .expect("the key is known")
        .caller;
    let checks = [Check::new(
        "ecs:RunTask",
        "arn:aws:ecs:us-east-1:000000000000:task-definition/web:1",
    )];
    let (mut rounds, start) = (0_u32, Instant::now());
    while start.elapsed() < RUN {
        black_box(gate.decide(&context, &checks).await).expect("allowed");
        rounds += 1;
    }
    println!(
        "decided: {} ns",
        start.elapsed().as_nanos() / u128::from(rounds)
    );
}
