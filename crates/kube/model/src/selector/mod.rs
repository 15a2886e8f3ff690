//! Selectors: which objects a list, a watch or a controller means.

mod fields;
mod labels;
mod parse;

pub use fields::{BadFields, Fields};
pub use labels::{BadLabels, BadRequirement, Labels, Operator, Requirement};
