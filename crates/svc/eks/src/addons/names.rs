//! The Service `kube-dns`, which is all that the add-on `coredns` has in a cluster.

use serde_json::Value;
use wharf_base::net::Ipv4Net;
use wharf_kube_client::{Client, Delete, Error, Object as _, kind};
use wharf_kube_model::parts;

use super::{Conflicts, Issue, NAMESPACE};

const NAME: &str = "kube-dns";
/// Fields that decide where names are asked and who answers.
const FIELDS: [&str; 3] = ["clusterIP", "ports", "selector"];

/// As it is to be in a cluster whose services have these addresses.
pub fn wanted(service_range: &str) -> Option<Value> {
    let range: Ipv4Net = service_range.parse().ok()?;
    let address = range.hosts().nth(9)?;
    Some(parts::name_service(&address.to_string()))
}

/// Fields by which one that is there differs. Pure.
fn conflicts(wanted: &Value, there: &Value) -> Vec<&'static str> {
    let differs = |field: &&str| match *field {
        "ports" => ports(wanted) != ports(there),
        field => said(&wanted["spec"][field]) != said(&there["spec"][field]),
    };
    FIELDS.into_iter().filter(differs).collect()
}

/// Nothing and empty are the same.
fn said(value: &Value) -> Option<&Value> {
    let is_empty = value.is_null() || value.as_object().is_some_and(|it| it.is_empty());
    (!is_empty).then_some(value)
}

/// Names, protocols and numbers: what else there is, the API server may have added.
fn ports(service: &Value) -> Vec<(&str, &str, Option<i64>)> {
    let all = service.list("/spec/ports").iter();
    let all = all.map(|it| (it.text("/name"), it.text("/protocol"), it.integer("/port")));
    all.collect()
}

/// Has it as wanted, or says why not: what the API server refuses for good is an issue, not an error.
///
/// # Errors
/// The API server's, after which it may be tried again.
pub async fn apply(
    client: &Client,
    wanted: &Value,
    on_conflict: Conflicts,
) -> Result<Option<Issue>, Error> {
    let there = match client.get(&kind::SERVICE, NAMESPACE, NAME).await {
        Ok(there) => there,
        Err(error) if error.is_not_found() => {
            let made = client.create(&kind::SERVICE, NAMESPACE, wanted).await;
            return made.map(|_| None).or_else(refused);
        }
        Err(error) => return Err(error),
    };
    let found = conflicts(wanted, &there);
    match on_conflict {
        _ if found.is_empty() => Ok(None),
        Conflicts::Preserve => Ok(None),
        Conflicts::None => Ok(Some(issue(&found))),
        // Its address is for ever, and slices of what it selected go with it.
        Conflicts::Overwrite => {
            let this = Delete::of_uid(there.uid());
            client
                .delete(&kind::SERVICE, NAMESPACE, NAME, &this)
                .await?;
            let made = client.create(&kind::SERVICE, NAMESPACE, wanted).await;
            let issue = made.map(|_| None).or_else(refused)?;
            if issue.is_some() {
                // The one that was there is better than none.
                let former = bare(&there);
                client.create(&kind::SERVICE, NAMESPACE, &former).await?;
            }
            Ok(issue)
        }
    }
}

/// What is no better at the next try.
fn refused(error: Error) -> Result<Option<Issue>, Error> {
    match error.refusal() {
        Some(refusal) if matches!(refusal.code, 400 | 403 | 422) => {
            let message = format!("Service {NAME}: {}", refusal.message);
            Ok(Some(Issue::new("AdmissionRequestDenied", message, &[])))
        }
        _ => Err(error),
    }
}

/// As its author wrote it.
fn bare(service: &Value) -> Value {
    let mut bare = service.clone();
    if let Some(metadata) = bare["metadata"].as_object_mut() {
        let kept = ["name", "namespace", "labels", "annotations"];
        metadata.retain(|name, _| kept.contains(&name.as_str()));
    }
    if let Some(all) = bare.as_object_mut() {
        all.remove("status");
    }
    bare
}

fn issue(fields: &[&str]) -> Issue {
    let start = "Conflicts found when trying to apply. Will not continue due to resolve conflicts mode. Conflicts:";
    let lines = fields
        .iter()
        .map(|it| format!("\nService {NAME} - .spec.{it}"));
    Issue::new(
        "ConfigurationConflict",
        start.to_owned() + &lines.collect::<String>(),
        &[],
    )
}

/// Whatever it became; or says why it stays, as [`apply`] does.
///
/// # Errors
/// The API server's, after which it may be tried again.
pub async fn remove(client: &Client) -> Result<Option<Issue>, Error> {
    let any = Delete::default();
    match client.delete(&kind::SERVICE, NAMESPACE, NAME, &any).await {
        Err(error) if !error.is_not_found() => refused(error),
        _ => Ok(None),
    }
}

/// What is wrong while no node is there to answer.
///
/// # Errors
/// The API server's.
pub async fn ailing(client: &Client) -> Result<Option<Issue>, Error> {
    let nodes = client.list(&kind::NODE, &Default::default()).await?.items;
    let answers = nodes.iter().any(|it| it.has_condition("Ready", "True"));
    Ok((!answers).then(|| {
        Issue::new(
            "InsufficientNumberOfReplicas",
            "The add-on is unhealthy because it doesn't have the desired number of replicas.",
            &[],
        )
    }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use wharf_kube_client::fake::Fake;

    use super::*;

    fn own() -> Value {
        wanted("10.100.0.0/16").unwrap()
    }

    #[test]
    fn what_decides_is_compared() {
        let mut there = own();
        assert_eq!(there["spec"]["clusterIP"], "10.100.0.10");
        there["metadata"]["labels"] = json!({"a": "b"});
        there["spec"]["selector"] = json!({});
        there["spec"]["ports"][0]["nodePort"] = json!(30_053);
        assert!(conflicts(&own(), &there).is_empty());
        there["spec"]["selector"] = json!({"k8s-app": "kube-dns"});
        there["spec"]["ports"][0]["port"] = json!(5353);
        let found = conflicts(&own(), &there);
        assert_eq!(found, ["ports", "selector"]);
        let lines = "\nService kube-dns - .spec.ports\nService kube-dns - .spec.selector";
        assert!(issue(&found).message.ends_with(lines));
        assert!(wanted("x").is_none());
    }

    #[tokio::test]
    async fn conflicts_are_resolved_as_asked() {
        let client = Fake::new().client();
        let apply = |how| {
            let client = client.clone();
            async move { apply(&client, &own(), how).await.unwrap() }
        };
        let selector = || async {
            let it = client.get(&kind::SERVICE, NAMESPACE, NAME).await;
            it.unwrap()["spec"]["selector"].clone()
        };
        assert_eq!(apply(Conflicts::None).await, None);
        assert_eq!(apply(Conflicts::None).await, None);
        remove(&client).await.unwrap();
        remove(&client).await.unwrap();
        let mut other = own();
        other["spec"]["selector"] = json!({"app": "dns"});
        let made = client.create(&kind::SERVICE, NAMESPACE, &other).await;
        made.unwrap();
        let issue = apply(Conflicts::None).await.unwrap();
        assert_eq!(issue.code, "ConfigurationConflict");
        assert_eq!(
            issue.message,
            "Conflicts found when trying to apply. Will not continue due to resolve conflicts mode. Conflicts:\nService kube-dns - .spec.selector"
        );
        assert_eq!(selector().await, json!({"app": "dns"}));
        assert_eq!(apply(Conflicts::Preserve).await, None);
        assert_eq!(selector().await, json!({"app": "dns"}));
        assert_eq!(apply(Conflicts::Overwrite).await, None);
        assert_eq!(selector().await, Value::Null);
        let issue = ailing(&client).await.unwrap().unwrap();
        assert_eq!(issue.code, "InsufficientNumberOfReplicas");
    }

    #[tokio::test]
    async fn an_address_that_is_taken_is_an_issue_and_costs_nobody_their_names() {
        let server = Fake::new();
        let client = server.client();
        server.take_address("10.100.0.10");
        let apply = |how| {
            let client = client.clone();
            async move { apply(&client, &own(), how).await.unwrap().unwrap() }
        };
        assert_eq!(apply(Conflicts::None).await.code, "AdmissionRequestDenied");
        let mut other = own();
        other["spec"]["clusterIP"] = json!("10.100.0.20");
        let made = client.create(&kind::SERVICE, NAMESPACE, &other).await;
        made.unwrap();
        let issue = apply(Conflicts::Overwrite).await;
        assert_eq!(issue.code, "AdmissionRequestDenied");
        let there = client.get(&kind::SERVICE, NAMESPACE, NAME).await.unwrap();
        assert_eq!(there["spec"]["clusterIP"], "10.100.0.20");
    }
}
