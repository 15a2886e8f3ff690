//! Custom resources of several versions that a webhook turns into each other.
//!
//! Everything but this file sees an object in the version that is asked for: [`shown`] stands between the store and what is read of it,
//! [`stored`] between what is written and the store. The webhook is reached as those of admission are. It says what an object is in another
//! version, and not whose it is: but for labels and annotations its metadata is that of before.

pub(crate) mod review;

use std::{collections::HashMap, sync::Arc, time::Duration};

use bytes::Bytes;
use serde_json::Value;
use wharf_base::ids;
use wharf_kube_model::{
    Resource, conform, convert,
    view::{member, text_at},
};

use crate::{
    answer::Fault,
    call::Call,
    cluster::Inner,
    storage::{Change, Object, group_version, record},
    webhooks::{Endpoint, ask, turn_to_read},
    writing::plain_fault,
};

/// Within which a webhook turns what it is sent into another version.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Objects of one question, and bytes after which there is another one.
const MOST_OBJECTS: usize = 100;
const MOST_BYTES: usize = 512 << 10;

/// The webhooks of a cluster's definitions, by the names of these.
#[derive(Debug, Default)]
pub struct Converters(HashMap<String, Arc<Endpoint>>);

impl Converters {
    /// `before`: those until now.
    pub fn of(definitions: &[Value], before: &Self) -> Self {
        let all = definitions.iter().filter_map(|it| {
            let conversion = &it["spec"]["conversion"];
            if text_at(conversion, &["strategy"]) != "Webhook" {
                return None;
            }
            let config = member(&conversion["webhook"], "clientConfig")?;
            let mut endpoint = Endpoint::of(config, TIMEOUT)?;
            let name = text_at(it, &["metadata", "name"]).to_owned();
            if let Some(before) = before.0.get(&name) {
                endpoint.take_over(before);
            }
            Some((name, Arc::new(endpoint)))
        });
        Self(all.collect())
    }
}

fn converter(inner: &Inner, resource: &Resource) -> Option<Arc<Endpoint>> {
    let name = &resource.custom.as_ref()?.definition;
    inner.converters.load().0.get(name).cloned()
}

/// Objects of the store in the version that is asked for.
pub async fn shown(call: &Call, mut objects: Vec<Object>) -> Result<Vec<Object>, Fault> {
    let resource = &call.resource;
    let Some(converter) = converter(&call.cluster, resource) else {
        return Ok(objects);
    };
    let mut done = 0;
    while done < objects.len() {
        let from = objects[done].version().to_owned();
        if from == resource.version {
            done += 1;
            continue;
        }
        let mut room = MOST_BYTES;
        let together = objects[done..].iter().take(MOST_OBJECTS);
        let together = together.take_while(|it| {
            let fits = room > 0 && it.version() == from;
            room = room.saturating_sub(it.bytes());
            fits
        });
        let damaged = || plain_fault("the stored object is damaged");
        let own = call
            .catalog
            .resource(&resource.group, &from, &resource.plural);
        let before: Option<Vec<Value>> = together
            .map(|it| match own {
                // With the defaults of its own version.
                Some(own) => it.value(own),
                None => it.raw(&resource.kind, &group_version(&resource.group, &from)),
            })
            .collect();
        let before = before.ok_or_else(damaged)?;
        let after = converted(&call.cluster, &converter, before, resource).await?;
        for value in after {
            let record = record(&resource.version, &value);
            let revision = objects[done].revision;
            objects[done] = Object::new(record, revision).ok_or_else(damaged)?;
            done += 1;
        }
    }
    Ok(objects)
}

pub async fn shown_one(call: &Call, object: Object) -> Result<Object, Fault> {
    let mut all = shown(call, vec![object]).await?;
    all.pop()
        .ok_or_else(|| plain_fault("the object was not converted"))
}

/// Changes whose states are in the version that is asked for.
pub async fn shown_changes(
    call: &Call,
    changes: Vec<Arc<Change>>,
) -> Result<Vec<Arc<Change>>, Fault> {
    if converter(&call.cluster, &call.resource).is_none() {
        return Ok(changes);
    }
    let states = changes.iter().flat_map(|it| [&it.now, &it.before]);
    let states: Vec<Object> = states.flatten().cloned().collect();
    let mut states = shown(call, states).await?.into_iter();
    let changes = changes.iter().map(|it| {
        let mut next = |had: &Option<Object>| had.as_ref().and_then(|_| states.next());
        let now = next(&it.now);
        Arc::new(it.with(now, next(&it.before)))
    });
    Ok(changes.collect())
}

/// The bytes of an object as its resource is stored.
pub async fn stored(call: &Call, object: Value) -> Result<Bytes, Fault> {
    let resource = &call.resource;
    let version = &resource.storage.version;
    let stored = match converter(&call.cluster, resource) {
        Some(converter) if *version != resource.version => {
            let to = Resource {
                version: version.clone(),
                ..Resource::clone(resource)
            };
            let own = call.catalog.resource(&to.group, version, &to.plural);
            let to = own.map_or(&to, AsRef::as_ref);
            let mut all = converted(&call.cluster, &converter, vec![object], to).await?;
            all.pop().unwrap_or_default()
        }
        _ => convert::to_stored(resource, object),
    };
    Ok(record(version, &stored))
}

/// An object of one shape of its kind in another one.
pub async fn shaped(
    inner: &Inner,
    from: &Resource,
    to: &Resource,
    object: &Value,
) -> Result<Value, Fault> {
    let object = object.clone();
    if (&from.group, &from.version) == (&to.group, &to.version) {
        return Ok(object);
    }
    if let Some(converter) = converter(inner, from) {
        let mut all = converted(inner, &converter, vec![object], to).await?;
        return Ok(all.pop().unwrap_or_default());
    }
    let mut object = convert::from_stored(to, convert::to_stored(from, object));
    object["apiVersion"] = to.api_version().into();
    Ok(object)
}

/// Objects of one version in another, in their order.
async fn converted(
    inner: &Inner,
    converter: &Endpoint,
    objects: Vec<Value>,
    to: &Resource,
) -> Result<Vec<Value>, Fault> {
    let from = text_at(objects.first().unwrap_or(&Value::Null), &["apiVersion"]);
    let what = format!("{from}, Kind={}", to.kind);
    let failed = |why: String| plain_fault(&format!("conversion webhook for {what} {why}"));
    let (uid, wanted) = (ids::uuid(), to.api_version());
    let body = || review::question(&uid, &wanted, &objects);
    let answer = ask(inner, converter, body).await;
    let answer = answer.map_err(|why| failed(format!("failed: {why}")))?;
    let _turn = turn_to_read(&answer).await;
    let after = review::answer(&uid, &wanted, &objects, &answer);
    let mut after = after.map_err(|why| failed(why.to_string()))?;
    for object in &mut after {
        // What is of the wrong type is shown all the same; what no schema knows is not.
        let _ = conform::object(to, object);
    }
    Ok(after)
}
