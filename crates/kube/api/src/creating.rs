//! Creation: names, identity, admission, and the write where nothing may be.

use bytes::Bytes;
use serde_json::{Value, json};
use wharf_base::ids;
use wharf_kube_model::{
    status::{MODIFIED, Status},
    strategy, validate,
    view::text_at,
    warnings,
};

use crate::{
    admission::{self, Operation},
    answer::{Answer, Fault},
    call::{Call, store_fault},
    conversion,
    storage::{Object, WriteError},
    webhooks::{self, Verb},
    writing::{Stopped, TRIES, own, plain_fault},
};

/// Names tried for a `generateName`.
const NAMES: usize = 8;
/// Bytes of a name that is made, without what is appended.
const GENERATED_BASE: usize = 58;
/// Letters and digits that make no words.
const ALPHABET: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";

pub async fn create(call: &Call, body: &Bytes) -> Result<Answer, Fault> {
    let object = call.decode(body)?;
    match create_object(call, object, false).await? {
        Written::Stored(object) => call.answer(201, &object),
        Written::Tried(value) => call.answer_value(201, &value),
    }
}

/// What became of a write.
pub enum Written {
    Stored(Object),
    /// A dry run: what would have been stored.
    Tried(Value),
}

/// Creates an object that was decoded and has its defaults. `is_applied`: the owners of its fields are told.
pub async fn create_object(
    call: &Call,
    mut object: Value,
    is_applied: bool,
) -> Result<Written, Fault> {
    place(call, &mut object)?;
    let metadata = object["metadata"].as_object_mut().expect("placed");
    let given = metadata.get("resourceVersion").and_then(Value::as_str);
    if given.is_some_and(|it| !it.is_empty()) {
        return Err(plain_fault(
            "resourceVersion should not be set on objects to be created",
        ));
    }
    for name in [
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "selfLink",
    ] {
        metadata.shift_remove(name);
    }
    metadata.insert("uid".into(), ids::uuid().into());
    let now = call.now.iso8601_seconds();
    metadata.insert("creationTimestamp".into(), now.into());
    let has_name = !text_at(&object, &["metadata", "name"]).is_empty();
    let base = text_at(&object, &["metadata", "generateName"]).to_owned();
    if !is_applied {
        strategy::as_read(&call.resource, &mut object);
        own(call, "", None, &mut object)?;
    }
    let base_object = object;
    for attempt in 1.. {
        let mut object = base_object.clone();
        if !has_name && !base.is_empty() {
            object["metadata"]["name"] = generated(&base).into();
        }
        match create_once(call, object).await {
            Err(Stopped::Taken(_)) if !has_name && attempt < NAMES => {}
            // What was compared or claimed moved.
            Err(Stopped::Changed) if attempt < TRIES => {}
            Err(Stopped::Changed) => {
                let name = text_at(&base_object, &["metadata", "name"]);
                return Err(call.conflict(name, MODIFIED));
            }
            Err(Stopped::Fault(fault) | Stopped::Taken(fault)) => return Err(fault),
            Ok(written) => return Ok(written),
        }
    }
    Err(plain_fault("no name was tried"))
}

async fn create_once(call: &Call, mut object: Value) -> Result<Written, Stopped> {
    let mut effects = admission::admit_asking(call, Operation::Create, &mut object, None).await?;
    strategy::before_create(&call.resource, &mut object);
    admission::allocate(call, "", &mut object, None, &mut effects).await?;
    let name = text_at(&object, &["metadata", "name"]).to_owned();
    let mut errors = validate::create(&call.resource, &object);
    errors.extend(admission::certificate_errors(call, &object, None));
    if !errors.is_empty() {
        return Err(call.invalid(&name, errors).into());
    }
    if name.is_empty() {
        return Err(Fault::from(Status::bad_request("name or generateName is required")).into());
    }
    let warned = warnings::create(&call.resource, &object);
    warned.into_iter().for_each(|it| call.warn(it));
    crate::definitions::before_write(call, &mut object, None)?;
    admission::judge(call, "", &object, None).await?;
    webhooks::validate_write(call, Verb::Create, "", &name, &object, None).await?;
    admission::charge(call, "", &object, None, &mut effects).await?;
    let key = call.key_of(&name);
    let taken = |found: &Object| {
        let mut status = Status::already_exists(call.group(), &call.resource.plural, &name);
        let found = found.value(&call.resource).unwrap_or_default();
        if !text_at(&found, &["metadata", "deletionTimestamp"]).is_empty() {
            status.message = format!("object is being deleted: {}", status.message);
        }
        status
    };
    if call.is_dry_run()? {
        let found = call.cluster.objects.get(&key).await.map_err(store_fault)?;
        return match found {
            Some(found) => Err(Stopped::Taken(taken(&found).into())),
            None => Ok(Written::Tried(object)),
        };
    }
    let record = conversion::stored(call, object).await?;
    let inner = &call.cluster;
    let lease = inner
        .expiry
        .lease(&inner.objects, &call.resource, call.now)
        .await;
    let lease = lease.map_err(store_fault)?;
    match inner.objects.create(&key, record, &effects, lease).await {
        Ok(object) => {
            crate::definitions::after_write(call).await?;
            Ok(Written::Stored(conversion::shown_one(call, object).await?))
        }
        Err(WriteError::Changed) => {
            // Either the name is taken, or what was compared moved: the namespace for one.
            let found = inner.objects.get(&key).await.map_err(store_fault)?;
            match found {
                Some(found) => Err(Stopped::Taken(taken(&found).into())),
                None => Err(Stopped::Changed),
            }
        }
        Err(error) => Err(call.write_fault(&name, error).into()),
    }
}

/// Sets the namespace of the path and checks that the body says no other.
pub fn place(call: &Call, object: &mut Value) -> Result<(), Fault> {
    if !object["metadata"].is_object() {
        object["metadata"] = json!({});
    }
    let said = text_at(object, &["metadata", "namespace"]);
    match call.namespace() {
        Some(namespace) => {
            if !said.is_empty() && said != namespace {
                let text = "the namespace of the provided object does not match the namespace sent on the request";
                return Err(Status::bad_request(text).into());
            }
            object["metadata"]["namespace"] = namespace.into();
        }
        None => {
            if call.resource.namespaced {
                let text = "an empty namespace may not be set during creation";
                return Err(Status::bad_request(text).into());
            }
            if let Some(metadata) = object["metadata"].as_object_mut() {
                metadata.shift_remove("namespace");
            }
        }
    }
    Ok(())
}

fn generated(base: &str) -> String {
    use rand::Rng;
    let mut end = base.len().min(GENERATED_BASE);
    while !base.is_char_boundary(end) {
        end -= 1;
    }
    let mut rng = rand::rng();
    let random = std::iter::repeat_with(|| ALPHABET[rng.random_range(0..ALPHABET.len())]);
    base[..end]
        .chars()
        .chain(random.take(5).map(char::from))
        .collect()
}
