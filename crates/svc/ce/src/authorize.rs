//! What each operation does to which resource.

use wharf_api_ce::Input;
use wharf_wire::Check;

/// The rows; an operation without one of its own is checked under its name on `*`.
pub(crate) fn checks(input: Input<'_>) -> Vec<Check> {
    vec![Check::any(input.action())]
}
