//! When users, roles, groups and policies were last used for which service.

use std::{sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;
use wharf_api_iam::{Client, Iam, types::*};
use wharf_base::TestClock;
use wharf_svc_iam::{Directory, IamService, KnownService, records::AccessJobsRecord};
use wharf_wire::{Call, Context};

use crate::world::*;

/// IAM that knows itself and EC2 by their schemas.
fn knowing(w: &World, directory: Arc<Directory>) -> Client {
    let schemas = [
        &wharf_api_iam::schema::SERVICE,
        &wharf_api_ec2::schema::SERVICE,
    ];
    let service = IamService::new(directory).knowing(schemas.map(KnownService::of));
    Client::new(Arc::new(service), w.dispatcher.clone())
}

async fn report(iam: &Client, arn: &str, granularity: &str) -> String {
    let input = GenerateServiceLastAccessedDetailsRequest {
        arn: text(arn),
        granularity: text(granularity),
    };
    let made = iam
        .generate_service_last_accessed_details(&root(), input)
        .await;
    let id = made.unwrap().job_id.unwrap();
    assert_eq!(id.len(), 36);
    id
}

async fn details(iam: &Client, job: &str) -> GetServiceLastAccessedDetailsResponse {
    let input = GetServiceLastAccessedDetailsRequest {
        job_id: text(job),
        ..Default::default()
    };
    iam.get_service_last_accessed_details(&root(), input)
        .await
        .unwrap()
}

async fn list_users(iam: &Client, call: &Call) -> bool {
    let listed = iam.list_users(call, ListUsersRequest::default());
    listed.await.is_ok()
}

fn arn(kind: &str, name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:{kind}/{name}")
}

#[tokio::test]
async fn services_that_are_allowed_with_their_last_use() {
    let w = world();
    let iam = knowing(&w, w.directory.clone());
    let anna = w.user_with("anna", &allow("iam:List*")).await;
    let job = report(&iam, &arn("user", "anna"), "SERVICE_LEVEL").await;
    let never = details(&iam, &job).await;
    assert_eq!(never.job_status.as_deref(), Some("COMPLETED"));
    assert_eq!(never.job_type.as_deref(), Some("SERVICE_LEVEL"));
    let [never] = &never.services_last_accessed.unwrap()[..] else {
        panic!("one service is allowed");
    };
    assert_eq!(never.service_namespace.as_deref(), Some("iam"));
    assert_eq!(never.total_authenticated_entities, Some(0));
    assert_eq!(never.last_authenticated, None);

    assert!(list_users(&iam, &anna).await);
    // An attempt that was denied is one, too; as with AWS the service need not be allowed to be noted.
    let denied = CreateUserRequest {
        user_name: text("other"),
        ..Default::default()
    };
    assert!(iam.create_user(&anna, denied).await.is_err());
    let used = details(&iam, &job).await.services_last_accessed.unwrap();
    assert_eq!(used[0].total_authenticated_entities, Some(1));
    assert_eq!(used[0].last_authenticated, Some(NOW));
    assert_eq!(
        used[0].last_authenticated_entity.as_deref(),
        Some(&*arn("user", "anna"))
    );
    assert_eq!(
        used[0].last_authenticated_region.as_deref(),
        Some("us-east-1")
    );
    assert_eq!(used[0].tracked_actions_last_accessed, None);

    let job = report(&iam, &arn("user", "anna"), "ACTION_LEVEL").await;
    let by_action = details(&iam, &job).await;
    assert_eq!(by_action.job_type.as_deref(), Some("ACTION_LEVEL"));
    let services = by_action.services_last_accessed.unwrap();
    let actions = services[0].tracked_actions_last_accessed.clone().unwrap();
    let names: Vec<&str> = (actions.iter())
        .filter_map(|it| it.action_name.as_deref())
        .collect();
    assert!(names.iter().all(|it| it.starts_with("List")), "{names:?}");
    assert!(names.contains(&"ListRoles"));
    let used: Vec<_> = (actions.iter())
        .filter(|it| it.last_accessed_time.is_some())
        .collect();
    assert_eq!(used.len(), 1);
    assert_eq!(used[0].action_name.as_deref(), Some("ListUsers"));
    assert_eq!(used[0].last_accessed_time, Some(NOW));
}

#[tokio::test]
async fn groups_and_policies_are_used_by_those_who_have_them() {
    let w = world();
    let iam = knowing(&w, w.directory.clone());
    let policy = w.policy("lists", &allow("iam:List*")).await;
    w.user("anna").await;
    w.user("ben").await;
    let group = CreateGroupRequest {
        group_name: text("staff"),
        path: None,
    };
    iam.create_group(&root(), group).await.unwrap();
    for name in ["anna", "ben"] {
        let add = AddUserToGroupRequest {
            group_name: text("staff"),
            user_name: text(name),
        };
        iam.add_user_to_group(&root(), add).await.unwrap();
    }
    let attach = AttachGroupPolicyRequest {
        group_name: text("staff"),
        policy_arn: text(&policy),
    };
    iam.attach_group_policy(&root(), attach).await.unwrap();
    let anna = w.call_of("anna").await;
    assert!(list_users(&iam, &anna).await);
    for about in [arn("group", "staff"), policy] {
        let job = report(&iam, &about, "SERVICE_LEVEL").await;
        let services = details(&iam, &job).await.services_last_accessed.unwrap();
        assert_eq!(services.len(), 1, "{about}");
        assert_eq!(services[0].total_authenticated_entities, Some(1));
        let ask = GetServiceLastAccessedDetailsWithEntitiesRequest {
            job_id: text(&job),
            service_namespace: text("iam"),
            max_items: Some(1),
            marker: None,
        };
        let first = iam
            .get_service_last_accessed_details_with_entities(&root(), ask.clone())
            .await;
        let first = first.unwrap();
        assert_eq!(first.is_truncated, Some(true));
        let of = |it: &EntityDetails| {
            let info = it.entity_info.clone().unwrap();
            (
                info.name.unwrap(),
                info.type_.unwrap(),
                it.last_authenticated,
            )
        };
        let user = |name: &str, at| (name.to_owned(), "USER".to_owned(), at);
        assert_eq!(
            of(&first.entity_details_list.unwrap()[0]),
            user("anna", Some(NOW))
        );
        let ask = GetServiceLastAccessedDetailsWithEntitiesRequest {
            marker: first.marker,
            ..ask
        };
        let second = iam
            .get_service_last_accessed_details_with_entities(&root(), ask)
            .await;
        let second = second.unwrap();
        assert_eq!(
            of(&second.entity_details_list.unwrap()[0]),
            user("ben", None)
        );
        assert_eq!(second.is_truncated, Some(false));
    }
}

/// Each service with the policies by which it is reached, as `TYPE name OF owner`.
async fn granting(iam: &Client, of: &str, services: &[&str]) -> Vec<(String, Vec<String>)> {
    let input = ListPoliciesGrantingServiceAccessRequest {
        arn: text(of),
        service_namespaces: Some(services.iter().map(|it| (*it).to_owned()).collect()),
        marker: None,
    };
    let caller = root();
    let listed = iam.list_policies_granting_service_access(&caller, input);
    let listed = listed.await.unwrap();
    assert_eq!(listed.is_truncated, Some(false));
    let shown = |it: PolicyGrantingServiceAccess| {
        let owner = it.entity_type.unwrap_or_default() + " " + &it.entity_name.unwrap_or_default();
        let by = it.policy_arn.unwrap_or(owner);
        format!("{} {by}", it.policy_name.unwrap())
    };
    let entries = listed.policies_granting_service_access.unwrap().into_iter();
    entries
        .map(|it| {
            let policies = it.policies.unwrap().into_iter();
            (it.service_namespace.unwrap(), policies.map(shown).collect())
        })
        .collect()
}

#[tokio::test]
async fn policies_by_which_somebody_reaches_a_service() {
    let w = world();
    let iam = knowing(&w, w.directory.clone());
    let managed = w.policy("lists", &allow("iam:List*")).await;
    w.user_with("anna", &allow("ec2:*")).await;
    let group = CreateGroupRequest {
        group_name: text("staff"),
        path: None,
    };
    iam.create_group(&root(), group).await.unwrap();
    let add = AddUserToGroupRequest {
        group_name: text("staff"),
        user_name: text("anna"),
    };
    iam.add_user_to_group(&root(), add).await.unwrap();
    let attach = AttachGroupPolicyRequest {
        group_name: text("staff"),
        policy_arn: text(&managed),
    };
    iam.attach_group_policy(&root(), attach).await.unwrap();
    let own = PutGroupPolicyRequest {
        group_name: text("staff"),
        policy_name: text("all"),
        policy_document: text(&allow("*")),
    };
    iam.put_group_policy(&root(), own).await.unwrap();

    let of = |service: &str, policies: &[&str]| {
        let policies = policies.iter().map(|it| (*it).to_owned());
        (service.to_owned(), policies.collect::<Vec<String>>())
    };
    let (lists, all) = (format!("lists {managed}"), "all GROUP staff");
    let anna = granting(&iam, &arn("user", "anna"), &["iam", "ec2", "sqs", "iam"]).await;
    assert_eq!(
        anna,
        [
            of("ec2", &["p USER anna", all]),
            of("iam", &[all, &lists]),
            of("sqs", &[all]),
        ]
    );
    let staff = granting(&iam, &arn("group", "staff"), &["ec2"]).await;
    assert_eq!(staff, [of("ec2", &[all])]);
    w.role("task", TRUST_ECS).await.unwrap();
    let task = granting(&iam, &arn("role", "task"), &["ec2"]).await;
    assert_eq!(task, [of("ec2", &[])]);

    for (wrong, code) in [
        (arn("user", "nobody"), "NoSuchEntity"),
        (managed, "InvalidInput"),
    ] {
        let input = ListPoliciesGrantingServiceAccessRequest {
            arn: text(&wrong),
            service_namespaces: Some(vec!["ec2".to_owned()]),
            marker: None,
        };
        let caller = root();
        let refused = iam.list_policies_granting_service_access(&caller, input);
        assert_eq!(refused.await.unwrap_err().code, code);
    }
}

/// What was noted is written when the server ends, and about once a minute; who is gone leaves nothing.
#[tokio::test(start_paused = true)]
async fn uses_survive_an_end_and_go_with_their_user() {
    let w = world();
    let iam = knowing(&w, w.directory.clone());
    let anna = w.user_with("anna", &allow("iam:*")).await;
    let clock = Arc::new(TestClock::at(NOW));
    assert!(list_users(&iam, &anna).await);
    // What another server reads is what was written.
    let other = || Arc::new(Directory::new(w.store.clone(), w.keyring.clone()));
    let job = report(&iam, &arn("user", "anna"), "SERVICE_LEVEL").await;
    let written = async || {
        let services = details(&knowing(&w, other()), &job)
            .await
            .services_last_accessed;
        services.unwrap()[0].last_authenticated
    };
    assert_eq!(written().await, None);
    let stop = CancellationToken::new();
    let kept = tokio::spawn(
        w.directory
            .clone()
            .keep_accesses(clock.clone(), stop.clone()),
    );
    tokio::time::sleep(Duration::from_secs(61)).await;
    wharf_testkit::until("it is written", async || written().await == Some(NOW)).await;

    // The end writes what is left.
    let later = by(anna.caller.clone());
    w.role("task", TRUST_ECS).await.unwrap();
    assert!(list_users(&iam, &later).await);
    stop.cancel();
    kept.await.unwrap();
    let key = wharf_records::Scope::new("iam", ACCOUNT, "aws-global");
    let record = key.key("last-access", &anna.caller.user_id);
    assert!(w.store.get(&record).await.unwrap().is_some());

    let gone = DeleteUserPolicyRequest {
        user_name: text("anna"),
        policy_name: text("p"),
    };
    iam.delete_user_policy(&root(), gone).await.unwrap();
    let keys = iam
        .list_access_keys(
            &root(),
            ListAccessKeysRequest {
                user_name: text("anna"),
                ..Default::default()
            },
        )
        .await;
    for found in keys.unwrap().access_key_metadata.unwrap() {
        let gone = DeleteAccessKeyRequest {
            user_name: text("anna"),
            access_key_id: found.access_key_id,
        };
        iam.delete_access_key(&root(), gone).await.unwrap();
    }
    let gone = DeleteUserRequest {
        user_name: text("anna"),
    };
    iam.delete_user(&root(), gone).await.unwrap();
    assert!(w.store.get(&record).await.unwrap().is_none());
    // Noted before it was gone, to be written after.
    assert!(!list_users(&iam, &later).await);
    let stop = CancellationToken::new();
    stop.cancel();
    tokio::spawn(w.directory.clone().keep_accesses(clock, stop))
        .await
        .unwrap();
    assert!(w.store.get(&record).await.unwrap().is_none());
}

#[tokio::test]
async fn a_role_says_when_it_was_last_used() {
    let w = world();
    let iam = knowing(&w, w.directory.clone());
    let role = w.role("task", TRUST_ECS).await.unwrap();
    let get = async || {
        let get = GetRoleRequest {
            role_name: text("task"),
        };
        let found = iam.get_role(&root(), get).await.unwrap();
        found.role.unwrap().role_last_used.unwrap()
    };
    assert_eq!(get().await, RoleLastUsed::default());
    let mut caller = root().caller.clone();
    caller.kind = wharf_wire::CallerKind::AssumedRole;
    caller.role_arn = role.arn.clone().unwrap();
    caller.user_id = format!("{}:session", role.role_id.unwrap());
    caller.arn = format!("arn:aws:sts::{ACCOUNT}:assumed-role/task/session");
    assert!(!list_users(&iam, &by(caller)).await);
    let used = get().await;
    assert_eq!(used.last_used_date, Some(NOW));
    assert_eq!(used.region.as_deref(), Some("us-east-1"));
}

#[tokio::test]
async fn bad_input() {
    let w = world();
    let iam = knowing(&w, w.directory.clone());
    for (about, code, message) in [
        (
            arn("user", "nobody"),
            "NoSuchEntity",
            "The user with name nobody cannot be found.",
        ),
        (
            arn("role", "nobody"),
            "NoSuchEntity",
            "The role with name nobody cannot be found.",
        ),
        (
            "arn:aws:iam::aws:policy/Nothing".to_owned(),
            "NoSuchEntity",
            "Policy arn:aws:iam::aws:policy/Nothing was not found.",
        ),
        (
            "arn:aws:s3:::a-bucket-of-mine".to_owned(),
            "InvalidInput",
            "ARN arn:aws:s3:::a-bucket-of-mine is not valid.",
        ),
    ] {
        let input = GenerateServiceLastAccessedDetailsRequest {
            arn: Some(about),
            granularity: None,
        };
        let made = iam
            .generate_service_last_accessed_details(&root(), input)
            .await;
        refused(made, code, message);
    }
    let id = "11111111-2222-3333-4444-555555555555";
    let input = GetServiceLastAccessedDetailsRequest {
        job_id: text(id),
        ..Default::default()
    };
    refused(
        iam.get_service_last_accessed_details(&root(), input).await,
        "NoSuchEntity",
        &format!("The job with ID {id} cannot be found."),
    );
    // The oldest report goes for a new one.
    w.user("anna").await;
    let first = report(&iam, &arn("user", "anna"), "SERVICE_LEVEL").await;
    let mut later = Context::internal(ACCOUNT, "us-east-1", "test", NOW + Duration::from_secs(1));
    later.caller = root().caller.clone();
    let later = Call::by_controller(later, PERMIT);
    for _ in 0..100 {
        let input = GenerateServiceLastAccessedDetailsRequest {
            arn: Some(arn("user", "anna")),
            granularity: None,
        };
        let made = iam
            .generate_service_last_accessed_details(&later, input)
            .await;
        made.unwrap();
    }
    let jobs = wharf_records::Scope::new("iam", ACCOUNT, "aws-global").key("access-jobs", "jobs");
    let kept = w.store.get(&jobs).await.unwrap().unwrap();
    let kept: AccessJobsRecord = wharf_records::decode(&kept.value).unwrap();
    assert_eq!(kept.jobs.len(), 100);
    assert!(!kept.jobs.contains_key(&first));
}
