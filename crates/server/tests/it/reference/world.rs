//! The services, over a store in which there is one of each thing that policies are about.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use serde_json::Value;
use tokio_util::sync::CancellationToken;
use wharf_base::{Clock, Permit, SystemClock};
use wharf_server::{ServerConfig, fuzz::services};
use wharf_wire::{
    Call, Caller, Check, Context, Fault, Output, Service, codec::json, schema::ServiceSchema,
};

use super::samples::{ACCOUNT, GIVEN, MADE, REGION, SAMPLE, TRUST};

/// Nobody listens there.
const PORT: u16 = 4566;

pub struct World {
    services: Vec<Arc<dyn Service>>,
    /// By the service and the name of the member.
    values: BTreeMap<(&'static str, &'static str), String>,
    /// What members may say as well: service, member, value.
    others: Vec<(&'static str, &'static str, String)>,
    stop: CancellationToken,
    _folder: tempfile::TempDir,
}

fn context() -> Context {
    let mut context = Context::internal(ACCOUNT, REGION, "reference", SystemClock.now());
    context.caller = Caller::root(ACCOUNT);
    context
}

impl World {
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let stop = CancellationToken::new();
        let config = ServerConfig {
            trails: Some(folder.path().join("trails")),
            ..ServerConfig::in_folder(folder.path(), PORT)
        };
        let permit = Permit::for_controller("reference");
        let services = services(&config, &permit, &context(), &stop).await.unwrap();
        let given = GIVEN
            .iter()
            .map(|(service, member, value)| ((*service, *member), (*value).to_owned()));
        let mut world = Self {
            services,
            values: given.collect(),
            others: Vec::new(),
            stop,
            _folder: folder,
        };
        for (call, body, names) in MADE {
            let (service, operation) = call.split_once('.').unwrap();
            let mut body = body.replace("$trust", TRUST);
            for ((_, member), value) in &world.values {
                body = body.replace(&format!("\"${member}\""), &format!("{value:?}"));
            }
            let answer = world.call(service, operation, &body).await;
            for (member, place) in *names {
                let value = answer.pointer(place).and_then(Value::as_str);
                let value = value.unwrap_or_else(|| panic!("no {place} in {answer}"));
                if let Some(member) = member.strip_prefix('+') {
                    world.others.push((service, member, value.to_owned()));
                    continue;
                }
                world.values.insert((service, member), value.to_owned());
                // Roles are what other services name, too.
                if member.ends_with("RoleArn") {
                    let all: Vec<_> = world.schemas().map(|it| it.name).collect();
                    for service in all {
                        world.values.insert((service, member), value.to_owned());
                    }
                }
            }
        }
        world.settle().await;
        world
    }

    /// ECS answers from what its loop has read.
    async fn settle(&self) {
        let input = serde_json::json!({"cluster": SAMPLE, "services": [SAMPLE]});
        let settled = async {
            loop {
                let checks = self.checks("ecs", "DescribeServices", &input, None).await;
                let is_tagged = |it: &Check| it.context.contains_key("aws:ResourceTag/sample");
                if checks.unwrap().iter().any(is_tagged) {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let settled = tokio::time::timeout(Duration::from_secs(30), settled).await;
        settled.expect("ECS sees its service");
    }

    pub fn schemas(&self) -> impl Iterator<Item = &'static ServiceSchema> + '_ {
        self.services.iter().map(|it| it.schema())
    }

    /// What a member of an input should say.
    pub fn value(&self, service: &str, member: &str) -> Option<&str> {
        let found = self
            .values
            .iter()
            .find(|((of, name), _)| *of == service && (name.eq_ignore_ascii_case(member)));
        found.map(|(_, value)| value.as_str())
    }

    /// What members of a service's inputs may say instead.
    pub fn others(&self, service: &str) -> impl Iterator<Item = (&str, &str)> {
        let of = self.others.iter().filter(move |(of, ..)| *of == service);
        of.map(|(_, member, value)| (*member, value.as_str()))
    }

    fn find(&self, service: &str, operation: &str) -> (&Arc<dyn Service>, usize) {
        let service = self.services.iter().find(|it| it.schema().name == service);
        let service = service.expect("a service of the table");
        let operation = service.schema().find_operation(operation);
        (service, operation.expect("an operation"))
    }

    /// The row of an operation for root, or for a service in root's name.
    pub async fn checks(
        &self,
        service: &str,
        operation: &str,
        input: &Value,
        via: Option<&str>,
    ) -> Result<Vec<Check>, Fault> {
        let (service, index) = self.find(service, operation);
        let schema = service.schema();
        let mut asked = service.input(index);
        json::decode(
            schema,
            schema.operations[index].input,
            input.to_string().as_bytes(),
            asked.as_struct_mut(),
        )
        .expect("an input made of the schema");
        let mut cx = context();
        cx.called_via.extend(via.map(str::to_owned));
        service.checks(&cx, index, &*asked).await
    }

    async fn call(&self, service: &str, operation: &str, body: &str) -> Value {
        let name = format!("{service}.{operation}");
        let (service, index) = self.find(service, operation);
        let schema = service.schema();
        let operation = &schema.operations[index];
        let mut asked = service.input(index);
        let read = json::decode(
            schema,
            operation.input,
            body.as_bytes(),
            asked.as_struct_mut(),
        );
        read.unwrap_or_else(|fault| panic!("{name}: {fault}"));
        let call = Call::by_controller(context(), Permit::for_controller("reference"));
        match service.invoke(&call, index, asked).await {
            Ok(Output::Whole(output)) => {
                let shown = json::encode(schema, operation.output, output.as_struct());
                serde_json::from_slice(&shown).expect("answers are JSON")
            }
            Ok(Output::Events(_)) => panic!("{name} answers events"),
            Err(fault) => panic!("{name} {body}: {fault}"),
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
