//! The macro by which a service says which function is which operation.
//!
//! A service writes one line an operation; the types come from the contract, and what it leaves out
//! keeps the trait's default.

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
/// Implements [`TRAIT`](crate::TRAIT) for a type: its authorisation rows, its own words for refusals if it
/// has any, how each function is run, and a line for each operation it has.
#[macro_export]
macro_rules! operations {
    (
        impl $service:ty;
        authorize($of:ident, $cx:ident, $asked:ident) = $rows:expr;
        $(refuse = $refuse:path;)?
        run($self:ident, $operation:ident, $call:ident, $input:ident) = $run:expr;
        $($name:ident = $function:path;)*
    ) => {
        #[$crate::async_trait]
        impl $crate::TRAIT for $service {
            async fn authorize(
                &$of,
                $cx: &$crate::wire::Context,
                $asked: $crate::Input<'_>,
            ) -> Result<Vec<$crate::wire::Check>, $crate::wire::Fault> {
                $rows
            }

            $(fn refuse(
                &self,
                operation: &'static str,
                violations: &[$crate::wire::constraints::Violation],
            ) -> Option<$crate::wire::Fault> {
                $refuse(operation, violations)
            })?

            $(async fn $name(
                &$self,
                $call: &$crate::wire::Call,
                $input: $crate::operations::io::$name::Input,
            ) -> Result<$crate::operations::io::$name::Output, $crate::wire::Fault> {
                let $operation = $function;
                Ok($run?)
            })*
        }
    };
}
";
