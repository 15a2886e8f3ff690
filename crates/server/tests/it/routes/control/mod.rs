//! The service `wharf` asked over the wire, in the types of its contract: each answer is decoded into them
//! and has nothing beside them.

use std::collections::BTreeSet;

use serde_json::Value;
use wharf_api_wharf::{schema::SERVICE as WHARF, types::*};
use wharf_base::{Clock, SystemClock};
use wharf_wire::{codec::json, node::Struct};

use crate::routes::{Server, asked, code, start};

/// The answer, or code and text of the refusal.
async fn ask<O: Struct + Default>(
    server: &Server,
    operation: &str,
    input: &(dyn Struct + Sync),
) -> Result<O, (String, String)> {
    let at = WHARF.find_operation(operation).expect("an operation");
    let shapes = &WHARF.operations[at];
    let body = String::from_utf8(json::encode(&WHARF, shapes.input, input)).unwrap();
    let request = asked(&WHARF, operation, &body, "");
    let (status, body) = server
        .ask(&request, Some(&server.root()), SystemClock.now())
        .await;
    let said: Value = serde_json::from_str(&body).unwrap();
    if status != 200 {
        let text = said["message"].as_str().unwrap_or_default();
        return Err((code(&body), text.to_owned()));
    }
    let mut output = O::default();
    json::decode(&WHARF, shapes.output, body.as_bytes(), &mut output).unwrap();
    let again = json::encode(&WHARF, shapes.output, &output);
    let again: Value = serde_json::from_slice(&again).unwrap();
    assert_eq!(again, said, "{operation}: more than its contract has");
    Ok(output)
}

fn text(value: &str) -> Option<String> {
    Some(value.to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_are_those_of_the_contract() {
    let server = start().await;
    accounts(&server).await;
    keys(&server).await;
    facts(&server).await;
    refusals(&server).await;
    server.end().await;
}

async fn accounts(server: &Server) {
    let create = CreateAccountRequest {
        name: text("team"),
        id: text("111122223333"),
        client_token: text("once"),
    };
    let made: CreateAccountResponse = ask(server, "CreateAccount", &create).await.unwrap();
    let account = made.account.clone().unwrap();
    assert_eq!(
        (account.id, account.state, account.home),
        (text("111122223333"), text("open"), Some(false))
    );
    assert!(made.access_key_id.is_some() && made.secret_access_key.is_some());
    // The answer may have been lost.
    let again: CreateAccountResponse = ask(server, "CreateAccount", &create).await.unwrap();
    assert_eq!(again, made);
    let other = CreateAccountRequest {
        name: text("other"),
        ..create.clone()
    };
    let refused = ask::<CreateAccountResponse>(server, "CreateAccount", &other).await;
    assert_eq!(
        refused.unwrap_err().1,
        "The client token was already used with other parameters."
    );
    let unnamed = CreateAccountRequest {
        client_token: None,
        ..create
    };
    let refused = ask::<CreateAccountResponse>(server, "CreateAccount", &unnamed).await;
    assert_eq!(
        refused.unwrap_err().1,
        "Account 111122223333 exists already."
    );

    let close = CloseAccountRequest {
        id: text("111122223333"),
    };
    let closed: CloseAccountResponse = ask(server, "CloseAccount", &close).await.unwrap();
    let closed = closed.account.unwrap();
    assert!(closed.closed_at.is_some());
    let listed: ListAccountsResponse = ask(server, "ListAccounts", &ListAccountsRequest {})
        .await
        .unwrap();
    let ids = listed.accounts.unwrap().into_iter().map(|it| it.id);
    assert_eq!(
        ids.collect::<Vec<_>>(),
        [text("000000000000"), text("111122223333")]
    );
}

async fn keys(server: &Server) {
    let listed = async || {
        let found: ListKeysResponse = ask(server, "ListKeys", &ListKeysRequest {}).await.unwrap();
        assert!(found.nodes.is_some() && found.certificates.is_some());
        let keys = found.keys.unwrap_or_default().into_iter();
        keys.filter_map(|it| it.id).collect::<BTreeSet<_>>()
    };
    let before = listed().await;
    let rotate = RotateKeysRequest::default();
    let _: RotateKeysResponse = ask(server, "RotateKeys", &rotate).await.unwrap();
    let after = listed().await;
    assert!(after.len() > before.len(), "{before:?} {after:?}");
}

async fn facts(server: &Server) {
    let overview: OverviewResponse = ask(server, "Overview", &OverviewRequest {}).await.unwrap();
    assert_eq!(overview.tasks, Some(Vec::new()));
    assert!(overview.clusters.is_some_and(|it| it.len() == 1));
    let nodes: ListNodesResponse = ask(server, "ListNodes", &ListNodesRequest {})
        .await
        .unwrap();
    assert_eq!(nodes.nodes, Some(Vec::new()));
    let backup: GetBackupResponse = ask(server, "GetBackup", &GetBackupRequest {})
        .await
        .unwrap();
    assert_eq!(
        (backup.state, backup.backup.is_none()),
        (text("none"), true)
    );
    let authority: GetCertificateAuthorityResponse = ask(
        server,
        "GetCertificateAuthority",
        &GetCertificateAuthorityRequest {},
    )
    .await
    .unwrap();
    let pem = authority.certificates.unwrap();
    assert!(pem.starts_with("-----BEGIN CERTIFICATE-----"), "{pem}");
    let join = CreateJoinTokenRequest::default();
    let token: CreateJoinTokenResponse = ask(server, "CreateJoinToken", &join).await.unwrap();
    assert!(token.token.is_some() && token.token_id.is_some());
}

async fn refusals(server: &Server) {
    let explain = ExplainRequest {
        request: text("no-such-request"),
        ..Default::default()
    };
    let explained: ExplainResponse = ask(server, "Explain", &explain).await.unwrap();
    assert_eq!(explained.events, Some(Vec::new()));
    let nothing = ExplainRequest::default();
    let explained: Result<ExplainResponse, _> = ask(server, "Explain", &nothing).await;
    assert_eq!(explained.unwrap_err().0, "InvalidRequestException");
    let remove = RemoveNodeRequest {
        name: text("nobody"),
    };
    let removed: Result<RemoveNodeResponse, _> = ask(server, "RemoveNode", &remove).await;
    assert_eq!(removed.unwrap_err().0, "InvalidRequestException");
    let shown = DedicateNodeRequest {
        name: text("wharf-node"),
        as_instance: Some(true),
        ..Default::default()
    };
    let elsewhere = DedicateNodeRequest {
        account: text("999999999999"),
        ..shown.clone()
    };
    let of_cluster = DedicateNodeRequest {
        subnet: text("subnet-1"),
        ..shown.clone()
    };
    for (asked, why) in [
        // No agent runs beside this server.
        (shown, "is not registered"),
        (elsewhere, "There is no open account 999999999999."),
        (of_cluster, "subnet is not for a machine"),
    ] {
        let done: Result<DedicateNodeResponse, _> = ask(server, "DedicateNode", &asked).await;
        let (code, text) = done.unwrap_err();
        assert_eq!(code, "InvalidRequestException", "{text}");
        assert!(text.contains(why), "{text}");
    }
    let backup = BackupRequest {
        dir: text("/nowhere"),
        proof: text("none"),
    };
    let begun: Result<BackupResponse, _> = ask(server, "Backup", &backup).await;
    assert_eq!(begun.unwrap_err().0, "AccessDeniedException");
    let retire = RetireKeysRequest {
        key: text("nothing"),
        now: None,
    };
    let retired: Result<RetireKeysResponse, _> = ask(server, "RetireKeys", &retire).await;
    assert_eq!(retired.unwrap_err().0, "ValidationException");
}
