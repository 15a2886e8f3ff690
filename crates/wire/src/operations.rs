//! The macro by which a service says which function is which operation. Contracts export it with their
//! own name filled in, `wharf_api_ecs::operations!`.

/// Implements a contract's trait for a type: its authorisation rows, its own words for refusals if it has
/// any, the list of members that it understands, how each function is run, and a line for each operation it has. What it leaves out keeps the
/// trait's default. `[$api $contract]` is the contract's crate and trait.
#[macro_export]
macro_rules! operations {
    (
        [$api:tt $contract:ident]
        impl $service:ty;
        authorize($of:ident, $cx:ident, $asked:ident) = $rows:expr;
        $(refuse = $refuse:path;)?
        $(understood = $understood:path;)?
        run($self:ident, $operation:ident, $call:ident, $input:ident) = $run:expr;
        $($name:ident = $function:path;)*
    ) => {
        #[$crate::async_trait]
        impl $api::$contract for $service {
            async fn authorize(
                &$of,
                $cx: &$crate::Context,
                $asked: $api::Input<'_>,
            ) -> Result<Vec<$crate::Check>, $crate::Fault> {
                $rows
            }

            $(fn refuse(
                &self,
                operation: &'static str,
                violations: &[$crate::constraints::Violation],
            ) -> Option<$crate::Fault> {
                $refuse(operation, violations)
            })?

            $(fn understood(&self) -> Option<&'static $crate::understood::Understood> {
                Some(&$understood)
            })?

            fn written(&self) -> Option<&'static [&'static str]> {
                Some(&[$(stringify!($name)),*])
            }

            $(async fn $name(
                &$self,
                $call: &$crate::Call,
                $input: $api::operations::io::$name::Input,
            ) -> Result<$api::operations::io::$name::Output, $crate::Fault> {
                let $operation = $function;
                Ok($run?)
            })*
        }
    };
}
