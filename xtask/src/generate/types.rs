//! Plain structs and fault constructors.

use std::fmt::Write as _;

use anyhow::{Result, bail};
use serde_json::Value;

use super::{
    model::Model,
    names::{field, snake},
};

const TAKEN: [&str; 7] = [
    "Option",
    "Vec",
    "Box",
    "String",
    "BTreeMap",
    "Timestamp",
    "Result",
];

pub fn render(model: &Model) -> Result<String> {
    let mut out = String::from(
        "//! Inputs, outputs and their parts. Every member is optional: what must be there is checked by\n\
         //! the schema before an operation sees its input.\n\
         #[allow(unused_imports)]\nuse std::collections::BTreeMap;\n\
         #[allow(unused_imports)]\nuse wharf_wire::{Timestamp, structure};\n",
    );
    for (name, members) in model.structures() {
        if TAKEN.contains(&name.as_str()) {
            bail!(
                "{}: a shape is named {name}, which the generated code needs",
                model.name
            );
        }
        let _ = writeln!(
            out,
            "\n#[derive(Debug, Clone, Default, PartialEq)]\npub struct {name} {{"
        );
        for (member, reference) in members {
            let inner = model.member_type(name, member, reference);
            let _ = writeln!(out, "pub {}: Option<{inner}>,", field(member));
        }
        let _ = writeln!(out, "}}\nstructure!({name} {{");
        for (index, member) in members.keys().enumerate() {
            let _ = writeln!(out, "{index} {},", field(member));
        }
        let _ = writeln!(out, "}});");
    }
    Ok(out)
}

pub fn render_faults(model: &Model) -> String {
    let mut out = String::from(
        "//! The modelled exceptions, each with its code and status.\n\
         #[allow(unused_imports)]\nuse wharf_wire::Fault;\n",
    );
    for (name, shape) in &model.shapes {
        if shape["exception"] != Value::Bool(true) {
            continue;
        }
        let error = &shape["error"];
        let server_side = shape["fault"] == Value::Bool(true);
        let code = error["code"]
            .as_str()
            .filter(|_| model.has_codes())
            .unwrap_or(name);
        let status =
            error["httpStatusCode"]
                .as_u64()
                .unwrap_or(if server_side { 500 } else { 400 });
        let function = snake(name);
        if server_side || status >= 500 {
            let _ = writeln!(
                out,
                "\n/// `{code}`, {status}; `cause` is logged, never sent.\n\
                 pub fn {function}(message: impl Into<String>, cause: &dyn std::error::Error) -> Fault {{\n\
                 Fault::receiver(\"{code}\", {status}, message, cause)\n}}"
            );
        } else {
            let _ = writeln!(
                out,
                "\n/// `{code}`, {status}\npub fn {function}(message: impl Into<String>) -> Fault {{\n\
                 Fault::sender(\"{code}\", {status}, message)\n}}"
            );
        }
    }
    out
}
