//! The contract's part of the macro by which a service says which function is which operation: its own
//! name, and what each operation takes and returns.

use std::fmt::Write as _;

use super::{
    model::Model,
    names::snake,
    service::{input, returned},
};

pub fn render(model: &Model) -> String {
    let mut out = format!(
        "//! Joins the functions of a service to the operations of its contract.\n\
         #[allow(unused_imports)]\nuse crate::types::*;\n\n{}\n\
         /// What each operation takes and returns, by the name of its function.\npub mod io {{\n",
        MACRO.replace("TRAIT", &model.trait_name())
    );
    for operation in &model.operations {
        let _ = writeln!(
            out,
            "pub mod {} {{\n#[allow(unused_imports)]\nuse super::super::*;\n\
             pub type Input = {};\npub type Output = {};\n}}\n",
            snake(&operation.name),
            input(operation),
            returned(operation),
        );
    }
    out.push_str("}\n");
    out
}

const MACRO: &str = r"
/// Implements [`TRAIT`](crate::TRAIT) for a type; see `wharf_wire::operations!`.
#[macro_export]
macro_rules! operations {
    ($($service:tt)*) => {
        $crate::wire::operations! { [$crate TRAIT] $($service)* }
    };
}
";
