//! A controller for a kind of its own, made by derive: it owns a config map, writes a status, and has a last word.

use crate::Outcome;
use futures::StreamExt;
use k8s_openapi::{
    api::core::v1::ConfigMap,
    apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition,
};
use kube::{
    Api, Client, CustomResource, CustomResourceExt, Resource, ResourceExt,
    api::{DeleteParams, Patch, PatchParams, PostParams},
    runtime::{
        Controller,
        controller::Action,
        finalizer::{self, Event, finalizer},
        wait::{await_condition, conditions},
        watcher,
    },
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::{sync::Arc, time::Duration};

const FINALIZER: &str = "rust.example.com/greeter";

#[derive(CustomResource, Deserialize, Serialize, Clone, Debug, JsonSchema)]
#[kube(
    group = "rust.example.com",
    version = "v1",
    kind = "Welcome",
    namespaced,
    status = "WelcomeStatus"
)]
pub struct WelcomeSpec {
    #[schemars(length(min = 1))]
    who: String,
    #[serde(default = "once")]
    times: i32,
}

fn once() -> i32 {
    1
}

#[derive(Deserialize, Serialize, Clone, Debug, Default, JsonSchema)]
pub struct WelcomeStatus {
    said: String,
}

pub async fn greet(client: Client, namespace: &str, seen: &mut Map<String, Value>) -> Outcome<()> {
    let definitions = Api::<CustomResourceDefinition>::all(client.clone());
    definitions
        .create(&PostParams::default(), &Welcome::crd())
        .await?;
    await_condition(
        definitions.clone(),
        Welcome::crd_name(),
        conditions::is_crd_established(),
    )
    .await?;
    let welcomes = Api::<Welcome>::namespaced(client.clone(), namespace);
    let controller = Controller::new(welcomes.clone(), watcher::Config::default())
        .owns(
            Api::<ConfigMap>::namespaced(client.clone(), namespace),
            watcher::Config::default(),
        )
        .run(
            reconcile,
            |_, _, _| Action::requeue(Duration::from_secs(1)),
            Arc::new(client.clone()),
        )
        .for_each(async |_| ());
    tokio::select! {
        () = controller => return Err("a controller that ends".into()),
        done = use_it(client.clone(), namespace, &welcomes, seen) => done?,
    }
    definitions
        .delete(Welcome::crd_name(), &DeleteParams::default())
        .await?;
    Ok(())
}

/// What a user of the kind does.
async fn use_it(
    client: Client,
    namespace: &str,
    welcomes: &Api<Welcome>,
    seen: &mut Map<String, Value>,
) -> Outcome<()> {
    let nobody = Welcome::new(
        "nobody",
        WelcomeSpec {
            who: String::new(),
            times: 1,
        },
    );
    seen.insert(
        "invalid".into(),
        crate::reason(welcomes.create(&PostParams::default(), &nobody).await),
    );
    let ann = Welcome::new(
        "one",
        WelcomeSpec {
            who: "Ann".into(),
            times: 1,
        },
    );
    welcomes.create(&PostParams::default(), &ann).await?;
    let has_said = |text: &'static str| {
        move |it: Option<&Welcome>| {
            it.and_then(|it| it.status.as_ref())
                .is_some_and(|it| it.said == text)
        }
    };
    await_condition(welcomes.clone(), "one", has_said("welcome Ann")).await?;
    let maps = Api::<ConfigMap>::namespaced(client, namespace);
    // What it owns comes back when somebody takes it away.
    let old = maps.get("one").await?;
    maps.delete("one", &DeleteParams::default()).await?;
    let is_new = |it: Option<&ConfigMap>| it.is_some_and(|it| it.uid() != old.uid());
    await_condition(maps.clone(), "one", is_new).await?;
    let change = Patch::Merge(json!({"spec": {"who": "Bob", "times": 2}}));
    welcomes
        .patch("one", &PatchParams::default(), &change)
        .await?;
    await_condition(welcomes.clone(), "one", has_said("welcome Bob welcome Bob")).await?;
    let one = welcomes.get("one").await?;
    seen.insert(
        "welcome".into(),
        json!([one.status, one.finalizers(), one.metadata.generation]),
    );
    let uid = one.uid().ok_or("no uid")?;
    welcomes.delete("one", &DeleteParams::default()).await?;
    await_condition(welcomes.clone(), "one", conditions::is_deleted(&uid)).await?;
    let last = maps.get("last-words").await?;
    seen.insert("last words".into(), json!(last.data));
    Ok(())
}

async fn reconcile(
    welcome: Arc<Welcome>,
    client: Arc<Client>,
) -> Result<Action, finalizer::Error<kube::Error>> {
    let namespace = welcome.namespace().unwrap_or_default();
    let welcomes = Api::<Welcome>::namespaced(client.as_ref().clone(), &namespace);
    let maps = Api::<ConfigMap>::namespaced(client.as_ref().clone(), &namespace);
    finalizer(&welcomes, FINALIZER, welcome, async |event| match event {
        Event::Apply(welcome) => say(&welcomes, &maps, &welcome).await,
        Event::Cleanup(welcome) => {
            let words = json!({
                "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "last-words"},
                "data": {"text": format!("goodbye {}", welcome.spec.who)},
            });
            maps.patch(
                "last-words",
                &PatchParams::apply("greeter"),
                &Patch::Apply(words),
            )
            .await?;
            Ok(Action::await_change())
        }
    })
    .await
}

async fn say(
    welcomes: &Api<Welcome>,
    maps: &Api<ConfigMap>,
    welcome: &Welcome,
) -> Result<Action, kube::Error> {
    let times = usize::try_from(welcome.spec.times).unwrap_or_default();
    let said = vec![format!("welcome {}", welcome.spec.who); times].join(" ");
    let name = welcome.name_any();
    let map = json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": name, "ownerReferences": [welcome.controller_owner_ref(&())]},
        "data": {"text": said},
    });
    maps.patch(
        &name,
        &PatchParams::apply("greeter").force(),
        &Patch::Apply(map),
    )
    .await?;
    let status = Patch::Merge(json!({"status": {"said": said}}));
    welcomes
        .patch_status(&name, &PatchParams::default(), &status)
        .await?;
    Ok(Action::await_change())
}
