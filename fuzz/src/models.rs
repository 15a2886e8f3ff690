//! The models, and protocols that few services here speak, over the models themselves.

use std::{collections::BTreeMap, fs, path::Path, sync::LazyLock};

use wharf_wire::{
    codec::{Body, rest},
    constraints,
    dynamic::Dynamic,
    schema::{Protocol, ServiceSchema},
    sigv4::RequestParts,
};

use crate::input;

/// By name.
pub static SCHEMAS: LazyLock<BTreeMap<&str, &ServiceSchema>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models");
    let files = fs::read_dir(folder).expect("the models are in the repository");
    let paths = files.map(|it| it.expect("a readable folder").path());
    let models = paths.filter(|it| it.extension().is_some_and(|it| it == "json"));
    let schemas = models.map(|path| {
        let model = wharf_model::read(&path).expect("a readable model");
        let schema = wharf_model::schema(&model).expect("a model without unknowns");
        (schema.name, schema)
    });
    schemas.collect()
});

/// A line `service.Operation`, then the body of a request in CBOR.
pub fn cbor(bytes: &[u8]) {
    let Some((name, body)) = input::line(bytes) else {
        return;
    };
    let Some((service, operation)) = name.split_once('.') else {
        return;
    };
    let schema = SCHEMAS.get(service).copied();
    let Some(schema) = schema.filter(|it| it.protocols.contains(&Protocol::Cbor)) else {
        return;
    };
    if let Some(index) = schema.find_operation(operation) {
        answer(schema, index, &Body::Cbor(body.to_vec().into()));
    }
}

/// A line with the service, then a head as in `sigv4`, and the body.
pub fn rest(bytes: &[u8]) {
    let Some((service, bytes)) = input::line(bytes) else {
        return;
    };
    let schema = SCHEMAS.get(service).copied();
    let Some(schema) = schema.filter(|it| it.protocol.is_rest()) else {
        return;
    };
    let Some((method, target, headers, body)) = input::head(bytes) else {
        return;
    };
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let parts = RequestParts {
        method,
        path,
        query,
        headers: &headers,
    };
    if let Ok(Some((index, request))) = rest::read(schema, &parts, None, body.to_vec()) {
        answer(schema, index, &Body::Rest(Box::new(request)));
    }
}

/// As the dispatcher: decoded, checked, and written again.
fn answer(schema: &'static ServiceSchema, index: usize, body: &Body) {
    let (operation, codec) = (&schema.operations[index], body.protocol(schema).codec());
    let Some(shape) = operation.input else { return };
    let mut read = Dynamic::new(schema, shape);
    if codec.decode(schema, operation, body, &mut read).is_err() {
        return;
    }
    let _ = constraints::check(schema, shape, &read);
    // An output of the same shape.
    let echo = wharf_wire::schema::OperationSchema::new(operation.name, None, Some(shape));
    let _ = codec.encode(schema, &echo, &read, "request-id");
}
