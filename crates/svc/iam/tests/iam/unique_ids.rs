//! Which user or role an ARN or a unique id is, as policies of resources ask.

use std::sync::Arc;

use wharf_api_iam::{Iam, types::*};
use wharf_svc_iam::{Directory, IamGate, Mode};
use wharf_wire::{Check, Gate};

use crate::world::*;

async fn id_of(gate: &IamGate, arn: &str) -> Option<String> {
    let asked = [arn.to_owned()];
    let found = gate.unique_ids(&asked).await.unwrap();
    found.expect("IAM knows who exists").remove(arn)
}

async fn arn_of(gate: &IamGate, id: &str) -> Option<String> {
    let asked = [id.to_owned()];
    gate.arns(&asked).await.unwrap().remove(id)
}

async fn delete(w: &World, name: &str) {
    let input = DeleteUserRequest {
        user_name: text(name),
    };
    w.iam.delete_user(&root(), input).await.unwrap();
}

#[tokio::test]
async fn an_id_is_found_wherever_it_is() {
    let w = world();
    let gate = IamGate::new(Arc::clone(&w.directory), Mode::Enforce);
    let anna = w.user("anna").await;
    let (arn, id) = (anna.arn.unwrap(), anna.user_id.unwrap());
    assert_eq!(id_of(&gate, &arn).await.as_ref(), Some(&id));
    assert_eq!(arn_of(&gate, &id).await.as_ref(), Some(&arn));
    let role = w.role("app", TRUST_ECS).await.unwrap();
    let (role_arn, role_id) = (role.arn.unwrap(), role.role_id.unwrap());
    assert_eq!(id_of(&gate, &role_arn).await.as_ref(), Some(&role_id));
    // A server that has seen none of them yet.
    let another = Directory::new(w.store.clone(), w.keyring.clone());
    let another = IamGate::new(Arc::new(another), Mode::Enforce);
    assert_eq!(arn_of(&another, &id).await.as_ref(), Some(&arn));
    assert_eq!(arn_of(&another, &role_id).await.as_ref(), Some(&role_arn));
    // Renamed, she is the same.
    let rename = UpdateUserRequest {
        user_name: text("anna"),
        new_user_name: text("anne"),
        ..Default::default()
    };
    w.iam.update_user(&root(), rename).await.unwrap();
    let now = arn.replace("anna", "anne");
    assert_eq!(arn_of(&gate, &id).await.as_ref(), Some(&now));
    assert_eq!(id_of(&gate, &arn).await, None);
}

#[tokio::test]
async fn who_is_made_anew_is_another() {
    let w = world();
    let gate = IamGate::new(Arc::clone(&w.directory), Mode::Enforce);
    let anna = w.user("anna").await;
    let (arn, id) = (anna.arn.unwrap(), anna.user_id.unwrap());
    assert_eq!(arn_of(&gate, &id).await.as_ref(), Some(&arn));
    delete(&w, "anna").await;
    assert_eq!(arn_of(&gate, &id).await, None);
    assert_eq!(id_of(&gate, &arn).await, None);
    let namesake = w.user("anna").await;
    assert_ne!(namesake.user_id.as_ref(), Some(&id));
    assert_eq!(id_of(&gate, &arn).await, namesake.user_id);
    assert_eq!(arn_of(&gate, &id).await, None);
    for nobody in [
        "arn:aws:iam::111122223333:user/anna",
        "arn:aws:iam::000000000000:user/x/anna",
        "arn:aws:iam::000000000000:root",
        "arn:aws:sts::000000000000:assumed-role/app/s",
    ] {
        assert_eq!(id_of(&gate, nobody).await, None, "{nobody}");
    }
}

#[tokio::test]
async fn a_policy_with_an_id_is_for_that_one_alone() {
    let w = world();
    let gate = IamGate::new(Arc::clone(&w.directory), Mode::Enforce);
    let id = w.user("anna").await.user_id.unwrap();
    let policy = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"{id}"}},"Action":"sqs:SendMessage"}}]}}"#
    );
    let check = Check::new("sqs:SendMessage", "arn:aws:sqs:us-east-1:000000000000:q");
    let checks = [check.with_resource_policy(Some(policy))];
    let anna = w.call_of("anna").await;
    gate.decide(anna.context(), &checks).await.unwrap();
    let key = DeleteAccessKeyRequest {
        user_name: text("anna"),
        access_key_id: text(&anna.caller.access_key_id),
    };
    w.iam.delete_access_key(&root(), key).await.unwrap();
    delete(&w, "anna").await;
    w.user("anna").await;
    let namesake = w.call_of("anna").await;
    assert!(gate.decide(namesake.context(), &checks).await.is_err());
}
