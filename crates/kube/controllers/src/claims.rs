//! Which objects belong to an owner: those it made, and those of its labels that nobody owns.

use std::sync::Arc;

use serde_json::{Value, json};
use wharf_kube_client::{Client, Error, Informer, Object, Patch, Ref};
use wharf_kube_model::selector::Labels;

/// What becomes of objects in the owner's namespace. Pure.
#[derive(Debug, Default, PartialEq)]
pub struct Claims {
    pub owned: Vec<Arc<Value>>,
    /// Of its labels, without an owner.
    pub adopted: Vec<Arc<Value>>,
    /// Its own, no longer of its labels.
    pub released: Vec<Arc<Value>>,
}

pub fn plan(owner: &Value, selector: &Labels, objects: Vec<Arc<Value>>) -> Claims {
    let mut claims = Claims::default();
    for object in objects {
        let fits = selector.matches_object(&object);
        match object.controller() {
            Some(it) if it.uid() == owner.uid() && fits => claims.owned.push(object),
            Some(it) if it.uid() == owner.uid() && !owner.is_deleting() => {
                claims.released.push(object);
            }
            Some(_) => {}
            None if fits && !owner.is_deleting() && !object.is_deleting() => {
                claims.adopted.push(object);
            }
            None => {}
        }
    }
    claims
}

/// The selector of an owner's spec; one that cannot be read chooses nothing.
pub fn selector(owner: &Value) -> Labels {
    Labels::of_selector(owner.at("/spec").get("selector")).unwrap_or(Labels::nothing())
}

/// Makes it so, and returns what is owned then.
pub async fn claim(
    client: &Client,
    owner: (&wharf_kube_client::Kind, &Value),
    selector: &Labels,
    informer: &Informer,
) -> Result<Vec<Arc<Value>>, Error> {
    let (kind, object) = owner;
    let claims = plan(object, selector, informer.in_namespace(object.namespace()));
    let mut owned = claims.owned;
    for released in claims.released {
        let mut owners = released.list("/metadata/ownerReferences").to_vec();
        owners.retain(|it| it.text("/uid") != object.uid());
        match set_owners(client, informer, &released, owners).await {
            Err(error) if error.is_not_found() || error.is_invalid() => {}
            other => {
                other?;
            }
        }
    }
    if claims.adopted.is_empty() {
        return Ok(owned);
    }
    // What the cache says of the owner may be old: one that is going must not adopt.
    let live = client.get(kind, object.namespace(), object.name()).await?;
    if live.uid() != object.uid() || live.is_deleting() {
        return Ok(owned);
    }
    for adopted in claims.adopted {
        let mut owners = adopted.list("/metadata/ownerReferences").to_vec();
        owners.push(Ref::of(kind, object).as_controller());
        match set_owners(client, informer, &adopted, owners).await {
            Ok(written) => owned.push(Arc::new(written)),
            Err(error) if error.is_not_found() || error.is_invalid() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(owned)
}

async fn set_owners(
    client: &Client,
    informer: &Informer,
    object: &Value,
    owners: Vec<Value>,
) -> Result<Value, Error> {
    // The uid and revision make sure that nothing else of that name is written to, nor a list that changed.
    let patch = Patch::Merge(json!({"metadata": {
        "uid": object.uid(), "resourceVersion": object.resource_version(), "ownerReferences": owners,
    }}));
    let written = client
        .patch(informer.kind(), object.namespace(), object.name(), &patch)
        .await?;
    informer.observe(&written);
    Ok(written)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_adopted_released() {
        let owner =
            json!({"metadata": {"uid": "o"}, "spec": {"selector": {"matchLabels": {"a": "b"}}}});
        let object = |name: &str, label: &str, controller: &str| {
            let mut object = json!({"metadata": {"name": name, "labels": {"a": label}}});
            if !controller.is_empty() {
                object["metadata"]["ownerReferences"] =
                    json!([{"uid": controller, "controller": true}]);
            }
            Arc::new(object)
        };
        let objects = vec![
            object("mine", "b", "o"),
            object("no longer mine", "c", "o"),
            object("free", "b", ""),
            object("another's", "b", "p"),
            object("foreign", "c", ""),
        ];
        let names = |objects: &[Arc<Value>]| -> Vec<String> {
            objects.iter().map(|it| it.name().to_owned()).collect()
        };
        let claims = plan(&owner, &selector(&owner), objects.clone());
        assert_eq!(names(&claims.owned), ["mine"]);
        assert_eq!(names(&claims.adopted), ["free"]);
        assert_eq!(names(&claims.released), ["no longer mine"]);

        let mut going = owner;
        going["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z".into();
        let claims = plan(&going, &selector(&going), objects);
        assert_eq!(names(&claims.owned), ["mine"]);
        assert!(claims.adopted.is_empty() && claims.released.is_empty());
    }
}
