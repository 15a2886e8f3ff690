//! A day's work of a program with kube-rs: what it found is printed as JSON. `day NAMESPACE IMAGE`

mod greeter;

use futures::{StreamExt, TryStreamExt};
use k8s_openapi::api::{apps::v1::Deployment, core::v1::ConfigMap, core::v1::Pod};
use kube::{
    Api, Client, Error,
    api::{AttachParams, ListParams, LogParams, Patch, PatchParams, PostParams},
    runtime::{
        WatchStreamExt, reflector,
        wait::{await_condition, conditions},
        watcher,
    },
};
use serde_json::{Map, Value, json};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

const PATIENCE: Duration = Duration::from_secs(90);
const SERVE: &str = "echo started; echo $GREETING > /tmp/index.html; trap exit TERM; \
    httpd -f -p 8080 -h /tmp & while true; do sleep 1; done";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, namespace, image] = &arguments[..] else {
        return Err("day NAMESPACE IMAGE".into());
    };
    let client = Client::try_default().await?;
    let seen = tokio::time::timeout(PATIENCE, day(client, namespace, image)).await??;
    println!("{}", Value::Object(seen));
    Ok(())
}

async fn day(client: Client, namespace: &str, image: &str) -> Outcome<Map<String, Value>> {
    let mut seen = Map::new();
    seen.insert(
        "version".into(),
        json!(client.apiserver_version().await?.major),
    );
    let deployments = Api::<Deployment>::namespaced(client.clone(), namespace);
    let pods = Api::<Pod>::namespaced(client.clone(), namespace);
    deploy(&deployments, image, &mut seen).await?;
    let pod = look(&pods, &mut seen).await?;
    enter(&pods, &pod, &mut seen).await?;
    scale(&deployments, &pods, &mut seen).await?;
    apply(&Api::namespaced(client.clone(), namespace), &mut seen).await?;
    greeter::greet(client, namespace, &mut seen).await?;
    Ok(seen)
}

/// How a call was refused.
fn reason<T>(answer: Result<T, Error>) -> Value {
    match answer {
        Ok(_) => Value::Null,
        Err(Error::Api(status)) => json!([status.code, status.reason]),
        Err(other) => json!(other.to_string()),
    }
}

async fn deploy(
    deployments: &Api<Deployment>,
    image: &str,
    seen: &mut Map<String, Value>,
) -> Outcome<()> {
    let labels = json!({"app": "web"});
    let container = json!({
        "name": "web", "image": image, "command": ["sh", "-c", SERVE],
        "env": [{"name": "GREETING", "value": "hello"}],
        "readinessProbe": {"httpGet": {"path": "/", "port": 8080}, "periodSeconds": 1},
    });
    let template = json!({"metadata": {"labels": labels}, "spec": {"containers": [container], "terminationGracePeriodSeconds": 1}});
    let wanted: Deployment = serde_json::from_value(json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
        "spec": {"replicas": 2, "selector": {"matchLabels": labels}, "template": template},
    }))?;
    deployments.create(&PostParams::default(), &wanted).await?;
    seen.insert(
        "exists".into(),
        reason(deployments.create(&PostParams::default(), &wanted).await),
    );
    let is_there = |it: Option<&Deployment>| {
        it.and_then(|it| it.status.as_ref()?.available_replicas) == Some(2)
    };
    await_condition(deployments.clone(), "web", is_there).await?;
    await_condition(
        deployments.clone(),
        "web",
        conditions::is_deployment_completed(),
    )
    .await?;
    Ok(())
}

/// What a reflector holds, and the log of one of its pods.
async fn look(pods: &Api<Pod>, seen: &mut Map<String, Value>) -> Outcome<String> {
    let (store, writer) = reflector::store();
    let following = watcher(
        pods.clone(),
        watcher::Config::default()
            .labels("app=web")
            .streaming_lists(),
    );
    let following = reflector(writer, following)
        .default_backoff()
        .for_each(async |_| ());
    tokio::select! {
        () = following => return Err("a watch that ends".into()),
        ready = store.wait_until_ready() => ready?,
    }
    seen.insert("reflected".into(), json!(store.len()));
    let page = pods
        .list(&ListParams::default().labels("app=web").limit(1))
        .await?;
    seen.insert(
        "page".into(),
        json!([page.items.len(), page.metadata.continue_.is_some()]),
    );
    let pod = store
        .state()
        .first()
        .and_then(|it| it.metadata.name.clone())
        .ok_or("no pod")?;
    let log = pods.logs(&pod, &LogParams::default()).await?;
    seen.insert("log".into(), json!(log.trim()));
    seen.insert("missing".into(), reason(pods.get("nobody").await));
    Ok(pod)
}

/// Over WebSockets.
async fn enter(pods: &Api<Pod>, pod: &str, seen: &mut Map<String, Value>) -> Outcome<()> {
    let command = ["sh", "-c", "read line; echo $line; echo aside >&2; exit 3"];
    let mut process = pods
        .exec(pod, command, &AttachParams::default().stdin(true))
        .await?;
    let (mut told, mut aside) = (String::new(), String::new());
    let mut output = process.stdout().ok_or("no output")?;
    let mut errors = process.stderr().ok_or("no errors")?;
    let status = process.take_status().ok_or("no status")?;
    process
        .stdin()
        .ok_or("no input")?
        .write_all(b"told\n")
        .await?;
    let (output, errors, status) = futures::join!(
        output.read_to_string(&mut told),
        errors.read_to_string(&mut aside),
        status
    );
    output?;
    errors?;
    let status = status.ok_or("no status")?;
    let code = status
        .details
        .and_then(|it| it.causes.into_iter().flatten().next().map(|it| it.message));
    seen.insert(
        "exec".into(),
        json!([told.trim(), aside.trim(), status.reason, code]),
    );

    let mut forwarded = pods.portforward(pod, &[8080]).await?;
    let mut stream = forwarded.take_stream(8080).ok_or("no stream")?;
    stream.write_all(b"GET / HTTP/1.0\r\n\r\n").await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    seen.insert("forwarded".into(), json!(answer.lines().last()));
    Ok(())
}

async fn scale(
    deployments: &Api<Deployment>,
    pods: &Api<Pod>,
    seen: &mut Map<String, Value>,
) -> Outcome<()> {
    let following = watcher(pods.clone(), watcher::Config::default().labels("app=web"));
    let mut following = Box::pin(following.default_backoff());
    // What is there at first.
    while !matches!(
        following.try_next().await?.ok_or("the end")?,
        watcher::Event::InitDone
    ) {}
    let patch = Patch::Merge(json!({"spec": {"replicas": 1}}));
    let scaled = deployments
        .patch_scale("web", &PatchParams::default(), &patch)
        .await?;
    seen.insert(
        "scaled".into(),
        json!(scaled.spec.and_then(|it| it.replicas)),
    );
    while !matches!(
        following.try_next().await?.ok_or("the end")?,
        watcher::Event::Delete(_)
    ) {}
    let mut old = deployments.get("web").await?;
    old.metadata.resource_version = Some("1".into());
    seen.insert(
        "conflict".into(),
        reason(
            deployments
                .replace("web", &PostParams::default(), &old)
                .await,
        ),
    );
    Ok(())
}

async fn apply(settings: &Api<ConfigMap>, seen: &mut Map<String, Value>) -> Outcome<()> {
    let of = |colour: &str| {
        Patch::Apply(json!({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": {"colour": colour},
        }))
    };
    settings
        .patch("settings", &PatchParams::apply("day"), &of("blue"))
        .await?;
    let refused = settings
        .patch("settings", &PatchParams::apply("night"), &of("red"))
        .await;
    seen.insert("conflicting owner".into(), reason(refused));
    let applied = settings
        .patch("settings", &PatchParams::apply("night").force(), &of("red"))
        .await?;
    let owners = applied
        .metadata
        .managed_fields
        .iter()
        .flatten()
        .filter_map(|it| it.manager.clone());
    seen.insert(
        "applied".into(),
        json!([applied.data, owners.collect::<Vec<_>>()]),
    );
    Ok(())
}
