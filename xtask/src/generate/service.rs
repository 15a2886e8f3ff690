//! The trait of a service, its routes for the dispatcher, and its in-process client.

use std::fmt::Write as _;

use super::{
    model::{Model, Operation},
    names::snake,
};

pub fn render(model: &Model) -> String {
    let name = model.trait_name();
    let mut out = String::from(
        "//! The service as a trait, for those who implement it and those who call it.\n\
         use std::sync::Arc;\n\n\
         use wharf_wire::{\nCall, Check, Context, Dispatcher, Fault, Service, async_trait,\n\
         constraints::Violation, node::{Payload, Struct}, schema::ServiceSchema,\nunderstood::{self, Understood},\n};\n\n\
         #[allow(unused_imports)]\nuse crate::{schema::SERVICE, types::*};\n\n",
    );
    render_input(model, &mut out);
    render_trait(model, &name, &mut out);
    render_routes(model, &name, &mut out);
    render_client(model, &name, &mut out);
    out
}

pub fn input(operation: &Operation) -> &str {
    operation.input.as_deref().unwrap_or("()")
}

fn output(operation: &Operation) -> &str {
    operation.output.as_deref().unwrap_or("()")
}

/// What the operation returns to who calls it.
pub fn returned(operation: &Operation) -> String {
    match &operation.events {
        Some(events) => format!("wharf_wire::EventStream<{events}>"),
        None => output(operation).to_owned(),
    }
}

fn render_input(model: &Model, out: &mut String) {
    out.push_str("/// The input of any operation, for authorisation rows.\n#[derive(Debug, Clone, Copy)]\npub enum Input<'a> {\n");
    for operation in &model.operations {
        let _ = writeln!(out, "{}(&'a {}),", operation.name, input(operation));
    }
    out.push_str(
        "}\n\nimpl Input<'_> {\n/// The operation's name.\n\
         pub fn operation(&self) -> &'static str {\nmatch self {\n",
    );
    for operation in &model.operations {
        let _ = writeln!(out, "Self::{0}(_) => \"{0}\",", operation.name);
    }
    let _ = writeln!(
        out,
        "}}\n}}\n\n/// The IAM action of the same name.\npub fn action(&self) -> String {{\n\
         format!(\"{}:{{}}\", self.operation())\n}}\n}}\n",
        model.schema.action_prefix
    );
}

fn render_trait(model: &Model, name: &str, out: &mut String) {
    let _ = writeln!(
        out,
        "#[async_trait]\npub trait {name}: Send + Sync + 'static {{\n\
         /// The authorisation row of each operation: what it does to which resource, evaluated by the\n\
         /// dispatcher before the operation runs.\n\
         async fn authorize(&self, cx: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault>;\n\n\
         /// The service's own words for an input that breaks the model; `None` for the protocol's.\n\
         fn refuse(&self, operation: &'static str, violations: &[Violation]) -> Option<Fault> {{\n\
         let _ = (operation, violations);\nNone\n}}\n\n\
         /// Which members of inputs operations understand.\n\
         fn understood(&self) -> Option<&'static Understood> {{\nNone\n}}\n\n\
         /// The functions of operations that this version has; `None` where nobody says.\n\
         fn written(&self) -> Option<&'static [&'static str]> {{\nNone\n}}\n"
    );
    for operation in &model.operations {
        let _ = writeln!(
            out,
            "async fn {}(&self, call: &Call, input: {}) -> Result<{}, Fault> {{\n\
             let _ = (call, input);\nErr(Fault::unsupported(\"{}\", \"{}\"))\n}}\n",
            snake(&operation.name),
            input(operation),
            returned(operation),
            model.name,
            operation.name,
        );
    }
    out.push_str("}\n\n");
}

fn render_routes(model: &Model, name: &str, out: &mut String) {
    let _ = writeln!(
        out,
        "/// Joins an implementation to the dispatcher.\npub struct Routes(pub Arc<dyn {name}>);\n\n\
         /// The payload as the type that the operation's number stands for.\n\
         fn typed<T: 'static>(input: Box<dyn Payload>) -> T {{\n\
         *input.into_any().downcast().expect(\"the input was made for this operation\")\n}}\n\n\
         fn borrowed<T: 'static>(input: &dyn Payload) -> &T {{\n\
         input.as_any().downcast_ref().expect(\"the input was made for this operation\")\n}}\n\n\
         #[async_trait]\nimpl Service for Routes {{\n\
         fn schema(&self) -> &'static ServiceSchema {{\n&SERVICE\n}}\n\n\
         fn input(&self, operation: usize) -> Box<dyn Payload> {{\nmatch operation {{"
    );
    for (index, operation) in model.operations.iter().enumerate() {
        if operation.input.is_some() {
            let _ = writeln!(out, "{index} => Box::new({}::default()),", input(operation));
        }
    }
    out.push_str("_ => Box::new(()),\n}\n}\n\nfn output(&self, operation: usize) -> Box<dyn Payload> {\nmatch operation {\n");
    for (index, operation) in model.operations.iter().enumerate() {
        if operation.output.is_some() {
            let _ = writeln!(
                out,
                "{index} => Box::new({}::default()),",
                output(operation)
            );
        }
    }
    out.push_str(
        "_ => Box::new(()),\n}\n}\n\n\
         fn refuse(&self, operation: usize, violations: &[Violation]) -> Option<Fault> {\n\
         self.0.refuse(SERVICE.operations[operation].name, violations)\n}\n\n\
         fn understood(&self) -> Option<&'static Understood> {\nself.0.understood()\n}\n\n\
         fn written(&self) -> Option<&'static [&'static str]> {\nself.0.written()\n}\n\n\
         async fn checks(&self, cx: &Context, operation: usize, input: &dyn Payload) -> Result<Vec<Check>, Fault> {\n\
         let input = match operation {\n",
    );
    for (index, operation) in model.operations.iter().enumerate() {
        let _ = writeln!(
            out,
            "{index} => Input::{}(borrowed(input)),",
            operation.name
        );
    }
    out.push_str(
        "_ => unreachable!(\"operations are numbered by the schema\"),\n};\nself.0.authorize(cx, input).await\n}\n\n\
         async fn invoke(&self, call: &Call, operation: usize, input: Box<dyn Payload>) -> Result<wharf_wire::Output, Fault> {\n\
         Ok(wharf_wire::Output::Whole(match operation {\n",
    );
    for (index, operation) in model.operations.iter().enumerate() {
        let call = format!(
            "self.0.{}(call, typed(input)).await?",
            snake(&operation.name)
        );
        let _ = match operation.events {
            Some(_) => writeln!(
                out,
                "{index} => return Ok(wharf_wire::Output::events({call})),"
            ),
            None => writeln!(out, "{index} => Box::new({call}),"),
        };
    }
    out.push_str("_ => unreachable!(\"operations are numbered by the schema\"),\n}))\n}\n}\n\n");
}

fn render_client(model: &Model, name: &str, out: &mut String) {
    let _ = writeln!(
        out,
        "/// Calls the service in process, past the same gate as calls from outside.\n\
         #[derive(Clone)]\npub struct Client {{\ninner: Arc<dyn {name}>,\ndispatcher: Dispatcher,\n}}\n\n\
         impl Client {{\npub fn new(inner: Arc<dyn {name}>, dispatcher: Dispatcher) -> Self {{\n\
         Self {{ inner, dispatcher }}\n}}\n\n\
         async fn admit(&self, call: &Call, input: Input<'_>, operation: usize, given: &dyn Struct) -> Result<Call, Fault> {{\n\
         let checks = self.inner.authorize(call.context(), input).await?;\n\
         let call = self.dispatcher.admit(&SERVICE, call, &checks).await?;\n\
         understood::check(self.inner.understood(), &SERVICE, operation, given)?;\n\
         Ok(call)\n}}\n}}\n\n\
         #[async_trait]\nimpl {name} for Client {{\n\
         async fn authorize(&self, cx: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault> {{\n\
         self.inner.authorize(cx, input).await\n}}\n"
    );
    for (index, operation) in model.operations.iter().enumerate() {
        let _ = writeln!(
            out,
            "async fn {snake}(&self, call: &Call, input: {}) -> Result<{}, Fault> {{\n\
             let call = self.admit(call, Input::{}(&input), {index}, &input).await?;\nself.inner.{snake}(&call, input).await\n}}\n",
            input(operation),
            returned(operation),
            operation.name,
            snake = snake(&operation.name),
        );
    }
    out.push_str("}\n");
}
